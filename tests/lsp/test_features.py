"""What an editor asks for, one session per theme, against a real server."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from altac.api import load
from altac.lsp import coloring
from altac.source import Source
from altac.syntax.printer import format_source
from tests.lsp.client import Editor, apply, at, cut, editor, run

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"


def document(uri: str) -> types.TextDocumentIdentifier:
    return types.TextDocumentIdentifier(uri)


def errors(found: list[types.Diagnostic]) -> list[types.Diagnostic]:
    return [d for d in found if d.severity == types.DiagnosticSeverity.Error]


async def labels(client: Editor, uri: str, position: types.Position) -> dict[str, types.CompletionItem]:
    found = await client.text_document_completion_async(types.CompletionParams(document(uri), position))
    assert isinstance(found, types.CompletionList)
    return {item.label: item for item in found.items}


async def hover(client: Editor, uri: str, position: types.Position) -> str:
    found = await client.text_document_hover_async(types.HoverParams(document(uri), position))
    assert found is not None and isinstance(found.contents, types.MarkupContent)
    return found.contents.value


def test_symbols_are_nested_as_declared() -> None:
    path = ROOT / "stdlib" / "stack.alta"

    async def work() -> None:
        async with editor() as client:
            uri = await client.open(path)
            found = await client.text_document_document_symbol_async(types.DocumentSymbolParams(document(uri)))
            assert found is not None and [s.name for s in found] == ["Stack"]
            stack = found[0]
            assert isinstance(stack, types.DocumentSymbol) and stack.kind == types.SymbolKind.Class
            inside = {s.name: s for s in stack.children or ()}
            assert {"cell", "is_first", "first", "push", "replace"} <= set(inside)
            assert inside["first"].kind == types.SymbolKind.Field and inside["cell"].detail == "T"
            assert cut(path.read_text(), inside["push"].selection_range) == "push"
            everywhere = await client.workspace_symbol_async(types.WorkspaceSymbolParams("isfst"))
            assert [(s.name, s.container_name) for s in everywhere or ()] == [("is_first", "Stack")]

    run(work())


def test_formatting_is_that_of_fmt_and_leaves_broken_text_alone(tmp_path: Path) -> None:
    untidy = "program   p\ntokens 0,1\nvar x:bool=token==1\nmlp {\nx<-not x\n}\noutput x\nlayers 1\n"

    async def work() -> None:
        async with editor() as client:
            uri = await client.open(tmp_path / "a.alta", untidy)
            options = types.FormattingOptions(4, True)
            asked = types.DocumentFormattingParams(document(uri), options)
            edits = await client.text_document_formatting_async(asked)
            assert edits and apply(untidy, list(edits)) == format_source(Source("a", untidy)) != untidy
            await client.edit(uri, apply(untidy, list(edits)))
            assert not await client.text_document_formatting_async(asked)
            await client.edit(uri, untidy + "var )")
            assert await client.text_document_formatting_async(asked) is None

    run(work())


PROGRAM = """\
// 🤖 A robot that counts.
program robot

import std.marks
import "parts.alta" as parts

param SIZE = 4  // how many positions
tokens 0, 1, START
positions SIZE

// Where the robot stands.
var count: parts.Small = 0
var one   = token == 1
var seen:  set of 0..3 = {}
var here:  0..SIZE - 1 = position
use mark = marks.Mark(start: 0)

head left = one at -1
head there: bool = attend(query: count, key: here, value: one)

fn step(by, twice = false) { if one { count <- parts.clip(count + by) } }

mlp {
    let next = /* 😀 */ 1
    if position_is_zero() { step(by: next) }
    seen <- {1}
    mark.move()
    if not mark.here { one <- parts.Colour.Red == parts.RED }
}

fn position_is_zero() = here == 0

