"""The messages of the protocol that altac answers, each by a function of another module."""

from __future__ import annotations

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from altac.lsp import coloring, completion, fixes, formatting, hints, navigation, outline
from altac.lsp.hover import hover
from altac.lsp.positions import PositionCodec, path_of
from altac.lsp.server import AltacServer


def register(server: AltacServer) -> None:
    """Have ``server`` answer everything altac can."""
    _documents(server)
    _names(server)
    _editing(server)
    _showing(server)


def _documents(server: AltacServer) -> None:
    @server.feature(types.INITIALIZE)
    def initialize(ls: AltacServer, params: types.InitializeParams) -> None:
        # What pygls has chosen of the encodings that the editor offers, and tells it.
        ls.project.positions = PositionCodec(types.PositionEncodingKind(ls.workspace.position_encoding))

    @server.feature(types.INITIALIZED)
    def initialized(ls: AltacServer, params: types.InitializedParams) -> None:
        ls.project.folders = [path_of(uri) for uri in ls.workspace.folders]
        workspace = ls.client_capabilities.workspace
        watching = workspace.did_change_watched_files if workspace is not None else None
        if watching is not None and watching.dynamic_registration:
            watchers = [types.FileSystemWatcher("**/*.alta")]
            options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
            registration = types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
            ls.client_register_capability(types.RegistrationParams([registration]))

    @server.feature(types.SHUTDOWN)
    def shutdown(ls: AltacServer, params: None) -> None:
        ls.asked_to_leave = True

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(ls: AltacServer, params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        ls.opened(document.uri, document.text, document.version)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(ls: AltacServer, params: types.DidChangeTextDocumentParams) -> None:
        ls.changed(params.text_document, params.content_changes)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(ls: AltacServer, params: types.DidCloseTextDocumentParams) -> None:
        ls.closed(params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_files(ls: AltacServer, params: types.DidChangeWatchedFilesParams) -> None:
        ls.schedule(ls.project.opened)

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def did_change_folders(ls: AltacServer, params: types.DidChangeWorkspaceFoldersParams) -> None:
        ls.project.folders = [path_of(uri) for uri in ls.workspace.folders]


def _names(server: AltacServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def definition(ls: AltacServer, params: types.DefinitionParams) -> types.Location | None:
        return await ls.ask(navigation.definition, ls.project, _path(params), params.position)

    @server.feature(types.TEXT_DOCUMENT_TYPE_DEFINITION)
    async def type_definition(ls: AltacServer, params: types.TypeDefinitionParams) -> types.Location | None:
        return await ls.ask(navigation.type_definition, ls.project, _path(params), params.position)

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    async def references(ls: AltacServer, params: types.ReferenceParams) -> list[types.Location]:
        declaration = params.context.include_declaration
        return await ls.ask(navigation.references, ls.project, _path(params), params.position, declaration)

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    async def highlight(ls: AltacServer, params: types.DocumentHighlightParams) -> list[types.DocumentHighlight]:
        return await ls.ask(navigation.highlights, ls.project, _path(params), params.position)

    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    async def prepare_rename(ls: AltacServer, params: types.PrepareRenameParams) -> types.Range | None:
        try:
            return await ls.ask(navigation.renamable, ls.project, _path(params), params.position)
        except navigation.Refused as refused:
            raise JsonRpcInvalidParams(str(refused)) from None

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    async def rename(ls: AltacServer, params: types.RenameParams) -> types.WorkspaceEdit | None:
        try:
            return await ls.ask(navigation.rename, ls.project, _path(params), params.position, params.new_name)
        except navigation.Refused as refused:
            raise JsonRpcInvalidParams(str(refused)) from None

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    async def document_symbols(ls: AltacServer, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        return await ls.ask(outline.document_symbols, ls.project, _path(params))

    @server.feature(types.WORKSPACE_SYMBOL)
    async def workspace_symbols(ls: AltacServer, params: types.WorkspaceSymbolParams) -> list[types.WorkspaceSymbol]:
        return await ls.ask(outline.workspace_symbols, ls.project, params.query)


def _editing(server: AltacServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[".", '"', "/"]))
    async def complete(ls: AltacServer, params: types.CompletionParams) -> types.CompletionList:
        items = await ls.ask(completion.complete, ls.project, _path(params), params.position)
        return types.CompletionList(is_incomplete=False, items=items)

    @server.feature(types.TEXT_DOCUMENT_SIGNATURE_HELP, types.SignatureHelpOptions(trigger_characters=["(", ","]))
    async def signature(ls: AltacServer, params: types.SignatureHelpParams) -> types.SignatureHelp | None:
        return await ls.ask(completion.signature, ls.project, _path(params), params.position)

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    async def formatted(ls: AltacServer, params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
        source = ls.project.source(_path(params))
        return None if source is None else await ls.ask(formatting.format_document, source, ls.project.positions)

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])
    )
    async def actions(ls: AltacServer, params: types.CodeActionParams) -> list[types.CodeAction]:
        path = _path(params)
        return await ls.ask(fixes.code_actions, ls.project, path, params.range, ls.problems(path))


def _showing(server: AltacServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def show(ls: AltacServer, params: types.HoverParams) -> types.Hover | None:
        path = _path(params)
        use = await ls.ask(navigation.use_at, ls.project, path, params.position)
        counted = use is not None and use.definition.kind in ("variable", "program")
        counts = await ls.counts(path) if counted else None
        return await ls.ask(hover, ls.project, path, params.position, ls.facts(path), counts)

    @server.feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, coloring.LEGEND)
    async def tokens(ls: AltacServer, params: types.SemanticTokensParams) -> types.SemanticTokens:
        return await ls.ask(coloring.semantic_tokens, ls.project, _path(params))

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    async def inlay_hints(ls: AltacServer, params: types.InlayHintParams) -> list[types.InlayHint]:
        path = _path(params)
        return await ls.ask(hints.inlay_hints, ls.project, path, params.range, ls.facts(path))


def _path(params: types.TextDocumentPositionParams | _OfDocument) -> str:
    return path_of(params.text_document.uri)


_OfDocument = (
    types.DocumentSymbolParams | types.DocumentFormattingParams | types.CodeActionParams | types.SemanticTokensParams
    | types.InlayHintParams | types.ReferenceParams | types.RenameParams | types.CompletionParams
    | types.SignatureHelpParams | types.HoverParams | types.DefinitionParams | types.TypeDefinitionParams
    | types.DocumentHighlightParams | types.PrepareRenameParams
)  # fmt: skip
