"""A PyTorch module: the model for hooks, interventions and training in the tools that study Transformers."""

from altac.backends.module import ModuleBackend
from altac.backends.protocol import Backend

USAGE = """\
model.transformer(tokens, mask)            # token indices (B, T), true where not padding: logits, layers, halted
model.transformer.unrolled(tokens, 10)     # a fixed number of layers, for gradients
model.transformer.resid_post.register_forward_hook(print)  # called with the residual stream after each layer
"""

BACKEND: Backend = ModuleBackend(
    name="torch",
    description="a PyTorch module with a named part for everything that hooks may want to see; computes in float32",
    carries="every program",
    requires=("torch", "numpy", "safetensors"),
    template="altac.backends.torch.model",
    usage=USAGE,
    extra="torch",
)
