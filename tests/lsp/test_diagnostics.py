"""Diagnostics in an editor: the checker's, as one types."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types

from tests.lsp.client import cut, editor, run

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PARITY = (EXAMPLES / "parity" / "sequential_relative.alta").read_text(encoding="utf-8")


def test_all_errors_of_a_broken_document_have_codes_and_places(tmp_path: Path) -> None:
    broken = PARITY.replace("output parity", "output paritty").replace("xor parity_left", "xor )") + "var n: 0..3 = 9\n"

    async def work() -> None:
        async with editor() as client:
            uri = await client.open(tmp_path / "a.alta", broken)
            found = client.published[uri].diagnostics
            codes = {d.code for d in found}
            assert {"unknown-name", "out-of-range"} <= codes
            assert codes & {"mismatched-bracket", "unexpected-closing-bracket"}
            name = next(d for d in found if d.code == "unknown-name")
            assert cut(broken, name.range) == "paritty"
            assert name.source == "altac" and name.severity == types.DiagnosticSeverity.Error
            assert "did you mean `parity`?" in name.message
            assert await client.edit(uri, PARITY) == []

    run(work())
