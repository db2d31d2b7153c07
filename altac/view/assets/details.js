// What is behind one value: updates, attention, hidden units; and the source.

const COLUMNS = 6; // units side by side
const unitChoice = { off: false, inputs: false, page: 0 };

// Source

let shownSource = 0;
const marked = new Set(); // lines that carry marks, as "source:line"

/** A button for a place that shows it in the source. */
function placeButton(span) {
  if (span < 0) return null;
  const [source, line] = data.spans[span];
  const name = source === 0 ? "" : `${data.sources[source].name}, `;
  return el("button", { type: "button", class: "place", onclick: () => reveal(source, line, true) }, `${name}line ${line}`);
}

/** The text of a span, on one line. */
function spanText(span) {
  const [source, line, column, endLine, endColumn] = data.spans[span];
  const parts = [];
  for (let n = line; n <= endLine; n++) {
    const text = Array.from(data.sources[source].lines[n - 1].map(([, t]) => t).join(""));
    parts.push(text.slice(n === line ? column - 1 : 0, n === endLine ? endColumn - 1 : text.length).join("").trim());
  }
  const text = parts.join(" ");
  return text.length > 160 ? `${text.slice(0, 159)}\u2026` : text;
}

/** A line of source as elements, with `marks` ({from, to, kind}: columns from 0) as <mark>. */
function lineContent(source, number, marks) {
  const pieces = [];
  let column = 0;
  for (const [kind, text] of data.sources[source].lines[number - 1]) {
    const points = Array.from(text);
    const cuts = new Set([0, points.length]);
    for (const m of marks) for (const c of [m.from - column, m.to - column]) if (c > 0 && c < points.length) cuts.add(c);
    const ordered = [...cuts].sort((a, b) => a - b);
    for (let k = 0; k + 1 < ordered.length; k++) {
      const start = column + ordered[k];
      const within = marks.filter((m) => m.from <= start && start < m.to);
      const body = el("span", { class: kind ? `syntax-${kind}` : null }, points.slice(ordered[k], ordered[k + 1]).join(""));
      const strongest = within.some((m) => m.kind === "update") ? "update" : within.length ? within[0].kind : null;
      pieces.push(strongest ? el("mark", { class: strongest }, body) : body);
    }
    column += points.length;
  }
  return pieces;
}

function showSource(source) {
  shownSource = source;
  const lines = document.getElementById("lines");
  lines.replaceChildren(
    ...data.sources[source].lines.map((_, k) =>
      el("div", { class: "line", "data-line": k + 1 }, el("span", { class: "number" }, String(k + 1)),
        el("code", {}, ...lineContent(source, k + 1, [])))),
  );
  marked.clear();
  document.querySelectorAll("#files button").forEach((b, k) => b.setAttribute("aria-pressed", String(k === source)));
}

/** Mark spans ({span, kind}) in the source and bring the first update, or the first of all, into view. */
function markSource(spans) {
  const known = spans.filter(({ span }) => span >= 0);
  const main = known.find(({ kind }) => kind === "update") || known[0];
  if (main && data.spans[main.span][0] !== shownSource) showSource(data.spans[main.span][0]);
  const byLine = new Map();
  for (const { span, kind } of known) {
    const [source, line, column, endLine, endColumn] = data.spans[span];
    if (source !== shownSource) continue;
    for (let n = line; n <= endLine; n++) {
      if (!byLine.has(n)) byLine.set(n, []);
      byLine.get(n).push({ from: n === line ? column - 1 : 0, to: n === endLine ? endColumn - 1 : Infinity, kind });
    }
  }
  for (const number of new Set([...marked, ...byLine.keys()])) {
    const marks = byLine.get(number) || [];
    const row = document.querySelector(`#lines [data-line="${number}"]`);
    row.className = marks.length ? `line ${marks.some((m) => m.kind === "update") ? "has-update" : "has-mark"}` : "line";
    row.lastChild.replaceChildren(...lineContent(shownSource, number, marks));
  }
  marked.clear();
  byLine.forEach((_, number) => marked.add(number));
  if (main) reveal(shownSource, data.spans[main.span][1], false);
}

