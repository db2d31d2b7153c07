"""The page in a browser."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from altac.ir import Head
from altac.trace import attended, collect, layers
from altac.units import units
from altac.units.layers import hidden
from altac.view import page as html_page
from altac.view import view_data
from tests.view.runs import ALL, program, shown

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield found
        found.close()


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens pages; afterwards no page may have logged anything or asked for anything but itself."""
    complaints: list[str] = []
    requests: list[str] = []
    context = None

    def open_page(
        data: str | dict[str, Any], level: int = 2, width: int = 1200, scheme: Any = "light", link: str = ""
    ) -> Page:
        nonlocal context
        path = tmp_path / "page.html"
        path.write_text(html_page(shown(data, level)[3].data if isinstance(data, str) else data), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri() + link)
        return page

    yield open_page
    if context is not None:
        context.close()
    assert complaints == []
    assert all(
        url.startswith(("file:", "data:")) and url.split("#")[0].endswith(("page.html", ",")) for url in requests
    )


def cell(page: Page, name: str, position: int) -> Any:
    slot = page.evaluate("(name) => slots.findIndex((s) => s.name === name)", name)
    return page.locator(f"#grid td[data-slot='{slot}'][data-position='{position}']")


def row(page: Page, name: str, count: int) -> list[str]:
    return [cell(page, name, i).inner_text() for i in range(count)]


def test_keys_and_slider_step_through_the_layers(show: Open) -> None:
    page = show("parity")
    assert page.title() == "sequential_relative - altac"
    where = page.locator("#where")
    assert where.inner_text() == "start"
    assert row(page, "parity", 4) == ["false", "true", "false", "true"]
    assert row(page, "parity_left", 4) == ["·"] * 4
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert where.inner_text() == "layer 2 of 3"
    assert row(page, "parity", 4) == ["false", "true", "true", "true"]
    assert row(page, "parity_left", 4) == ["·", "false", "true", "false"]
    assert page.locator("#grid td.changed").count() == 2
    assert "changed" in cell(page, "parity", 2).get_attribute("class")
    assert cell(page, "parity", 2).get_attribute("title") == "false → true"
    page.keyboard.press("ArrowLeft")
    assert where.inner_text() == "layer 1 of 3"
    page.keyboard.press("End")
    assert where.inner_text() == "layer 3 of 3, halted"
    page.keyboard.press("ArrowRight")
    assert row(page, "parity", 4) == ["false", "true", "true", "false"]
    page.keyboard.press("Home")
    assert where.inner_text() == "start"
    page.locator("#layer").fill("3")
    assert where.inner_text() == "layer 3 of 3, halted"
    page.locator("#back").click()
    assert page.locator("#layer").input_value() == "2"
    page.locator("#first").click()
    assert page.locator("#back").is_disabled() and page.locator("#last").is_enabled()


def test_a_click_shows_rule_source_and_units(show: Open) -> None:
    page = show("parity", link="#state=2")
    cell(page, "parity", 2).click()
    details = page.locator("#details")
    rule = details.locator(".rule").first
    assert rule.locator(".applied").inner_text() == (
        "done = false, done_left = true, parity = false, parity_left = true ⇒ parity <- true"
    )
    assert "parity <- parity xor parity_left" in rule.locator(".statement").inner_text()
    assert rule.locator(".conditions li").inner_text().startswith("holds not done and done_left")
    assert page.locator("#lines .has-update").get_attribute("data-line") == "18"
    marked = page.locator("#lines mark.update").evaluate_all("(all) => all.map((m) => m.textContent).join('')")
    assert marked == "parity <- parity xor parity_left"
    assert "1 of the 2 units that write parity is on here." in details.inner_text()
    table = details.locator(".units")
    assert [r.inner_text().split() for r in table.locator("tr.on").all()][0] == ["parity", "=", "false", "+1"]
    assert [r.inner_text().split()[-1] for r in table.locator("tr.bias, tr.sum, tr.hidden").all()] == ["−3", "1", "1"]
    assert [r.inner_text().split()[-1] for r in table.locator("tr.write").all()] == ["−1", "+1"]
    assert details.locator(".together").inner_text() == "Together: parity = false −1, parity = true +1"
    details.get_by_label("show those that are off").check()
    assert table.locator("thead th").count() == 2
    details.locator("summary").click()
    assert "done <- true" in details.locator("details").inner_text()
    assert page.evaluate("location.hash") == "#state=2&value=parity@2"


