"""Document and workspace symbols."""

from __future__ import annotations

from dataclasses import dataclass

from lsprotocol import types

from altac.lsp import names
from altac.lsp.diagnostics import location_of
from altac.lsp.positions import PositionCodec
from altac.lsp.project import Project
from altac.source import Span
from altac.syntax import tree

K = types.SymbolKind
KINDS: dict[names.Kind, types.SymbolKind] = {
    "program": K.Module, "module": K.Namespace, "parameter": K.Constant, "constant": K.Constant, "type": K.Struct,
    "enum": K.Enum, "member": K.EnumMember, "token": K.EnumMember, "variable": K.Variable, "head": K.Field,
    "function": K.Function, "procedure": K.Method, "component": K.Class, "instance": K.Object,
    "argument": K.Variable, "local": K.Variable,
}  # fmt: skip
#: Symbols of one answer.
_MOST = 500


def document_symbols(project: Project, path: str) -> list[types.DocumentSymbol]:
    """The declarations of a file, nested as they stand."""
    module = project.module(path)
    return [] if module is None else _Outline(project.positions).symbols(module.tree.declarations)


@dataclass(frozen=True)
class _Outline:
    """Symbols of declarations, placed as the editor counts."""

    positions: PositionCodec

    def symbols(self, declarations: tuple[tree.Decl, ...]) -> list[types.DocumentSymbol]:
        found = (self._symbol(declaration) for declaration in declarations)
        return [symbol for symbol in found if symbol is not None]

    def _symbol(self, node: tree.Decl) -> types.DocumentSymbol | None:
        match node:
            case tree.ProgramDecl(name=name):
                return self._named(node, name, "program")
            case tree.ParamDecl(name=name):
                return self._named(node, name, "parameter", detail(node))
            case tree.ConstDecl(name=name):
                return self._named(node, name, "constant", detail(node))
            case tree.TypeDecl(name=name):
                return self._named(node, name, "type", detail(node))
            case tree.VarDecl(name=name):
                return self._named(node, name, "variable", detail(node))
            case tree.HeadDecl(name=name):
                return self._named(node, name, "head", detail(node))
            case tree.UseDecl(name=name):
                return self._named(node, name, "instance", detail(node))
            case tree.FnDecl(name=name, body=body):
                return self._named(
                    node, name, "procedure" if isinstance(body, tree.Block) else "function", detail(node)
                )
            case tree.EnumDecl(name=name, members=members):
                children = [self._named(m, m.name, "member") for m in members]
                return self._named(node, name, "enum", children=[c for c in children if c is not None])
            case tree.ComponentDecl(name=name, body=body):
                return self._named(node, name, "component", detail(node), self.symbols(body))
            case tree.TokensDecl():
                return self._block(node, "tokens", K.Enum)
            case tree.MlpDecl():
                return self._block(node, "mlp", K.Function)
            case tree.RulesDecl():
                return self._block(node, "rules", K.Function)
            case (
                tree.ImportDecl() | tree.TextDecl() | tree.PositionsDecl() | tree.FrameDecl() | tree.OutputDecl()
                | tree.HaltDecl() | tree.LayersDecl() | tree.CausalDecl() | tree.TestDecl()
            ):  # fmt: skip
                return None

    def _named(
        self, node: tree.Node, name: tree.Name, kind: names.Kind, shown: str = "",
        children: list[types.DocumentSymbol] | None = None,
    ) -> types.DocumentSymbol | None:  # fmt: skip
        if not name.text or name.span.start == name.span.end:
            return None
        return types.DocumentSymbol(
            name.text,
            KINDS[kind],
            self.positions.range_of(node.span.to(name.span)),
            self.positions.range_of(name.span),
            shown or None,
            children=children,
        )

    def _block(self, node: tree.Node, word: str, kind: types.SymbolKind) -> types.DocumentSymbol:
        span = node.span
        head = Span(span.source, span.start, min(span.end, span.start + len(word)))
        return types.DocumentSymbol(word, kind, self.positions.range_of(span), self.positions.range_of(head))


def detail(node: tree.Node) -> str:
    """What stands after the name of a declaration, on one short line."""
    match node:
        case tree.VarDecl(type=kind) | tree.HeadDecl(type=kind) | tree.Parameter(type=kind) if kind is not None:
            text = kind.span.text
        case tree.ConstDecl(value=value) | tree.ParamDecl(value=value):
            text = value.span.text
        case tree.TypeDecl(type=kind):
            text = kind.span.text
        case tree.UseDecl(component=component):
            text = component.span.text
        case tree.FnDecl(parameters=parameters) | tree.ComponentDecl(parameters=parameters):
            text = "(" + ", ".join(p.name.text for p in parameters) + ")"
        case _:
            return ""
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:57] + "..."


def workspace_symbols(project: Project, query: str) -> list[types.WorkspaceSymbol]:
    """The declarations of all files whose names hold the letters of ``query`` in their order."""
    wanted = query.lower()
    found = []
    for path in project.files():
        source = project.source(path)
        module = project.module(path) if source is not None and _holds(source.text.lower(), wanted) else None
        for definition in module.definitions if module is not None else ():
            if definition.kind not in ("argument", "module") and _holds(definition.name.lower(), wanted):
                place = location_of(definition.span, project.positions)
                symbol = types.WorkspaceSymbol(place, definition.name, KINDS[definition.kind])
                symbol.container_name = definition.container or None
                found.append(symbol)
                if len(found) >= _MOST:
                    return found
    return found


def _holds(text: str, letters: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in letters)
