"""What can be wrong with the types of expressions, patterns and updates."""

from __future__ import annotations

from altac.diagnostics.problem import Problem, diagnostic


@diagnostic
class Mismatch(Problem):
    expected: str
    found: str
    hint: str = ""
    code = "type-mismatch"
    title = "expected {expected}, found {found}"
    label = "this is {found}"

    def render_help(self) -> str:
        return self.hint


@diagnostic
class BadOperands(Problem):
    operator: str
    operands: str
    hint: str = ""
    code = "bad-operands"
    title = "`{operator}` does not apply to {operands}"
    label = "{operands}"

    def render_help(self) -> str:
        return self.hint


@diagnostic
class NotBool(Problem):
    found: str
    context: str
    code = "not-a-bool"
    title = "{context} needs a bool, found {found}"
    label = "this is {found}"
    help = "write a comparison, such as `x == 1`"


@diagnostic
class ChainedComparison(Problem):
    code = "chained-comparison"
    title = "comparisons do not chain"
    label = "reads as two comparisons"
    help = "write `a <= b and b < c`"


@diagnostic
class ConstantDivisionByZero(Problem):
    code = "constant-division-by-zero"
    title = "division by zero"
    label = "the divisor is zero"
    help = "test the divisor first"


@diagnostic
class BadIndex(Problem):
    detail: str
    hint: str = "indices start at 0"
    code = "index-out-of-range"
    title = "index out of range"
    label = "{detail}"

    def render_help(self) -> str:
        return self.hint


@diagnostic
class FailedConversion(Problem):
    value: str
    target: str
    source: str
    code = "failed-conversion"
    title = "`{value}` has no counterpart in {target}"
    label = "`{value}` cannot be converted"

    def render_help(self) -> str:
        if "/" in self.value and self.value[0] != '"':
            return "`round(...)` gives the nearest integer"
        return (
            f"convert only what has one: `match ... {{ {self.value} => ..., _ => {self.source} }}`,"
            f" or `if ... in {{...}} {{ {self.source} }} else {{ ... }}`"
        )


@diagnostic
class NeverValid(Problem):
    code = "index-never-valid"
    title = "this index is never in the table"
    label = "out of range for every value"
    help = "indices start at 0; check the type of the index"


@diagnostic
class NotIndexable(Problem):
    found: str
    code = "not-indexable"
    title = "{found} cannot be indexed"
    label = "this is {found}"
    variable: bool = False

    def render_help(self) -> str:
        only = "only lists, tuples and maps have entries"
        return f"{only}; another position is read by a head: `head left = x at -1`" if self.variable else only


@diagnostic
class NoField(Problem):
    name: str
    found: str
    code = "no-field"
    title = "{found} has no field `{name}`"
    label = "not a record"
    help = "only records, enums, modules and component instances have names behind a dot"


@diagnostic
class NotIterable(Problem):
    found: str
    hint: str = ""
    code = "not-iterable"
    title = "cannot go through {found}"
    label = "this is {found}"

    def render_help(self) -> str:
        return self.hint


@diagnostic
class BadUnpacking(Problem):
    names: int
    found: str
    code = "bad-unpacking"
    title = "{names} names for {found}"
    label = "has {found}"
    help = "give as many names as there are parts"


@diagnostic
class NotStatic(Problem):
    what: str
    hint: str = "use constants, parameters and loop names here"
    code = "not-static"
    title = "{what} must be known at compile time"
    label = "depends on the run"

    def render_help(self) -> str:
        return self.hint


@diagnostic
class SlotInConstant(Problem):
    name: str
    code = "variable-in-constant"
    title = "`{name}` has a value only while the program runs"
    label = "read here"
    help = "constants, types and initial values cannot read variables or heads"


@diagnostic
class OutsideInitial(Problem):
    name: str
    code = "outside-initial"
    title = "`{name}` can only be read in the initial value of a variable"
    label = "not available here"
    help = "keep it in a variable: `var x: T = {name}`"


@diagnostic
class NotAType(Problem):
    found: str
    code = "not-a-type"
    title = "expected a type, found {found}"
    label = "this is {found}"
    help = "types are `bool`, `low..high`, `Token`, enums, `real in ...`, `set of ...` and names declared with `type`"


@diagnostic
class EmptyRange(Problem):
    low: int | str
    high: int | str
    code = "empty-range"
    title = "the range {low}..{high} is empty"
    label = "no value lies in it"
    help = "swap the bounds"


@diagnostic
class TypeTooLarge(Problem):
    size: int
    limit: int
    code = "type-too-large"
    title = "a type of {size:,} values is too large"
    label = "more than {limit:,} values"
    help = "every value is a dimension of the residual stream: use a smaller type"


@diagnostic
class BadBuckets(Problem):
    code = "bad-buckets"
    title = "the buckets of a real must be numbers"
    label = "expected a set or list of numbers"
    help = "write `real in {{0, 1/2, 1}}`"


