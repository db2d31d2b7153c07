"""What can be written at a place: found from the text before it, since the text there is seldom whole."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from lsprotocol import types

from altac import resources
from altac.lsp import names
from altac.lsp.hover import declaration, documentation
from altac.lsp.outline import detail
from altac.lsp.project import Project
from altac.lsp.words import BUILTINS, HEAD_PARTS, KEYWORDS
from altac.syntax.keywords import words
from altac.syntax.lexer import Token, tokenize

K = types.CompletionItemKind
_KINDS: dict[names.Kind, types.CompletionItemKind] = {
    "program": K.Module, "module": K.Module, "parameter": K.Constant, "constant": K.Constant, "type": K.Struct,
    "enum": K.Enum, "member": K.EnumMember, "token": K.EnumMember, "variable": K.Variable, "head": K.Field,
    "function": K.Function, "procedure": K.Function, "component": K.Class, "instance": K.Variable,
    "argument": K.Variable, "local": K.Variable,
}  # fmt: skip
_STATEMENTS = ("let", "if", "match", "for")
_IN_COMPONENT = ("var", "head", "fn", "const", "type", "enum", "use", "mlp", "component")
_AFTER_VALUE = ("else", "at")  # beside operators
_VALUES = ("true", "false", "if", "match", "for", "token", "position")
_TYPES = ("real", "set")
_CHAIN = re.compile(r"((?:[A-Za-z_]\w*\s*\.\s*)+)(\w*)$")
_FIELD = re.compile(r"[\])]\s*\.\s*\w*$")
_WORD = re.compile(r"\w*$")
_IMPORT = re.compile(r"^\s*import\s+([\w.]*)$")
_IMPORT_FILE = re.compile(r'^\s*import\s+"([^"]*)$')
_TYPE_PLACE = re.compile(r"(?:\b(?:var|head|param|const)\s+\w+\s*:|\btype\s+\w+\s*=|\bset\s+of)\s*\w*$")
_USE_PLACE = re.compile(r"\buse\s+\w+\s*=\s*\w*$")


def complete(project: Project, path: str, position: types.Position) -> list[types.CompletionItem]:
    """The completions at a position; none where a whole word stands that begins no longer one.

    There nothing is left to complete, and editors would take Enter for accepting it rather than for a line end.
    """
    source = project.source(path)
    items = _complete(project, path, position)
    if source is None:
        return items
    offset = project.positions.offset_of(source, position)
    found = _WORD.search(source.text[source.line_bounds(offset)[0] : offset])
    word = "" if found is None else found.group().lower()
    begun = {item.label for item in items if item.label.lower().startswith(word)}
    return [] if word and len(begun) == 1 and begun.pop().lower() == word else items


def _complete(project: Project, path: str, position: types.Position) -> list[types.CompletionItem]:
    index = project.index(path)
    if index is None:
        return []
    source = index.module.source
    offset = project.positions.offset_of(source, position)
    line = source.text[source.line_bounds(offset)[0] : offset]
    if (found := _IMPORT_FILE.match(line)) is not None:
        return list(_files(path, found.group(1)))
    tokens = tokenize(source.text[:offset])
    if tokens and tokens[-1].type in ("COMMENT", "BAD_STRING", "INT", "DECIMAL", "BAD_NUMBER"):
        return []
    if (found := _IMPORT.match(line)) is not None:
        return list(_modules(found.group(1)))
    if (found := _CHAIN.search(line)) is not None:
        chain = [part.strip() for part in found.group(1).split(".")[:-1]]
        return _members(project, index, offset, chain)
    if _FIELD.search(line) is not None:
        return [types.CompletionItem(label, kind=K.Property) for label in sorted(index.labels)]
    return list(_names(project, index, offset, line, tokens))


def _files(path: str, begun: str) -> Iterator[types.CompletionItem]:
    folder = Path(path).parent / os.path.dirname(begun)
    try:
        entries = sorted(folder.iterdir())
    except (OSError, ValueError):
        return
    for entry in entries:
        if entry.is_dir() and not entry.name.startswith("."):
            yield types.CompletionItem(f"{entry.name}/", kind=K.Folder)
        elif entry.suffix == ".alta" and str(entry) != path:
            yield types.CompletionItem(entry.name, kind=K.File)


def _modules(begun: str) -> Iterator[types.CompletionItem]:
    after_dot = begun.rpartition(".")[0]
    for module in resources.stdlib_modules():
        if after_dot and not module.startswith(f"{after_dot}."):
            continue
        label = module[len(after_dot) + 1 :] if after_dot else module
        yield types.CompletionItem(label, kind=K.Module, detail=module)


def _members(project: Project, index: names.Index, offset: int, chain: list[str]) -> list[types.CompletionItem]:
    scopes = names.Scopes(project.module)
    space = index.space_at(offset)
    found = scopes.find(chain[0], space, index.visible(offset))
    for name in chain[1:]:
        found = None if found is None else scopes.member(found, name, space)
    inside = None if found is None else scopes.inside(found, space)
    if inside is None:
        # A record, or something that is not declared: the fields that this file speaks of.
        return [types.CompletionItem(label, kind=K.Property) for label in sorted(index.labels)]
    known = {**inside.members, **inside.names}
    return [_item(project, d, "1") for d in known.values() if d.kind not in ("token", "argument")]


def _names(
    project: Project, index: names.Index, offset: int, line: str, tokens: list[Token]
) -> Iterator[types.CompletionItem]:
    start_of_line = not _WORD.sub("", line, count=1).strip()
    space = index.space_at(offset)
    in_component = space is not index.module.space
    if start_of_line and _depth(tokens) == 0:
        yield from _keywords(words().declarations, "1")
        return
    if _TYPE_PLACE.search(line) is not None:
        yield from _keywords(_TYPES, "1")
        yield from _builtins(("bool", "Token"), "1")
        wanted: dict[names.Kind, str] = {"type": "0", "enum": "0", "module": "1", "argument": "1"}
        wanted |= {"constant": "2", "parameter": "2", "function": "3"}  # the bounds of a range
        yield from _declared(project, index, space, offset, wanted)
        return
    if _USE_PLACE.search(line) is not None:
        yield from _declared(project, index, space, offset, {"component": "0", "module": "1"})
        return
    called = _called(project, index, offset, tokens)
    if called is not None:
        yield from called
    visible = index.visible(offset)
    for name in _begun(tokens):
        if name not in visible:
            yield types.CompletionItem(name, kind=K.Variable, sort_text=f"1{name}")
    if start_of_line:
        yield from _keywords(_STATEMENTS, "2")
        if in_component:
            yield from _keywords(_IN_COMPONENT, "2")
    yield from _declared(project, index, space, offset, None)
    yield from _keywords(_VALUES, "4")
    yield from _keywords((*words().operators, *_AFTER_VALUE), "5")
    yield from _keywords(_TYPES, "5")
    yield from _builtins(BUILTINS, "4")


def _depth(tokens: list[Token]) -> int:
    """The brackets that are open at the end of ``tokens``."""
    depth = 0
    for token in tokens:
        if token.text in ("{", "(", "["):
            depth += 1
        elif token.text in ("}", ")", "]"):
            depth = max(0, depth - 1)
    return depth


def _begun(tokens: list[Token]) -> list[str]:
    """The arguments and local names of the declaration that ``tokens`` end in, which may be too broken for a tree."""
    tokens = [t for t in tokens if t.type not in ("BLANK", "NEWLINE", "COMMENT")]
    start = next((i for i in range(len(tokens) - 1, -1, -1) if tokens[i].type in ("FN", "MLP")), len(tokens))
    found: dict[str, None] = {}
    for place in range(start + 2, len(tokens) - 1):
        before, token, after = tokens[place - 1], tokens[place], tokens[place + 1]
        argument = before.text in ("(", ",") and after.text in (",", ")", ":", "=") and tokens[start].type == "FN"
        if token.type == "NAME" and (before.type in ("LET", "FOR") or argument and _in_header(tokens[start:place])):
            found.setdefault(token.text)
    return list(found)


def _in_header(tokens: list[Token]) -> bool:
    """Whether the first bracket of ``tokens`` is still open at their end."""
    return _depth(tokens) > 0 and not any(t.text == "{" for t in tokens)


def call_before(tokens: list[Token]) -> tuple[list[str], int, str] | None:
    """The call whose arguments stand at the end of ``tokens``: the name path, the argument's index and its label."""
    depth = commas = 0
    label = ""
    tokens = [t for t in tokens if t.type not in ("BLANK", "NEWLINE", "COMMENT")]
    for place in range(len(tokens) - 1, -1, -1):
        text = tokens[place].text
        if text in (")", "]", "}"):
            depth += 1
        elif text in ("(", "[", "{") and depth > 0:
            depth -= 1
        elif text == "(":
            path: list[str] = []
            while place > 0 and tokens[place - 1].text.isidentifier():
                path.insert(0, tokens[place - 1].text)
                if place < 3 or tokens[place - 2].type != "DOT":
                    break
                place -= 2
            return (path, commas, label) if path else None
        elif text in ("[", "{"):
            return None
        elif depth == 0 and text == ",":
            commas += 1
        elif depth == 0 and text == ":" and commas == 0 and place > 0:
            label = tokens[place - 1].text
    return None


