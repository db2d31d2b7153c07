// The grid, the controls, and what moves between frames.

const WINDOW = 96; // positions side by side
const byId = (id) => document.getElementById(id);
const view = { frame: 0, cell: null, head: "all", low: 0, filter: "" };
let drawn = null; // what the grid was built for
let cells = new Map(); // slot -> the elements of its row

const widths = []; // of each position, in characters
{
  const note = (position, text) => {
    widths[position] = Math.max(widths[position] || 3, Math.min(12, Array.from(text).length));
  };
  for (const run of runs) run.tokens.forEach((t, i) => note(i, visible(t)));
  for (const frame of frames) {
    for (const [slot, change] of frame.d) {
      if (Array.isArray(change)) for (let k = 0; k < change.length; k += 2) note(change[k], cellText(slot, change[k + 1]));
      else runs[frame.r].tokens.forEach((_, i) => note(i, cellText(slot, change)));
    }
  }
}

function shownSlots() {
  const wanted = view.filter.trim().toLowerCase();
  return slots.map((_, s) => s).filter((s) => !wanted || slots[s].name.toLowerCase().includes(wanted));
}

function chosenHeads() {
  if (view.head === "none") return [];
  return view.head === "all" ? heads : [Number(view.head)];
}

/** Make the table for the run, window and rows that are shown, unless it is there. */
function build() {
  const run = frames[view.frame].r;
  const tokens = runs[run].tokens;
  if (view.low >= tokens.length) view.low = 0;
  const high = Math.min(tokens.length, view.low + WINDOW);
  const wanted = JSON.stringify([run, view.low, view.filter, view.head === "none"]);
  if (drawn === wanted) return;
  drawn = wanted;
  cells = new Map();
  const positions = [];
  for (let i = view.low; i < high; i++) positions.push(i);
  const prompt = runs[0].tokens.length;
  const kind = (i) => (i >= prompt ? "generated" : null);
  const columns = el("colgroup", {}, el("col", { class: "names" }), positions.map((i) => el("col", { style: `width:calc(${widths[i]}ch + 1.1rem)` })));
  const head = el("thead", {},
    el("tr", { class: "arrows" }, el("th", {}, "attention"), el("td", { colspan: positions.length })),
    el("tr", { class: "positions" }, el("th", {}, "position"), positions.map((i) => el("th", { scope: "col", class: kind(i) }, String(i)))),
    el("tr", { class: "tokens" }, el("th", {}, "token"), positions.map((i) => el("th", { class: kind(i), title: i >= prompt ? "generated" : null }, visible(tokens[i])))));
  head.querySelector(".arrows td").append(shape("svg", { role: "img", "aria-label": "Attention" }));
  head.querySelector(".arrows").hidden = view.head === "none" || !heads.length;
  const body = el("tbody", {});
  let part = null;
  for (const s of shownSlots()) {
    const { name, kind: what, doc } = slots[s];
    if (part !== what) {
      part = what;
      body.append(el("tr", { class: "part" }, el("th", {}, what === "head" ? "heads" : "variables"), el("td", { colspan: positions.length })));
    }
    const label = what === "head"
      ? el("button", { type: "button", title: `Show the attention of ${name}`, onclick: () => choose({ head: view.head === String(s) ? "all" : String(s) }) },
        el("span", { class: `swatch hue${heads.indexOf(s) % 8}` }), name)
      : name;
    const row = positions.map((i) => el("td", { "data-slot": s, "data-position": i, role: "gridcell", tabindex: -1 }));
    cells.set(s, row);
    body.append(el("tr", { class: what }, el("th", { scope: "row", title: doc || name, class: s === data.outputSlot ? "output" : null }, label), row));
  }
  byId("grid").style.width = `calc(var(--names) + ${positions.reduce((sum, i) => sum + widths[i], 0)}ch + ${positions.length} * 1.1rem)`;
  byId("grid").replaceChildren(columns, head, body);
}

