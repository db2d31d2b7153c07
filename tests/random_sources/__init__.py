"""Random valid programs as source text, with a second opinion on what they mean."""

from tests.random_sources.meaning import Fail, Symbol, Undefined
from tests.random_sources.program import Generated, random_source

__all__ = ["Fail", "Generated", "Symbol", "Undefined", "random_source"]