/** Scroll the source to a line; with `page`, the page as well. */
function reveal(source, line, page) {
  if (source !== shownSource) showSource(source);
  const pane = document.getElementById("lines");
  const row = pane.querySelector(`[data-line="${line}"]`);
  const top = row.offsetTop; // within the pane, which is positioned
  if (top < pane.scrollTop + 20 || top > pane.scrollTop + pane.clientHeight - 60) {
    pane.scrollTop = Math.max(0, top - pane.clientHeight / 3);
  }
  if (!page) return;
  const box = pane.getBoundingClientRect();
  if (box.top > window.innerHeight - 80 || box.bottom < 80) pane.scrollIntoView({ block: "start" });
  row.classList.remove("flash");
  void row.offsetWidth; // so that the animation starts anew
  row.classList.add("flash");
}

// Details

function code(text) {
  return el("code", {}, text);
}

/** Fill the details for the value of `slot` at `position` in frame `f`. */
function showDetails(f, slot, position) {
  const box = document.getElementById("details");
  const { name, kind, type, doc, span } = slots[slot];
  const token = visible(runs[frames[f].r].tokens[position]);
  const isHead = kind === "head";
  const parts = [
    el("h2", {}, code(name), ` at position ${position} (`, code(token), ")"),
    el("p", { class: "about" }, `${isHead ? "head" : "variable"} of type `, code(type), " ", placeButton(span)),
    doc ? el("p", { class: "doc" }, doc) : null,
  ];
  let spans = [{ span, kind: "context" }];
  if (frames[f].l === 0) {
    parts.push(isHead
      ? el("p", {}, "Heads have values from layer 1 on.")
      : el("p", {}, "Starts as ", code(cellText(slot, stateAt(f)[slot][position])), "."));
  } else if (isHead) {
    parts.push(...attentionDetails(f, slot, position));
    spans = [{ span, kind: "update" }];
    parts.push(...unitDetails(f, slot, position));
  } else {
    const own = updatesAt(f, position).filter((u) => u.t === slot);
    parts.push(...updateDetails(f, slot, position, own));
    if (own.length) {
      spans = own.flatMap((u) => [{ span: u.s, kind: u.w ? "update" : "context" }, ...u.c.map(([s]) => ({ span: s, kind: "condition" }))]);
      spans.sort((a, b) => (b.kind === "update") - (a.kind === "update"));
    }
    parts.push(...unitDetails(f, slot, position));
    const others = updatesAt(f, position).filter((u) => u.t !== slot);
    if (others.length) {
      parts.push(el("details", { class: "others" },
        el("summary", {}, `${others.length} more ${others.length === 1 ? "update" : "updates"} at position ${position}`),
        ...others.map(ruleOf)));
    }
  }
  if (frames[f].failed && data.error && data.error.position === position) {
    parts.push(el("p", { class: "failure" }, data.error.title, " ", placeButton(data.error.span)));
    spans = [{ span: data.error.span, kind: "update" }, ...spans.filter((s) => s.kind !== "update")];
  }
  box.replaceChildren(...parts.filter(Boolean));
  markSource(spans);
}

function updateDetails(f, slot, position, own) {
  const before = cellText(slot, stateBefore(f)[slot][position]);
  const after = cellText(slot, stateAt(f)[slot][position]);
  if (frames[f].failed) return [el("p", {}, "Was ", code(before), "; this layer failed, so no update landed."), ...own.map(ruleOf)];
  const found = [
    before === after
      ? el("p", { class: "change" }, code(after), own.length ? ", as before" : ", unchanged: no update of it is reached here")
      : el("p", { class: "change" }, code(before), " \u2192 ", el("code", { class: "new" }, after)),
  ];
  if (frames[f].late) found[0].append(" (updates of this layer are not in the page)");
  return [...found, ...own.map(ruleOf)];
}

/** An update as a rule, with its statement and the conditions around it. */
function ruleOf(update) {
  const reads = update.r.flatMap(([slot, text], k) => [k ? ", " : "", code(`${slots[slot].name} = ${text}`)]);
  const conditions = update.c.filter(([span]) => span >= 0).map(([span, held]) =>
    el("li", {}, el("span", { class: held ? "held" : "not-held" }, held ? "holds" : "fails"), " ", code(spanText(span)), " ", placeButton(span)));
  return el("div", { class: "rule" },
    el("p", { class: "applied" }, ...reads, reads.length ? " \u21d2 " : "", el("code", { class: "new" }, `${slots[update.t].name} <- ${update.v}`),
      update.w ? null : " (overwritten by a later update)"),
    update.s >= 0 ? el("p", { class: "statement" }, code(spanText(update.s)), " ", placeButton(update.s)) : null,
    conditions.length ? el("ul", { class: "conditions" }, ...conditions) : null);
}