function fill() {
  const f = view.frame;
  const state = stateAt(f);
  const before = stateBefore(f);
  for (const [s, row] of cells) {
    const updated = updatedPositions(f, s);
    const truth = slots[s].type === "bool";
    row.forEach((cell, k) => {
      const i = view.low + k;
      const value = state[s][i];
      const text = cellText(s, value);
      const changed = before !== null && slots[s].kind === "variable" && before[s][i] !== value;
      const classes = [];
      if (value < 0) classes.push("undefined");
      else if (truth) classes.push(text);
      if (changed) classes.push("changed");
      else if (updated.has(i) && !frames[f].failed) classes.push("fired");
      if (frames[f].failed && data.error && data.error.position === i) classes.push("failed");
      const chosen = view.cell !== null && view.cell.slot === s && view.cell.position === i;
      if (chosen) classes.push("chosen");
      if (cell.textContent !== text) cell.textContent = text;
      const name = classes.join(" ");
      if (cell.className !== name) cell.className = name;
      const title = changed ? `${cellText(s, before[s][i])} \u2192 ${text}` : text;
      if (cell.title !== title) cell.title = title;
      cell.tabIndex = chosen ? 0 : -1;
      cell.setAttribute("aria-selected", String(chosen));
    });
  }
  if (!view.cell) {
    const first = cells.values().next().value;
    if (first && first.length) first[0].tabIndex = 0;
  }
}

function arrows() {
  const svg = byId("grid").querySelector("svg");
  const note = byId("note");
  note.textContent = "";
  if (!heads.length || view.head === "none") return;
  const tokens = runs[frames[view.frame].r].tokens;
  const high = Math.min(tokens.length, view.low + WINDOW);
  const headers = [...byId("grid").querySelectorAll(".positions th")].slice(1);
  if (!headers.length) return;
  const left = headers[0].offsetLeft;
  const width = headers[headers.length - 1].offsetLeft + headers[headers.length - 1].offsetWidth - left;
  const centre = (j) => {
    if (j < view.low) return 1;
    if (j >= high) return width - 1;
    const header = headers[j - view.low];
    return header.offsetLeft - left + header.offsetWidth / 2;
  };
  const mark = view.cell ? view.cell.position : null;
  const chosen = chosenHeads();
  let found = arrowsOf(view.frame, chosen, view.low, high);
  if (found.length > MOST_ARROWS) {
    const total = found.length;
    found = mark === null ? [] : found.filter((a) => a.i === mark).slice(0, MOST_ARROWS);
    note.textContent = mark === null
      ? `${total} arrows are too many to draw: choose a head, or a value to see those into its position.`
      : `Of ${total} arrows only those into position ${mark} are drawn.`;
  } else if (frames[view.frame].l === 0) note.textContent = "Before the first layer nothing is attended to.";
  else if (!found.length) note.textContent = "In this layer no position is selected.";
  if (mark !== null) found.sort((a, b) => (a.i === mark) - (b.i === mark)); // those into the chosen position on top
  drawArrows(svg, found, { centre, width, height: 92, low: view.low, high, marked: mark, heads: chosen.length });
}

function place() {
  const { l, r, failed } = frames[view.frame];
  const later = view.frame + 1 < frames.length && frames[view.frame + 1].r === r;
  const last = r + 1 < runs.length ? runs[r + 1].first - 1 : frames.length - 1;
  const total = data.causal ? frames[last].l : Math.max(frames[last].l, data.result.layers); // of which the page may hold the first
  const parts = data.causal ? [`token ${r + 1} of ${runs.length}`] : [];
  parts.push(l === 0 ? "start" : `layer ${l} of ${total}`);
  if (failed) parts.push("failed");
  else if (data.causal && view.frame === last && data.result.output && r < data.result.output.length) {
    parts.push(`appends ${visible(String(data.result.output[r]))}`);
  }
  else if (!later && !data.causal && data.result.halted && !data.notes.length) parts.push("halted");
  if (view.frame === frames.length - 1 && data.result.cut !== null) {
    const { cut } = data.result;
    parts.push(`cut at the limit of ${cut} token${cut === 1 ? "" : "s"}, input included`);
  }
  byId("where").textContent = parts.join(", ");
  byId("layer").value = view.frame;
  byId("layer").setAttribute("aria-valuetext", parts.join(", "));
  byId("first").disabled = byId("back").disabled = view.frame === 0;
  byId("last").disabled = byId("forth").disabled = view.frame === frames.length - 1;
  byId("run").value = String(r);
  byId("head").value = view.head;
  const count = runs[r].tokens.length;
  byId("window-label").hidden = count <= WINDOW;
  if (count > WINDOW) {
    const starts = [];
    for (let i = 0; i < count; i += WINDOW) starts.push(i);
    byId("window").replaceChildren(...starts.map((i) => el("option", { value: i }, `${i} to ${Math.min(count, i + WINDOW) - 1}`)));
    byId("window").value = String(view.low);
  }
}