def test_a_click_on_a_head_shows_what_it_selects(show: Open) -> None:
    page = show("sort", link="#state=1")
    cell(page, "place.mean", 3).click()
    details = page.locator("#details")
    assert "value 0.2, the mean over 5 positions" in details.inner_text()
    assert details.locator(".selected tr").first.inner_text().split() == ["position", "0", "1", "2", "4", "5"]
    assert page.locator("#files [aria-pressed=true]").inner_text() == "std.counting"
    assert "head mean" in page.locator("#lines .has-update").inner_text()
    details.get_by_text("std.counting, line 11").click()
    assert page.locator("#lines .flash").get_attribute("data-line") == "11"


def test_the_choice_of_a_head_shows_its_arrows(show: Open) -> None:
    page = show("addition", link="#state=2")
    assert page.locator("#head").input_value() == page.locator("#head option", has_text="right").first.get_attribute(
        "value"
    )
    page.select_option("#head", label="a")
    ends = page.locator("#grid .arrow").evaluate_all("(all) => all.map((a) => [a.dataset.from, a.dataset.to])")
    assert ends == [["4", str(i)] for i in range(11)]
    page.select_option("#head", label="all heads")
    names = set(page.locator("#grid .arrow").evaluate_all("(all) => all.map((a) => a.dataset.head)"))
    assert names == {"right", "at_a_right", "at_b_right", "at_sum_right", "a", "b"}
    cell(page, "sum", 9).click()
    assert set(page.locator("#grid .arrow.into").evaluate_all("(all) => all.map((a) => a.dataset.to)")) == {"9"}
    page.select_option("#head", label="none")
    assert page.locator("#grid .arrow").count() == 0
    page.keyboard.press("Home")
    page.locator("#grid th button", has_text="at_b_right").click()
    assert "nothing is attended to" in page.locator("#note").inner_text()


@pytest.mark.parametrize("name", ALL)
def test_the_page_selects_what_the_heads_select(show: Open, name: str) -> None:
    found, trace, _, view = shown(name)
    page = show(view.data)
    before = None
    for number, step in enumerate(layers(trace)):
        for slot, head in enumerate(found.ir.slots):
            if step.layer and isinstance(head, Head):
                assert before is not None
                got = page.evaluate("([f, h, n]) => Array.from({ length: n }, (_, i) => selected(f, h, i))",
                                    [number, slot, len(step.read.tokens)])  # fmt: skip
                assert got == attended(trace, before, head)
        before = step.written


@pytest.mark.parametrize(
    ("name", "level"), [("parity", 0), ("mean", 2), ("addition", 0), ("addition", 2), ("sort", 1), ("rules", 1)]
)
def test_the_units_of_the_page_are_those_of_the_model(show: Open, name: str, level: int) -> None:
    """Hidden values as Python computes them; what they write together is the change of every variable."""
    found, trace, mlp, view = shown(name, level)
    page = show(view.data)
    index = mlp.features
    got = page.evaluate("""() => frames.flatMap((frame, f) => frame.l === 0 ? [] : [
        runs[frame.r].tokens.map((_, i) => activations(f, i, units.units.map((_, n) => n)).map((u) => u.hidden))])""")
    steps = [s for s in layers(trace) if s.layer]
    assert len(got) == len(steps)
    for step, values in zip(steps, got, strict=True):
        features = np.zeros((len(step.read.tokens), index.count))
        for name_, codes in step.read.values.items():
            for i, code in enumerate(codes):
                if code is not None:
                    features[i, index(name_, code)] = 1
        expected = hidden(mlp, features)
        assert np.array_equal(np.array(values), expected)
        after = features + expected @ mlp.w2.dense().T
        assert step.written is not None
        for variable in found.ir.variables:
            for i, code in enumerate(step.written.values[variable.name]):
                part = after[i, index.offset[variable.name] :][: variable.domain.size]
                assert part.tolist() == [
                    float(c == (code or 0) - variable.domain.low) for c in range(variable.domain.size)
                ]


