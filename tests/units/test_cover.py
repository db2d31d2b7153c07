"""Covers against the diagrams that they cover: random ones, on every path, whatever the slots hold that are not read there."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest

from altac import check_source
from altac.ir import Program
from altac.source import Source
from altac.units import FeatureIndex, prune, units
from altac.units.bag import Bag
from altac.units.cover import Covers
from altac.units.diagram import FREE, Diagrams, Leaf, Node, SlotNode, Sum, Work
from altac.units.proof import prove

PROGRAM = """\
program p
tokens 0, 1
var a: 0..2 = 0
var b: 0..3 = 0
var c: -1..1 = 0
head h = a at 0
mlp { a <- h; b <- a; c <- b - 1 }
output a
layers 1
"""
SIZES = {"a": range(3), "b": range(4), "c": range(-1, 2), "h": range(3)}


def compiled(text: str) -> Program:
    program, problems = check_source(Source("p.alta", text))
    assert program is not None, problems
    return program.ir


def random_node(rng: random.Random, made: Diagrams, depth: int) -> Node:
    """A test of a slot, of a sum, or a leaf."""
    kind = rng.random() if depth else 1.0
    if kind < 0.45:
        slot = rng.choice(sorted(SIZES))
        parts = [random_node(rng, made, depth - 1) for _ in range(rng.randint(2, 3))]
        chosen = {code: rng.randrange(len(parts)) for code in SIZES[slot]}
        return made.slot(slot, [(frozenset(c for c in chosen if chosen[c] == i), part) for i, part in enumerate(parts)])
    if kind < 0.8:
        slots = rng.sample(sorted(SIZES), 2)
        step = {slot: rng.choice((-2, -1, 1, 2)) for slot in slots}
        total = Sum(rng.randint(-1, 1), tuple((s, {code: step[s] * code for code in SIZES[s]}) for s in slots))
        few = [random_node(rng, made, depth - 1) for _ in range(rng.randint(2, 3))]
        children, child = {}, few[0]
        for value in total.values():
            child = rng.choice(few) if rng.random() < 0.6 else child
            children[value] = child
        return made.sum(total, children)
    return made.leaf(rng.choice((0, 1, 0, 1, FREE)))


def paths(node: Node, read: dict[str, int]) -> Iterator[tuple[dict[str, int], int | str]]:
    """What is read on each way through a diagram, and the leaf."""
    if isinstance(node, Leaf):
        yield read, node.value
        return
    slots = [node.slot] if isinstance(node, SlotNode) else [slot for slot, _ in node.sum.terms]
    unread = [slot for slot in slots if slot not in read]
    for codes in product(*(SIZES[slot] for slot in unread)):
        known = {**read, **dict(zip(unread, codes, strict=True))}
        if isinstance(node, SlotNode):
            child = next((child for codes, child in node.parts if known[node.slot] in codes), None)
        else:
            at = node.sum.constant + sum(term[known[slot]] for slot, term in node.sum.terms) - node.low
            child = node.children[at] if 0 <= at < len(node.children) else None
        if child is not None:
            yield from paths(child, known)


def filled(found: Iterator[tuple[dict[str, int], int | str]]) -> Iterator[tuple[dict[str, int], int | str]]:
    """The same with each value of the variables that are not read: they hold one, while heads may hold a mixture."""
    for read, leaf in found:
        unread = [slot for slot in ("a", "b", "c") if slot not in read]
        for codes in product(*(SIZES[slot] for slot in unread)):
            yield {**read, **dict(zip(unread, codes, strict=True))}, leaf


@pytest.mark.parametrize("first", range(0, 1500, 50))
def test_covers_are_the_region_on_every_path(first: int) -> None:
    program = compiled(PROGRAM)
    for seed in range(first, first + 50):
        check_covers(program, seed)


def check_covers(program: Program, seed: int) -> None:
    rng = random.Random(seed)
    work = Work(10**7)
    made = Diagrams(10**5, 10**6, work)
    node = random_node(rng, made, 3)
    bag = Bag(FeatureIndex.of(program), work)
    for thresholds, negated in product((True, False), (True, False)):
        covers = Covers(program, made, thresholds, 10**6, rng.choice((2, 64)))
        if not thresholds and has_sum(node):
            continue
        cover = [(sign, bag.entry(unit)) for sign, unit in covers.cover(node, negated)]
        for read, leaf in filled(paths(node, {})):
            total = 0
            for sign, entry in cover:
                low = high = entry.bias
                for slot, weights in entry.weights.items():
                    part = weights[[read[slot] - SIZES[slot][0]]] if slot in read else weights
                    low, high = low + int(np.min(part)), high + int(np.max(part))
                assert leaf == FREE or low >= 1 or high <= 0, "a unit is neither on nor off"
                total += sign * (low >= 1)
            assert leaf == FREE or total == int(bool(leaf) != negated)


def has_sum(node: Node) -> bool:
    match node:
        case Leaf():
            return False
        case SlotNode(parts=parts):
            return any(has_sum(child) for _, child in parts)
        case _:
            return True


def test_a_run_of_values_with_several_units_each_at_the_begin_of_a_sum() -> None:
    text = """\
program p
tokens 0, 1
positions 5
var flag: 0..2 = min(position, 2)
var here: 0..4 = position
var v: -1..3 = min(position, 3)
var until: 1..2 = 1
head h = attend(query: flag, key: flag, value: flag, at: 0)
mlp {
    if here < v {
        until <- 2
    } else if until > flag {
        until <- max(1, min(2 * h div until, 2))
        if until < v {
            until <- here % 2 + 1
        } else if v == flag {
            until <- flag % 2 + 1
        }
    }
    flag <- max(0, min(max(until, v), 2))
}
output until
layers 2
"""
    program = prune(compiled(text))
    report = prove(program, units(program, 2))
    assert report.exhaustive and not report.mismatches
