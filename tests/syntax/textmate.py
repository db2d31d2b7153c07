"""Just enough of TextMate's rules to read ``grammar/alta.tmLanguage.json`` as an editor does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

GRAMMAR_FILE = Path(__file__).resolve().parents[2] / "grammar" / "alta.tmLanguage.json"
GRAMMAR: dict[str, Any] = json.loads(GRAMMAR_FILE.read_text(encoding="utf-8"))


def rules(patterns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The patterns with every include replaced by what it names."""
    found: list[dict[str, Any]] = []
    for pattern in patterns:
        if "include" in pattern:
            found += rules([GRAMMAR["repository"][pattern["include"].removeprefix("#")]])
        elif "match" in pattern or "begin" in pattern:
            found.append(pattern)
        else:
            found += rules(pattern["patterns"])
    return found


def scopes(line: str) -> list[tuple[str, str]]:
    """The pieces of a line that a rule matches, with their innermost scope."""
    return _scan(line, 0, rules(GRAMMAR["patterns"]), None)[0]


def _scan(line: str, place: int, among: list[dict[str, Any]], end: str | None) -> tuple[list[tuple[str, str]], int]:
    out: list[tuple[str, str]] = []
    while place < len(line):
        stop = re.compile(end).search(line, place) if end is not None else None
        matches = [(re.compile(r.get("match") or r["begin"]).search(line, place), r) for r in among]
        best = min(((m.start(), i) for i, (m, _) in enumerate(matches) if m is not None), default=None)
        if stop is not None and (best is None or stop.start() <= best[0]):
            return out, stop.end()
        if best is None:
            break
        match, rule = matches[best[1]]
        assert match is not None and match.group(), rule
        if "begin" in rule:
            inner, place = _scan(line, match.end(), rules(rule.get("patterns", [])), rule["end"])
            out.append((rule["name"], line[match.start() : place]))
            out += inner
        else:
            for number, capture in rule.get("captures", {}).items():
                out.append((capture["name"], match.group(int(number))))
            if "name" in rule:
                out.append((rule["name"], match.group()))
            place = match.end()
    return out, place
