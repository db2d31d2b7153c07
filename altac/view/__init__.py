"""A run of a program as one HTML page: the residual stream, attention, updates and hidden units, beside the source."""

from altac.view.data import MOST_CELLS, View, view_data
from altac.view.page import page
from altac.view.run import view

__all__ = ["MOST_CELLS", "View", "page", "view", "view_data"]
