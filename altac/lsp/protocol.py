"""What goes over the wire, where altac wants it otherwise than pygls: changes of documents, and messages that are none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidRequest, JsonRpcParseError
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import lsp_method


class AltacProtocol(LanguageServerProtocol):
    """The protocol of a server that keeps the texts of documents itself and answers whatever asks for an answer."""

    # pygls would keep copies of its own, with other line ends than the protocol's, and fail where a document is not open.

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> Iterator[Any]:
        """Leave it to the feature."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_OPEN], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Iterator[Any]:
        """Leave it to the feature."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> Iterator[Any]:
        """Leave it to the feature."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CLOSE], (params,), None

    def structure_message(self, data: dict[str, Any]) -> Any:
        """The typed form of a message. A request that has none is answered with an error before it is dropped."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "method" in data and isinstance(data.get("id"), int | str):
                self._send_response(data["id"], error=error.to_response_error())
            raise

    def handle_message(self, message: Any) -> None:
        """Act on a message; what is JSON but no message is answered with an error."""
        if hasattr(message, "jsonrpc"):
            super().handle_message(message)
        else:
            self.refuse(JsonRpcInvalidRequest())

    def refuse(self, error: Exception) -> None:
        """Say what is wrong with a text that is no message, so that nobody knows to which request it belongs."""
        if not isinstance(error, JsonRpcException):
            error = JsonRpcParseError(str(error))
        self._send_data(types.ResponseErrorMessage(error=error.to_response_error()))
