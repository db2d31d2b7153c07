"""The language server: what editors ask, answered from the same parser and checker as the command line.

`altac.lsp.server` speaks the protocol; the other modules know only sources, spans and the types of the protocol.
"""
