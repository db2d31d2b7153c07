"use strict";
// The data of the page, and what follows from it: states, hidden units.

const data = JSON.parse(document.getElementById("data").textContent);
const { slots, frames, runs, units } = data;
const variables = slots.flatMap((s, i) => (s.kind === "variable" ? [i] : []));
const heads = slots.flatMap((s, i) => (s.kind === "head" ? [i] : []));

/** An element with attributes and children; texts are never read as HTML. */
function el(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "onclick") made.addEventListener("click", value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((c) => c !== null && c !== undefined));
  return made;
}

/** A token as it can be seen. */
function visible(token) {
  if (token === "") return "\u2205";
  return token.replace(/ /g, "\u2423").replace(/\n/g, "\u23ce").replace(/\t/g, "\u21e5");
}

const EVERY = 32;
const checkpoints = new Map();
let lastState = null; // [frame, state] that was asked for last

/** For every slot the cell (an index into its cells, -1 undefined) at every position, after frame `f`. */
function stateAt(f) {
  if (lastState && lastState[0] === f) return lastState[1];
  const first = runs[frames[f].r].first;
  let from = first - 1;
  let state = null;
  if (lastState && lastState[0] < f && lastState[0] >= first) [from, state] = lastState;
  for (let g = f - (f % EVERY); g >= first && g > from; g -= EVERY) {
    if (checkpoints.has(g)) {
      [from, state] = [g, checkpoints.get(g)];
      break;
    }
  }
  const length = runs[frames[f].r].tokens.length;
  state = state ? state.map((row) => row.slice()) : slots.map(() => new Array(length).fill(-1));
  for (let g = from + 1; g <= f; g++) {
    for (const [slot, change] of frames[g].d) {
      if (Array.isArray(change)) for (let k = 0; k < change.length; k += 2) state[slot][change[k]] = change[k + 1];
      else state[slot].fill(change);
    }
    if (g % EVERY === 0 && g < f) checkpoints.set(g, state.map((row) => row.slice()));
  }
  if (f % EVERY === 0) checkpoints.set(f, state);
  lastState = [f, state];
  return state;
}

/** What the layer of frame `f` starts from; null before the first layer. */
function stateBefore(f) {
  return frames[f].l === 0 ? null : stateAt(f - 1);
}

/** The cell of a slot that the MLP of frame `f` reads at a position. */
function readCell(f, slot, position) {
  return (slots[slot].kind === "head" ? stateAt(f) : stateBefore(f))[slot][position];
}

function cellText(slot, cell) {
  return cell < 0 ? "\u00b7" : slots[slot].cells[cell][1];
}

/** The updates at a position in frame `f`. */
function updatesAt(f, position) {
  const found = frames[f].u || [];
  for (let k = 0; k < found.length; k += 2) if (found[k] === position) return data.events[found[k + 1]];
  return [];
}

/** The positions at which a slot is updated in frame `f`. */
function updatedPositions(f, slot) {
  const found = frames[f].u || [];
  const at = new Set();
  for (let k = 0; k < found.length; k += 2) if (data.events[found[k + 1]].some((u) => u.t === slot)) at.add(found[k]);
  return at;
}

// Hidden units

/** Whether a slot is compiled: nothing else has features. */
const compiled = (slot) => units.offsets[slot] >= 0;

/** The slot and code of a feature. */
function featureOf(number) {
  let slot = slots.length - 1;
  while (!compiled(slot) || units.offsets[slot] > number) slot--;
  return { slot, code: number - units.offsets[slot] + slots[slot].low, text: slots[slot].labels[number - units.offsets[slot]] };
}

const writers = new Map();

/** The numbers of the hidden units that write into a slot. */
function unitsWriting(slot) {
  if (!writers.has(slot)) {
    const from = units.offsets[slot];
    const to = from + slots[slot].labels.length;
    const found = [];
    if (compiled(slot)) units.units.forEach((unit, number) => {
      for (let k = 0; k < unit.out.length; k += 2) {
        if (unit.out[k] >= from && unit.out[k] < to) {
          found.push(number);
          break;
        }
      }
    });
    writers.set(slot, found);
  }
  return writers.get(slot);
}

/** The features that are 1 at a position when the MLP of frame `f` reads them. */
function featuresAt(f, position) {
  const on = new Set();
  slots.forEach((slot, s) => {
    const cell = readCell(f, s, position);
    if (cell >= 0 && compiled(s)) on.add(units.offsets[s] + slot.cells[cell][0] - slot.low);
  });
  return on;
}

function activation(unit, value) {
  let sum = unit.bias;
  for (let k = 0; k < unit.in.length; k += 2) sum += unit.in[k + 1] * value(unit.in[k]);
  return { sum, hidden: Math.min(1, Math.max(0, sum)) };
}

/** Sum and hidden value of the given units at a position in frame `f`. */
function activations(f, position, numbers) {
  const on = featuresAt(f, position);
  const first = units.predicates.map((unit) => activation(unit, (i) => (on.has(i) ? 1 : 0)).hidden);
  const value = (i) => (i < units.count ? (on.has(i) ? 1 : 0) : first[i - units.count]);
  return numbers.map((number) => ({ number, ...activation(units.units[number], value) }));
}
