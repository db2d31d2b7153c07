"""Every place that the server is told or tells, in each encoding that editors count columns in."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from altac.lsp import coloring
from altac.lsp.positions import PositionCodec
from altac.source import Source
from altac.syntax.printer import format_source
from tests.lsp.client import Editor, Ruler, editor, run

ENCODINGS = ["utf-8", "utf-16", "utf-32"]
#: Characters of one to four bytes before everything that is asked for, line ends of two kinds, tabs, no line end at the end.
TEXT = (
    "// é漢😀\r\nprogram p\nconst one = 0\ntokens \"日本\", \"😀\", 0\r\n"
    "fn either(a, b) = a or b\n"
    "var bit: bool = token == \"日本\" or token == one\n"
    "/* */ \tvar kind = token == \"😀😀\"  // 😀 one\r\n"
    "head left = bit at -1\n"
    "mlp {\r\n\tif token_is(\"é\", bit) and left { bit <- either(  bit  ,left) }\n"
    "\tif kind == \"😀\" and bitt { let zwei = one; bit <- not bit } }\n"
    "output bit\nlayers 1"
).replace("/* */ \t", "\t")  # fmt: skip


def with_encoding(encoding: str) -> types.ClientCapabilities:
    offered = [types.PositionEncodingKind(name) for name in (encoding, *ENCODINGS)]
    return types.ClientCapabilities(general=types.GeneralClientCapabilities(position_encodings=offered))


async def ask(client: Editor, uri: str, ruler: Ruler, offset: int) -> dict[str, Any]:
    document, place = types.TextDocumentIdentifier(uri), ruler.position(offset)
    found: dict[str, Any] = {
        "hover": await client.text_document_hover_async(types.HoverParams(document, place)),
        "definition": await client.text_document_definition_async(types.DefinitionParams(document, place)),
        "type": await client.text_document_type_definition_async(types.TypeDefinitionParams(document, place)),
        "references": await client.text_document_references_async(
            types.ReferenceParams(types.ReferenceContext(True), document, place)
        ),
        "highlights": await client.text_document_document_highlight_async(
            types.DocumentHighlightParams(document, place)
        ),
        "completion": await client.text_document_completion_async(types.CompletionParams(document, place)),
        "signature": await client.text_document_signature_help_async(types.SignatureHelpParams(document, place)),
    }
    try:
        found["prepare"] = await client.text_document_prepare_rename_async(types.PrepareRenameParams(document, place))
    except JsonRpcException as refused:
        found["prepare"] = str(refused)
    return found


async def session(encoding: str, path: Path) -> dict[str, Any]:
    """Everything that the server says about `TEXT`, places as offsets."""
    async with editor(path.parent, capabilities=with_encoding(encoding)) as client:
        assert client.capabilities.position_encoding == encoding
        ruler = Ruler(TEXT, encoding)
        uri = await client.open(path, TEXT)
        document = types.TextDocumentIdentifier(uri)
        everything = types.Range(types.Position(0, 0), types.Position(10**6, 10**6))
        found: dict[str, Any] = {
            "diagnostics": client.published[uri].diagnostics,
            "symbols": await client.text_document_document_symbol_async(types.DocumentSymbolParams(document)),
            "workspace": await client.workspace_symbol_async(types.WorkspaceSymbolParams("")),
            "hints": await client.text_document_inlay_hint_async(types.InlayHintParams(document, everything)),
            "actions": await client.text_document_code_action_async(
                types.CodeActionParams(document, everything, types.CodeActionContext([]))
            ),
        }
        for place in [m.start() + 1 for m in re.finditer(r"\w+|\W", TEXT)][::3]:
            found[f"at {place}"] = await ask(client, uri, ruler, place)
        tokens = await client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(document))
        assert tokens is not None
        line = column = 0
        found["tokens"] = []
        for down, right, length, kind, _ in zip(*[iter(tokens.data)] * 5):
            line, column = line + down, right if down else column + right
            start, end = types.Position(line, column), types.Position(line, column + length)
            found["tokens"].append((TEXT[ruler.offset(start) : ruler.offset(end)], coloring.TYPES[kind]))
        renamed = await client.text_document_rename_async(
            types.RenameParams(document, ruler.position(TEXT.rindex("one;") + 1), "eins")
        )
        assert renamed is not None and renamed.changes is not None
        found["renamed"] = ruler.edited(TEXT, list(renamed.changes[uri]))
        plain: dict[str, Any] = ruler.plain(found)
        return plain


def test_everything_is_said_alike_in_every_encoding(tmp_path: Path) -> None:
    async def work() -> list[dict[str, Any]]:
        return list(await asyncio.gather(*(session(encoding, tmp_path / "p.alta") for encoding in ENCODINGS)))

    first, *others = run(work())
    for other in others:
        for key, answer in first.items():
            assert other[key] == answer, key
    assert first["renamed"] == re.sub(r"(?<!// 😀 )\bone\b", "eins", TEXT)
    words = [word for word, _ in first["tokens"]]
    assert {'"日本"', "// é漢😀", "// 😀 one", "either", "left"} <= set(words)
    for problem in first["diagnostics"]:
        place = problem["range"]
        problem["text"] = TEXT[place["start"] : place["end"]]
    assert {"bitt", "token_is"} <= {problem["text"] for problem in first["diagnostics"]} and first["hints"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_formatting_and_fixes(tmp_path: Path, encoding: str) -> None:
    text = 'program   p // 😀漢\ntokens "é" ,"😀"\nvar x : bool=token=="é"@\nmlp { if x && x{ x<-not x } }\noutput x\nlayers 1\n'
    text = text.replace("@", "  //é😀")
    good = text.replace("&&", "and")

    async def work() -> None:
        async with editor(capabilities=with_encoding(encoding)) as client:
            uri = await client.open(tmp_path / "a.alta", text)
            document = types.TextDocumentIdentifier(uri)
            everything = types.Range(types.Position(0, 0), types.Position(99, 0))
            actions = await client.text_document_code_action_async(
                types.CodeActionParams(document, everything, types.CodeActionContext([]))
            )
            assert actions is not None and isinstance(actions[0], types.CodeAction)
            assert actions[0].edit is not None and actions[0].edit.changes is not None
            assert Ruler(text, encoding).edited(text, list(actions[0].edit.changes[uri])) == good
            await client.edit(uri, good)
            edits = await client.text_document_formatting_async(
                types.DocumentFormattingParams(document, types.FormattingOptions(4, True))
            )
            assert edits and Ruler(good, encoding).edited(good, list(edits)) == format_source(Source("a", good)) != good

    run(work())


def test_line_ends_are_kept(tmp_path: Path) -> None:
    tidy = "program p\r\ntokens 0, 1\r\n\r\nvar x: bool = token == 1\r\noutput x\r\nlayers 1\r\n"
    untidy = tidy.replace("0, 1", "0,1").replace("\r\n\r\n", "\r\n\r\n\r\n\r\n").replace("layers 1", "layers  1")
    missing = tidy.replace("program p\r\n", "").replace("token ==", "stack.Stack ==")
    lone = tidy.replace("1\r\n", "1\r").replace("layers 1\r", "layers 1\r\n")

    async def work() -> None:
        async with editor() as client:
            uri = await client.open(tmp_path / "a.alta", tidy)
            document = types.TextDocumentIdentifier(uri)
            everything = types.Range(types.Position(0, 0), types.Position(99, 0))
            formatting = types.DocumentFormattingParams(document, types.FormattingOptions(4, True))
            assert not await client.text_document_formatting_async(formatting)
            await client.edit(uri, untidy)
            edits = await client.text_document_formatting_async(formatting)
            assert edits and Ruler(untidy, "utf-16").edited(untidy, list(edits)) == tidy

            for text, titles in (
                (missing, {"Add `program a`"}),
                (lone, {"Replace all carriage returns that stand alone"}),
            ):
                await client.edit(uri, text)
                actions = await client.text_document_code_action_async(
                    types.CodeActionParams(document, everything, types.CodeActionContext([]))
                )
                found = {a.title: a.edit for a in actions or () if isinstance(a, types.CodeAction)}
                assert titles <= set(found)
                for edit in found.values():
                    assert edit is not None and edit.changes is not None
                    changed = Ruler(text, "utf-16").edited(text, list(edit.changes[uri]))
                    assert re.sub(r"\r\n", "", changed).count("\n") == 0
            assert changed == tidy

    run(work())


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_parts_of_a_document_are_changed_where_they_are(tmp_path: Path, encoding: str) -> None:
    """Editors are asked for whole texts, and some send parts all the same."""
    change: Callable[..., Any] = types.TextDocumentContentChangePartial

    async def work() -> None:
        async with editor(capabilities=with_encoding(encoding)) as client:
            text = TEXT
            uri = await client.open(tmp_path / "a.alta", text)
            changes = []
            for old, new in [("日本", "é\r漢😀\n"), ("😀😀", "日"), ("bitt", "bit"), ("zwei", "x"), ("\r漢😀\n", "")]:
                ruler, start = Ruler(text, encoding), text.index(old)
                where = types.Range(ruler.position(start), ruler.position(start + len(old)))
                changes.append(change(range=where, text=new))
                text = text[:start] + new + text[start + len(old) :]
            client.versions[uri] += 1
            client.text_document_did_change(
                types.DidChangeTextDocumentParams(
                    types.VersionedTextDocumentIdentifier(client.versions[uri], uri), changes
                )
            )
            await client.diagnostics(uri)
            by_parts = list(client.published[uri].diagnostics)
            assert await client.edit(uri, text) == by_parts

    run(work())


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_positions_and_offsets(encoding: str) -> None:
    codec = PositionCodec(types.PositionEncodingKind(encoding))
    text = "aé😀b\r\n漢\u2028c\r𝔸\t\n\n\r\r\n\x0cé"
    source, ruler = Source("x", text), Ruler(text, encoding)
    for offset in range(len(text) + 1):
        if text[offset - 1 : offset + 1] == "\r\n":  # inside of a line end counts as before it
            assert codec.position_of(source, offset) == codec.position_of(source, offset - 1)
            continue
        place = codec.position_of(source, offset)
        assert place == ruler.position(offset) and codec.offset_of(source, place) == offset
        assert (place.line, offset - source.line_starts[place.line]) == tuple(n - 1 for n in source.position(offset))
    for offset, character in enumerate("aé😀"):
        first, last = (codec.position_of(source, place).character for place in (offset, offset + 1))
        for inside in range(first, last):
            assert codec.offset_of(source, types.Position(0, inside)) == offset, character
    end = codec.position_of(source, len(text))
    assert codec.whole(source) == types.Range(types.Position(0, 0), end)
    assert (
        codec.offset_of(source, types.Position(99, 0))
        == codec.offset_of(source, types.Position(end.line, 99))
        == len(text)
    )
    assert codec.offset_of(source, types.Position(0, 99)) == text.index("\r")
    assert codec.position_of(source, -5) == types.Position(0, 0) and codec.position_of(source, 99) == end
