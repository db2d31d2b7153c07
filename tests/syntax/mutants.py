"""Sources with mistakes: what the repository's own become when someone's hand slips."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

_STRAY = tuple("(){}[];,\n\"'=<->:.+*/ \té")


def mutants(texts: Sequence[str], count: int, seed: int) -> Iterator[str]:
    """So many texts with one to three changes each: a passage left out, doubled or brought in from elsewhere, a stray
    character."""
    rng = random.Random(seed)
    pieces = [piece for text in texts for piece in re.findall(r"\w+|\s+|[^\w\s]+", text)]
    for _ in range(count):
        text = rng.choice(texts)
        for _ in range(rng.randint(1, 3)):
            start = rng.randint(0, len(text))
            end = min(len(text), start + rng.randint(1, 12))
            change = rng.choice(("leave out", "double", "bring in", "stray"))
            if change == "leave out":
                text = text[:start] + text[end:]
            elif change == "double":
                text = text[:end] + text[start:]
            elif change == "bring in":
                text = text[:start] + rng.choice(pieces) + text[start:]
            else:
                text = text[:start] + rng.choice(_STRAY) + text[end:]
        yield text
