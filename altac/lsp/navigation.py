"""From a name to its declaration, its uses and another name, across files."""

from __future__ import annotations

from bisect import bisect_left

from lsprotocol import types

from altac.lsp import names
from altac.lsp.diagnostics import location_of
from altac.lsp.positions import uri_of
from altac.lsp.project import Project, is_standard
from altac.source import Span
from altac.syntax import tree
from altac.syntax.keywords import words


class Refused(Exception):
    """Why a name cannot be changed; the text is shown to the author."""


def use_at(project: Project, path: str, position: types.Position) -> names.Use | None:
    """The name at a position."""
    index = project.index(path)
    return None if index is None else index.at(project.positions.offset_of(index.module.source, position))


def definition(project: Project, path: str, position: types.Position) -> types.Location | None:
    """Where the name at a position is declared; for an import, the file."""
    use = use_at(project, path, position)
    if use is None:
        return None
    found = use.definition
    if found.kind == "module" and use.declares:
        target = None if found.target is None else project.source(found.target)
        return None if target is None else location_of(Span(target, 0, 0), project.positions)
    return location_of(found.span, project.positions)


def type_definition(project: Project, path: str, position: types.Position) -> types.Location | None:
    """Where the type of the name at a position is declared: the component of an instance, the type of a variable."""
    use = use_at(project, path, position)
    index = project.index(path)
    if use is None or index is None:
        return None
    found = use.definition
    home = project.index(found.span.source.name)
    if home is None:
        return None
    scopes = names.Scopes(project.module)
    space = home.space_at(found.span.start)
    match found.node:
        case tree.UseDecl():
            target = scopes.component(found, space)
        case tree.VarDecl(type=tree.NamedType(path=parts)) | tree.HeadDecl(type=tree.NamedType(path=parts)):
            target = scopes.find(parts[0].text, space, {})
            for part in parts[1:]:
                target = None if target is None else scopes.member(target, part.text, space)
        case _:
            return None
    return None if target is None else location_of(target.span, project.positions)


def uses_of(project: Project, path: str, found: names.Definition) -> list[names.Use]:
    """All uses of a declaration in the files that are known, its own among them."""
    wanted = found.key
    home = found.span.source.name
    files = [path, home]
    if found.kind != "local":
        files += project.files()
    uses = []
    for file in dict.fromkeys(files):
        source = project.source(file)
        if source is None or (file not in (path, home) and found.name not in source.text):
            continue
        index = project.index(file)
        uses += [use for use in index.uses if use.definition.key == wanted] if index is not None else []
    return uses


def references(project: Project, path: str, position: types.Position, declaration: bool) -> list[types.Location]:
    """The uses of the name at a position, with its declaration if asked for."""
    use = use_at(project, path, position)
    if use is None:
        return []
    return [
        location_of(u.span, project.positions)
        for u in uses_of(project, path, use.definition)
        if declaration or not u.declares
    ]


def highlights(project: Project, path: str, position: types.Position) -> list[types.DocumentHighlight]:
    """The uses of the name at a position in the same file."""
    index = project.index(path)
    use = use_at(project, path, position)
    if index is None or use is None:
        return []
    kind = types.DocumentHighlightKind
    return [
        types.DocumentHighlight(project.positions.range_of(u.span), kind.Write if u.writes or u.declares else kind.Read)
        for u in index.uses if u.definition.key == use.definition.key
    ]  # fmt: skip


# --- rename -------------------------------------------------------------------------------------


def renamable(project: Project, path: str, position: types.Position) -> types.Range | None:
    """The range of the name to change; None where there is none. Raises `Refused`."""
    use = use_at(project, path, position)
    if use is None:
        return None
    _refuse(use)
    return project.positions.range_of(use.span)


