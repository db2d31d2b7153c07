"""Transformers trained end to end, to compare with: appendices D.1 and D.4 of the ALTA paper."""