/** Change what is shown. */
function choose(change) {
  Object.assign(view, change);
  view.frame = Math.max(0, Math.min(frames.length - 1, view.frame));
  const count = runs[frames[view.frame].r].tokens.length;
  if (view.cell && view.cell.position >= count) view.cell = null;
  if (change.cell) {
    const { position, slot } = change.cell;
    if (position < view.low || position >= view.low + WINDOW) view.low = Math.floor(position / WINDOW) * WINDOW;
    if (slots[slot].kind === "head" && !["all", String(slot)].includes(view.head)) view.head = String(slot);
    unitChoice.page = 0;
  }
  build();
  place();
  fill();
  arrows();
  if (view.cell) showDetails(view.frame, view.cell.slot, view.cell.position);
  else {
    byId("details").replaceChildren(el("p", { class: "hint" }, "Choose a value to see which updates, attention and hidden units are behind it."));
    markSource([]);
  }
  remember();
}

/** The state of the page is in its address, so that a link leads to what is shown. */
function remember() {
  const parts = [`state=${view.frame}`];
  if (view.cell) parts.push(`value=${encodeURIComponent(slots[view.cell.slot].name)}@${view.cell.position}`);
  try {
    history.replaceState(null, "", `#${parts.join("&")}`);
  } catch {
    // a page without an address of its own, as in a frame
  }
}

function recall() {
  const wanted = new Map(location.hash.slice(1).split("&").map((part) => part.split("=")));
  const change = { frame: Number.parseInt(wanted.get("state") || "0", 10) || 0 };
  try {
    const [name, position] = decodeURIComponent(wanted.get("value") || "").split("@");
    const slot = slots.findIndex((s) => s.name === name);
    const frame = frames[Math.min(change.frame, frames.length - 1)];
    if (slot >= 0 && Number(position) >= 0 && Number(position) < runs[frame.r].tokens.length) change.cell = { slot, position: Math.floor(Number(position)) };
  } catch {
    // no address that this page has made
  }
  return change;
}

function moveCell(rows, columns) {
  if (!view.cell) return;
  const order = shownSlots();
  const count = runs[frames[view.frame].r].tokens.length;
  const at = order.indexOf(view.cell.slot);
  const slot = order[Math.max(0, Math.min(order.length - 1, at + rows))];
  const position = Math.max(0, Math.min(count - 1, view.cell.position + columns));
  if (slot === undefined) return;
  choose({ cell: { slot, position } });
  const cell = cells.get(slot)?.[position - view.low];
  if (cell) cell.focus({ preventScroll: false });
}

function moveRun(by) {
  const r = frames[view.frame].r + by;
  if (r >= 0 && r < runs.length) choose({ frame: runs[r].first });
}

const KEYS = {
  ArrowLeft: () => choose({ frame: view.frame - 1 }),
  ArrowRight: () => choose({ frame: view.frame + 1 }),
  Home: () => choose({ frame: 0 }),
  End: () => choose({ frame: frames.length - 1 }),
  Escape: () => choose({ cell: null }),
  ...(data.causal ? { PageUp: () => moveRun(-1), PageDown: () => moveRun(1) } : {}),
};
const SHIFTED = {
  ArrowLeft: () => moveCell(0, -1),
  ArrowRight: () => moveCell(0, 1),
  ArrowUp: () => moveCell(-1, 0),
  ArrowDown: () => moveCell(1, 0),
};

