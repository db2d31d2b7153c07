"""A Flax (nnx) module: the model for accelerators, batches and gradients, and what `altac run --engine transformer` runs."""

from altac.backends.module import ModuleBackend
from altac.backends.protocol import Backend

USAGE = """\
model.transformer(tokens, mask)            # token indices (B, T), true where not padding: logits, layers, halted
model.transformer.unrolled(tokens, 10)     # a fixed number of layers, for gradients
"""

BACKEND: Backend = ModuleBackend(
    name="flax",
    description="a Flax (nnx) module in JAX: compiled, on any device, differentiable",
    carries="every program",
    requires=("jax", "flax", "numpy", "safetensors"),
    template="altac.backends.flax.model",
    usage=USAGE,
)
