"""What a program does, layer by layer."""

from altac.trace.collect import Snapshot, Trace, attended, collect
from altac.trace.table import table

__all__ = ["Snapshot", "Trace", "attended", "collect", "table"]
