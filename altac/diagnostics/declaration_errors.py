"""What can be wrong with declarations."""

from __future__ import annotations

from altac.diagnostics.name_errors import Declared
from altac.diagnostics.problem import Label, Problem, diagnostic
from altac.source import Span


@diagnostic
class TokenAndPosition(Problem):
    name: str
    token: Span
    position: Span
    code = "token-and-position"
    title = "the initial value of `{name}` depends on both token and position"
    label = "cannot be embedded"
    help = "the embedding is a sum of one vector per token and one per position: use two variables and combine them in the MLP"

    def secondary(self) -> tuple[Label, ...]:
        return (Label(self.token, "the token"), Label(self.position, "the position"))


@diagnostic
class NoPositions(Problem):
    name: str
    code = "missing-positions"
    title = "`{name}` depends on the position, but the number of positions is not declared"
    label = "how many positions?"
    help = "add `positions COUNT`"


@diagnostic
class NoInitial(Problem):
    name: str
    code = "missing-initial"
    title = "`{name}` has no initial value"
    help = "write `var {name}: T = value`"


@diagnostic
class ParamType(Problem):
    name: str
    expected: str
    found: str
    code = "param-type"
    title = "the parameter `{name}` is of type {expected}, not {found}"
    label = "declared here"
    help = "give a value of type {expected}"


@diagnostic
class BadParam(Problem):
    name: str
    text: str
    code = "bad-param"
    title = "`{text}` is no value for the parameter `{name}`"
    help = "write `-D {name}=VALUE` with a value as in the program: a number, `true`, a name or a quoted string"


@diagnostic
class EmptyEnum(Problem):
    name: str
    code = "empty-enum"
    title = "the enum `{name}` has no members"
    help = "list at least one member"


@diagnostic
class BadToken(Problem):
    found: str
    code = "bad-token"
    title = "{found} cannot be a token"
    label = "this is {found}"
    help = "tokens are integers, ranges, names, strings, or a type of integers"


@diagnostic
class NotAToken(Problem):
    what: str
    found: str
    code = "not-a-token"
    title = "`{found}` is not one of the tokens"
    label = "{what} takes tokens"
    help = "add it to `tokens`"


@diagnostic
class FrameInput(Problem):
    count: str
    code = "frame-input"
    title = "a frame says once where the input goes, here {count}"
    help = "write `frame START, input, END`"


@diagnostic
class FrameFill(Problem):
    code = "frame-fill"
    title = "a filling token stands last in a frame, after the input"
    label = "not last"
    help = "write `frame input, END, PAD to 50`"


@diagnostic
class BadCount(Problem):
    what: str
    count: int
    code = "bad-count"
    title = "{what} cannot be {count}"
    help = "give a number between 0 and 65536"


@diagnostic
class BadTextMode(Problem):
    found: str
    code = "bad-text-mode"
    title = "unknown text mode `{found}`"
    help = "write `text characters` or `text words`"


@diagnostic
class BadTest(Problem):
    what: str
    found: str
    code = "bad-test"
    title = "{what} must be a list or a string, found {found}"
    label = "this is {found}"
    help = 'write `test [START, 1] => [false, true]` or `test "12+3e" => "15"`'


@diagnostic
class BadOutput(Problem):
    found: str
    code = "bad-output"
    title = "the output must be a variable, found {found}"
    label = "not a variable"
    help = "copy it into a variable in the MLP and output that"


@diagnostic
class OutputType(Problem):
    found: str
    code = "output-type"
    title = "the output must be categorical, found {found}"
    label = "cannot be decoded"
    help = "copy what matters into a bool, an integer, an enum or a Token"


@diagnostic
class BadHalt(Problem):
    found: str
    code = "bad-halt"
    title = "`halt when` tests exactly one categorical variable, here {found}"
    label = "reads {found}"
    help = "keep the condition in a variable and test that"


@diagnostic
class CausalOutput(Problem):
    found: str
    code = "causal-output"
    title = "a causal program must output tokens, found {found}"
    help = "give the output variable the type `Token`"


@diagnostic
class HeadReadsHead(Problem):
    head: str
    other: str
    role: str
    declared: Span | None = None
    code = "head-reads-head"
    title = "the head `{head}` reads the head `{other}`"
    label = "its {role} is a head"
    help = (
        "all heads of a layer read the state before it: copy `{other}` into a variable in the MLP,"
        " and attend with that in the next layer"
    )

    def secondary(self) -> tuple[Label, ...]:
        return (Label(self.declared, "this is a head"),) if self.declared is not None else ()


@diagnostic
class HeadPart(Problem):
    role: str
    found: str
    constant: bool = False
    code = "head-part"
    title = "the {role} of a head must be a variable, found {found}"
    label = "not a variable"

    def render_help(self) -> str:
        if self.constant:
            return "declare a variable that holds it, as in `var any: bool = true`"
        return "compute it into a variable in the MLP first"