def test_a_causal_program_shows_what_it_generates(show: Open) -> None:
    page = show("counting")
    assert page.locator("#where").inner_text() == "token 1 of 4, start"
    page.keyboard.press("PageDown")
    page.keyboard.press("PageDown")
    assert page.locator("#where").inner_text() == "token 3 of 4, start"
    assert page.locator("#grid .positions th.generated").all_inner_texts() == ["1", "2"]
    page.keyboard.press("End")
    assert page.locator("#where").inner_text() == "token 4 of 4, layer 2 of 2, appends stop"
    page.select_option("#run", "0")
    assert page.locator("#grid .positions th").count() == 2
    assert page.locator("#grid .generated").count() == 0


def test_a_failing_run_shows_where_and_why(show: Open) -> None:
    page = show("failing")
    assert "outside 0..5, at position 0 in layer 2" in page.locator("#banners .failure").inner_text()
    assert page.locator("#grid .tokens th").all_inner_texts() == ["token", "3", "2", "</script>", "<!--", "␣", "1"]
    page.keyboard.press("End")
    assert page.locator("#where").inner_text() == "layer 2 of 2, failed"
    assert row(page, "sum", 2) == ["3", "2"]
    assert "failed" in cell(page, "sum", 0).get_attribute("class")
    cell(page, "sum", 0).click()
    assert "no update landed" in page.locator("#details").inner_text()
    assert page.locator("#lines .has-update").inner_text().split("\n")[-1].strip() == "sum <- sum + n"
    assert page.locator("#grid .arrow.clash").count() > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_system_until_they_are_chosen(show: Open, scheme: str) -> None:
    page = show("parity", scheme=scheme)
    brightness = (
        "() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number).reduce((a, b) => a + b)"
    )
    assert (page.evaluate(brightness) < 200) == (scheme == "dark")
    page.locator("#theme").click()
    assert (page.evaluate(brightness) < 200) == (scheme == "light")
    page.reload()
    assert (page.evaluate(brightness) < 200) == (scheme == "light")


def contrast(page: Page) -> list[str]:
    """Texts of too little contrast against what is behind them (WCAG AA: 4.5)."""
    found: list[str] = page.evaluate("""() => {
        const parse = (c) => { const n = c.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
        const light = (c) => {
            const [r, g, b] = c.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const behind = (e) => {
            for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] > 0) return c; }
            return [255, 255, 255, 1];
        };
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        const bad = [];
        while (walker.nextNode()) {
            const e = walker.currentNode.parentElement;
            if (!walker.currentNode.data.trim() || !e.checkVisibility() || e.closest("script, option, :disabled")) continue;
            const [a, b] = [light(parse(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
            if ((a + 0.05) / (b + 0.05) < 4.5) bad.push(`${walker.currentNode.data.trim()} (${e.tagName}.${e.className})`);
        }
        return bad;
    }""")
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "link"), [("parity", "#state=2&value=parity@2"), ("failing", "#state=2&value=sum@0")])
def test_texts_have_contrast(show: Open, scheme: str, name: str, link: str) -> None:
    assert contrast(show(name, scheme=scheme, link=link)) == []