def _called(
    project: Project, index: names.Index, offset: int, tokens: list[Token]
) -> Iterator[types.CompletionItem] | None:
    """The labels of the arguments of the call around the end of ``tokens``."""
    call = call_before(tokens)
    if call is None or call[2]:
        return None
    path = call[0]
    if path == ["attend"]:
        return (
            types.CompletionItem(
                f"{label}:", kind=K.Property, detail=text, insert_text=f"{label}: ", sort_text=f"0{label}"
            )
            for label, text in HEAD_PARTS.items()
        )
    found = _found(project, index, offset, path)
    if found is None or found.inner is None or found.kind not in ("function", "procedure", "component"):
        return None
    arguments = [d for d in found.inner.names.values() if d.kind == "argument"]
    return (
        types.CompletionItem(f"{d.name}:", kind=K.Property, detail=declaration(d), insert_text=f"{d.name}: ",
                             sort_text=f"0{place:02}")
        for place, d in enumerate(arguments)
    )  # fmt: skip


def _found(project: Project, index: names.Index, offset: int, path: list[str]) -> names.Definition | None:
    scopes = names.Scopes(project.module)
    space = index.space_at(offset)
    found = scopes.find(path[0], space, index.visible(offset))
    for name in path[1:]:
        found = None if found is None else scopes.member(found, name, space)
    return found


