"""The JSON form of a `Program`: versioned, its semantics in `docs/ir.md`, for other front ends and checkers."""

from altac.ir.json_reader import load
from altac.ir.json_writer import FORMAT, VERSION, dump

__all__ = ["FORMAT", "VERSION", "dump", "load"]
