// Which positions a head selects, and the arrows that show it.

const MOST_ARROWS = 600;
const SVG = "http://www.w3.org/2000/svg";

/** The positions that a head selects at position `i` in frame `f`; none before the first layer. */
function selected(f, head, i) {
  const before = stateBefore(f);
  if (!before) return [];
  const { query, key, offsets, family } = slots[head];
  const length = runs[frames[f].r].tokens.length;
  let near = [];
  if (offsets === null) for (let j = 0; j < (data.causal ? i + 1 : length); j++) near.push(j);
  else near = offsets.map((d) => i + d).filter((j) => j >= 0 && j < length && (!data.causal || j <= i));
  if (query !== null) {
    const wanted = slots[query].cells[before[query][i]][0];
    const meets = family ? new Set(family[wanted]) : null;
    near = near.filter((j) => {
      const code = slots[key].cells[before[key][j]][0];
      return meets ? meets.has(code) : code === wanted;
    });
  }
  return near;
}

/** All arrows of the heads in frame `f` into the positions `low..high-1`. */
function arrowsOf(f, chosen, low, high) {
  const found = [];
  chosen.forEach((head, number) => {
    for (let i = low; i < high; i++) {
      const from = selected(f, head, i);
      const clash = from.length > 1 && !slots[head].mean;
      for (const j of from) found.push({ head, number, i, j, clash });
    }
  });
  return found;
}

function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** Draw arrows into `svg`. `centre(position)` is where a column is, also of positions beyond the window. */
function drawArrows(svg, arrows, { centre, width, height, low, high, marked, heads: count }) {
  svg.replaceChildren();
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  for (let j = low; j < high; j++) svg.append(shape("circle", { cx: centre(j), cy: 6, r: 2.5, class: "dot" }));
  const step = Math.min(4, 16 / Math.max(1, count));
  for (const { head, number, i, j, clash } of arrows) {
    const shift = (number - (count - 1) / 2) * step;
    const x1 = centre(j) + shift;
    const x2 = centre(i) + shift;
    const bend = (height - 14) / 2;
    const kind = marked === null ? "" : i === marked ? " into" : " aside";
    const group = shape("g", { class: `arrow hue${heads.indexOf(head) % 8}${kind}${clash ? " clash" : ""}` });
    group.dataset.head = slots[head].name;
    group.dataset.from = j;
    group.dataset.to = i;
    group.append(
      shape("path", { d: `M${x1},8 C${x1},${8 + bend} ${x2},${height - 6 - bend} ${x2},${height - 6}` }),
      shape("path", { class: "tip", d: `M${x2 - 3.5},${height - 7} L${x2},${height - 1} L${x2 + 3.5},${height - 7}` }),
    );
    const title = shape("title", {});
    title.textContent = `${slots[head].name}: position ${i} reads position ${j}`;
    group.append(title);
    svg.append(group);
  }
}