function attentionDetails(f, head, position) {
  const { query, key, value, offsets, mean } = slots[head];
  const before = stateBefore(f);
  const how = [];
  if (query !== null) {
    how.push("selects where ", code(slots[key].name), slots[head].family ? " is in " : " is ",
      code(cellText(query, before[query][position])), ", the value of ", code(slots[query].name));
  } else how.push("selects");
  if (offsets !== null) {
    const list = offsets.length > 8 ? `${offsets[0]}..${offsets[offsets.length - 1]}` : offsets.join(", ");
    how.push(offsets.length === 1 ? ` at offset ${list}` : ` at the offsets ${list}`);
  } else if (data.causal) how.push(", up to here");
  how.push("; ", mean ? "takes the mean of " : "copies ", code(slots[value].name), ".");
  const from = selected(f, head, position);
  const result = cellText(head, stateAt(f)[head][position]);
  const verdict = stateAt(f)[head][position] >= 0
    ? el("p", { class: "change" }, "value ", el("code", { class: "new" }, result),
      mean ? `, the mean over ${from.length} ${from.length === 1 ? "position" : "positions"}` : "")
    : el("p", { class: "change" }, `undefined: ${from.length} ${from.length === 1 ? "position is" : "positions are"} selected`);
  const shown = from.slice(0, 40);
  const tokens = runs[frames[f].r].tokens;
  const row = (title, cells) => el("tr", {}, el("th", { scope: "row" }, title), ...cells.map((c) => el("td", {}, c)));
  const rows = [row("position", shown.map(String)), row("token", shown.map((j) => visible(tokens[j])))];
  if (key !== null) rows.push(row(slots[key].name, shown.map((j) => cellText(key, before[key][j]))));
  rows.push(row(slots[value].name, shown.map((j) => cellText(value, before[value][j]))));
  return [
    el("p", {}, ...how), verdict,
    from.length ? el("div", { class: "wide" }, el("table", { class: "selected" }, ...rows)) : null,
    from.length > shown.length ? el("p", { class: "hint" }, `and ${from.length - shown.length} more positions`) : null,
  ];
}

// Hidden units

function unitDetails(f, slot, position) {
  if (!units) return [];
  const all = unitsWriting(slot);
  const found = activations(f, position, all);
  const on = found.filter((u) => u.hidden > 0);
  const what = slots[slot].kind === "head" ? "reset" : "write";
  const parts = [el("h3", {}, `Hidden units (-O${units.level})`)];
  if (!all.length) {
    const none = !compiled(slot) ? "Nothing depends on it, so it is not compiled." : slots[slot].mean ? "The weights clear a mean without hidden units." : "No hidden unit writes it.";
    return [...parts, el("p", { class: "hint" }, none)];
  }
  if (frames[f].failed) parts.push(el("p", { class: "hint" }, "Where the program fails the units may do anything."));
  const redraw = () => showDetails(f, slot, position);
  const toggle = (name, text) => {
    const box = el("input", { type: "checkbox", checked: unitChoice[name] ? "" : null });
    box.addEventListener("change", () => {
      unitChoice[name] = box.checked;
      unitChoice.page = 0;
      redraw();
    });
    return el("label", {}, box, " ", text);
  };
  const listed = unitChoice.off ? [...on, ...found.filter((u) => !(u.hidden > 0))] : on;
  unitChoice.page = Math.min(unitChoice.page, Math.max(0, Math.ceil(listed.length / COLUMNS) - 1));
  const start = unitChoice.page * COLUMNS;
  const shown = listed.slice(start, start + COLUMNS);
  const turn = (by) => () => {
    unitChoice.page += by;
    redraw();
  };
  parts.push(el("p", { class: "count" }, `${on.length} of the ${all.length} units that ${what} `, code(slots[slot].name), ` ${on.length === 1 ? "is" : "are"} on here. `,
    toggle("off", "show those that are off"), " ", toggle("inputs", "show inputs that are 0")));
  if (on.length) parts.push(el("p", { class: "together" }, "Together: ", ...together(on)));
  if (listed.length > COLUMNS) {
    parts.push(el("p", { class: "pager" },
      el("button", { type: "button", disabled: start === 0 ? "" : null, onclick: turn(-1) }, "\u2190"),
      ` ${start + 1} to ${start + shown.length} of ${listed.length} `,
      el("button", { type: "button", disabled: start + COLUMNS >= listed.length ? "" : null, onclick: turn(1) }, "\u2192")));
  }
  if (shown.length) parts.push(el("div", { class: "wide" }, unitTable(f, position, shown)));
  return parts;
}

