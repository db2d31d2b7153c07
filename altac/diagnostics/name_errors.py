"""What can be wrong with names, arguments and the limits of evaluation."""

from __future__ import annotations

from altac.diagnostics.elsewhere import ELSEWHERE
from altac.diagnostics.problem import Label, Problem, diagnostic
from altac.source import Span


@diagnostic
class Declared(Problem):
    """Base of the problems whose cause is an earlier declaration."""

    other: Span | None = None

    def secondary(self) -> tuple[Label, ...]:
        return (Label(self.other, "the first is here"),) if self.other is not None else ()


@diagnostic
class UnknownName(Problem):
    name: str
    suggestion: str = ""
    pattern: bool = False
    code = "unknown-name"
    title = "unknown name `{name}`"
    label = "not declared here"

    def render_help(self) -> str:
        if self.name in ELSEWHERE and self.suggestion.lower() != self.name.lower():
            return ELSEWHERE[self.name]
        if self.suggestion:
            return f"did you mean `{self.suggestion}`?"
        if self.pattern:
            return "a pattern names a value and binds no name; the arm for the rest is `_ => ...`"
        return "declare it, or check its spelling"


@diagnostic
class UnknownMember(Problem):
    name: str
    of: str
    suggestion: str = ""
    code = "unknown-member"
    title = "`{of}` has no `{name}`"
    label = "no such name"

    def render_help(self) -> str:
        return (
            f"did you mean `{self.suggestion}`?"
            if self.suggestion
            else "check the declaration of what stands before the dot"
        )


@diagnostic
class UnknownModule(Problem):
    name: str
    suggestion: str = ""
    code = "unknown-module"
    title = "there is no module `{name}`"
    label = "not in the standard library"

    def render_help(self) -> str:
        if self.suggestion:
            return f"did you mean `{self.suggestion}`?"
        return 'import a file of your own by its path: `import "path/to/file.alta"`'


@diagnostic
class UnknownArgument(Problem):
    name: str
    of: str
    suggestion: str = ""
    code = "unknown-argument"
    title = "`{of}` has no parameter `{name}`"
    label = "no such parameter"

    def render_help(self) -> str:
        return f"did you mean `{self.suggestion}`?" if self.suggestion else "check the parameters in its declaration"


@diagnostic
class UnknownParam(Problem):
    name: str
    suggestion: str = ""
    code = "unknown-param"
    title = "the program has no parameter `{name}`"

    def render_help(self) -> str:
        return f"did you mean `-D {self.suggestion}=...`?" if self.suggestion else "declare it with `param`"


@diagnostic
class DuplicateName(Declared):
    name: str
    code = "duplicate-name"
    title = "`{name}` is declared twice"
    label = "declared again"
    help = "rename one of the two"


@diagnostic
class DuplicateDeclaration(Declared):
    what: str
    code = "duplicate-declaration"
    title = "a program has one `{what}`"
    label = "declared again"
    help = "remove one of the two"


@diagnostic
class DuplicateMember(Declared):
    name: str
    enum: str
    code = "duplicate-member"
    title = "`{name}` is listed twice in `{enum}`"
    label = "listed again"
    help = "remove it, or give it another name"


@diagnostic
class DuplicateKey(Problem):
    key: str
    code = "duplicate-key"
    title = "the key {key} occurs twice in one map"
    label = "occurs again"
    help = "remove one of the entries"


@diagnostic
class Shadowing(Problem):
    name: str
    update: str = ""
    code = "shadowed-name"
    title = "`{name}` already has a meaning here"
    label = "declared again"

    def render_help(self) -> str:
        if self.update:
            return f"to update the variable, write `{self.update}`; otherwise choose another name"
        return "choose another name for this one"


@diagnostic
class Ambiguous(Problem):
    name: str
    candidates: str
    code = "ambiguous-name"
    title = "`{name}` could be {candidates}"
    label = "which one?"
    help = "write it with its enum, as in `State.Name`"


@diagnostic
class Cycle(Problem):
    cycle: str
    code = "cyclic-definition"
    title = "this definition needs itself: {cycle}"
    label = "depends on itself"
    help = "break the cycle: give one of them a value that does not need the others"


@diagnostic
class ImportCycle(Problem):
    cycle: str
    code = "import-cycle"
    title = "these files import each other: {cycle}"
    label = "closes the cycle"
    help = "move what both need into a third file"


@diagnostic
class ImportFailed(Problem):
    path: str
    reason: str
    code = "import-failed"
    title = "cannot import `{path}`: {reason}"
    label = "imported here"
    help = "paths are relative to the importing file; a module is a file `NAME.alta` in UTF-8 that holds declarations"