@diagnostic
class HeadNeedsBuckets(Problem):
    name: str
    code = "head-needs-buckets"
    title = "the numerical head `{name}` has no buckets"
    label = "a mean can be any real"
    help = "write its buckets: `head {name}: real in BUCKETS = ...`"


@diagnostic
class HeadValue(Problem):
    found: str
    code = "head-value"
    title = "a head cannot copy {found}"
    label = "this is {found}"
    help = "the value must be categorical or numerical"


@diagnostic
class BadKey(Problem):
    found: str
    code = "bad-key"
    title = "a key must be categorical, found {found}"
    label = "cannot be a key"
    help = "compute a bool, integer or enum from it in the MLP and use that"


@diagnostic
class BadQuery(Problem):
    found: str
    code = "bad-query"
    title = "a query must be categorical or a set, found {found}"
    label = "cannot be a query"
    help = "compute a bool, integer or enum from it in the MLP and use that"


@diagnostic
class QueryKey(Problem):
    query: str
    key: str
    code = "query-key-types"
    title = "a query of type {query} never meets a key of type {key}"
    label = "{query} against {key}"
    help = "use variables of the same type"


@diagnostic
class Disjoint(Problem):
    query: str
    key: str
    code = "query-key-disjoint"
    title = "the query {query} and the key {key} have no value in common"
    label = "never equal"
    help = "check the ranges of the two types"


@diagnostic
class BadOffsets(Problem):
    code = "bad-offsets"
    title = "offsets are whole numbers known at compile time"
    help = "write `at -1`, `at {{-1, 1}}` or `at -4..-1`"


@diagnostic
class RuntimeOffset(Problem):
    code = "runtime-offset"
    title = "an offset must be known at compile time"
    label = "depends on the run"
    help = (
        "to look where a variable points, let `here` hold each position's number, `var here: 0..N = position`, and write"
        " `attend(query: POINTER, key: here, value: ...)`"
    )


@diagnostic
class CannotAssign(Problem):
    name: str
    what: str
    code = "cannot-assign"
    title = "`{name}` is {what}: it cannot be updated"
    label = "not a variable"
    help = "only variables are updated; declare one with `var`"


@diagnostic
class RulesAndMlp(Declared):
    code = "rules-and-mlp"
    title = "a program has `rules` or `mlp`, not both"
    label = "a second definition of the MLP"
    help = "keep one of the two"


@diagnostic
class RuleSlot(Problem):
    code = "rule-slot"
    title = "expected a variable"
    label = "not a variable or head"
    help = "write `variable = value` conjuncts, then `=> variable <- value`"


@diagnostic
class RuleTwice(Problem):
    name: str
    code = "rule-conjunct-twice"
    title = "`{name}` is tested twice in one rule"
    label = "tested again"
    help = "remove one of the two conjuncts"


@diagnostic
class RuleOldValue(Problem):
    name: str
    code = "rule-old-value"
    title = "the rule does not test the old value of `{name}`"
    label = "updates `{name}`"
    help = "add the conjunct `{name} = OLD`; write one rule per old value"


@diagnostic
class RuleConflict(Declared):
    name: str
    code = "rule-conflict"
    title = "two rules give `{name}` different values in the same state"
    label = "applies together with the other"
    help = "change the antecedent of one of them"


@diagnostic
class AlwaysUndefined(Problem):
    """A head is read at every position, and has no value at one of them."""

    head: str
    place: str
    side: str
    declared: Span | None = None
    code = "always-undefined"
    title = "`{head}` is read at every position, but the {place} one has nothing {side} it"
    label = "undefined at the {place} position"
    help = (
        "test the position or a token first, as in `if token_is_start {{ ... }}`;"
        " `and`, `or` and `if` read no more than they need"
    )

    def secondary(self) -> tuple[Label, ...]:
        return () if self.declared is None else (Label(self.declared, f"looks only {self.side} its position"),)


@diagnostic
class NeverRead(Problem):
    """A variable or head that has no influence on anything."""

    name: str
    what: str
    code = "never-read"
    title = "the {what} `{name}` is never read"
    label = "neither the MLP, a head, the output nor `halt` reads it"
    help = "remove it, or read it"
    severity = "warning"


@diagnostic
class SameSpelling(Problem):
    """Two tokens that no text can tell apart."""

    token: str
    other: str
    spelling: str
    code = "same-spelling"
    title = "the tokens {other} and {token} are written alike in texts"
    label = "a text with `{spelling}` is read with the first"
    help = 'spell one of them otherwise, as in `{token} = "..."`, or give inputs as lists'
    severity = "warning"


@diagnostic
class BlankSpelling(Problem):
    """A token that no text of words can hold."""

    token: str
    code = "blank-spelling"
    title = "the token {token} can never be read from a text of words"
    label = "it is spelt with nothing but blanks, which separate words"
    help = "spell it with letters or signs, declare `text characters`, or give inputs as lists"
    severity = "warning"