function listen() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target;
    if (target.matches("select, input:not([type=range]):not([type=checkbox])")) return;
    const action = (event.shiftKey ? SHIFTED : KEYS)[event.key];
    if (action && !(event.shiftKey && !view.cell)) {
      event.preventDefault();
      action();
    } else if ((event.key === "Enter" || event.key === " ") && target.matches("#grid td[data-slot]")) {
      event.preventDefault();
      target.click();
    }
  });
  byId("grid").addEventListener("click", (event) => {
    const cell = event.target.closest("td[data-slot]");
    if (cell) choose({ cell: { slot: Number(cell.dataset.slot), position: Number(cell.dataset.position) } });
  });
  byId("layer").addEventListener("input", (event) => choose({ frame: Number(event.target.value) }));
  byId("first").addEventListener("click", KEYS.Home);
  byId("back").addEventListener("click", KEYS.ArrowLeft);
  byId("forth").addEventListener("click", KEYS.ArrowRight);
  byId("last").addEventListener("click", KEYS.End);
  byId("head").addEventListener("change", (event) => choose({ head: event.target.value }));
  byId("run").addEventListener("change", (event) => choose({ frame: runs[Number(event.target.value)].first }));
  byId("window").addEventListener("change", (event) => choose({ low: Number(event.target.value) }));
  byId("filter").addEventListener("input", (event) => choose({ filter: event.target.value }));
  window.addEventListener("resize", () => frames.length && arrows());
}

// Colours: as the system has them, until a choice is made

function theme() {
  const button = byId("theme");
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  try {
    chosen = localStorage.getItem("altac-theme");
  } catch {
    // no storage: the choice lasts as long as the page
  }
  const show = () => {
    const dark = chosen ? chosen === "dark" : system.matches;
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    button.textContent = dark ? "light" : "dark";
    button.title = `Change to ${dark ? "light" : "dark"} colours`;
  };
  button.addEventListener("click", () => {
    chosen = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("altac-theme", chosen);
    } catch {
      // as above
    }
    show();
  });
  system.addEventListener("change", show);
  show();
}

function banner(kind, ...content) {
  byId("banners").append(el("p", { class: kind, role: kind === "failure" ? "alert" : null }, ...content));
}

function start() {
  theme();
  byId("title").textContent = data.program;
  const { output, text, layers, halted } = data.result;
  const shown = text !== null ? text : output === null ? null : `[${output.join(", ")}]`;
  const given = runs.length ? runs[0].tokens.map(visible).join(" ") : "nothing";
  const short = (t) => (t.length > 200 ? `${t.slice(0, 199)}\u2026` : t);
  byId("summary").append(
    code(short(given)), ...(shown === null ? [] : [" \u2192 ", code(short(shown) || "\u2205")]),
    ` (${layers} ${layers === 1 ? "layer" : "layers"}${halted ? "" : ", not halted"})`,
    ...data.params.map(([name, value]) => el("span", { class: "param" }, `${name} = ${value}`)),
  );
  if (data.error) {
    banner("failure", `${data.error.title}${data.error.label ? `: ${data.error.label}` : ""} `, placeButton(data.error.span));
  }
  data.notes.forEach((note) => banner("cut", note));
  byId("files").append(...data.sources.map(({ name }, s) => el("button", { type: "button", onclick: () => showSource(s) }, name)));
  showSource(0);
  if (!frames.length) {
    banner("cut", "There are no states: the input is empty.");
    byId("controls").hidden = byId("stage").hidden = byId("details").hidden = true;
    return;
  }
  byId("layer").max = frames.length - 1;
  byId("head-label").hidden = !heads.length;
  byId("head").append(el("option", { value: "all" }, "all heads"), el("option", { value: "none" }, "none"),
    ...heads.map((s) => el("option", { value: s }, slots[s].name)));
  if (heads.length > 4) view.head = String(heads[0]);
  byId("run-label").hidden = byId("run-keys").hidden = !data.causal;
  byId("run").append(...runs.map((_, r) => el("option", { value: r }, `${r + 1} of ${runs.length}`)));
  byId("filter-label").hidden = slots.length < 9;
  const names = Math.max(...slots.map((s) => s.name.length), 8);
  document.documentElement.style.setProperty("--names", `calc(${Math.min(names, 24)}ch + 2.4rem)`);
  listen();
  choose(recall());
}

start();
