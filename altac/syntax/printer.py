"""The tree back to text: `print_tree`, `same_tree`, and `format_source` (from `altac.syntax.formatter`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from fractions import Fraction
from typing import assert_never

from altac.source import Source, Span, quoted
from altac.syntax import tree
from altac.syntax.formatter import format_source, format_text
from altac.syntax.operators import surface

__all__ = ["format_source", "print_tree", "same_tree"]


def print_tree(node: tree.Node) -> str:
    """The canonical text of a node; for a `File` formatted and with its comment, else without a final newline.

    Parsing it gives the same tree, holes aside (which print as the text that they cover).
    """
    if isinstance(node, tree.File):
        doc = "".join(f"// {line}".rstrip() + "\n" for line in node.doc.split("\n")) if node.doc else ""
        text = doc + "".join(f"{_declaration(d)}\n" for d in node.declarations)
        return format_text(Source("", text))
    return _node(node)


def same_tree(a: tree.Node, b: tree.Node) -> bool:
    """Whether two trees are equal, spans aside."""
    pairs: list[tuple[object, object]] = [(a, b)]
    while pairs:
        x, y = pairs.pop()
        if type(x) is not type(y):
            return False
        if isinstance(x, tree.Node):
            pairs.extend((getattr(x, f.name), getattr(y, f.name)) for f in fields(x) if f.name != "span")
        elif isinstance(x, tuple) and isinstance(y, tuple):
            if len(x) != len(y):
                return False
            pairs.extend(zip(x, y, strict=True))
        elif not isinstance(x, Span) and x != y:
            return False
    return True


def _node(node: tree.Node) -> str:
    match node:
        case tree.Name():
            return node.text
        case tree.Block():
            return _block(node)
        case tree.Argument():
            return _argument(node)
        case tree.Clause():
            return _clause(node)
        case tree.Arm():
            return _arm(node)
        case tree.Parameter():
            return _parameter(node)
        case tree.RuleDecl():
            return _rule_declaration(node)
        case tree.EnumMember() | tree.TokenItem():
            return _spelled(node)
        case tree.FrameItem():
            return _frame_item(node)
    if isinstance(node, tree.Expr):
        return _expr(node)
    if isinstance(node, tree.Pattern):
        return _pattern(node)
    if isinstance(node, tree.TypeExpr):
        return _type(node)
    if isinstance(node, tree.Stmt):
        return _statement(node)
    assert isinstance(node, tree.Decl), f"no text for {type(node).__name__}"
    return _declaration(node)


# --- expressions ------------------------------------------------------------------------------


def _rule(node: tree.Expr) -> str:
    """The rule of the grammar, of those that fall through to one another, that makes an expression of this kind."""
    match node:
        case tree.If() | tree.Match():
            return "expression"
        case tree.Binary():
            return surface().binary[node.op].rule
        case tree.ChainedComparison():
            return "comparison"
        case tree.Unary():
            return surface().unary[node.op].rule
        case tree.IntLit():
            return "unary" if node.value < 0 else "postfix"
        case tree.RealLit():
            return "postfix" if node.value >= 0 and _decimal(node.value) else "product"
    return "postfix"


def _expr(node: tree.Expr, place: str = "expression") -> str:
    """An expression where the grammar wants that of a rule: in parentheses if it binds less tightly."""
    tightness = surface().tightness
    text = _bare(node)
    return f"({text})" if tightness(_rule(node)) < tightness(place) else text


def _after_block_word(node: tree.Expr, place: str = "expression") -> str:
    """An expression where an opening brace would be read as that of a block."""
    text = _expr(node, place)
    return f"({text})" if text.startswith("{") else text


def _bare(node: tree.Expr) -> str:
    match node:
        case tree.Ref():
            return node.name
        case tree.BoolLit():
            return "true" if node.value else "false"
        case tree.IntLit():
            return str(node.value)
        case tree.RealLit():
            return _decimal(node.value) or f"{node.value.numerator} / {node.value.denominator}"
        case tree.StringLit():
            return quoted(node.value)
        case tree.ListLit():
            return f"[{_join(node.items)}]"
        case tree.SetLit():
            return f"{{{_join(node.items)}}}"
        case tree.MapLit():
            return "{" + ", ".join(f"{_expr(k)}: {_expr(v)}" for k, v in node.items) + "}"
        case tree.TupleLit():
            return f"({_join(node.items)},)" if len(node.items) == 1 else f"({_join(node.items)})"
        case tree.RecordLit():
            return "(" + ", ".join(f"{name.text}: {_expr(value)}" for name, value in node.fields) + ")"
        case tree.Comprehension():
            return _comprehension(node)
        case tree.Unary():
            sign = surface().unary[node.op]
            gap = " " if sign.text.isidentifier() else ""
            return f"{sign.text}{gap}{_expr(node.operand, sign.operands[0])}"
        case tree.Binary():
            return _operation(node)
        case tree.ChainedComparison():
            parts = [_expr(node.operands[0], "range")]
            for op, operand in zip(node.ops, node.operands[1:], strict=True):
                parts += [op, _expr(operand, "range")]
            return " ".join(parts)
        case tree.Call():
            return f"{_expr(node.function, 'postfix')}({', '.join(map(_argument, node.arguments))})"
        case tree.Index():
            return f"{_expr(node.base, 'postfix')}[{_expr(node.index)}]"
        case tree.FieldAccess():
            return f"{_expr(node.base, 'postfix')}.{node.field.text}"
        case tree.If():
            return _if(node)
        case tree.Match():
            return f"match {_expr(node.subject, 'disjunction')} {_braces(map(_arm, node.arms))}"
        case tree.SyntaxErrorExpr():
            return node.span.text
        case _:
            assert_never(node)


def _join(items: Iterable[tree.Expr]) -> str:
    return ", ".join(map(_expr, items))


def _operation(node: tree.Binary) -> str:
    parts: list[str] = []
    while True:  # along the left operands: a chain may be longer than calls can nest
        sign = surface().binary[node.op]
        parts += [_expr(node.right, sign.operands[1]), ".." if node.op == ".." else f" {sign.text} "]
        left = node.left
        tightness = surface().tightness
        if not isinstance(left, tree.Binary) or tightness(_rule(left)) < tightness(sign.operands[0]):
            return _expr(left, sign.operands[0]) + "".join(reversed(parts))
        node = left


def _comprehension(node: tree.Comprehension) -> str:
    opening, closing = "[]" if node.kind == "list" else "{}"
    element = _expr(node.element)
    if node.kind == "map":
        assert isinstance(node.element, tree.TupleLit)
        element = ": ".join(map(_expr, node.element.items))
    return f"{opening}{' '.join((element, *map(_clause, node.clauses)))}{closing}"


def _clause(node: tree.Clause) -> str:
    conditions = "".join(f" if {_expr(c, 'disjunction')}" for c in node.conditions)
    return f"for {_names(node.names)} in {_expr(node.iterable, 'disjunction')}{conditions}"


def _names(names: tuple[tree.Name, ...]) -> str:
    texts = [name.text for name in names]
    return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"


def _argument(node: tree.Argument) -> str:
    return _expr(node.value) if node.name is None else f"{node.name.text}: {_expr(node.value)}"


def _decimal(value: Fraction) -> str:
    """The finite decimal of a fraction with at least one place, or nothing if there is none."""
    for places in range(1, 40):
        scaled = abs(value) * 10**places
        if scaled.denominator == 1:
            digits = str(scaled.numerator).rjust(places + 1, "0")
            return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"
    return ""


# --- patterns and types -----------------------------------------------------------------------


def _pattern(node: tree.Pattern) -> str:
    match node:
        case tree.WildcardPattern():
            return "_"
        case tree.ValuePattern():
            return _expr(node.value)
        case tree.TuplePattern():
            items = ", ".join(" | ".join(map(_pattern, item)) for item in node.items)
            return f"({items},)" if len(node.items) == 1 else f"({items})"
        case _:
            assert_never(node)


def _type(node: tree.TypeExpr) -> str:
    match node:
        case tree.NamedType():
            return ".".join(name.text for name in node.path)
        case tree.RangeType():
            return f"{_expr(node.low, 'sum')}..{_expr(node.high, 'sum')}"
        case tree.RealType():
            return f"real in {_expr(node.buckets, 'range')}"
        case tree.SetType():
            family = "" if node.family is None else f" in {_expr(node.family, 'range')}"
            return f"set of {_type(node.element)}{family}"
        case _:
            assert_never(node)


def _typed(type_: tree.TypeExpr | None) -> str:
    return "" if type_ is None else f": {_type(type_)}"


# --- statements -------------------------------------------------------------------------------


def _braces(items: Iterable[str]) -> str:
    """Items in braces: on one line if there are at most two short ones, else on a line each."""
    texts = list(items)
    if not texts:
        return "{}"
    if len(texts) <= 2 and sum(map(len, texts)) <= 40 and not any("\n" in text for text in texts):
        return "{ " + "; ".join(texts) + " }"
    return "{\n" + "".join(f"{text}\n" for text in texts) + "}"


def _block(node: tree.Block) -> str:
    return _braces(map(_statement, node.statements))


def _if(node: tree.If) -> str:
    text = f"if {_expr(node.condition, 'disjunction')} {_block(node.then)}"
    if node.orelse is None:
        return text
    match node.orelse.statements:
        case (tree.ExprStmt(_, tree.If() as chained),):
            return f"{text} else {_if(chained)}"
    return f"{text} else {_block(node.orelse)}"


def _arm(node: tree.Arm) -> str:
    patterns = " | ".join(map(_pattern, node.patterns))
    body = _block(node.body)
    if len(node.body.statements) == 1:
        bare = _statement(node.body.statements[0])
        if not bare.startswith("{"):
            body = bare
    return f"{patterns} => {body}"


def _statement(node: tree.Stmt) -> str:
    match node:
        case tree.Let():
            return f"let {_names(node.names)}{_typed(node.type)} = {_expr(node.value)}"
        case tree.Assign():
            return f"{_expr(node.target, 'postfix')} <- {_expr(node.value)}"
        case tree.For():
            return f"for {_names(node.names)} in {_expr(node.iterable, 'disjunction')} {_block(node.body)}"
        case tree.ExprStmt():
            return _expr(node.value)
        case _:
            assert_never(node)


# --- declarations -----------------------------------------------------------------------------


def _parameter(node: tree.Parameter) -> str:
    default = "" if node.default is None else f" = {_expr(node.default)}"
    return f"{node.name.text}{_typed(node.type)}{default}"


def _parameters(parameters: tuple[tree.Parameter, ...]) -> str:
    return f"({', '.join(map(_parameter, parameters))})"


def _spelled(node: tree.EnumMember | tree.TokenItem) -> str:
    text = node.name.text if isinstance(node, tree.EnumMember) else _expr(node.value, "range")
    return text if node.spelling is None else f"{text} = {quoted(node.spelling.value)}"


def _frame_item(node: tree.FrameItem) -> str:
    if node.value is None:
        return "input"
    value = _expr(node.value, "unary")
    if node.repeat is not None:
        return f"{value} * {_expr(node.repeat, 'unary')}"
    return value if node.until is None else f"{value} to {_after_block_word(node.until, 'sum')}"


def _rule_declaration(node: tree.RuleDecl) -> str:
    conjuncts = (f"{_expr(v, 'postfix')} = {_expr(value, 'range')}" for v, value in node.antecedent)
    return f"{', '.join(conjuncts)} => {_after_block_word(node.target, 'postfix')} <- {_expr(node.value)}"


def _head(node: tree.HeadDecl) -> str:
    start = f"head {node.name.text}{_typed(node.type)} ="
    if node.query is None and node.key is None:
        assert node.value is not None and node.offsets is not None
        return f"{start} {_expr(node.value, 'range')} at {_expr(node.offsets, 'range')}"
    given = (("query", node.query), ("key", node.key), ("value", node.value), ("at", node.offsets))
    return f"{start} attend({', '.join(f'{name}: {_expr(e)}' for name, e in given if e is not None)})"


def _declaration(node: tree.Decl) -> str:
    match node:
        case tree.ProgramDecl():
            return f"program {node.name.text}"
        case tree.ImportDecl():
            path = (
                quoted(node.path.value)
                if isinstance(node.path, tree.StringLit)
                else ".".join(name.text for name in node.path)
            )
            return f"import {path}" + ("" if node.alias is None else f" as {node.alias.text}")
        case tree.ParamDecl():
            return f"param {node.name.text}{_typed(node.type)} = {_expr(node.value)}"
        case tree.ConstDecl():
            return f"const {node.name.text}{_typed(node.type)} = {_expr(node.value)}"
        case tree.TypeDecl():
            return f"type {node.name.text} = {_type(node.type)}"
        case tree.EnumDecl():
            return f"enum {node.name.text} " + "{ " + ", ".join(map(_spelled, node.members)) + " }"
        case tree.TokensDecl():
            return f"tokens {', '.join(map(_spelled, node.items))}"
        case tree.TextDecl():
            return f"text {node.mode.text}"
        case tree.PositionsDecl():
            return f"positions {_expr(node.count)}"
        case tree.FrameDecl():
            return f"frame {', '.join(map(_frame_item, node.items))}"
        case tree.VarDecl():
            value = "" if node.value is None else f" = {_expr(node.value)}"
            return f"var {node.name.text}{_typed(node.type)}{value}"
        case tree.HeadDecl():
            return _head(node)
        case tree.FnDecl():
            body = _block(node.body) if isinstance(node.body, tree.Block) else f"= {_expr(node.body)}"
            return f"fn {node.name.text}{_parameters(node.parameters)} {body}"
        case tree.ComponentDecl():
            body = "{\n" + "".join(f"{_declaration(d)}\n" for d in node.body) + "}"
            return f"component {node.name.text}{_parameters(node.parameters)} {body}"
        case tree.UseDecl():
            return f"use {node.name.text} = {_expr(node.component)}({', '.join(map(_argument, node.arguments))})"
        case tree.MlpDecl():
            return f"mlp {_block(node.body)}"
        case tree.RulesDecl():
            return "rules {\n" + "".join(f"{_rule_declaration(rule)}\n" for rule in node.rules) + "}"
        case tree.RuleDecl():
            return _rule_declaration(node)
        case tree.OutputDecl():
            return f"output {_expr(node.value)}"
        case tree.HaltDecl():
            return f"halt when {_expr(node.condition)}"
        case tree.LayersDecl():
            return f"layers {_expr(node.count)}"
        case tree.CausalDecl():
            until = "" if node.until is None else f" until {_after_block_word(node.until, 'disjunction')}"
            limit = "" if node.limit is None else f" limit {_after_block_word(node.limit, 'disjunction')}"
            return f"causal{until}{limit}"
        case tree.TestDecl():
            return f"test {_expr(node.input, 'disjunction')} => {_after_block_word(node.expected, 'disjunction')}"
        case _:
            assert_never(node)
