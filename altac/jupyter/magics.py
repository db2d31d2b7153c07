"""``%%alta`` checks a cell as a program; ``%alta`` works with programs that cells have bound."""

from __future__ import annotations

import keyword
import os
import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn

from altac.api import Program, TestOutcome, check_source
from altac.diagnostics.cli_errors import NotAProgram
from altac.diagnostics.problem import AltacError, Problem, did_you_mean
from altac.diagnostics.render import render_all
from altac.source import Source

_CELL = "%%alta [NAME] [-D PARAM=VALUE ...]"
_OPTION = re.compile(r"\s*--([a-z-]+)[ =]\s*(\S+)(.*)", re.DOTALL)


class NotebookError(AltacError):
    """An `AltacError` that a notebook shows as diagnostics, without a traceback.

    It is raised, so that what would run after the cell does not run with a program that is not there.
    """

    def _render_traceback_(self) -> list[str]:  # IPython asks for this
        return _rendered(self.problems).splitlines()


class Magics:
    """The magics of one shell. Programs are variables of its user."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.commands: dict[str, tuple[str, Callable[[Program, str, dict[str, str]], Any]]] = {
            "run": ("NAME INPUT", self._run),
            "trace": ("NAME INPUT", self._trace),
            "view": ("NAME INPUT", self._view),
            "test": ("NAME", self._test),
            "rules": ("NAME", lambda program, rest, options: program.rules()),
            "model": ("NAME", self._model),
        }

    def alta(self, line: str, cell: str | None = None) -> Any:
        """Check a program, bind it to a variable and run its tests; or work with one.

        %%alta [NAME] [-D PARAM=VALUE ...]     the cell is a program; NAME is its own name unless given
        %alta run NAME INPUT                   run it; before NAME may stand --engine E and --max-layers K
        %alta trace NAME INPUT                 show every layer; before NAME may stand --max-layers K
        %alta view NAME INPUT                  go through a run: states, attention, updates, hidden units; same options
        %alta test NAME                        run its tests on both engines
        %alta rules NAME                       its transition rules
        %alta model NAME                       compile it; before NAME may stand --level O, --dtype D and --max-length N
        """
        try:
            return self._command(line) if cell is None else self._cell(line, cell)
        except AltacError as error:
            raise NotebookError(*error.problems) from None

    def _cell(self, line: str, text: str) -> None:
        name, params = self._arguments(line)
        program, problems = check_source(Source(f"{name or 'cell'}.alta", text), params)
        if any(p.severity == "error" for p in problems):
            raise AltacError(*problems)
        if program is None:
            raise AltacError(*problems, NotAProgram(path="the cell"))
        name = name or program.name
        if keyword.iskeyword(name):
            self._refuse(f"`{name}` cannot be a variable of Python. Give another name: {_CELL}")
        _say([*problems, *program.unread()])
        self.shell.user_ns[name] = program
        if program.ir.tests:
            self._report(program.test(), "interpreter")

    def _arguments(self, line: str) -> tuple[str, Mapping[str, str]]:
        name, params = "", {}
        words = iter(self._split(line))
        for word in words:
            if word.startswith("-D"):
                setting, sign, value = (word[2:] or next(words, "")).partition("=")
                if not (setting and sign and value):
                    self._refuse(f"write -D PARAM=VALUE, not {word!r}")
                params[setting] = value
            elif name or not word.isidentifier():
                self._refuse(f"{word!r} is not understood: {_CELL}")
            else:
                name = word
        return name, params

    def _command(self, line: str) -> Any:
        word, _, rest = line.strip().partition(" ")
        if word not in self.commands:
            usage = "; ".join(f"%alta {name} {arguments}" for name, (arguments, _) in self.commands.items())
            close = did_you_mean(word, self.commands)
            self._refuse((f"did you mean `%alta {close}`? " if close else "") + usage)
        options: dict[str, str] = {}
        while option := _OPTION.match(rest):
            options[option[1]], rest = option[2], option[3]
        name, _, rest = rest.strip().partition(" ")
        program = self.shell.user_ns.get(name)
        if not isinstance(program, Program):
            programs = [n for n, value in self.shell.user_ns.items() if isinstance(value, Program)]
            close = did_you_mean(name, programs)
            hint = f" Did you mean `{close}`?" if close else " A cell that begins with %%alta makes one."
            self._refuse(f"`{name}` is not a program.{hint}" if name else f"%alta {word} {self.commands[word][0]}")
        found = self.commands[word][1](program, _unquoted(rest.strip()), options)
        if options:
            self._refuse(f"%alta {word} has no option --{next(iter(options))}")
        return found

    def _run(self, program: Program, given: str, options: dict[str, str]) -> Any:
        engine = options.pop("engine", "interpreter")
        if engine not in ("interpreter", "transformer"):
            self._refuse(f"--engine is interpreter or transformer, not {engine!r}")
        (run,) = program.run([given], engine=engine, max_layers=self._number(options, "max-layers"))  # type: ignore[arg-type]
        if run.error is not None:
            raise AltacError(run.error)
        return run

    def _trace(self, program: Program, given: str, options: dict[str, str]) -> Any:
        return program.trace(given, max_layers=self._number(options, "max-layers"))

    def _view(self, program: Program, given: str, options: dict[str, str]) -> Any:
        from altac.display.frame import Frame
        from altac.view import page

        found = program.view(given, max_layers=self._number(options, "max-layers"))
        _say(found.notes)
        return Frame(f"{program.name} on {given}", page(found.data))

    def _test(self, program: Program, given: str, options: dict[str, str]) -> None:
        for engine in ("interpreter", "transformer"):
            self._report(program.test(engine), engine)

    def _model(self, program: Program, given: str, options: dict[str, str]) -> Any:
        level = self._number(options, "level")
        if level not in (None, 0, 1, 2):
            self._refuse(f"--level is 0, 1 or 2, not {level}")
        length = self._number(options, "max-length")
        return program.compile(2 if level is None else level, dtype=options.pop("dtype", "float32"), max_length=length)

    def _number(self, options: dict[str, str], name: str) -> int | None:
        text = options.pop(name, None)
        if text is None:
            return None
        if not re.fullmatch(r"[0-9]{1,9}", text):
            self._refuse(f"--{name} takes a number, not {text!r}")
        return int(text)

    def _split(self, line: str) -> Sequence[str]:
        try:
            return shlex.split(line)
        except ValueError as error:
            self._refuse(f"{error}: {_CELL}")

    def _report(self, outcomes: Iterable[TestOutcome], engine: str) -> None:
        """Say how many tests pass, and show those that do not."""
        found = list(outcomes)
        failed = [o for o in found if not o.passed]
        print(f"{len(found) - len(failed)} of {len(found)} tests pass on the {engine}")
        for outcome in failed:
            print(f"  {_shown(outcome.test.input)} should give {_shown(outcome.test.expected)}", end="")
            print("" if outcome.error is not None else f", and gives {_shown(outcome.got)}")
            if outcome.error is not None:
                _say([outcome.error])

    def _refuse(self, message: str) -> NoReturn:
        """Raise what IPython shows as a message alone."""
        from IPython.core.error import UsageError

        raise UsageError(message)


def _unquoted(text: str) -> str:
    """Text without the quotes around all of it, which the command line would take away as well."""
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" and text[0] not in text[1:-1]
    return text[1:-1] if quoted else text


def _shown(value: object) -> str:
    import json

    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def _rendered(problems: Iterable[Problem]) -> str:
    return render_all(list(problems), color=not os.environ.get("NO_COLOR"), width=100)


def _say(problems: Sequence[Problem]) -> None:
    if problems:
        print(_rendered(problems))