def _declared(
    project: Project, index: names.Index, space: names.Space, offset: int, wanted: dict[names.Kind, str] | None
) -> Iterator[types.CompletionItem]:
    scopes = names.Scopes(project.module)
    known: dict[str, tuple[names.Definition, str]] = {}
    for definition in index.visible(offset).values():
        known.setdefault(definition.name, (definition, "1"))
    for around in space.chain():
        for definition in around.names.values():
            known.setdefault(definition.name, (definition, "2"))
        for definition in around.members.values():
            if definition.name.isidentifier():
                known.setdefault(definition.name, (definition, "3"))
        for definition in list(around.names.values()):
            inside = scopes.inside(definition, space) if definition.kind == "module" else None
            for member in inside.members.values() if inside is not None else ():
                if member.kind == "member":
                    known.setdefault(member.name, (member, "3"))
    for definition, order in known.values():
        if wanted is None or definition.kind in wanted:
            yield _item(project, definition, order if wanted is None else wanted[definition.kind])


def _item(project: Project, definition: names.Definition, order: str) -> types.CompletionItem:
    shown = detail(definition.node)
    doc = documentation(project, definition)
    return types.CompletionItem(
        definition.name,
        kind=_KINDS[definition.kind],
        detail=f"{definition.kind} {shown}".strip(),
        documentation=types.MarkupContent(types.MarkupKind.PlainText, doc) if doc else None,
        sort_text=order + definition.name,
    )


def _keywords(chosen: Iterable[str], order: str) -> Iterator[types.CompletionItem]:
    for word in chosen:
        yield types.CompletionItem(word, kind=K.Keyword, detail=KEYWORDS[word], sort_text=order + word)


def _builtins(chosen: Iterable[str], order: str) -> Iterator[types.CompletionItem]:
    for word in chosen:
        kind = K.Struct if word in ("bool", "Token") else K.Function
        yield types.CompletionItem(word, kind=kind, detail=BUILTINS[word], sort_text=order + word)


def signature(project: Project, path: str, position: types.Position) -> types.SignatureHelp | None:
    """The arguments of the call around a position."""
    index = project.index(path)
    if index is None:
        return None
    source = index.module.source
    offset = project.positions.offset_of(source, position)
    call = call_before(tokenize(source.text[:offset]))
    if call is None:
        return None
    chain, place, label = call
    if chain == ["attend"]:
        labels, doc = list(HEAD_PARTS), KEYWORDS["attend"]
        shown = [f"{name}:" for name in labels]
    else:
        found = _found(project, index, offset, chain)
        if found is None or found.inner is None or found.kind not in ("function", "procedure", "component"):
            return None
        arguments = [d for d in found.inner.names.values() if d.kind == "argument"]
        labels, shown = [d.name for d in arguments], [" ".join(d.node.span.text.split()) for d in arguments]
        doc = documentation(project, found)
    active = labels.index(label) if label in labels else place
    info = types.SignatureInformation(
        f"{'.'.join(chain)}({', '.join(shown)})",
        types.MarkupContent(types.MarkupKind.PlainText, doc) if doc else None,
        [types.ParameterInformation(text) for text in shown],
    )
    return types.SignatureHelp([info], 0, active)