output one
layers 2
test [0, 1] => [false, false]
""".replace("/* 😀 */ 1", "1  // 😀🤖 astral")

PARTS = """\
// Parts of the robot.
type Small = 0..9
enum Colour { Red, Green }
const RED = Red
// No more than nine.
fn clip(x) = min(x, 9)
"""


@pytest.fixture
def robot(tmp_path: Path) -> Path:
    (tmp_path / "parts.alta").write_text(PARTS, encoding="utf-8")
    path = tmp_path / "robot.alta"
    path.write_text(PROGRAM, encoding="utf-8")
    return path


def test_completion(robot: Path) -> None:
    async def work() -> None:
        async with editor() as client:
            uri = await client.open(robot)
            assert {d.code for d in client.published[uri].diagnostics} == {"never-read"}

            async def typed(before: str, marked: str) -> dict[str, types.CompletionItem]:
                text = PROGRAM.replace(before, marked.replace("|", ""), 1)
                await client.edit(uri, text)
                return await labels(client, uri, at(text, marked))

            names = await typed("mark.move()\n", "mark.move()\n    |\n")
            assert {
                "let",
                "if",
                "match",
                "for",
                "count",
                "step",
                "next",
                "mark",
                "parts",
                "min",
                "Red",
                "START",
            } <= set(names)
            assert "program" not in names and "by" not in names
            assert names["step"].detail == "procedure (by, twice)"
            assert names["count"].documentation is not None and "robot stands" in str(names["count"].documentation)

            assert set(await typed("mark.move()", "mark.|")) == {"here", "leftmost", "left", "move"}
            found = await typed("<- parts.clip(count + by)", "<- parts.|")
            assert set(found) == {"Small", "Colour", "RED", "clip", "Red", "Green"}
            assert set(await typed("parts.Colour.Red", "parts.Colour.|")) == {"Red", "Green"}
            top = await typed("output one\n", "output one\n\n|\n")
            assert {"var", "head", "text"} <= set(top) and "count" not in top
            kinds = await typed("var one ", "var one: |")
            assert {"bool", "Token", "real", "set", "parts"} <= set(kinds) and "count" not in kinds
            assert set(await typed("import std.marks", "import std.|")) == {"marks", "stack", "counting"}
            assert set(await typed('import "parts.alta"', 'import "|"')) == {"parts.alta"}
            assert {"by:", "twice:"} <= set(await typed("step(by: next)", "step(|)"))
            assert {"query:", "key:", "value:", "at:"} <= set(await typed("query: count, key", "query: count, |"))
            assert await typed("// Where the robot", "// Where the |") == {}
            assert {"Mark"} == set(await typed("mark = marks.Mark(start: 0)", "mark = marks.|"))

            await client.edit(uri, PROGRAM)
            asked = types.SignatureHelpParams(document(uri), at(PROGRAM, "step(by: |next)"))
            help_ = await client.text_document_signature_help_async(asked)
            assert help_ is not None and help_.signatures[0].label == "step(by, twice = false)"
            assert help_.active_parameter == 0

            # A file that can hardly be read still has names.
            broken = "const A = 1\nvar b: bool = tru\nfn f(x) = (\nmlp { if  { "
            await client.edit(uri, broken)
            assert {"A", "b"} <= set(await labels(client, uri, types.Position(3, 9)))

    run(work())


def test_hover(robot: Path) -> None:
    async def work() -> None:
        async with editor() as client:
            uri = await client.open(robot)
            text = await hover(client, uri, at(PROGRAM, "if one { cou|nt <-"))
            assert "var count: parts.Small = 0" in text and "Where the robot stands." in text
            assert "type `0..9`, initially `0`" in text
            text = await hover(client, uri, at(PROGRAM, "if o|ne {"))
            assert "type `bool`, initially `by token: false, true, false`" in text
            text = await hover(client, uri, at(PROGRAM, "positions SI|ZE"))
            assert "param SIZE = 4" in text and "how many positions" in text
            assert "No more than nine." in await hover(client, uri, at(PROGRAM, "parts.cl|ip"))
            assert "Parts of the robot." in await hover(client, uri, at(PROGRAM, "<- par|ts.clip"))
            assert "inferred family of 2: `{}, {1}`" in await hover(client, uri, at(PROGRAM, "se|en <- {1}"))
            assert "what to look for" not in await hover(client, uri, at(PROGRAM, "att|end(query"))
            assert "selects the positions" in await hover(client, uri, at(PROGRAM, "att|end(query"))
            assert "least" in await hover(client, (await client.open(robot.parent / "parts.alta")), at(PARTS, "mi|n(x"))

            # Counts come when they are ready.
            program = load(robot)
            for _ in range(200):
                text = await hover(client, uri, at(PROGRAM, "program rob|ot"))
                if "hidden unit" in text:
                    break
                await asyncio.sleep(0.1)
            rules = program.rules()
            assert f"{len(rules)} rules at `-O0`, {program.compile().units.width} hidden units at `-O2`" in text
            text = await hover(client, uri, at(PROGRAM, "if one { cou|nt <-"))
            count = sum(rule.target == "count" for rule in rules.rules)
            assert f"this update: {count} rules; all updates of `count`: {count} rules at `-O0`" in text

            # What the last check knew is still said while the text is broken.
            await client.edit(uri, PROGRAM + "\nvar (")
            assert "type `0..9`" in await hover(client, uri, at(PROGRAM, "if one { cou|nt <-"))

    run(work())


def test_definition_and_references_across_files(robot: Path) -> None:
    parts = robot.parent / "parts.alta"
    other = robot.parent / "deep" / "other.alta"
    other.parent.mkdir()
    other.write_text('import "../parts.alta" as p\nconst C = p.clip(12)\n', encoding="utf-8")

    async def work() -> None:
        async with editor(robot.parent) as client:
            uri = await client.open(robot)

            async def place(marked: str) -> tuple[str, str]:
                asked = types.DefinitionParams(document(uri), at(PROGRAM, marked))
                found = await client.text_document_definition_async(asked)
                assert isinstance(found, types.Location)
                target = Path(found.uri.removeprefix("file://"))
                return target.name, cut(target.read_text(encoding="utf-8"), found.range)

            assert await place("parts.cl|ip(") == ("parts.alta", "clip")
            assert await place("parts.Sm|all") == ("parts.alta", "Small")
            assert await place("Colour.R|ed") == ("parts.alta", "Red")
            assert await place("mark.mo|ve()") == ("marks.alta", "move")
            assert await place("import std.ma|rks") == ("marks.alta", "")
            assert await place('"par|ts.alta"') == ("parts.alta", "")
            assert await place("step(b|y:") == ("robot.alta", "by")
            assert await place("by: ne|xt)") == ("robot.alta", "next")
            assert await place("Mark(sta|rt: 0)") == ("marks.alta", "start")
            asked = types.TypeDefinitionParams(document(uri), at(PROGRAM, "ma|rk.move"))
            found = await client.text_document_type_definition_async(asked)
            assert isinstance(found, types.Location) and found.uri.endswith("marks.alta")

            async def uses(marked: str, declaration: bool = True) -> list[str]:
                context = types.ReferenceContext(declaration)
                asked = types.ReferenceParams(context, document(uri), at(PROGRAM, marked))
                found = await client.text_document_references_async(asked)
                return sorted(place.uri.rsplit("/", 1)[-1] for place in found or ())

            assert await uses("parts.cl|ip(") == ["other.alta", "parts.alta", "robot.alta"]
            assert await uses("parts.cl|ip(", False) == ["other.alta", "robot.alta"]
            assert await uses("var on|e ") == ["robot.alta"] * 6
            lit = await client.text_document_document_highlight_async(
                types.DocumentHighlightParams(document(uri), at(PROGRAM, "on|e <- "))
            )
            kinds = [h.kind for h in lit or ()]
            assert len(kinds) == 6 and kinds.count(types.DocumentHighlightKind.Write) == 2

            # An open document counts as it is in the editor, not on disk.
            shared = await client.open(parts)
            await client.edit(shared, "\n\n" + PARTS)
            asked_again = types.DefinitionParams(document(uri), at(PROGRAM, "parts.cl|ip("))
            moved = await client.text_document_definition_async(asked_again)
            assert isinstance(moved, types.Location) and moved.range.start.line == 7

    run(work())


def test_rename(robot: Path) -> None:
    parts = robot.parent / "parts.alta"
    texts = {robot.as_uri(): PROGRAM, parts.as_uri(): PARTS}

    async def work() -> None:
        async with editor(robot.parent) as client:
            uri = await client.open(robot)

            async def renamed(marked: str, new: str, where: str = uri) -> dict[str, str]:
                asked = types.RenameParams(document(where), at(texts[where], marked), new)
                edit = await client.text_document_rename_async(asked)
                assert edit is not None and edit.changes is not None
                return {u: apply(texts[u], list(edits)) for u, edits in edit.changes.items()}

            async def refusal(marked: str, new: str) -> str:
                with pytest.raises(JsonRpcException) as caught:
                    await renamed(marked, new)
                return str(caught.value)

            found = await renamed("parts.cl|ip(", "limited")
            assert found[uri] == PROGRAM.replace("parts.clip", "parts.limited")
            assert found[parts.as_uri()] == PARTS.replace("fn clip", "fn limited")
            found = await renamed("by: ne|xt)", "amount")
            assert found == {uri: PROGRAM.replace("let next", "let amount").replace("by: next", "by: amount")}
            found = await renamed("step(b|y:", "width")
            assert (
                "fn step(width," in found[uri] and "count + width" in found[uri] and "step(width: next)" in found[uri]
            )
            found = await renamed("use mark = ma|rks.Mark", "m")
            assert "import std.marks as m\n" in found[uri] and "use mark = m.Mark" in found[uri]
            found = await renamed("as par|ts", "q")
            assert 'import "parts.alta" as q' in found[uri] and "q.Colour.Red == q.RED" in found[uri]
            found = await renamed("Re|d, Green", "Crimson", parts.as_uri())
            assert "Colour.Crimson" in found[uri] and "const RED = Crimson" in found[parts.as_uri()]

            assert "reserved" in await refusal("var cou|nt", "mlp")
            assert "not a name" in await refusal("var cou|nt", "2x")
            assert "already means" in await refusal("var cou|nt", "here")
            assert "already means" in await refusal("by: ne|xt)", "one")
            assert "standard library" in await refusal("mark.mo|ve()", "go")
            assert "rename the file" in await refusal('"par|ts.alta"', "go")
            prepared = await client.text_document_prepare_rename_async(
                types.PrepareRenameParams(document(uri), at(PROGRAM, "parts.cl|ip("))
            )
            assert isinstance(prepared, types.Range) and cut(PROGRAM, prepared) == "clip"

            # Every renaming above leaves a program without errors.
            for marked, new in (("by: ne|xt)", "amount"), ("use mark = ma|rks.Mark", "m"), ("var cou|nt", "total")):
                assert not errors(await client.edit(uri, (await renamed(marked, new))[uri]))
                await client.edit(uri, PROGRAM)

    run(work())


def test_semantic_tokens_and_hints(robot: Path) -> None:
    async def work() -> None:
        async with editor() as client:
            uri = await client.open(robot)
            found = await client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(document(uri)))
            assert found is not None
            line = column = 0
            seen: dict[tuple[str, str], set[str]] = {}
            for i in range(0, len(found.data), 5):
                down, right, length, kind, modifiers = found.data[i : i + 5]
                column = right if down else column + right
                line += down
                where = types.Range(types.Position(line, column), types.Position(line, column + length))
                flags = {m for bit, m in enumerate(coloring.MODIFIERS) if modifiers >> bit & 1}
                seen.setdefault((cut(PROGRAM, where), coloring.TYPES[kind]), set()).update(flags)
            assert ("// 🤖 A robot that counts.", "comment") in seen and ("// 😀🤖 astral", "comment") in seen
            assert seen["count", "variable"] == {"declaration", "modification"}
            assert ("left", "property") in seen and ("mark", "variable") in seen and ("marks", "namespace") in seen
            assert ("Mark", "class") in seen and ("by", "parameter") in seen and ("START", "enumMember") in seen
            assert ("step", "function") in seen and ("mlp", "keyword") in seen and ("<-", "operator") in seen
            assert "defaultLibrary" in seen["bool", "type"] and ("query", "property") in seen
            assert all("\n" not in text for text, _ in seen)

            whole = types.Range(types.Position(0, 0), types.Position(999, 0))
            hints = await client.text_document_inlay_hint_async(types.InlayHintParams(document(uri), whole))
            shown = {(PROGRAM.split("\n")[h.position.line].split()[1].rstrip(":"), h.label) for h in hints or ()}
            assert shown == {("one", ": bool"), ("seen", " in [{}, {1}]"), ("left", ": bool")}

    run(work())


def test_code_actions_apply_the_proposed_fixes(tmp_path: Path) -> None:
    head = "program p\ntokens 0, 1, START\npositions 4\nvar x: 0..9 = 0\nvar b: bool = false\n"
    tail = "output x\nlayers 1\n"
    cases = {
        "mlp { b <- xx == 1 }\n": "mlp { b <- x == 1 }\n",
        "mlp { b <- b && x == 1 }\n": "mlp { b <- b and x == 1 }\n",
        "mlp { b <- 0 < x < 5 }\n": "mlp { b <- 0 < x and x < 5 }\n",
        "mlp { x <- b }\n": "mlp { x <- int(b) }\n",
        "mlp { x <- 1] }\n": "mlp { x <- 1 }\n",
        "vra z: bool = true\n": "var z: bool = true\n",
        "type T = 5..2\n": "type T = 2..5\n",
        "import std.stak\n": "import std.stack\n",
        "enum E { A, B }\nvar e: E = A\nmlp {\n    match e {\n        A => e <- B\n    }\n}\n":
            "enum E { A, B }\nvar e: E = A\nmlp {\n    match e {\n        A => e <- B\n        _ => {}\n    }\n}\n",
    }  # fmt: skip

    async def work() -> None:
        async with editor() as client:
            uri = await client.open(tmp_path / "a.alta", head + tail)

            async def fixed(text: str) -> list[str]:
                await client.edit(uri, text)
                whole = types.Range(types.Position(0, 0), types.Position(999, 0))
                found = await client.text_document_code_action_async(
                    types.CodeActionParams(document(uri), whole, types.CodeActionContext([]))
                )
                results = []
                for action in found or ():
                    assert isinstance(action, types.CodeAction) and action.edit is not None
                    assert action.diagnostics and action.kind == types.CodeActionKind.QuickFix
                    results.append(apply(text, list((action.edit.changes or {})[uri])))
                return results

            for broken, whole in cases.items():
                results = await fixed(head + broken + tail)
                assert head + whole + tail in results, broken
            nameless = (head + tail).replace("program p\n", "")
            assert await fixed(nameless) == ["program a\n" + nameless]
            assert await fixed("// Says what it does.\n" + nameless) == [
                "// Says what it does.\n\nprogram a\n" + nameless
            ]
            imported = await fixed(head + "use s = Stack(T: bool, bottom: false, size: 4)\n" + tail)
            assert any("import std.stack\n" in r and "use s = stack.Stack(" in r for r in imported)
            assert not errors(await client.edit(uri, next(r for r in imported if "import" in r)))

    run(work())


def test_the_largest_example_has_all_its_names_resolved(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "scan", tmp_path / "scan")

    async def work() -> None:
        async with editor(tmp_path) as client:
            uri = await client.open(tmp_path / "scan" / "scan.alta")
            text = (tmp_path / "scan" / "scan.alta").read_text(encoding="utf-8")
            assert not client.published[uri].diagnostics
            found = await client.text_document_definition_async(
                types.DefinitionParams(document(uri), at(text, "tree.ste|p()"))
            )
            assert isinstance(found, types.Location) and found.uri.endswith("scan/parsing.alta")
            shown = await hover(client, uri, at(text, "var act|ive"))
            assert "which node is in control" in shown and "type `bool`" in shown

    run(work())
