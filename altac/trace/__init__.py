"""What a program does, layer by layer."""

from altac.trace.collect import Trace, collect
from altac.trace.states import Snapshot, States, Step, attended, layers
from altac.trace.table import table

__all__ = ["Snapshot", "States", "Step", "Trace", "attended", "collect", "layers", "table"]
