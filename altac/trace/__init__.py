"""What a program does, layer by layer."""

from altac.trace.collect import Snapshot, Step, Trace, attended, collect, layers
from altac.trace.table import table

__all__ = ["Snapshot", "Step", "Trace", "attended", "collect", "layers", "table"]
