"""Plain numpy: the model to read, and to run where nothing else is installed."""

from altac.backends.module import ModuleBackend
from altac.backends.protocol import Backend

USAGE = """\
model.transformer(tokens, mask)            # token indices (B, T), true where not padding: logits, layers, halted
model.transformer.layer(x, biases, mask)   # one layer on a residual stream (B, T, D)
"""

BACKEND: Backend = ModuleBackend(
    name="numpy",
    description="a module in plain numpy, to read and to run anywhere; computes in float32",
    carries="every program",
    requires=("numpy",),
    template="altac.backends.numpy.model",
    usage=USAGE,
)
