"""The interactive session without its terminal: lines in, text out."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from textwrap import fill

from altac.api import Engine, Program, check_source
from altac.diagnostics.problem import AltacError, Problem, did_you_mean
from altac.diagnostics.render import render_all
from altac.display.runs import ending
from altac.interpreter.codec import read_text
from altac.ir import BoolDomain, Domain, EnumDomain, RealDomain, SetDomain, TokenDomain, label, plain_name
from altac.repl.edit import Declaration, declarations, is_declaration, replaced
from altac.source import Source
from altac.styled import escaped
from altac.trace import Trace, attended, collect, table

HELP = {
    "load": ("FILE", "load a program; it is kept as it is if the new one has errors"),
    "reload": ("", "load the file again"),
    "edit": ("", "open the program in $EDITOR"),
    "show": ("[NAME]", "the source of the program, or of one declaration"),
    "save": ("FILE", "write the program to a file"),
    "undo": ("", "take back the last change of the program"),
    "run": ("INPUT", "run an input; a line that is no command and no declaration is one too"),
    "engine": ("interpreter|transformer", "choose what runs inputs"),
    "step": ("INPUT", "trace an input and show its first state"),
    "next": ("[N]", "go N moments forward in the trace"),
    "back": ("[N]", "go N moments back"),
    "layer": ("K", "go to the end of layer K"),
    "watch": ("[NAME...]", "show only these variables and heads while stepping"),
    "heads": ("[NAME]", "who attends to whom in the layer of the trace"),
    "fired": ("[POSITION]", "the updates in the layer of the trace, with the rules and lines behind them"),
    "rules": ("[NAME]", "the transition rules, or those of one variable"),
    "types": ("", "the variables and heads with their types"),
    "layout": ("", "the residual stream and the width of the compiled model"),
    "width": ("", "the same as `:layout`"),
    "history": ("[N]", "the last N entries of this session"),
    "test": ("", "run the test lines"),
    "help": ("[COMMAND]", "this text, or more on one command"),
    "quit": ("", "leave; so does Ctrl-D"),
}

INTRODUCTION = """\
Type a declaration to add it to the program or to replace the one of that name, an input to run it,
or a command. Start from nothing with `program p`, or with `:load FILE`. `:help` lists the commands."""


class Quit(Exception):
    """The session is over."""


class Session:
    """A program under work. `handle` takes one complete entry and returns what to print."""

    def __init__(self, color: bool = False, width: Callable[[], int] = lambda: 100) -> None:
        self.color = color
        self.width = width
        self.path: Path | None = None
        self.text = ""
        self.earlier: list[str] = []
        self.program: Program | None = None
        self.engine: Engine = "interpreter"
        self.trace: Trace | None = None
        self.moment = 0
        self.watched: list[str] = []
        self.entries: list[str] = []

    # --- what completion offers ---------------------------------------------------------------

    def names(self) -> list[str]:
        """The names that can be typed here: slots, declarations, enum members and tokens."""
        found = {d.name for d in declarations(self.text) if d.name}
        if self.program is not None:
            found |= {s.name for s in self.program.ir.slots}
            found |= {str(t.name) for t in self.program.ir.symbols}
            for slot in self.program.ir.slots:
                if isinstance(slot.domain, EnumDomain):
                    found |= {str(m.name) for m in slot.domain.members}
        return sorted(n for n in found if n.isidentifier())

    # --- entries --------------------------------------------------------------------------------

    def handle(self, entry: str) -> str:
        """The answer to a command, a declaration or an input. Raises `Quit`."""
        entry = entry.strip()
        if not entry:
            return ""
        self.entries.append(entry)
        try:
            if entry.startswith(":"):
                return self.command(entry[1:])
            if is_declaration(entry):
                return self.declare(entry)
            return self.run(entry)
        except AltacError as error:
            return self.problems(error.problems)

    def problems(self, problems: tuple[Problem, ...] | list[Problem]) -> str:
        return render_all(list(problems), color=self.color, width=self.width())

    def command(self, text: str) -> str:
        name, _, argument = text.strip().partition(" ")
        argument = argument.strip()
        if name in ("q", "exit"):
            name = "quit"
        if name not in HELP:
            short = [n for n in HELP if n.startswith(name)] if name else []
            if len(short) != 1:
                close = did_you_mean(name, HELP)
                return f"There is no command `:{name}`." + (f" Did you mean `:{close}`?" if close else " See `:help`.")
            name = short[0]
        handler: Callable[[str], str] = getattr(self, f"do_{name}")
        return handler(argument)

    def declare(self, text: str) -> str:
        """Add a declaration to the program, or replace the one that it redefines."""
        return self.change(replaced(self.text, text), "")

    def change(self, text: str, done: str) -> str:
        """Make ``text`` the program unless it has errors that it did not have before."""
        source = Source(str(self.path) if self.path else "<session>", text)
        program, problems = check_source(source)
        errors = [p for p in problems if p.severity == "error"]
        growing = program is None and all(p.code in _UNFINISHED for p in errors)
        if program is None and not growing:
            return self.problems(problems) + "\nThe program is as it was."
        self.earlier.append(self.text)
        self.text, self.program, self.trace = text, program, None
        notes = [self.problems([p for p in problems if p.severity == "warning"])] if problems and not growing else []
        if growing:
            missing = ", ".join(f"`{_UNFINISHED[p.code]}`" for p in errors)
            notes.append(f"Not complete yet: it still needs {missing}." if missing else "")
        return "\n".join(n for n in [done, *notes] if n)

    def loaded(self) -> Program:
        if self.program is None:
            raise _Said("There is no program yet: `:load FILE`, or declare one.")
        return self.program

    # --- commands -------------------------------------------------------------------------------

    def do_load(self, argument: str) -> str:
        from altac.syntax.reading import read_source

        if not argument:
            return "Which file? `:load FILE`"
        source = read_source(argument)
        path, self.path = self.path, Path(argument)
        before = self.text
        answer = self.change(source.text, "")
        if self.text == before and before != source.text:
            self.path = path
            return answer
        name = self.program.name if self.program else argument
        return (answer + "\n" if answer else "") + f"Loaded {name} from {argument}."

    def do_reload(self, _: str) -> str:
        return self.do_load(str(self.path)) if self.path else "No file has been loaded."

    def do_edit(self, _: str) -> str:
        import click

        try:
            text = click.edit(self.text, extension=".alta")
        except click.ClickException as error:
            return f"{error.format_message()}\nThe program is as it was."
        return "Nothing has changed." if text is None or text == self.text else self.change(text, "Changed.")

    def do_show(self, argument: str) -> str:
        if not argument:
            return escaped(self.text.rstrip()) or "The program is empty."
        found = [d for d in declarations(self.text) if d.name == argument or d.keyword == argument]
        return (
            escaped("\n".join(self.text[d.start : d.end] for d in found)) or f"Nothing called `{argument}` is declared."
        )

    def do_save(self, argument: str) -> str:
        from altac.writing import write_whole

        if not argument and self.path is None:
            return "To which file? `:save FILE`"
        target = argument or str(self.path)
        write_whole(target, self.text.rstrip() + "\n")
        self.path = Path(target)
        return f"Saved to {target}."

    def do_undo(self, _: str) -> str:
        if not self.earlier:
            return "There is nothing to take back."
        self.text = self.earlier.pop()
        self.program = check_source(Source("<session>", self.text))[0] if self.text else None
        self.trace = None
        return "Taken back."

    def run(self, given: str) -> str:
        """Run an input on the chosen engine."""
        try:
            program = self.loaded()
        except _Said as said:
            return str(said)
        (outcome,) = program.run([_input(program, given)], engine=self.engine)
        if outcome.error is not None:
            return self.problems([outcome.error])
        shown = outcome.text if outcome.text is not None else json.dumps(outcome.output, ensure_ascii=False)
        return f"{escaped(shown)}   ({ending(outcome.layers, outcome.halted, outcome.cut)})"

    def do_run(self, argument: str) -> str:
        return self.run(argument) if argument else "What should be run? `:run INPUT`"

    def do_engine(self, argument: str) -> str:
        if argument in ("interpreter", "transformer"):
            self.engine = "interpreter" if argument == "interpreter" else "transformer"
        elif argument:
            return "The engines are `interpreter` and `transformer`."
        return f"Inputs run on the {self.engine}."

    def do_step(self, argument: str) -> str:
        if not argument:
            return "Which input? `:step INPUT`"
        try:
            program = self.loaded()
        except _Said as said:
            return str(said)
        self.trace = collect(program.ir, program.encode(_input(program, argument)))
        self.moment = 0
        ended = self.problems([self.trace.result.error]) + "\n" if self.trace.result.error is not None else ""
        moments = f"{len(self.trace.snapshots)} moments: `:next`, `:back`, `:layer K`, `:heads`, `:fired`"
        return ended + self.state() + "\n" + fill(moments, self.width())

    def state(self) -> str:
        if self.trace is None or not self.trace.snapshots:
            return "Nothing is being traced: `:step INPUT`"
        shown = self.trace.snapshots[self.moment]
        lines = table(self.trace, [shown], width=self.width(), color=self.color, names=self.watched)
        return "\n".join(lines).rstrip()

    def move(self, moment: int) -> str:
        if self.trace is None:
            return self.state()
        last = len(self.trace.snapshots) - 1
        self.moment = max(0, min(moment, last))
        edge = "\n(the end of the run)" if moment > last else "\n(the start of the run)" if moment < 0 else ""
        return self.state() + edge

    def do_next(self, argument: str) -> str:
        return self.move(self.moment + (int(argument) if argument.isdecimal() else 1))

    def do_back(self, argument: str) -> str:
        return self.move(self.moment - (int(argument) if argument.isdecimal() else 1))

    def do_layer(self, argument: str) -> str:
        if not argument.isdecimal():
            return "Which layer? `:layer K`"
        moments = self.trace.snapshots if self.trace else ()
        found = [i for i, s in enumerate(moments) if s.layer == int(argument)]
        return self.move(found[-1]) if found else "The trace has no such layer." if moments else self.state()

    def do_watch(self, argument: str) -> str:
        known = {s.name for s in self.program.ir.slots} if self.program else set()
        names = argument.replace(",", " ").split()
        wrong = [n for n in names if n not in known]
        if wrong:
            close = did_you_mean(wrong[0], known)
            return f"There is no variable or head `{wrong[0]}`." + (f" Did you mean `{close}`?" if close else "")
        self.watched = names
        return self.state() if self.trace else f"Watching {', '.join(names) or 'everything'}."

    def do_heads(self, argument: str) -> str:
        if self.trace is None:
            return self.state()
        trace = self.trace
        layer = max(1, trace.snapshots[self.moment].layer)
        before = [s for s in trace.snapshots[: self.moment + 1] if s.layer == layer - 1 and s.when != "attention"]
        heads = [h for h in trace.program.heads if not argument or h.name == argument]
        if not heads or not before:
            return f"There is no head `{argument}`." if argument else "The program has no heads."
        lines = [f"layer {layer}"]
        for head in heads:
            lines.append(f"{head.name} = {head.value}")
            for i, chosen in enumerate(attended(trace, before[-1], head)):
                token = plain_name(trace.program.symbols[before[-1].tokens[i]].name)
                shown = ", ".join(map(str, chosen[:12])) + (" ..." if len(chosen) > 12 else "")
                lines.append(f"  {i} ({token}) -> {shown or 'nothing'}")
        return "\n".join(lines)

    def do_fired(self, argument: str) -> str:
        from altac.trace.fired import Fired

        if self.trace is None or not self.trace.snapshots:
            return self.state()
        trace, program = self.trace, self.trace.program
        layer = max(1, trace.snapshots[self.moment].layer)
        seen = [s for s in trace.snapshots if s.layer == layer and s.when == "attention"]
        places = range(len(seen[-1].tokens)) if seen else range(0)
        if argument:
            if not argument.isdecimal() or int(argument) not in places:
                return f"Which position? `:fired 0` to `:fired {max(len(places) - 1, 0)}`"
            places = range(int(argument), int(argument) + 1)
        fired, lines = Fired(program), [f"layer {layer}"]
        for position in places:
            for update in fired.at(lambda name, i=position: seen[-1].values[name][i]):  # type: ignore[misc]
                if self.watched and update.target not in self.watched:
                    continue
                reads = [f"{name} = {label(program.domain(name), code)}" for name, code in update.reads]
                value = label(program.domain(update.target), update.value)
                place = "" if update.span is None else f"  {update.span}"
                late = "" if update.lands else "  (a later update of this step replaces it)"
                lines.append(f"  {position}: {', '.join(reads) or 'always'} => {update.target} <- {value}{place}{late}")
        return "\n".join(lines) if len(lines) > 1 else f"layer {layer}: no updates"

    def do_rules(self, argument: str) -> str:
        from altac.rules.printing import rules_table

        try:
            program = self.loaded()
        except _Said as said:
            return str(said)
        text = "\n".join(rules_table(program.ir, program.rules()))
        if argument:
            blocks = [b for b in text.split("\n\n") if b.startswith((f"{argument}:", f"{argument} "))]
            return "\n\n".join(blocks) or f"No rule updates `{argument}`."
        return text

    def do_types(self, _: str) -> str:
        try:
            program = self.loaded()
        except _Said as said:
            return str(said)
        width = max((len(s.name) for s in program.ir.slots), default=0)
        heads = {h.name for h in program.ir.heads}
        return "\n".join(
            f"{'head' if s.name in heads else 'var '}  {s.name:<{width}}  {_type(s.domain)}" for s in program.ir.slots
        )

    def do_layout(self, _: str) -> str:
        try:
            program = self.loaded()
        except _Said as said:
            return str(said)
        model = program.compile()
        layout, sizes = model.built.layout, model.built.configuration.sizes
        width = max((len(s.name) for s in program.ir.slots), default=0)
        lines = [f"{layout.offsets[s.name]:>6}  {s.name:<{width}}  {_type(s.domain)}" for s in program.ir.slots]
        lines.append(
            f"{sizes.residual} dimensions, {model.built.mlp_width} hidden units, {sizes.parameters:,} parameters"
        )
        return "\n".join(lines)

    def do_width(self, argument: str) -> str:
        return self.do_layout(argument)

    def do_history(self, argument: str) -> str:
        last = int(argument) if argument.isdecimal() else 20
        return "\n".join(self.entries[max(0, len(self.entries) - last) :])

    def do_test(self, _: str) -> str:
        try:
            program = self.loaded()
        except _Said as said:
            return str(said)
        lines = []
        for outcome in program.test(self.engine):
            given = outcome.test.input
            shown = given if isinstance(given, str) else json.dumps(list(given), ensure_ascii=False)
            lines.append(f"{'pass' if outcome.passed else 'FAIL'}  {escaped(shown)}")
        return "\n".join(lines) or "The program has no `test` lines."

    def do_help(self, argument: str) -> str:
        if argument.lstrip(":") in HELP:
            name = argument.lstrip(":")
            return f":{name} {HELP[name][0]}".rstrip() + f"\n    {HELP[name][1]}"
        if self.width() <= 70:
            short = [fill(INTRODUCTION.replace("\n", " "), self.width()), ""]
            for name, (use, text) in HELP.items():
                short += [
                    f":{name} {use}".rstrip(),
                    fill(text, self.width(), initial_indent="  ", subsequent_indent="  "),
                ]
            return "\n".join(short)
        width = max(len(f"{n} {a}") for n, (a, _) in HELP.items())
        lines = [INTRODUCTION, ""]
        lines += [f":{f'{name} {use}':<{width}}  {text}" for name, (use, text) in HELP.items()]
        return "\n".join(lines)

    def do_quit(self, _: str) -> str:
        raise Quit


class _Said(Exception):
    """Something that a command needs is missing."""


#: What a program that is being typed may still lack, by the code of the error.
_UNFINISHED = {"missing-program": "program", "missing-tokens": "tokens", "missing-output": "output"}


def _input(program: Program, text: str) -> str:
    """What was typed, without quotes around it unless they are tokens."""
    text = text.strip()
    try:
        read_text(program.ir, text)
    except AltacError:
        if len(text) > 1 and text[0] == text[-1] == '"':
            with suppress(ValueError):
                return str(json.loads(text))
    return text


def _type(domain: Domain) -> str:
    match domain:
        case RealDomain(buckets=buckets):
            return f"real in {len(buckets)} buckets, {buckets[0]} to {buckets[-1]}"
        case SetDomain(family=family):
            return f"one of {len(family)} sets"
        case TokenDomain():
            return "Token"
        case EnumDomain(name=name):
            return name
        case BoolDomain():
            return "bool"
        case _:
            return f"{label(domain, domain.low)}..{label(domain, domain.low + domain.size - 1)}"


__all__ = ["HELP", "INTRODUCTION", "Declaration", "Quit", "Session"]
