"""The forms in which the vendors wrap an error, as their documents show them.

Nothing here knows which words go with which status.
"""

from __future__ import annotations

import msgspec

from vibe.domain.model import Backend


class Refused(Exception):
    """The request is not one that the vendor would take; it is answered with this error."""

    def __init__(self, message: str, *, status: int = 400, body: bytes = b"") -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.body = body


def openai(
    message: str,
    *,
    type: str = "invalid_request_error",
    code: str | int | None = None,
    param: str | None = None,
) -> bytes:
    error = {"message": message, "type": type, "param": param, "code": code}
    return msgspec.json.encode({"error": error})


def azure(message: str, *, code: str, inner: object = None) -> bytes:
    error: dict[str, object] = {"code": code, "message": message}
    if inner is not None:
        error |= {"param": "prompt", "type": None, "status": 400, "innererror": inner}
    return msgspec.json.encode({"error": error})


def anthropic(
    message: str, *, type: str = "invalid_request_error", details: object = None
) -> bytes:
    error: dict[str, object] = {"type": type, "message": message}
    if details is not None:
        error["details"] = details
    return msgspec.json.encode({"type": "error", "error": error, "request_id": "req_0000"})


def mistral(
    message: str,
    *,
    type: str = "invalid_request_error",
    code: str | None = None,
    status: int | None = None,
) -> bytes:
    error: dict[str, object] = {
        "object": "error", "message": message, "type": type, "param": None, "code": code,
    }  # fmt: skip
    if status is not None:
        error["raw_status_code"] = status
    return msgspec.json.encode(error)


def mistral_message(message: str, *, code: str | None = None) -> bytes:
    """Its short form, which comes from what stands in front of its models."""
    body = {"message": message} if code is None else {"message": message, "code": code}
    return msgspec.json.encode(body)


def mistral_details(*found: tuple[str, str, str]) -> bytes:
    """What Mistral's validation says; each is a kind, a field of the body, and a sentence."""
    return msgspec.json.encode(
        {
            "detail": [
                {"type": kind, "loc": ["body", field], "msg": msg} for kind, field, msg in found
            ]
        }
    )


def google(message: str, *, code: int, status: str, details: tuple[object, ...] = ()) -> bytes:
    """Gemini's endpoint in OpenAI's form sends its errors as a list."""
    error: dict[str, object] = {"code": code, "message": message, "status": status}
    if details:
        error["details"] = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo"}, *details]
    return msgspec.json.encode([{"error": error}])


def plain(dialect: Backend, message: str, *, status: int = 400) -> bytes:
    """An error about which there is nothing to tell but a sentence."""
    match dialect:
        case "anthropic":
            types = {401: "authentication_error", 404: "not_found_error"}
            return anthropic(message, type=types.get(status, "invalid_request_error"))
        case "mistral":
            return mistral(message)
        case "azure":
            return azure(message, code=str(status))
        case "generic" | "responses":
            return openai(message)