@diagnostic
class BadElement(Problem):
    code = "bad-element"
    title = "the elements of a set must be bool, integer, enum or Token"
    label = "cannot be an element"
    help = "use an integer range or an enum"


@diagnostic
class StaticOnly(Problem):
    name: str
    code = "compile-time-type"
    title = "a variable cannot be of type `{name}`"
    label = "only constants can"
    help = "give a range such as `0..9`, or another finite type"


@diagnostic
class NoBuckets(Problem):
    name: str
    code = "missing-buckets"
    title = "the real variable `{name}` has no buckets"
    label = "which values can it have?"
    help = "write `real in {{0, 1/2, 1}}`"


@diagnostic
class NeedsType(Problem):
    name: str
    found: str
    code = "missing-type"
    title = "the type of `{name}` cannot be told from its initial value"
    label = "initial value: {found}"
    help = "write the type, as in `var {name}: 0..9 = ...`"


@diagnostic
class OutOfRange(Problem):
    value: str
    low: int
    high: int
    code = "out-of-range"
    title = "{value} is outside {low}..{high}"
    label = "always out of range"
    help = "change the value, or widen the type"


@diagnostic
class LeavesType(Problem):
    """The value of a name that is no variable, which no run checks."""

    value: str
    low: int
    high: int
    code = "leaves-type"
    title = "{value} is not within {low}..{high}"
    label = "may be outside its type"
    help = "widen the type, leave it out, or keep the value inside, as in `min(..., {high})`"


@diagnostic
class NotABucket(Problem):
    name: str
    value: str
    nearest: str
    code = "not-a-bucket"
    title = "the initial value {value} of `{name}` is not one of its buckets"
    label = "not a bucket"
    help = "the nearest bucket is {nearest}"


@diagnostic
class NotInFamily(Problem):
    name: str
    value: str
    code = "not-in-family"
    title = "{value} is not in the family of `{name}`"
    label = "not in the family"
    help = "add it to the family, or leave the family out to have it inferred"


@diagnostic
class FamilyTooLarge(Problem):
    name: str
    limit: int
    code = "family-too-large"
    title = "the family of `{name}` grows beyond {limit:,} sets"
    label = "adds one more set"
    help = "declare the family that is needed: `set of T in [...]`"


@diagnostic
class TableTooLarge(Problem):
    reads: str
    count: int
    limit: int
    code = "table-too-large"
    title = "a table of {count:,} entries is too large"
    label = "reads {reads}"
    help = "compute an intermediate value into a variable first"


@diagnostic
class NoElse(Problem):
    code = "missing-else"
    title = "an `if` used as a value needs an `else`"
    label = "no value when the condition is false"
    help = "add `else {{ ... }}`"


@diagnostic
class NotAValue(Problem):
    code = "block-without-value"
    title = "this block has no value"
    label = "expected `let`s and then an expression"
    help = "end the block in an expression"


@diagnostic
class BranchesDiffer(Problem):
    first: str
    second: str
    code = "branches-differ"
    title = "the branches have different types: {first} and {second}"
    label = "{first} or {second}"
    help = "give both branches the same type"


@diagnostic
class NoEffect(Problem):
    code = "no-effect"
    title = "this statement does nothing"
    label = "its value is not used"
    help = "assign it with `<-`, or remove it"


@diagnostic
class CannotMatch(Problem):
    found: str
    code = "cannot-match"
    title = "cannot match on {found}"
    label = "this is {found}"
    help = "match on a bool, an integer, an enum, a token or a tuple of these; compare sets and reals in `if`, with `==` or `<`"


@diagnostic
class MatchTooLarge(Problem):
    count: int
    limit: int
    code = "match-too-large"
    title = "a match over {count:,} combinations is too large"
    label = "more than {limit:,}"
    help = "match on fewer values at once"


@diagnostic
class UnreachableArm(Problem):
    code = "unreachable-arm"
    title = "this arm is never reached"
    label = "earlier arms cover it"
    help = "remove it, or move it up"


@diagnostic
class NotExhaustive(Problem):
    missing: str
    code = "match-not-exhaustive"
    title = "the match does not cover every value"
    label = "not covered: {missing}"
    help = "add arms for them, or one for the rest, `_ => ...`"


@diagnostic
class PatternShape(Problem):
    parts: int
    subject: int
    code = "pattern-shape"
    title = "a pattern of {parts} parts for a subject of {subject}"
    label = "has {parts} parts"
    help = "write as many parts as the subject has"


@diagnostic
class PatternType(Problem):
    found: str
    subject: str
    code = "pattern-type"
    title = "a pattern of type {found} never matches {subject}"
    label = "this is {found}"
    help = "use a value of the type of the subject"


@diagnostic
class PatternNever(Problem):
    value: str
    subject: str
    code = "pattern-never"
    title = "the subject is never {value}"
    label = "outside {subject}"
    help = "remove the pattern, or check the type of the subject"
