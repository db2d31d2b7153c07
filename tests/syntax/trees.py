"""Random syntax trees, as the parser could have built them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, get_args, get_type_hints

from hypothesis import strategies as st

from altac.source import Source, Span
from altac.syntax import tree

SPAN = Span(Source("", ""), 0, 0)
Any_ = st.SearchStrategy[Any]

_plain = st.sampled_from(["a", "b", "x1", "cell", "_q", "Long_Name", "text", "to", "until", "limit"])
names = _plain.map(lambda text: tree.Name(SPAN, text))
words = st.sampled_from(["lhs", "head", "token", "of", "type", "in"]).map(lambda text: tree.Name(SPAN, text))
strings = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\r"), max_size=5).map(
    lambda text: tree.StringLit(SPAN, text)
)
integers = st.integers(0, 10**20).map(lambda value: tree.IntLit(SPAN, value))


def many(items: Any_, low: int = 0, high: int = 3) -> Any_:
    return st.lists(items, min_size=low, max_size=high).map(tuple)


def node(kind: type, *parts: Any_) -> Any_:
    return st.tuples(*parts).map(lambda values: kind(SPAN, *values))


references = st.one_of(_plain, st.sampled_from(["token", "position", "real", "input"])).map(lambda t: tree.Ref(SPAN, t))
atoms = st.one_of(
    references,
    st.booleans().map(lambda value: tree.BoolLit(SPAN, value)),
    integers,
    st.integers(0, 10**6).map(lambda n: tree.RealLit(SPAN, Fraction(n, 1000))),
    strings,
)


def _names_tuple() -> Any_:
    return many(names, 1, 3)


def clauses(expressions: Any_) -> Any_:
    return many(node(tree.Clause, _names_tuple(), expressions, many(expressions, 0, 2)), 1, 2)


def arguments(expressions: Any_) -> Any_:
    return many(node(tree.Argument, st.one_of(st.none(), names, words), expressions))


_BINARY = get_args(tree.BinaryOp)
_COMPARISON = ["==", "!=", "<", "<=", ">", ">=", "in", "not in"]


def _chained(expressions: Any_) -> Any_:
    def build(items: list[Any]) -> tree.ChainedComparison:
        return tree.ChainedComparison(SPAN, tuple(e for e, _ in items), tuple(op for _, op in items[1:]))

    return st.lists(st.tuples(expressions, st.sampled_from(_COMPARISON)), min_size=3, max_size=4).map(build)


def _extend(inner: Any_) -> Any_:
    pair = st.tuples(inner, inner)
    blocks = node(tree.Block, many(statements(inner), 0, 3))
    return st.one_of(
        node(tree.ListLit, many(inner)),
        node(tree.SetLit, many(inner)),
        node(tree.MapLit, many(pair, 1)),
        node(tree.TupleLit, many(inner)),
        node(tree.RecordLit, many(st.tuples(st.one_of(names, words), inner), 1)),
        node(tree.Comprehension, st.sampled_from(["list", "set"]), inner, clauses(inner)),
        node(tree.Comprehension, st.just("map"), pair.map(lambda p: tree.TupleLit(SPAN, p)), clauses(inner)),
        node(tree.Unary, st.sampled_from(["-", "not"]), inner),
        node(tree.Binary, st.sampled_from(_BINARY), inner, inner),
        node(tree.Binary, st.sampled_from(_BINARY), inner, inner),
        _chained(inner),
        node(tree.Call, inner, arguments(inner)),
        node(tree.Index, inner, inner),
        node(tree.FieldAccess, inner, st.one_of(names, words)),
        node(tree.If, inner, blocks, st.one_of(st.none(), blocks)),
        node(tree.Match, inner, many(arms(blocks), 0, 3)),
    )


_bounds = st.recursive(
    st.one_of(atoms.filter(lambda a: not isinstance(a, tree.Ref) or a.name not in ("token", "position", "real", "_"))),
    lambda inner: st.one_of(
        node(tree.Binary, st.sampled_from(["+", "-"]), inner, integers),
        node(tree.SetLit, many(integers)),
    ),
    max_leaves=3,
)
patterns = st.recursive(
    st.one_of(
        st.just(tree.WildcardPattern(SPAN)),
        node(tree.ValuePattern, _bounds),
        node(tree.ValuePattern, node(tree.Binary, st.just(".."), _bounds, _bounds)),
    ),
    lambda inner: node(tree.TuplePattern, many(many(inner, 1, 2), 1, 3)),
    max_leaves=4,
)


def arms(blocks: Any_) -> Any_:
    return node(tree.Arm, many(patterns, 1, 3), blocks)


def statements(expressions: Any_) -> Any_:
    """Statements of every kind, by the types of their fields."""
    parts = {
        tree.Expr: expressions,
        tree.TypeExpr | None: st.one_of(st.none(), types(expressions)),
        tuple[tree.Name, ...]: _names_tuple(),
        tree.Block: node(tree.Block, many(node(tree.ExprStmt, expressions), 0, 2)),
    }
    return st.deferred(
        lambda: st.one_of(
            *(
                node(kind, *(parts[type_] for name, type_ in get_type_hints(kind).items() if name != "span"))
                for kind in get_args(tree.Stmt)
            )
        )
    )


def types(expressions: Any_) -> Any_:
    named = node(tree.NamedType, many(names, 1, 2))
    simple = st.one_of(named, node(tree.RangeType, expressions, expressions))
    return st.one_of(
        simple,
        node(tree.RealType, expressions),
        node(tree.SetType, simple, st.one_of(st.none(), expressions)),
    )


expressions = st.recursive(atoms, _extend, max_leaves=12)
_type = types(expressions)
_maybe_type = st.one_of(st.none(), _type)
_block = node(tree.Block, many(statements(expressions)))
_parameters = many(node(tree.Parameter, names, _maybe_type, st.one_of(st.none(), expressions)))
_spelling = st.one_of(st.none(), strings)
_rule = node(tree.RuleDecl, many(st.tuples(expressions, expressions), 1), expressions, expressions)


def _path(path: tuple[tree.Name, ...]) -> Any:
    first, *rest = path
    base: Any = tree.Ref(SPAN, first.text)
    for name in rest:
        base = tree.FieldAccess(SPAN, base, name)
    return base


simple_declarations = st.one_of(
    node(tree.ProgramDecl, names),
    node(tree.ImportDecl, st.one_of(many(names, 1, 3), strings), st.one_of(st.none(), names)),
    node(tree.ParamDecl, names, _maybe_type, expressions),
    node(tree.ConstDecl, names, _maybe_type, expressions),
    node(tree.TypeDecl, names, _type),
    node(tree.EnumDecl, names, many(node(tree.EnumMember, names, _spelling), 0, 4)),
    node(tree.TokensDecl, many(node(tree.TokenItem, expressions, _spelling), 1)),
    node(tree.TextDecl, names),
    node(tree.PositionsDecl, expressions),
    node(
        tree.FrameDecl,
        many(
            st.one_of(
                st.just(tree.FrameItem(SPAN, None, None, None)),
                node(tree.FrameItem, integers, st.one_of(st.none(), expressions), st.none()),
                node(tree.FrameItem, strings, st.none(), st.one_of(st.none(), expressions)),
            ),
            1,
        ),
    ),
    node(tree.VarDecl, names, _maybe_type, st.one_of(st.none(), expressions)),
    node(tree.HeadDecl, names, _maybe_type, st.none(), st.none(), expressions, expressions),
    node(tree.HeadDecl, names, _maybe_type, expressions, expressions, expressions, st.one_of(st.none(), expressions)),
    node(tree.FnDecl, names, _parameters, st.one_of(expressions, _block)),
    node(tree.UseDecl, names, many(names, 1, 2).map(_path), arguments(expressions)),
    node(tree.MlpDecl, _block),
    node(tree.RulesDecl, many(_rule)),
    node(tree.OutputDecl, expressions),
    node(tree.HaltDecl, expressions),
    node(tree.LayersDecl, expressions),
    node(tree.CausalDecl, expressions, st.one_of(st.none(), expressions)),
    node(tree.CausalDecl, st.none(), expressions),
    node(tree.TestDecl, expressions, expressions),
)
declarations = st.one_of(
    simple_declarations,
    node(tree.ComponentDecl, names, _parameters, many(simple_declarations)),
)
files = many(declarations, 0, 4).map(lambda items: tree.File(SPAN, items, ""))
