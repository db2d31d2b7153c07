"""The SCAN language by its denotation: every command and its actions, independent of any program.

Lake and Baroni (2018), figure 6. A command is at most two sentences joined by ``and`` or ``after``; a sentence is a
phrase, perhaps repeated; a phrase is a verb, perhaps with a direction.
"""

from __future__ import annotations

from collections.abc import Iterator

Words = tuple[str, ...]

_VERBS: dict[str, Words] = {
    "walk": ("I_WALK",), "look": ("I_LOOK",), "run": ("I_RUN",), "jump": ("I_JUMP",), "turn": (),
}  # fmt: skip
_TURNS: dict[str, Words] = {"left": ("I_TURN_LEFT",), "right": ("I_TURN_RIGHT",)}


def phrases() -> Iterator[tuple[Words, Words]]:
    """The 34 phrases with their actions."""
    for verb, act in _VERBS.items():
        if verb != "turn":
            yield (verb,), act
        for side, turn in _TURNS.items():
            yield (verb, side), turn + act
            yield (verb, "opposite", side), turn + turn + act
            yield (verb, "around", side), (turn + act) * 4


def sentences() -> Iterator[tuple[Words, Words]]:
    """The 102 sentences with their actions."""
    for words, actions in phrases():
        yield words, actions
        yield (*words, "twice"), actions * 2
        yield (*words, "thrice"), actions * 3


def commands() -> Iterator[tuple[str, str]]:
    """All 20,910 commands and their actions, as text."""
    simple = list(sentences())
    for words, actions in simple:
        yield " ".join(words), " ".join(actions)
    for first, first_actions in simple:
        for second, second_actions in simple:
            yield " ".join((*first, "and", *second)), " ".join(first_actions + second_actions)
            yield " ".join((*first, "after", *second)), " ".join(second_actions + first_actions)
