"""The session in a terminal: prompt, highlighting, completion, history."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from altac.repl.edit import STARTS, is_declaration, is_open
from altac.repl.session import HELP, Quit, Session
from altac.styled import wants_color
from altac.syntax.limits import MAX_CHARACTERS


def history_file() -> Path:
    """Where the entries of earlier sessions are kept."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "altac" / "history"


def main(file: str | None = None) -> int:
    """Run a session until its end; returns the exit status."""
    color = wants_color(sys.stdout)
    session = Session(color, lambda: shutil.get_terminal_size((100, 24)).columns)
    if file is not None:
        print(session.handle(f":load {file}"))
    return _interactive(session, color) if sys.stdin.isatty() and sys.stdout.isatty() else _piped(session)


def _piped(session: Session) -> int:
    """Without a terminal: entries from stdin, answers to stdout."""
    entry = ""
    while line := sys.stdin.readline(MAX_CHARACTERS + 1):
        entry += line
        if len(entry) > MAX_CHARACTERS:
            print(f"An entry has at most {MAX_CHARACTERS:,} characters.")
            return 1
        if is_open(entry) and not entry.startswith(":"):
            continue
        if not _answer(session, entry):
            return 0
        entry = ""
    if entry:
        _answer(session, entry)
    return 0


def _answer(session: Session, entry: str) -> bool:
    """Print the answer to an entry; whether the session goes on."""
    try:
        answer = session.handle(entry)
    except Quit:
        return False
    except KeyboardInterrupt:
        answer = "Interrupted."
    except RecursionError:
        answer = "This is nested too deeply."
    except MemoryError:
        answer = "There is not enough memory for this."
    if answer:
        print(answer)
    return True


def _interactive(session: Session, color: bool) -> int:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import Completer, Completion
    from prompt_toolkit.document import Document
    from prompt_toolkit.filters import Condition
    from prompt_toolkit.history import FileHistory, InMemoryHistory
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from prompt_toolkit.lexers import PygmentsLexer

    from altac.highlight import AltacLexer

    class Names(Completer):
        def get_completions(self, document: Document, complete_event: object) -> Iterable[Completion]:
            before = document.current_line_before_cursor
            if before.startswith(":") and " " not in before:
                word, options = before, [f":{n}" for n in HELP]
            else:
                word = document.get_word_before_cursor()
                first = not before.strip() or before.strip() == word
                options = [*(STARTS if first else ()), *session.names()]
            if word:
                for option in options:
                    if option.startswith(word) and option != word:
                        yield Completion(option, start_position=-len(word))

    keys = KeyBindings()

    @keys.add("enter", filter=Condition(lambda: True))
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        text = buffer.text
        if is_open(text) and not text.startswith(":") and is_declaration(text):
            buffer.insert_text("\n" + " " * (4 * text.count("{") - 4 * text.count("}")))
        else:
            buffer.validate_and_handle()

    try:
        path = history_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        history: FileHistory | InMemoryHistory = FileHistory(str(path))
    except OSError:
        history = InMemoryHistory()
    prompt: PromptSession[str] = PromptSession(
        history=history,
        lexer=PygmentsLexer(AltacLexer) if color else None,
        completer=Names(),
        complete_while_typing=False,
        key_bindings=keys,
        multiline=True,
        prompt_continuation="    | ",
    )
    print("altac: type an input, a declaration or `:help`. Ctrl-D leaves.")
    while True:
        try:
            if not _answer(session, prompt.prompt("alta> ")):
                return 0
        except KeyboardInterrupt:  # also when it comes between two prompts
            continue
        except EOFError:
            return 0
