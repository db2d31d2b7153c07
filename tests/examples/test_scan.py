"""SCAN against its denotation (scan_language.py), and the parser against the grammar."""

from __future__ import annotations

import pytest

from tests.examples.programs import load, outputs, texts
from tests.examples.scan_language import commands


def _check(pairs: list[tuple[str, str]]) -> None:
    assert texts(load("scan/scan.alta"), [command for command, _ in pairs]) == [actions for _, actions in pairs]


def test_the_language_is_the_published_one() -> None:
    everything = dict(commands())
    assert len(everything) == 20_910
    assert max(len(actions.split()) for actions in everything.values()) == 48
    assert everything["jump around left twice after turn opposite right"].startswith(
        "I_TURN_RIGHT I_TURN_RIGHT I_TURN_LEFT"
    )


def test_every_simple_command_and_some_joint_ones() -> None:
    everything = list(commands())
    _check(everything[:102] + everything[102::37])


@pytest.mark.slow
def test_every_command() -> None:
    _check(list(commands()))


@pytest.mark.parametrize(
    "text", ["", "and", "walk and", "left", "twice walk", "walk after", "jump walk", "walk and run left right and"]
)
def test_no_command_no_action(text: str) -> None:
    assert texts(load("scan/scan.alta"), [text]) == [""]


def test_the_parser_lists_rules_in_the_order_of_reduction() -> None:
    (tree,) = outputs(load("scan/parser.alta"), ["jump twice and turn left"])
    jump, twice, turn, left, both = 4, 12, 5, 6, 14
    assert tree[:7] == [0, jump, twice, turn, left, both, 0]
    assert not any(tree[7:])
