"""The example notebook runs from top to bottom, and is kept without outputs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "examples" / "notebook.ipynb"


def test_the_notebook_is_kept_without_outputs() -> None:
    for cell in json.loads(NOTEBOOK.read_text())["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_the_notebook_runs(tmp_path: Path) -> None:
    # In a process of its own, since warnings of the libraries that drive the kernel are not ours.
    done = subprocess.run(
        [sys.executable, "-m", "tests.jupyter.execute", str(NOTEBOOK), str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    outputs = {}
    for cell in json.loads(done.stdout)["cells"]:
        if cell["cell_type"] == "code":
            outputs["".join(cell["source"]).split("\n")[0]] = cell["outputs"]
    assert "1 of 1 tests pass" in _stream(outputs["%%alta parity"])
    assert "1 of 1 tests pass" in _stream(outputs["%%alta counted -D MAX=6"])
    shown = ["%alta run parity START 1 0 1 1", "%alta trace parity START 1 0 1", "from itertools import product",
             "%alta rules parity", "model = parity.compile()", 'model.weights["mlp.down"]', "%alta model counted"]  # fmt: skip
    for line in shown:
        ((kinds, html),) = [(set(o["data"]), _text(o["data"]["text/html"])) for o in outputs[line] if "data" in o]
        assert kinds == {"text/html", "text/plain"}
        assert "<table>" in html
    (view,) = [_text(o["data"]["text/html"]) for o in outputs["%alta view parity START 1 0 1"] if "data" in o]
    assert view.startswith("<iframe srcdoc=")
    assert "16" in _text(
        outputs['inputs = [["START", *bits] for bits in product([0, 1], repeat=4)]'][0]["data"]["text/plain"]
    )


def _stream(outputs: list[dict[str, Any]]) -> str:
    return "".join(_text(o["text"]) for o in outputs if o["output_type"] == "stream")


def _text(value: str | list[str]) -> str:
    return "".join(value)
