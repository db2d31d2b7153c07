"""Program and hidden units to weights, configuration and labels, with numpy alone.

What a library makes of them is the business of `altac.backends`.
"""

from altac.transformer.building import BuiltModel
from altac.transformer.configuration import Configuration
from altac.transformer.labels import Labels

__all__ = ["BuiltModel", "Configuration", "Labels"]