/** What the units that are on change, added up. */
function together(on) {
  const change = new Map();
  for (const { number, hidden } of on) {
    for (const [feature, weight] of weightMap(units.units[number].out)) change.set(feature, (change.get(feature) || 0) + hidden * weight);
  }
  const left = [...change].filter(([, weight]) => weight).sort(([a], [b]) => a - b);
  if (!left.length) return ["no change."];
  return left.flatMap(([feature, weight], k) => {
    const { slot, text } = featureOf(feature);
    return [k ? ", " : "", code(`${slots[slot].name} = ${text}`), ` ${signed(weight)}`];
  });
}

function signed(weight) {
  if (!weight) return "";
  return weight > 0 ? `+${weight}` : `\u2212${-weight}`;
}

function weightMap(flat) {
  const found = new Map();
  for (let k = 0; k < flat.length; k += 2) found.set(flat[k], flat[k + 1]);
  return found;
}

/** Weights with a labelled row per feature and a column per unit. */
function unitTable(f, position, shown) {
  const MOST_ROWS = 120;
  const on = featuresAt(f, position);
  const inputs = shown.map((u) => weightMap(units.units[u.number].in));
  const outputs = shown.map((u) => weightMap(units.units[u.number].out));
  const name = (i) => {
    if (i >= units.count) return units.predicates[i - units.count].label;
    const { slot, text } = featureOf(i);
    return `${slots[slot].name} = ${text}`;
  };
  const isOn = (i) => (i < units.count ? on.has(i) : false);
  const used = [...new Set(inputs.flatMap((m) => [...m.keys()]))].sort((a, b) => a - b);
  let rows = used.filter((i) => unitChoice.inputs || isOn(i) || i >= units.count);
  const cut = Math.max(0, rows.length - MOST_ROWS);
  rows = rows.slice(0, MOST_ROWS);
  const written = [...new Set(outputs.flatMap((m) => [...m.keys()]))].sort((a, b) => a - b);
  const body = [];
  const line = (kind, title, cells) => body.push(el("tr", { class: kind }, el("th", { scope: "row" }, title), ...cells.map((c) => el("td", {}, c))));
  const heading = (title) => body.push(el("tr", { class: "part" }, el("th", { colspan: shown.length + 1, scope: "rowgroup" }, title)));
  heading("reads: weight of each input");
  for (const i of rows) line(isOn(i) ? "on" : "off", name(i), inputs.map((m) => signed(m.get(i))));
  if (cut) line("off", `and ${cut} more`, shown.map(() => ""));
  line("bias", "bias", shown.map((u) => signed(units.units[u.number].bias) || "0"));
  line("sum", "sum of what is on", shown.map((u) => String(u.sum).replace("-", "\u2212")));
  line("hidden", "hidden value", shown.map((u) => String(u.hidden)));
  heading("writes: change where it is on");
  for (const i of written) line("write", name(i), outputs.map((m) => signed(m.get(i))));
  const title = ({ number }) => {
    const { label, spans } = units.units[number];
    return el("th", { scope: "col" }, el("span", { class: "unit" }, `unit ${number}`), el("span", { class: "unit-label" }, label),
      ...[...new Map(spans.map((s) => [data.spans[s]?.slice(0, 2).join(":"), s])).values()].slice(0, 3).map(placeButton));
  };
  return el("table", { class: "units" }, el("thead", {}, el("tr", {}, el("td", {}), ...shown.map(title))), el("tbody", {}, ...body));
}