@diagnostic
class ImportsTooDeep(Problem):
    limit: int
    code = "imports-too-deep"
    title = "more than {limit} imports inside each other"
    label = "one too many"
    help = "import what is needed directly"


@diagnostic
class NotInModule(Problem):
    what: str
    code = "not-in-module"
    title = "`{what}` has no place in an imported file"
    label = "belongs to a program"
    help = "put it into a `component` that programs `use`, or into the program itself"


@diagnostic
class NotInComponent(Problem):
    what: str
    code = "not-in-component"
    title = "`{what}` has no place in a component"
    label = "belongs to a program"
    help = "move it to the program"


@diagnostic
class NoProgram(Problem):
    code = "missing-program"
    title = "the file has no `program` line"
    help = "begin it with `program NAME`"


@diagnostic
class NoTokens(Problem):
    code = "missing-tokens"
    title = "the program has no `tokens` line"
    help = "list the input tokens, as in `tokens 0, 1, START`"


@diagnostic
class NoOutput(Problem):
    code = "missing-output"
    title = "the program has no `output` line"
    help = "name the variable to read the result from, as in `output parity`"


@diagnostic
class WrongArguments(Problem):
    name: str
    expected: int
    found: int
    declared: Span | None = None
    code = "wrong-arguments"
    title = "`{name}` takes {expected} arguments, {found} given"
    help = "give as many arguments as its declaration has parameters"

    def render_title(self) -> str:
        return super().render_title().replace(" 1 arguments,", " 1 argument,")

    def secondary(self) -> tuple[Label, ...]:
        return (Label(self.declared, "declared here"),) if self.declared is not None else ()


@diagnostic
class MissingArgument(Problem):
    name: str
    missing: str
    declared: Span | None = None
    code = "missing-argument"
    title = "`{name}` needs a value for {missing}"
    label = "missing {missing}"
    help = "add it to the arguments"

    def secondary(self) -> tuple[Label, ...]:
        return (Label(self.declared, "declared here"),) if self.declared is not None else ()


@diagnostic
class ArgumentTwice(Problem):
    name: str
    code = "argument-twice"
    title = "`{name}` is given twice"
    label = "given again"
    help = "remove one of the two"


@diagnostic
class NotCallable(Problem):
    found: str
    code = "not-callable"
    title = "{found} cannot be called"
    label = "this is {found}"
    help = "only functions, procedures and type names are called"


@diagnostic
class ProcedureAsValue(Problem):
    name: str
    code = "procedure-as-value"
    title = "`{name}` is a procedure: it has no value"
    label = "used as a value"
    help = "call it as a statement of its own, or let its block end in an expression"


@diagnostic
class ComponentAsValue(Problem):
    name: str
    code = "component-as-value"
    title = "`{name}` is a component: it cannot be called"
    help = "create an instance with `use NAME = {name}(...)`"


@diagnostic
class NotAComponent(Problem):
    found: str
    code = "not-a-component"
    title = "`use` takes a component, not {found}"
    label = "this is {found}"
    help = "declare it with `component`"


@diagnostic
class ComponentRecursion(Problem):
    name: str
    code = "component-recursion"
    title = "`{name}` contains itself"
    label = "an instance inside an instance without end"
    help = "a component cannot use itself"


@diagnostic
class RecursionTooDeep(Problem):
    name: str
    limit: int
    code = "recursion-too-deep"
    title = "`{name}` calls itself more than {limit} deep"
    label = "called once more here"
    help = "recursion must end on values known at compile time"


@diagnostic
class TooManySteps(Problem):
    limit: int
    code = "too-many-steps"
    title = "compile-time evaluation takes more than {limit:,} steps"
    label = "given up here"
    help = "make the loops and comprehensions smaller"


@diagnostic
class TooManyStatements(Problem):
    limit: int
    code = "too-many-statements"
    title = "the MLP has more than {limit:,} statements once loops are unrolled"
    label = "given up here"
    help = "loop over fewer items, or look values up in a table"


@diagnostic
class TooComplex(Problem):
    code = "too-complex"
    title = "the program is nested too deeply to check"
    help = "split deeply nested expressions and blocks"


@diagnostic
class TooManyInstances(Problem):
    limit: int
    code = "too-many-instances"
    title = "the program has more than {limit:,} instances of components"
    label = "given up here"
    help = "components that use others twice double with every step: use fewer of them, or one with arguments"
