"""The proposed fixes, applied to every program of ``tests/golden`` that goes wrong."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from lsprotocol import types

from altac.lsp.diagnostics import check_document, to_diagnostic
from altac.lsp.fixes import code_actions
from altac.lsp.project import Project
from tests.lsp.client import apply

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
WHOLE = types.Range(types.Position(0, 0), types.Position(10**6, 0))
#: Those that reach a limit take seconds to check.
PROGRAMS = sorted(p for p in GOLDEN.glob("*.alta") if not p.stem.startswith("too-many-s"))
#: The diagnostics that come with a fix.
FIXED = {
    "unknown-name", "unknown-member", "unknown-module", "unknown-argument", "ambiguous-name", "missing-program",
    "misspelt-keyword", "wrong-operator", "reserved-word", "single-quotes", "unexpected-closing-bracket",
    "mismatched-bracket", "unterminated-string", "comment-not-division", "not-a-bucket", "empty-range",
    "chained-comparison", "type-mismatch", "match-not-exhaustive", "no-effect", "lone-carriage-return",
}  # fmt: skip


def actions(path: str, text: str) -> tuple[Counter[str], list[types.CodeAction]]:
    """What is wrong, by the first lines of the messages, and the fixes."""
    project = Project()
    source = project.open(path, text)
    problems = check_document(project, source).problems[path]
    messages = (to_diagnostic(p, project.positions).message.split("\n")[0] for p in problems)
    return Counter(messages), code_actions(project, path, WHOLE, problems)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.stem)
def test_a_fix_takes_its_diagnostic_away(path: Path) -> None:
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return
    before, found = actions(str(path), text)
    for action in found:
        (diagnostic,) = action.diagnostics or ()
        assert diagnostic.code in FIXED, "add it to FIXED"
        assert action.edit is not None and action.edit.changes is not None
        ((_, edits),) = action.edit.changes.items()
        changed = apply(text, list(edits))
        assert changed != text
        message = diagnostic.message.split("\n")[0]
        assert actions(str(path), changed)[0][message] < before[message], (action.title, changed)


def test_every_kind_of_fix_is_tried() -> None:
    seen = set()
    for path in PROGRAMS:
        try:
            text = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            continue
        seen |= {d.code for action in actions(str(path), text)[1] for d in action.diagnostics or ()}
    assert seen == FIXED