@pytest.mark.parametrize(
    ("name", "slot"),
    [("parity", "done"), ("addition", "step"), ("subleq", "state"), ("sort", "place.mean"), ("failing", "sum")],
)
def test_a_phone_scrolls_only_down(show: Open, name: str, slot: str) -> None:
    page = show(name, width=390, link="#state=1")
    cell(page, slot, 1).click()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate("document.querySelector('#grid tbody th').getBoundingClientRect().left") >= 0
    pane = page.locator("#lines").bounding_box()
    line = page.locator("#lines .has-update, #lines .has-mark").first.bounding_box()
    assert pane is not None and line is not None
    assert pane["y"] <= line["y"] <= pane["y"] + pane["height"]
    sizes = page.locator("#controls button:visible").evaluate_all(
        "(all) => all.map((b) => b.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 28


def test_the_keys_move_the_chosen_value(show: Open) -> None:
    page = show("parity", link="#state=1&value=parity@1")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    assert page.evaluate("location.hash") == "#state=1&value=done@2"
    assert page.locator("#details h2").inner_text() == "done at position 2 (0)"
    assert page.evaluate("document.activeElement.className").split()[-1] == "chosen"
    page.keyboard.press("Escape")
    assert page.locator("#grid .chosen").count() == 0


def test_many_positions_are_shown_in_windows(show: Open) -> None:
    wide = program(
        "program wide\ntokens 0, 1\nvar v: bool = token == 1\nhead all = attend(query: v, key: v, value: v)\n"
        "head before = v at -1\nvar w: bool = false\nmlp { w <- true }\noutput w\nhalt when w"
    )
    trace = collect(wide.ir, (0, 1) * 120)
    page = show(view_data(trace, wide.source, units(wide.ir, 2)).data, link="#state=1")
    assert page.locator("#grid .positions th").count() == 97
    assert "too many to draw" in page.locator("#note").inner_text()
    page.select_option("#window", "96")
    assert page.locator("#grid .positions th").nth(1).inner_text() == "96"
    cell(page, "v", 97).click()
    assert "only those into position 97 are drawn" in page.locator("#note").inner_text()
    assert page.locator("#grid .arrow").count() == 121
    page.select_option("#head", label="before")
    assert page.locator("#grid .arrow").count() == 96
    assert page.locator("#window option").all_inner_texts() == ["0 to 95", "96 to 191", "192 to 239"]


def test_rows_can_be_filtered(show: Open) -> None:
    page = show("addition")
    page.locator("#filter").fill("at_")
    assert page.locator("#grid tbody tr.variable").count() == 3
    assert page.locator("#grid tbody tr.head").count() == 3
    page.locator("#filter").press("ArrowRight")
    assert page.locator("#where").inner_text() == "start"


def test_states_far_apart_are_the_same_whichever_way_they_are_reached(show: Open) -> None:
    """Beyond the distance of the checkpoints that the page keeps."""
    long = program(
        "program long\ntokens 0, 1\nvar n: 0..200 = 0\nmlp { if n < 200 { n <- n + 1 } }\noutput n\nhalt when n == 150"
    )
    page = show(view_data(collect(long.ir, (0, 1)), long.source, units(long.ir, 2)).data)
    for order in ([150, 3, 149, 64, 65, 32, 100], [31, 33, 96, 0, 150]):
        for frame in order:
            page.evaluate("(f) => choose({ frame: f })", frame)
            assert row(page, "n", 2) == [str(frame)] * 2


def test_a_run_that_never_halts_shows_its_states(show: Open) -> None:
    found = program("program p\ntokens 0, 1\nvar v: bool = token == 1\nmlp { v <- not v }\noutput v\nhalt when v")
    trace = collect(found.ir, (0, 1))
    assert trace.result.error is not None
    page = show(view_data(trace, found.source, units(found.ir, 2)).data)
    assert "never halts" in page.locator("#banners .failure").inner_text()
    page.keyboard.press("End")
    assert page.locator("#where").inner_text() == f"layer {trace.result.layers} of {trace.result.layers}"


def test_a_page_that_holds_the_first_layers_says_of_how_many(show: Open) -> None:
    found = program(
        "program p\ntokens 0, 1\nvar n: 0..9 = 0\nmlp { if n < 9 { n <- n + 1 } }\noutput n\nhalt when n == 9"
    )
    page = show(view_data(collect(found.ir, (0, 1), most=8), found.source, units(found.ir, 2)).data)
    page.keyboard.press("End")
    assert page.locator("#where").inner_text() == "layer 3 of 9"
    assert "leaves out what comes after the first 3 layers" in page.locator("#banners .cut").inner_text()


def test_an_empty_input_has_a_page(show: Open) -> None:
    found = program("program p\ntokens 0, 1\nvar v: bool = token == 1\noutput v\nhalt when v")
    view = view_data(collect(found.ir, ()), found.source, units(found.ir, 2))
    page = show(json.loads(json.dumps(view.data)))
    assert "the input is empty" in page.locator("#banners").inner_text()
    assert page.locator("#lines .line").count() == 5
