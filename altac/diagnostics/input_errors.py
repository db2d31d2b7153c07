"""What can be wrong with an input, before a program runs on it."""

from __future__ import annotations

from altac.diagnostics.problem import Problem, diagnostic


@diagnostic
class UnknownToken(Problem):
    """An item of an input that is no token of the program."""

    code = "unknown-token"
    title = "{item} at index {index} of the input is not a token of `{program}`"
    item: str
    index: int
    program: str
    tokens: str
    suggestion: str = ""
    #: The form of Unicode in which the tokens would be found.
    form: str = ""

    def render_help(self) -> str:
        listed = f"the tokens are {self.tokens}"
        if self.form:
            return f"its accents are coded otherwise than in the tokens: bring the text into the form {self.form} of Unicode"
        return f"did you mean {self.suggestion}?\n{listed}" if self.suggestion else listed


@diagnostic
class TokenIndexRange(Problem):
    """A token index outside the vocabulary (inputs given as indices, through the Python API)."""

    code = "token-index-range"
    title = "token index {token} at index {index} of the input is outside 0..{last}"
    help = "indices count the tokens of the program from 0; `encode` turns names and text into indices"
    token: int
    index: int
    last: int


@diagnostic
class InputTooLong(Problem):
    """More tokens than the program has positions."""

    code = "input-too-long"
    title = "the input has {length} tokens, {framed}but the program has {positions} positions"
    help = "shorten the input or raise `positions`"
    length: int
    positions: int
    framed: str = ""


@diagnostic
class InputExceedsFrame(Problem):
    """An input that does not fit into the fixed length of the frame."""

    code = "input-exceeds-frame"
    title = "the input has {length} tokens, but the frame leaves room for {room}"
    help = "shorten the input or raise the length after `to` in the `frame` line ({frame} tokens in all)"
    length: int
    room: int
    frame: int


@diagnostic
class BadJson(Problem):
    """An input that starts like a JSON array but is none."""

    code = "bad-json-input"
    title = "the input is not a JSON array: {reason} at column {column}"
    help = 'write a JSON array of token names and numbers, such as ["START", 1, 0], or plain text\ninput {text}'
    reason: str
    column: int
    text: str


@diagnostic
class BadInput(Problem):
    """An input that is neither text nor a list of names and numbers."""

    code = "bad-input"
    title = "an input is text or an array of token names and numbers, not {found}"
    help = 'write it as "text" or as an array such as ["START", 1, 0]'
    found: str


@diagnostic
class TooManyInputs(Problem):
    """A file or list of inputs that are all needed at once, and are more than fit into memory."""

    code = "too-many-inputs"
    title = "{name} has too many inputs: {inputs:,} lines with {tokens:,} tokens in all are the most"
    help = "give a part of them; `altac run` takes any number, one after the other"
    name: str
    inputs: int
    tokens: int


@diagnostic
class NegativeLayers(Problem):
    """``max_layers`` below zero."""

    code = "negative-layers"
    title = "the number of layers cannot be {layers}"
    help = "pass 0 or more layers"
    layers: int
