"""Options of the test suite."""

from __future__ import annotations

import os

import pytest

# Before numpy is loaded: threads of its products that wait for each other take the time of the other workers.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the expected output beside golden inputs")