def _refuse(use: names.Use) -> None:
    found = use.definition
    if is_standard(found.span.source.name):
        raise Refused(f"`{found.name}` belongs to the standard library")
    if found.kind == "module" and use.span.text != found.name:
        raise Refused("this is the path of a file; rename the file")
    if use.span.text.startswith('"') or found.span.text.startswith('"') and found.kind == "token":
        raise Refused("this is text, not a name; edit it where it stands")


def rename(project: Project, path: str, position: types.Position, new: str) -> types.WorkspaceEdit | None:
    """The edits that give the name at a position another text everywhere. Raises `Refused` if the meaning would change."""
    use = use_at(project, path, position)
    if use is None:
        return None
    _refuse(use)
    if not new.isascii() or not new.isidentifier():
        raise Refused(f"`{new}` is not a name: names are made of letters, digits and `_`")
    if new in words().reserved:
        raise Refused(f"`{new}` is a reserved word")
    found = use.definition
    if new == found.name:
        return types.WorkspaceEdit(changes={})
    edits: dict[str, list[tuple[Span, str]]] = {}
    for place in uses_of(project, path, found):
        if place.span.text != found.name and not (found.kind == "module" and place.definition.span is place.span):
            continue  # the path of an import that has an alias
        edits.setdefault(place.span.source.name, []).append((place.span, _written(found, place, new)))
    _check_meaning(project, found, new, edits)
    return types.WorkspaceEdit(
        changes={
            uri_of(file): [types.TextEdit(project.positions.range_of(span), text) for span, text in changes]
            for file, changes in edits.items()
        }
    )


def _written(found: names.Definition, use: names.Use, new: str) -> str:
    """What stands for a use after renaming. An import without an alias gets one."""
    if found.kind == "module" and use.declares:
        assert isinstance(found.node, tree.ImportDecl)
        if found.node.alias is None:
            return f"{use.span.text} as {new}"
    return new


def _check_meaning(
    project: Project, found: names.Definition, new: str, edits: dict[str, list[tuple[Span, str]]]
) -> None:
    """Raise `Refused` unless every name of every file concerned still refers to what it did."""
    taken = Refused(f"`{new}` already means something here")
    home = project.index(found.span.source.name)
    if home is not None and found.kind not in ("member", "token", "argument", "local"):
        if any(new in space.names for space in home.space_at(found.span.start).chain()):
            raise taken
    if home is not None and found.kind == "member":
        if any(d.name == new and d.container == found.container for d in home.definitions if d.kind == "member"):
            raise taken
    if (
        home is not None
        and found.visible is not None
        and any(
            d.name == new
            and d.visible is not None
            and d.visible[0] <= found.visible[1]
            and found.visible[0] <= d.visible[1]
            for d in home.definitions
        )
    ):
        raise taken
    after = Project(dict(project.opened), project.folders)
    moved = {}
    for file, changes in edits.items():
        source = project.source(file)
        if source is None:
            continue
        changes.sort(key=lambda change: change[0].start)
        text, end = "", 0
        for span, written in changes:
            text += source.text[end : span.start] + written
            end = span.end
        after.open(file, text + source.text[end:])
        moved[file] = _Moves(changes)
    still = _Moves([])
    for file in edits:
        before, now = project.index(file), after.index(file)
        if before is None or now is None:
            continue
        expected = [
            (moved[file](u.span), moved.get(u.definition.key[0], still)(u.definition.span)) for u in before.uses
        ]
        if expected != [(u.span.start, u.definition.span.start) for u in now.uses]:
            raise taken


class _Moves:
    """Where text comes to stand after changes."""

    def __init__(self, changes: list[tuple[Span, str]]) -> None:
        self.starts = [span.start for span, _ in changes]
        self.changes = changes

    def __call__(self, span: Span) -> int:
        count = bisect_left(self.starts, span.start)
        shift = sum(len(text) - (changed.end - changed.start) for changed, text in self.changes[:count])
        here = self.changes[count] if count < len(self.changes) and self.starts[count] == span.start else None
        alias = here[1].rfind(" as ") if here is not None else -1
        return span.start + shift + (alias + 4 if alias >= 0 else 0)
