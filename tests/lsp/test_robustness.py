"""No document takes the server down, and no server outlives its editor."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.client import WAIT, Editor, editor, run

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SUBLEQ = (EXAMPLES / "subleq.alta").read_text(encoding="utf-8")

BROKEN = {
    "empty": "",
    "a zero byte": "program p\n\0\nvar x",
    "control characters": "".join(map(chr, range(1, 32))) + "\u2028\u2029\x85\ufeff\ufffd",
    "halves of a pair are replaced": "var x: bool = '\U0001f600",
    "open brackets": "mlp { " + "if (" * 5_000,
    "closed brackets": ")]}" * 2_000,
    "deep nesting": "const X = " + "(" * 5_000 + ")" * 5_000,
    "one long line": "const X = " + "1 + " * 5_000 + "1",
    "many declarations": "\n".join(f"const C{i} = {i}" for i in range(1_000)),
    "imports itself": 'import "broken.alta" as me\nconst A = me.A',
    "imports a folder": 'import "." as here\nimport "/dev/null" as none\nimport "\\u{0}" as zero\nimport std',
    "endless component": "component C() { use c = C() }\nuse c = C()",
    "endless function": "fn f(x) = f(x)\nconst A = f(1)",
    "uses in a circle": "use a = b.C\nuse b = a.C\nconst X = a.b.a.b",
    "line ends of other systems": "program p\r\ntokens 0, 1\r\nvar x: bool = tru\r\routput x\r\n",
}


async def ask_everything(client: Editor, uri: str) -> None:
    """Every request at some places, also outside of the text."""
    document = types.TextDocumentIdentifier(uri)
    whole = types.Range(types.Position(0, 0), types.Position(10**6, 0))
    for place in (types.Position(0, 0), types.Position(0, 12), types.Position(2, 10**6), types.Position(10**6, 3)):
        await client.text_document_completion_async(types.CompletionParams(document, place))
        await client.text_document_hover_async(types.HoverParams(document, place))
        await client.text_document_definition_async(types.DefinitionParams(document, place))
        await client.text_document_type_definition_async(types.TypeDefinitionParams(document, place))
        await client.text_document_references_async(
            types.ReferenceParams(types.ReferenceContext(True), document, place)
        )
        await client.text_document_document_highlight_async(types.DocumentHighlightParams(document, place))
        await client.text_document_signature_help_async(types.SignatureHelpParams(document, place))
    await client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
    await client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(document))
    await client.text_document_inlay_hint_async(types.InlayHintParams(document, whole))
    await client.text_document_formatting_async(
        types.DocumentFormattingParams(document, types.FormattingOptions(4, True))
    )
    await client.text_document_code_action_async(types.CodeActionParams(document, whole, types.CodeActionContext([])))


def test_no_document_takes_the_server_down(tmp_path: Path) -> None:
    async def work() -> None:
        async with editor() as client:
            uri = await client.open(tmp_path / "broken.alta", "")
            for name, text in BROKEN.items():
                found = await client.edit(uri, text)
                assert found or name in ("many declarations", "one long line"), name
                await ask_everything(client, uri)
            assert not client.messages

    run(work())


def test_a_program_cut_off_anywhere_is_answered(tmp_path: Path) -> None:
    async def work() -> None:
        async with editor() as client:
            uri = await client.open(tmp_path / "a.alta", SUBLEQ)
            for length in range(5, len(SUBLEQ), 397):
                await client.edit(uri, SUBLEQ[:length])
                await ask_everything(client, uri)
            assert await client.edit(uri, SUBLEQ) == []
            assert not client.messages

    run(work())


def test_a_huge_document_holds_up_no_other(tmp_path: Path) -> None:
    async def work() -> None:
        async with editor() as client:
            small = await client.open(tmp_path / "small.alta", SUBLEQ)
            huge = "var x: 0..9 = (0\n" * 300_000
            client.versions["untitled:huge"] = 1
            client.text_document_did_open(
                types.DidOpenTextDocumentParams(types.TextDocumentItem("untitled:huge", "alta", 1, huge))
            )
            symbols = await client.text_document_document_symbol_async(
                types.DocumentSymbolParams(types.TextDocumentIdentifier(small))
            )
            assert symbols
            assert [d.code for d in await client.diagnostics("untitled:huge")] == ["file-too-large"]

    run(work())


def test_unknown_documents_and_methods(tmp_path: Path) -> None:
    async def work() -> None:
        async with editor() as client:
            await ask_everything(client, (tmp_path / "missing.alta").as_uri())
            await ask_everything(client, "untitled:Untitled-1")
            await ask_everything(client, "not a uri %zz")
            (tmp_path / "binary.alta").write_bytes(bytes(range(256)))
            await ask_everything(client, (tmp_path / "binary.alta").as_uri())
            uri = await client.open("untitled:Untitled-1", "var x: bool = tru\n")
            assert "unknown-name" in {d.code for d in client.published[uri].diagnostics}

    run(work())


def _message(content: dict[str, object]) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", **content}).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def _server(**options: object) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    command = [sys.executable, "-m", "altac", "lsp", "--stdio"]
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options)  # type: ignore[call-overload,no-any-return]


def _initialize(process_id: int | None) -> bytes:
    return _message(
        {"id": 1, "method": "initialize", "params": {"processId": process_id, "rootUri": None, "capabilities": {}}}
    ) + _message({"method": "initialized", "params": {}})


def test_a_client_that_leaves_without_a_word_ends_the_server() -> None:
    server = _server()
    assert server.stdin is not None and server.stdout is not None
    slow = "const X = sum([x * y for x in 0..900 for y in 0..900])\n" * 5
    document = {"uri": "untitled:1", "languageId": "alta", "version": 1, "text": slow}
    server.stdin.write(
        _initialize(None) + _message({"method": "textDocument/didOpen", "params": {"textDocument": document}})
    )
    server.stdin.flush()
    assert server.stdout.readline().startswith(b"Content-Length")
    server.stdin.close()
    assert server.wait(WAIT) == 1
    server.stdout.close()


@pytest.mark.skipif(sys.platform == "win32", reason="signals and process numbers are those of Unix")
def test_an_editor_that_is_killed_ends_the_server_though_the_pipe_stays_open() -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    server = _server()
    assert server.stdin is not None and server.stdout is not None
    server.stdin.write(_initialize(other.pid))
    server.stdin.flush()
    assert server.stdout.readline().startswith(b"Content-Length")
    time.sleep(0.1)
    assert server.poll() is None
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert server.wait(WAIT) == 1
    server.stdin.close()
    server.stdout.close()


def test_rubbish_on_the_wire_is_survived() -> None:
    server = _server(stderr=subprocess.PIPE)
    assert server.stdin is not None and server.stdout is not None and server.stderr is not None
    server.stdin.write(b"hello\r\nContent-Length: 9\r\n\r\n{not json")
    server.stdin.write(_message({"method": "textDocument/didChange", "params": {"nonsense": 1}}))
    server.stdin.write(_initialize(None) + _message({"id": 2, "method": "shutdown"}) + _message({"method": "exit"}))
    server.stdin.flush()
    out = server.stdout.read()
    assert server.wait(WAIT) == 0
    assert b'"capabilities"' in out and b'"id": 2' in out.replace(b'"id":2', b'"id": 2')
    for stream in (server.stdin, server.stdout, server.stderr):
        stream.close()


def _answers(*messages: bytes) -> dict[object, object]:
    """Send messages after a document was opened; result or error code of each answer by its id, and the codes of answers to
    nobody under None. The server must outlive them, and say nothing to the author."""
    server = _server(stderr=subprocess.DEVNULL)
    opened = {"uri": "file:///a.alta", "languageId": "alta", "version": 5, "text": "program p"}
    wire = [
        _initialize(None), _message({"method": "textDocument/didOpen", "params": {"textDocument": opened}}), *messages,
        _symbols("last", "file:///a.alta"),
    ]  # fmt: skip
    assert server.stdin is not None and server.stdout is not None
    server.stdin.write(b"".join(wire))
    server.stdin.flush()
    found: dict[object, object] = {}
    while "last" not in found:
        length = int(server.stdout.readline().split(b":")[1])
        while server.stdout.readline().strip():
            pass
        answer = json.loads(server.stdout.read(length))
        assert answer.get("method") != "window/showMessage", answer
        if "method" not in answer:
            found[answer.get("id")] = answer["error"]["code"] if "error" in answer else answer["result"]
    server.stdin.write(_message({"id": 9999, "method": "shutdown"}) + _message({"method": "exit"}))
    server.stdin.close()
    server.stdout.close()
    assert server.wait(WAIT) == 0
    return found


def _raw(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def _symbols(number: object, uri: str) -> bytes:
    return _message({"id": number, "method": "textDocument/documentSymbol", "params": {"textDocument": {"uri": uri}}})


def _change(version: object, changes: object, uri: str = "file:///a.alta") -> bytes:
    document = {"uri": uri, "version": version}
    return _message(
        {"method": "textDocument/didChange", "params": {"textDocument": document, "contentChanges": changes}}
    )


def _names(symbols: object) -> list[str]:
    assert isinstance(symbols, list)
    return [symbol["name"] for symbol in symbols]


def test_every_faulty_request_has_an_error_for_an_answer() -> None:
    place = {"textDocument": {"uri": "file:///a.alta"}, "position": {"line": 0, "character": 0}}
    hover = "textDocument/hover"
    found = _answers(
        _message({"id": 10, "method": "no/such", "params": {}}),
        _message({"id": 11, "method": hover, "params": {"x": 1}}),
        _message({"id": 12, "method": hover, "params": [1, 2]}),
        _message({"id": 13, "method": hover}),
        _message({"id": 14, "method": hover, "params": {**place, "position": {"line": "a", "character": []}}}),
        _message({"id": 15, "method": hover, "params": {**place, "position": {"line": -5, "character": -1}}}),
        _message({"id": 16, "method": hover, "params": {**place, "position": {"line": 10**30, "character": 0}}}),
        _message({"id": 17, "method": "textDocument/rename", "params": {**place, "newName": "a\nb"}}),
        _message({"id": 18, "method": 5, "params": {}}),
        _message({"id": 19, "method": "workspace/executeCommand", "params": {"command": "rm", "arguments": [1]}}),
        _symbols(20, "file://[::1/x"),
        _symbols(21, "file:///%00/x"),
        _symbols(22, ""),
    )
    codes = {number: code for number, code in found.items() if isinstance(number, int) and number >= 10}
    invalid = -32602
    assert codes == {
        10: -32601, 11: invalid, 12: invalid, 13: invalid, 14: invalid, 15: invalid, 16: invalid, 17: None, 18: -32603,
        19: invalid, 20: [], 21: [], 22: [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{not json", -32700),
        (b'{"a": "\xff\xfe"}', -32700),
        (b"[" * 100_000, -32700),
        (b'{"jsonrpc": "2.0", "id": 7, "method": "x", "params": ' + b"9" * 10_000 + b"}", -32700),
        (b"[1, 2]", -32600),
        (b"null", -32600),
        (b'{"id": 8, "method": "x"}', -32600),
    ],
)
def test_what_is_no_message_is_refused(body: bytes, code: int) -> None:
    assert _answers(_raw(body))[None] == code


_FAR = {"start": {"line": 0, "character": 8}, "end": {"line": 10**9, "character": 10**9}}
_TURNED = {"start": {"line": 7, "character": 7}, "end": {"line": 0, "character": 8}}


@pytest.mark.parametrize(
    ("messages", "names"),
    [
        ([_change(6, "text"), _change(6, None), _change(6, []), _change("a", [{"text": "program s"}])], ["p"]),
        ([_change(3, [{"text": "program back"}])], ["back"]),
        ([_change(7, [{"range": _FAR, "text": "q"}])], ["q"]),
        ([_change(7, [{"range": _TURNED, "text": "r\nvar x: bool = true"}, {"range": _FAR, "text": "t"}])], ["t"]),
        ([_change(7, [{"text": 'program a\nvar \ud800 x = "\udc00'}])], ["a"]),
        ([_change(1, [{"text": "x"}], "file://[::1/x"), _change(1, [{"text": "x"}], "file:///b.alta")], ["p"]),
        ([_message({"method": "textDocument/didClose", "params": {"textDocument": {"uri": "file:///b.alta"}}})], ["p"]),
        (
            [_message({"method": "$/cancelRequest"}), _message({"id": 77, "result": {}}), _message({"method": "?"})],
            ["p"],
        ),
    ],
)
def test_changes_out_of_order_and_of_wrong_types(messages: list[bytes], names: list[str]) -> None:
    found = _answers(*messages, _symbols("not opened", "file:///b.alta"))
    assert _names(found["last"])[: len(names)] == names and found["not opened"] == []
