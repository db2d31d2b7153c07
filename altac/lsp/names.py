"""What the names of a file are declared as and where they are used, read off the syntax tree alone.

The checker resolves names while it evaluates, so it sees what a program does with its values. This resolver sees
every name once, also in files with errors and in functions that no one calls, and knows nothing of values.
Names are never redeclared further in, which keeps it small.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from altac import resources
from altac.diagnostics.problem import Problem
from altac.source import Source, Span
from altac.syntax import tree

Kind = Literal[
    "program", "module", "parameter", "constant", "type", "enum", "member", "token", "variable", "head", "function",
    "procedure", "component", "instance", "argument", "local",
]  # fmt: skip


@dataclass(eq=False)
class Definition:
    """A declared name. ``span`` covers the name, ``node`` is what declares it.

    ``inner`` holds the names that it contains: the members of an enum, the arguments of a function, the declarations of a
    component. ``target`` is the path of an imported file. ``visible`` is where a local name or argument is known,
    as a range of offsets.
    """

    name: str
    kind: Kind
    span: Span
    node: tree.Node
    container: str = ""
    inner: Space | None = None
    target: str | None = None
    visible: tuple[int, int] | None = None

    @property
    def key(self) -> tuple[str, int]:
        """Identifies the declaration among those of all files."""
        return self.span.source.name, self.span.start


@dataclass(eq=False)
class Space:
    """The names of a file, a component, an enum or the arguments of a function.

    ``members`` are those that are found without their enum, and the tokens.
    """

    span: Span
    parent: Space | None = None
    names: dict[str, Definition] = field(default_factory=dict)
    members: dict[str, Definition] = field(default_factory=dict)

    def chain(self) -> Iterator[Space]:
        """This space and those around it, innermost first."""
        space: Space | None = self
        while space is not None:
            yield space
            space = space.parent


@dataclass(eq=False)
class Module:
    """A parsed file and what it declares outside of functions."""

    path: str
    source: Source
    tree: tree.File
    problems: tuple[Problem, ...]
    space: Space
    definitions: list[Definition] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Use:
    """A place where a name is written: its declaration too, with ``declares`` set."""

    span: Span
    definition: Definition
    declares: bool = False
    writes: bool = False


@dataclass(frozen=True, eq=False)
class Index:
    """Everything that is known of the names of a file.

    ``uses`` is sorted by place. ``labels`` are the names of record fields. ``seen`` are the modules that the answer
    depends on.
    """

    module: Module
    uses: tuple[Use, ...]
    definitions: tuple[Definition, ...]
    labels: frozenset[str]
    seen: Mapping[str, Module | None]

    def at(self, offset: int) -> Use | None:
        """The use that covers ``offset`` or ends there."""
        found = [use for use in self.uses if use.span.start <= offset <= use.span.end]
        return max(found, key=lambda use: use.span.start, default=None)

    def space_at(self, offset: int) -> Space:
        """The innermost space around ``offset``: the file or a component."""
        for definition in self.module.definitions:
            if definition.kind == "component" and definition.inner is not None:
                if definition.inner.span.start <= offset <= definition.inner.span.end:
                    return definition.inner
        return self.module.space

    def visible(self, offset: int) -> dict[str, Definition]:
        """The local names and arguments that may be written at ``offset``."""
        return {d.name: d for d in self.definitions if d.visible is not None and d.visible[0] <= offset <= d.visible[1]}


Load = Callable[[str], Module | None]


def declare(path: str, source: Source, file: tree.File, problems: tuple[Problem, ...]) -> Module:
    """What a parsed file declares outside of functions and blocks."""
    module = Module(path, source, file, problems, Space(file.span))
    _fill(module, module.space, file.declarations, "")
    for declaration in file.declarations:
        if isinstance(declaration, tree.TokensDecl):
            for item in declaration.items:
                _declare_token(module, item)
    return module


def _fill(module: Module, space: Space, body: tuple[tree.Decl, ...], container: str) -> None:
    for declaration in body:
        definition = _definition(module, space, declaration, container)
        if definition is None:
            continue
        module.definitions.append(definition)
        if definition.kind != "program":
            space.names.setdefault(definition.name, definition)


def _definition(module: Module, space: Space, node: tree.Decl, container: str) -> Definition | None:
    def named(name: tree.Name, kind: Kind, **more: Any) -> Definition:
        return Definition(name.text, kind, name.span, node, container, **more)

    match node:
        case tree.ProgramDecl(name=name):
            return named(name, "program")
        case tree.ImportDecl():
            return _import(module, node)
        case tree.ParamDecl(name=name):
            return named(name, "parameter")
        case tree.ConstDecl(name=name):
            return named(name, "constant")
        case tree.TypeDecl(name=name):
            return named(name, "type")
        case tree.VarDecl(name=name):
            return named(name, "variable")
        case tree.HeadDecl(name=name):
            return named(name, "head")
        case tree.UseDecl(name=name):
            return named(name, "instance")
        case tree.EnumDecl(name=name):
            inner = Space(node.span)
            for member in node.members:
                found = Definition(member.name.text, "member", member.name.span, member, name.text)
                module.definitions.append(found)
                inner.names.setdefault(found.name, found)
                space.members.setdefault(found.name, found)
            return named(name, "enum", inner=inner)
        case tree.FnDecl(name=name):
            inner = Space(node.span)
            _arguments(module, inner, node.parameters, name.text, node.span)
            pure = not isinstance(node.body, tree.Block)
            return named(name, "function" if pure else "procedure", inner=inner)
        case tree.ComponentDecl(name=name):
            inner = Space(node.span, space)
            _arguments(module, inner, node.parameters, name.text, node.span)
            _fill(module, inner, node.body, name.text)
            return named(name, "component", inner=inner)
        case (
            tree.TokensDecl() | tree.TextDecl() | tree.PositionsDecl() | tree.FrameDecl() | tree.MlpDecl()
            | tree.RulesDecl() | tree.OutputDecl() | tree.HaltDecl() | tree.LayersDecl() | tree.CausalDecl()
            | tree.TestDecl()
        ):  # fmt: skip
            return None


def _import(module: Module, node: tree.ImportDecl) -> Definition:
    target: str | None
    if isinstance(node.path, tree.StringLit):
        target = os.path.normpath(Path(module.path).parent / node.path.value)
        name, span = Path(node.path.value).stem, node.path.span
    else:
        dotted = ".".join(part.text for part in node.path)
        path = resources.stdlib_path(dotted) if node.path[0].text == "std" else None
        target = None if path is None else str(path)
        name, span = node.path[-1].text, node.path[-1].span
    if node.alias is not None:
        name, span = node.alias.text, node.alias.span
    return Definition(name, "module", span, node, target=target)


def _arguments(
    module: Module, inner: Space, parameters: tuple[tree.Parameter, ...], container: str, around: Span
) -> None:
    for parameter in parameters:
        name = parameter.name
        visible = (around.start, around.end)
        found = Definition(name.text, "argument", name.span, parameter, container, visible=visible)
        module.definitions.append(found)
        inner.names.setdefault(found.name, found)


def _declare_token(module: Module, item: tree.TokenItem) -> None:
    match item.value:
        case tree.Ref(name=name, span=span) if name not in module.space.names:
            pass
        case tree.StringLit(value=name, span=span):
            pass
        case _:
            return
    found = Definition(name, "token", span, item)
    module.definitions.append(found)
    module.space.members.setdefault(name, found)


def resolve(module: Module, load: Load) -> Index:
    """Find what every name in a file refers to. ``load`` gives an imported file by its path."""
    walk = _Walk(module, load)
    for definition in module.definitions:
        walk.add(definition.span, definition, declares=True)
    walk.body(module.tree.declarations, module.space)
    uses = sorted(walk.uses.values(), key=lambda use: use.span.start)
    definitions = (*module.definitions, *walk.locals)
    return Index(module, tuple(uses), definitions, frozenset(walk.labels), walk.seen)


class Scopes:
    """Looks names up across files."""

    def __init__(self, load: Load) -> None:
        self.seen: dict[str, Module | None] = {}
        self._load = load

    def module(self, path: str) -> Module | None:
        """An imported file, remembered as one that the answer depends on."""
        if path not in self.seen:
            self.seen[path] = self._load(path)
        return self.seen[path]

    def find(self, name: str, space: Space, bound: Mapping[str, Definition]) -> Definition | None:
        """What ``name`` means in ``space``, with the local names ``bound``: in the order of the checker."""
        if name in bound:
            return bound[name]
        for around in space.chain():
            if name in around.names:
                return around.names[name]
        for around in space.chain():
            if name in around.members:
                return around.members[name]
            for imported in list(around.names.values()):
                inside = self.inside(imported, space) if imported.kind == "module" else None
                if inside is not None and name in inside.members:
                    return inside.members[name]
        return None

    def inside(self, definition: Definition, space: Space, depth: int = 0) -> Space | None:
        """The names behind the dot after ``definition``, as seen from ``space``."""
        match definition.kind:
            case "module":
                module = None if definition.target is None else self.module(definition.target)
                return None if module is None else module.space
            case "enum":
                return definition.inner
            case "instance":
                component = self.component(definition, space, depth)
                return None if component is None else component.inner
            case _:
                return None

    def component(self, definition: Definition, space: Space, depth: int = 0) -> Definition | None:
        """The component that an instance is of."""
        node = definition.node
        if not isinstance(node, tree.UseDecl) or depth > 50:
            return None
        found = self.path(node.component, space, {}, depth + 1)
        return found if found is not None and found.kind == "component" else None

    def member(self, definition: Definition, name: str, space: Space, depth: int = 0) -> Definition | None:
        """What ``name`` means after ``definition`` and a dot."""
        inside = self.inside(definition, space, depth)
        if inside is None:
            return None
        found = inside.names.get(name)
        return found if found is not None and found.kind != "argument" else inside.members.get(name)

    def path(self, node: tree.Expr, space: Space, bound: Mapping[str, Definition], depth: int = 0) -> Definition | None:
        """The declaration that ``a`` or ``a.b`` names."""
        match node:
            case tree.Ref(name=name):
                return self.find(name, space, bound)
            case tree.FieldAccess(base=base, field=name):
                before = self.path(base, space, bound, depth)
                return None if before is None else self.member(before, name.text, space, depth)
            case _:
                return None


class _Walk(Scopes):
    def __init__(self, module: Module, load: Load) -> None:
        super().__init__(load)
        self.source = module.source
        self.uses: dict[int, Use] = {}
        self.locals: list[Definition] = []
        self.labels: set[str] = set()

    def add(self, span: Span, definition: Definition | None, *, declares: bool = False, writes: bool = False) -> None:
        if definition is None or span.start == span.end:
            return
        known = self.uses.get(span.start)
        if known is None or (writes and not known.declares):
            self.uses[span.start] = Use(span, definition, declares, writes)

    def body(self, declarations: tuple[tree.Decl, ...], space: Space) -> None:
        for node in declarations:
            match node:
                case tree.ImportDecl():
                    self.import_path(node, space)
                case tree.ComponentDecl(parameters=parameters, body=inner_body):
                    found = next((d for d in space.names.values() if d.node is node), None)
                    inner = found.inner if found is not None and found.inner is not None else Space(node.span, space)
                    for parameter in parameters:
                        self.node((parameter.type, parameter.default), inner, {})
                    self.body(inner_body, inner)
                case tree.FnDecl():
                    self.function(node, space)
                case tree.UseDecl(component=component, arguments=arguments):
                    self.node(component, space, {})
                    self.arguments(self.path(component, space, {}), arguments, space, {})
                case tree.TokensDecl(items=items):
                    for item in items:
                        self.node(item.value, space, {})
                case tree.TestDecl(input=given, expected=expected):
                    # A string is text to run on here, no token.
                    self.node([e for e in (given, expected) if not isinstance(e, tree.StringLit)], space, {})
                case tree.EnumDecl() | tree.ProgramDecl() | tree.TextDecl():
                    pass
                case _:
                    self.children(node, space, {})

    def import_path(self, node: tree.ImportDecl, space: Space) -> None:
        definition = next((d for d in space.names.values() if d.node is node), None)
        path = node.path
        span = path.span if isinstance(path, tree.StringLit) else path[0].span.to(path[-1].span)
        if definition is not None and definition.span.start != span.start:
            self.add(span, definition, declares=True)

    def function(self, node: tree.FnDecl, space: Space) -> None:
        found = next((d for d in space.names.values() if d.node is node), None)
        bound = dict(found.inner.names) if found is not None and found.inner is not None else {}
        for parameter in node.parameters:
            self.node((parameter.type, parameter.default), space, {})
        self.node(node.body, space, bound)

    def arguments(
        self, called: Definition | None, arguments: tuple[tree.Argument, ...], space: Space,
        bound: Mapping[str, Definition],
    ) -> None:  # fmt: skip
        known = called.inner.names if called is not None and called.inner is not None else {}
        for argument in arguments:
            if argument.name is not None:
                found = known.get(argument.name.text)
                if found is not None and found.kind == "argument":
                    self.add(argument.name.span, found)
            self.node(argument.value, space, bound)

    def bind(self, names: tuple[tree.Name, ...], node: tree.Node, start: int, end: int) -> dict[str, Definition]:
        new = {}
        for name in names:
            if name.text != "_":
                found = Definition(name.text, "local", name.span, node, visible=(start, end))
                self.locals.append(found)
                self.add(name.span, found, declares=True)
                new[name.text] = found
        return new

    def node(self, node: Any, space: Space, bound: Mapping[str, Definition]) -> None:
        """Enter the uses in ``node`` and below."""
        match node:
            case None:
                pass
            case tuple() | list():
                for item in node:
                    self.node(item, space, bound)
            case tree.Ref(name=name, span=span):
                self.add(span, self.find(name, space, bound))
            case tree.StringLit(value=value, span=span):
                found = self.find(value, space, {})
                self.add(span, found if found is not None and found.kind == "token" else None)
            case tree.FieldAccess(base=base, field=name):
                self.node(base, space, bound)
                self.labels.add(name.text)
                self.add(name.span, self.path(node, space, bound))
            case tree.NamedType(path=path):
                self.type_path(path, space, bound)
            case tree.RecordLit(fields=entries):
                for name, value in entries:
                    self.labels.add(name.text)
                    self.node(value, space, bound)
            case tree.Call(function=function, arguments=arguments):
                self.node(function, space, bound)
                self.arguments(self.path(function, space, bound), arguments, space, bound)
            case tree.Comprehension(element=element, clauses=clauses):
                inside = dict(bound)
                for clause in clauses:
                    self.node(clause.iterable, space, inside)
                    inside |= self.bind(clause.names, clause, node.span.start, node.span.end)
                    self.node(clause.conditions, space, inside)
                self.node(element, space, inside)
            case tree.Block(statements=statements):
                inside = dict(bound)
                for statement in statements:
                    self.node(statement, space, inside)
                    if isinstance(statement, tree.Let):
                        inside |= self.bind(statement.names, statement, statement.span.end, node.span.end)
            case tree.For(names=names, iterable=iterable, body=body):
                self.node(iterable, space, bound)
                inside = {**bound, **self.bind(names, node, body.span.start, body.span.end)}
                self.node(body, space, inside)
            case tree.Assign(target=target, value=value) | tree.RuleDecl(target=target, value=value):
                self.write(target, space, bound)
                self.children(node, space, bound)
            case tree.Node():
                self.children(node, space, bound)
            case _:
                pass

    def write(self, target: tree.Expr, space: Space, bound: Mapping[str, Definition]) -> None:
        span = target.field.span if isinstance(target, tree.FieldAccess) else target.span
        self.add(span, self.path(target, space, bound), writes=True)

    def type_path(self, path: tuple[tree.Name, ...], space: Space, bound: Mapping[str, Definition]) -> None:
        found = self.find(path[0].text, space, bound) if path else None
        for index, name in enumerate(path):
            if found is None:
                return
            self.add(name.span, found)
            if index + 1 < len(path):
                found = self.member(found, path[index + 1].text, space)

    def children(self, node: tree.Node, space: Space, bound: Mapping[str, Definition]) -> None:
        for entry in fields(node):
            if entry.name != "span":
                value = getattr(node, entry.name)
                if isinstance(value, tuple | tree.Node):
                    self.node(value, space, bound)
