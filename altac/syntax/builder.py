"""From the trees of Lark to the nodes of `altac.syntax.tree`.

`Builder.maker` gives what makes the value of a rule (or alias) of ``grammar/alta.lark``: a method ``make_RULE``, or, for a rule
without one, the node of that name, whose fields are the parts of the rule in their order. It gets the values of the
rule's symbols, punctuation included, so that its span is exact: from the first to the last of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, cast

from lark import Tree

from altac.diagnostics.problem import Problem, did_you_mean
from altac.diagnostics.syntax_errors import BadEscape, HeadArguments, MisplacedPart, NumberTooLong
from altac.source import Source, Span
from altac.syntax import tree
from altac.syntax.lexer import Token
from altac.syntax.limits import MAX_CHAIN, MAX_DEPTH, MAX_DIGITS

Kids = Sequence[Any]  # tokens, nodes and the helper values below, in source order

#: Levels of the tree that a rule adds, if not one: `else if` becomes a block that holds a statement.
_LEVELS = {"if": 3}
#: The child that is the rest of a chain, by the rule: the left operand, and what follows `else`.
_LINKS = {"binary": 0, "if": -1}

_ESCAPE = re.compile(r"\\(?:u\{([0-9A-Fa-f]{1,6})\}|(.))", re.DOTALL)
_SIMPLE = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}


@dataclass(slots=True)
class Group:
    """Values that belong together for the rule above: names of a `for`, a pair of a map."""

    start: int
    end: int
    items: tuple[Any, ...]


def nodes(kids: Kids, kind: type | tuple[type, ...] = tree.Node) -> tuple[Any, ...]:
    """The kids that are tree nodes (of a kind)."""
    return tuple(kid for kid in kids if isinstance(kid, kind))


def _parts(kids: Kids) -> tuple[Any, ...]:
    """The kids but for keywords and punctuation; of those that belong together, their items."""
    return tuple(kid.items if isinstance(kid, Group) else kid for kid in kids if not isinstance(kid, Token))


def after(kids: Kids, *types: str) -> Any:
    """The kid after the first token of one of these types, or None."""
    for index, kid in enumerate(kids):
        if isinstance(kid, Token) and kid.type in types:
            return kids[index + 1]
    return None


class ExpressionBuilder:
    """Expressions, patterns and types."""

    def __init__(self, source: Source, report: Callable[[Problem], None]) -> None:
        self.source = source
        self.report = report

    def maker(self, rule: str) -> Callable[[Kids], Any]:
        """What makes the value of a rule from the values of its symbols. AttributeError for what is no rule."""
        method: Callable[[Kids], Any] | None = getattr(self, f"make_{rule}", None)
        if method is not None:
            return method
        name = rule.title().replace("_", "")
        node = getattr(tree, name, None) or getattr(tree, f"{name}Decl")
        return lambda kids: node(self.span(kids), *_parts(kids))

    def span(self, kids: Kids) -> Span:
        """From the start of the first kid to the end of the last."""
        return Span(self.source, _start(kids[0]), _end(kids[-1]))

    # --- names and literals -----------------------------------------------------------------------

    def make_name(self, kids: Kids) -> tree.Name:
        return tree.Name(self.span(kids), kids[0].text)

    def make_word(self, kids: Kids) -> tree.Name:
        return kids[0] if isinstance(kids[0], tree.Name) else self.make_name(kids)

    def make_reference(self, kids: Kids) -> tree.Ref:
        return tree.Ref(self.span(kids), kids[0].text)

    def make_hole(self, kids: Kids) -> tree.SyntaxErrorExpr:
        return tree.SyntaxErrorExpr(self.span(kids))

    def make_true(self, kids: Kids) -> tree.BoolLit:
        return tree.BoolLit(self.span(kids), True)

    def make_false(self, kids: Kids) -> tree.BoolLit:
        return tree.BoolLit(self.span(kids), False)

    def make_int(self, kids: Kids) -> tree.Expr:
        if self._too_long(kids):
            return self.make_hole(kids)
        return tree.IntLit(self.span(kids), int(kids[0].text))

    def make_decimal(self, kids: Kids) -> tree.Expr:
        if self._too_long(kids):
            return self.make_hole(kids)
        return tree.RealLit(self.span(kids), Fraction(kids[0].text))

    def _too_long(self, kids: Kids) -> bool:
        digits = len(kids[0].text)
        if digits > MAX_DIGITS:
            self.report(NumberTooLong(span=self.span(kids), digits=digits, limit=MAX_DIGITS))
        return digits > MAX_DIGITS

    def make_string(self, kids: Kids) -> tree.StringLit:
        return self.text_of(kids[0])

    def text_of(self, token: Token) -> tree.StringLit:
        """The string a STRING token stands for."""

        def decode(match: re.Match[str]) -> str:
            number, letter = match.groups()
            if number is not None and int(number, 16) < 0x110000 and not 0xD800 <= int(number, 16) < 0xE000:
                return chr(int(number, 16))
            if letter in _SIMPLE:
                return _SIMPLE[letter]
            start = token.start + 1 + match.start()
            span = Span(self.source, start, start + len(match.group()))
            self.report(BadEscape(span=span, escape=match.group()))
            return match.group()

        body = token.text[1:-1]
        value = _ESCAPE.sub(decode, body) if "\\" in body else body
        return tree.StringLit(Span(self.source, token.start, token.end), value)

    # --- compound values --------------------------------------------------------------------------

    def make_parenthesised(self, kids: Kids) -> tree.Expr:
        return cast(tree.Expr, replace(kids[1], span=self.span(kids)))

    def make_tuple(self, kids: Kids) -> tree.TupleLit:
        return tree.TupleLit(self.span(kids), nodes(kids))

    def make_list(self, kids: Kids) -> tree.ListLit:
        return tree.ListLit(self.span(kids), nodes(kids))

    def make_set(self, kids: Kids) -> tree.SetLit:
        return tree.SetLit(self.span(kids), nodes(kids))

    def make_pair(self, kids: Kids) -> Group:
        return Group(_start(kids[0]), _end(kids[-1]), (kids[0], kids[-1]))

    make_entry = make_pair

    def make_map(self, kids: Kids) -> tree.MapLit:
        return tree.MapLit(self.span(kids), tuple(kid.items for kid in kids if isinstance(kid, Group)))

    def make_record(self, kids: Kids) -> tree.RecordLit:
        return tree.RecordLit(self.span(kids), tuple(kid.items for kid in kids if isinstance(kid, Group)))

    def make_clause(self, kids: Kids) -> tree.Clause:
        values = nodes(kids)
        return tree.Clause(self.span(kids), kids[1].items, values[0], values[1:])

    def make_list_comprehension(self, kids: Kids) -> tree.Comprehension:
        return tree.Comprehension(self.span(kids), "list", kids[1], nodes(kids, tree.Clause))

    def make_set_comprehension(self, kids: Kids) -> tree.Comprehension:
        return tree.Comprehension(self.span(kids), "set", kids[1], nodes(kids, tree.Clause))

    def make_map_comprehension(self, kids: Kids) -> tree.Comprehension:
        pair = tree.TupleLit(self.span(kids[1:2]), kids[1].items)
        return tree.Comprehension(self.span(kids), "map", pair, nodes(kids, tree.Clause))

    # --- operators --------------------------------------------------------------------------------

    def make_unary(self, kids: Kids) -> tree.Unary:
        return tree.Unary(self.span(kids), kids[0].text, kids[1])

    def make_binary(self, kids: Kids) -> tree.Binary:
        text = kids[1].text
        return tree.Binary(self.span(kids), tree.NAMED.get(text, text), kids[0], kids[2])

    def make_comparator(self, kids: Kids) -> Token:
        text = " ".join(kid.text for kid in kids)
        return Token("COMPARATOR", text, kids[0].start, kids[-1].end)

    def make_comparison(self, kids: Kids) -> tree.Expr:
        if len(kids) == 3:
            return tree.Binary(self.span(kids), kids[1].text, kids[0], kids[2])
        return tree.ChainedComparison(self.span(kids), tuple(kids[::2]), tuple(op.text for op in kids[1::2]))

    def make_argument(self, kids: Kids) -> tree.Argument:
        return tree.Argument(self.span(kids), kids[0] if len(kids) == 3 else None, kids[-1])

    def make_call(self, kids: Kids) -> tree.Call:
        return tree.Call(self.span(kids), kids[0], nodes(kids, tree.Argument))

    def make_field(self, kids: Kids) -> tree.FieldAccess:
        return tree.FieldAccess(self.span(kids), kids[0], kids[2])

    # --- patterns ---------------------------------------------------------------------------------

    def make_patterns(self, kids: Kids) -> Group:
        items: list[tree.Pattern] = []
        for kid in kids:
            if isinstance(kid, Group):  # alternatives in parentheses
                items.extend(kid.items)
            elif isinstance(kid, tree.Node):
                items.append(cast(tree.Pattern, kid))
        return Group(_start(kids[0]), _end(kids[-1]), tuple(items))

    def make_tuple_pattern(self, kids: Kids) -> tree.TuplePattern | Group:
        items = tuple(kid.items for kid in kids if isinstance(kid, Group))
        if len(items) == 1 and not isinstance(kids[-2], Token):
            return Group(_start(kids[0]), _end(kids[-1]), items[0])
        return tree.TuplePattern(self.span(kids), items)

    def make_value_pattern(self, kids: Kids) -> tree.Pattern:
        if len(kids) == 3:
            return tree.ValuePattern(self.span(kids), self.make_binary(kids))
        if isinstance(kids[0], tree.Ref) and kids[0].name == "_":
            return tree.WildcardPattern(self.span(kids))
        return tree.ValuePattern(self.span(kids), kids[0])

    # --- types ------------------------------------------------------------------------------------

    def make_type(self, kids: Kids) -> tree.TypeExpr:
        return self.as_type(kids[0])

    def make_real_type(self, kids: Kids) -> tree.RealType:
        return tree.RealType(self.span(kids), kids[2])

    def make_set_type(self, kids: Kids) -> tree.SetType:
        return tree.SetType(self.span(kids), self.as_type(kids[2]), after(kids, "IN"))

    def as_type(self, value: tree.Expr) -> tree.TypeExpr:
        """The type that is written like ``value``; reports what is no type."""
        path: list[tree.Name] = []
        base = value
        while isinstance(base, tree.FieldAccess):
            path.insert(0, base.field)
            base = base.base
        if isinstance(base, tree.Ref) and base.name not in ("token", "position"):
            return tree.NamedType(value.span, (tree.Name(base.span, base.name), *path))
        if isinstance(value, tree.Binary) and value.op == "..":
            return tree.RangeType(value.span, value.left, value.right)
        if not isinstance(value, tree.SyntaxErrorExpr):
            hint = "types are `bool`, `low..high`, names of enums and types, `real in BUCKETS` and `set of T`"
            self.report(MisplacedPart(span=value.span, expected="a type", hint=hint))
        hole = tree.SyntaxErrorExpr(value.span)
        return tree.RangeType(value.span, hole, hole)


class Builder(ExpressionBuilder):
    """Statements and declarations on top of expressions."""

    def make_file(self, kids: Kids) -> tree.File:
        span = Span(self.source, 0, len(self.source.text))
        return tree.File(span, nodes(kids), "")

    def make_no_declaration(self, kids: Kids) -> None:
        return None

    make_no_entry = make_no_declaration

    # --- statements -------------------------------------------------------------------------------

    def make_names(self, kids: Kids) -> Group:
        return Group(_start(kids[0]), _end(kids[-1]), nodes(kids))

    def make_block(self, kids: Kids) -> tree.Block:
        return tree.Block(self.span(kids), nodes(kids))

    def make_expression_statement(self, kids: Kids) -> tree.ExprStmt:
        return tree.ExprStmt(self.span(kids), kids[0])

    def make_let(self, kids: Kids) -> tree.Let:
        return tree.Let(self.span(kids), kids[1].items, after(kids, "COLON"), kids[-1])

    def make_if(self, kids: Kids) -> tree.If:
        orelse = after(kids, "ELSE")
        if isinstance(orelse, tree.If):
            orelse = tree.Block(orelse.span, (tree.ExprStmt(orelse.span, orelse),))
        return tree.If(self.span(kids), kids[1], kids[2], orelse)

    def make_match(self, kids: Kids) -> tree.Match:
        return tree.Match(self.span(kids), kids[1], nodes(kids, tree.Arm))

    def make_arm(self, kids: Kids) -> tree.Arm:
        body = kids[2]
        if not isinstance(body, tree.Block):
            body = tree.Block(body.span, (body,))
        return tree.Arm(self.span(kids), kids[0].items, body)

    # --- declarations -----------------------------------------------------------------------------

    def make_module(self, kids: Kids) -> Group:
        return Group(_start(kids[0]), _end(kids[-1]), nodes(kids))

    def make_import(self, kids: Kids) -> tree.ImportDecl:
        path = self.text_of(kids[1]) if isinstance(kids[1], Token) else kids[1].items
        return tree.ImportDecl(self.span(kids), path, after(kids, "AS"))

    def make_param(self, kids: Kids) -> tree.ParamDecl:
        return tree.ParamDecl(self.span(kids), kids[1], after(kids, "COLON"), kids[-1])

    def make_const(self, kids: Kids) -> tree.ConstDecl:
        return tree.ConstDecl(self.span(kids), kids[1], after(kids, "COLON"), kids[-1])

    def make_type_declaration(self, kids: Kids) -> tree.TypeDecl:
        return tree.TypeDecl(self.span(kids), kids[1], kids[3])

    def make_enum(self, kids: Kids) -> tree.EnumDecl:
        return tree.EnumDecl(self.span(kids), kids[1], nodes(kids, tree.EnumMember))

    def _spelling(self, kids: Kids) -> tree.StringLit | None:
        token = after(kids, "ASSIGN")
        return None if token is None else self.text_of(token)

    def make_member(self, kids: Kids) -> tree.EnumMember:
        return tree.EnumMember(self.span(kids), kids[0], self._spelling(kids))

    def make_tokens(self, kids: Kids) -> tree.TokensDecl:
        return tree.TokensDecl(self.span(kids), nodes(kids))

    def make_token_item(self, kids: Kids) -> tree.TokenItem:
        return tree.TokenItem(self.span(kids), kids[0], self._spelling(kids))

    def make_frame(self, kids: Kids) -> tree.FrameDecl:
        return tree.FrameDecl(self.span(kids), nodes(kids))

    def make_frame_item(self, kids: Kids) -> tree.FrameItem:
        is_input = isinstance(kids[0], tree.Ref) and kids[0].name == "input"
        return tree.FrameItem(self.span(kids), None if is_input else kids[0], None, None)

    def make_repeated_item(self, kids: Kids) -> tree.FrameItem:
        return tree.FrameItem(self.span(kids), kids[0], kids[2], None)

    def make_filling_item(self, kids: Kids) -> tree.FrameItem:
        return tree.FrameItem(self.span(kids), kids[0], None, kids[2])

    def make_var(self, kids: Kids) -> tree.VarDecl:
        return tree.VarDecl(self.span(kids), kids[1], after(kids, "COLON"), after(kids, "ASSIGN"))

    def make_relative_head(self, kids: Kids) -> tree.HeadDecl:
        value, offsets = after(kids, "ASSIGN"), kids[-1]
        return tree.HeadDecl(self.span(kids), kids[1], after(kids, "COLON"), None, None, value, offsets)

    def make_attending_head(self, kids: Kids) -> tree.HeadDecl:
        attend = next(kid for kid in kids if isinstance(kid, Token) and kid.type == "ATTEND")
        given: dict[str, tree.Expr] = {}
        for argument in nodes(kids, tree.Argument):
            name = "" if argument.name is None else argument.name.text
            if name in given:
                self._bad_head(argument, f"`{name}` is given twice", "given before")
            elif name in ("query", "key", "value", "at"):
                given[name] = argument.value
            elif argument.name is None:
                self._bad_head(argument, "an argument of `attend` needs its name", "write what it is")
            else:
                guess = did_you_mean(name, ("query", "key", "value", "at"))
                hint = f"; did you mean `{guess}`?" if guess else ""
                if name in ("default", "otherwise", "else"):
                    hint = "; where it selects nothing it has no value: give one where it is read"
                self._bad_head(argument.name, f"`attend` has no argument `{name}`", "unknown argument", hint)
        missing = [name for name in ("query", "key", "value") if name not in given]
        hole = tree.SyntaxErrorExpr(Span(self.source, attend.start, attend.end))
        closed = kids[-1].end > kids[-1].start  # else the bracket that is missing is the problem
        if missing and closed and len(nodes(kids, tree.Argument)) == len(given):
            listed = " and ".join(f"`{name}`" for name in missing)
            self._bad_head(hole, f"the head does not say its {listed}", f"needs {listed}")
        query, key, value = (given.get(name, hole) for name in ("query", "key", "value"))
        return tree.HeadDecl(
            self.span(kids), kids[1], after(kids[: kids.index(attend)], "COLON"), query, key, value, given.get("at")
        )

    def _bad_head(self, node: tree.Node, what: str, where: str, hint: str = "") -> None:
        self.report(HeadArguments(span=node.span, what=what, where=where, hint=hint))

    def make_parameter(self, kids: Kids) -> tree.Parameter:
        return tree.Parameter(self.span(kids), kids[0], after(kids, "COLON"), after(kids, "ASSIGN"))

    def make_function(self, kids: Kids) -> tree.FnDecl:
        return tree.FnDecl(self.span(kids), kids[1], nodes(kids, tree.Parameter), kids[-1])

    make_procedure = make_function

    def make_component(self, kids: Kids) -> tree.ComponentDecl:
        body = nodes(kids[2:])
        parameters = nodes(kids, tree.Parameter)
        return tree.ComponentDecl(self.span(kids), kids[1], parameters, body[len(parameters) :])

    def make_use(self, kids: Kids) -> tree.UseDecl:
        first, *rest = kids[3].items
        component: tree.Expr = tree.Ref(first.span, first.text)
        for name in rest:
            component = tree.FieldAccess(first.span.to(name.span), component, name)
        return tree.UseDecl(self.span(kids), kids[1], component, nodes(kids, tree.Argument))

    def make_conjunct(self, kids: Kids) -> Group:
        return Group(_start(kids[0]), _end(kids[-1]), (kids[0], kids[2]))

    def make_rule(self, kids: Kids) -> tree.RuleDecl:
        antecedent = tuple(kid.items for kid in kids if isinstance(kid, Group))
        return tree.RuleDecl(self.span(kids), antecedent, kids[-3], kids[-1])

    def make_rules(self, kids: Kids) -> tree.RulesDecl:
        return tree.RulesDecl(self.span(kids), nodes(kids, tree.RuleDecl))

    def make_causal(self, kids: Kids) -> tree.CausalDecl:
        return tree.CausalDecl(self.span(kids), after(kids, "UNTIL"), after(kids, "LIMIT"))


@dataclass(frozen=True)
class Built:
    """The tree of a whole file, with the ends of its nodes that are just higher than `MAX_DEPTH` levels (``deep``), and of
    chains that are just longer than `MAX_CHAIN` (``long``)."""

    file: tree.File
    deep: tuple[int, ...]
    long: tuple[int, ...]


def build(derivation: Tree[Token], builder: Builder) -> Built:
    """The tree of a whole file.

    A chain of operators or of `else if` is a level of its parts, however long it is: they stand side by side.
    Works without recursion: a file may nest deeper than Python can call.
    """
    parents_first: list[Tree[Token]] = []
    pending = [derivation]
    while pending:
        node = pending.pop()
        parents_first.append(node)
        pending.extend(child for child in node.children if isinstance(child, Tree))
    made: dict[int, tuple[Any, int, int]] = {}  # value, height and chain of the nodes whose parent is still to be made
    deep: list[int] = []
    long: list[int] = []
    makers: dict[str, Callable[[Kids], Any]] = {}
    for node in reversed(parents_first):
        kids: list[Any] = []
        below = beside = links = 0
        link = _LINKS.get(node.data)
        for child in node.children:
            if isinstance(child, Tree):
                value, height, chain = made.pop(id(child))
                kids.append(value)
                if child.data == node.data and link is not None and child is node.children[link]:
                    beside, links = height, chain + 1
                else:
                    below = max(below, height)
            else:
                kids.append(child)
        height = max(below + _LEVELS.get(node.data, 1), beside)
        if height > MAX_DEPTH >= max(below, beside):
            deep.append(_end(kids[-1]))
        if links == MAX_CHAIN:
            long.append(_end(kids[-1]))
        make = makers.get(node.data) or makers.setdefault(node.data, builder.maker(node.data))
        made[id(node)] = make(kids), height, links
    return Built(made[id(derivation)][0], tuple(deep), tuple(long))


def _start(kid: Any) -> int:
    return cast(int, kid.span.start if isinstance(kid, tree.Node) else kid.start)


def _end(kid: Any) -> int:
    return cast(int, kid.span.end if isinstance(kid, tree.Node) else kid.end)
