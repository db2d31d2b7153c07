"""How programs, runs, traces, rules, models and weights show themselves in notebooks: HTML, without any dependency on one.

Objects call these from ``_repr_html_``. Every result is complete in itself: it carries the style that it needs, and
loads nothing.
"""
