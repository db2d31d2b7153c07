"""The intermediate representation: one symbolic meaning for every engine, as plain frozen data."""

from altac.ir.domains import (
    BoolDomain,
    Domain,
    EnumDomain,
    IntDomain,
    RealDomain,
    SetDomain,
    Symbol,
    TokenDomain,
    label,
)
from altac.ir.expressions import (
    And,
    Arithmetic,
    Compare,
    Const,
    Expr,
    IfExpr,
    LetRead,
    Lookup,
    Member,
    Missing,
    Not,
    Or,
    Read,
)
from altac.ir.program import (
    Assign,
    Causal,
    Frame,
    Head,
    If,
    Initial,
    Let,
    MlpCode,
    MlpRules,
    Program,
    Rule,
    Stmt,
    Test,
    Variable,
)

__all__ = [
    "And", "Arithmetic", "Assign", "BoolDomain", "Causal", "Compare", "Const", "Domain", "EnumDomain", "Expr",
    "Frame", "Head", "If", "IfExpr", "Initial", "IntDomain", "Let", "LetRead", "Lookup", "Member", "Missing", "MlpCode",
    "MlpRules", "Not", "Or", "Program", "Read", "RealDomain", "Rule", "SetDomain", "Stmt", "Symbol", "Test",
    "TokenDomain", "Variable", "label",
]
