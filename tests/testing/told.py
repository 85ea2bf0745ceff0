"""What an answer on the wire says, by the vendors' references and by none of vibe's decoders."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from tests.testing.client import chunks_of
from vibe.domain.model import Backend

Json = dict[str, Any]


class Told(Struct, kw_only=True):
    """`calls` are names and arguments; `finish` is the vendor's own word; `tokens` in and out."""

    thinking: str = ""
    seal: str = ""
    text: str = ""
    calls: list[tuple[str, str]] = []
    finish: str = ""
    tokens: tuple[int, int] | None = None


def told(dialect: Backend, body: bytes, *, stream: bool) -> Told:
    match dialect:
        case "anthropic":
            return _messages(chunks_of(body)) if stream else _message(json.loads(body))
        case "responses":
            return _response(_last_response(chunks_of(body)) if stream else json.loads(body))
        case "generic" | "mistral" | "azure":
            return _chat(chunks_of(body) if stream else [json.loads(body)])


def _chat(chunks: Iterable[Json]) -> Told:
    found = Told()
    calls: dict[str, list[str]] = {}
    newest: dict[int, str] = {}
    for chunk in chunks:
        for choice in chunk["choices"]:
            said: Json = choice.get("delta") or choice.get("message") or {}
            _say(found, said)
            each: Json
            for each in said.get("tool_calls", ()):
                index = each.get("index", len(calls))
                if "id" in each:
                    newest[index] = each["id"]
                    calls[each["id"]] = [each["function"]["name"], ""]
                calls[newest[index]][1] += each["function"].get("arguments", "")
            found.finish = choice["finish_reason"] or found.finish
        if usage := chunk.get("usage"):
            found.tokens = (usage["prompt_tokens"], usage["completion_tokens"])
    found.calls = [(name, arguments) for name, arguments in calls.values()]
    return found


def _say(found: Told, said: Json) -> None:
    found.thinking += said.get("reasoning_content") or ""
    content = said.get("content") or ""
    if isinstance(content, str):
        found.text += content
        return
    for part in content:
        if part["type"] == "thinking":
            found.thinking += "".join(each["text"] for each in part["thinking"])
        else:
            found.text += part["text"]


def _messages(events: Iterable[Json]) -> Told:
    """Puts the message together that the stream tells of, as the documents say to."""
    message: Json = {}
    partial: dict[int, str] = {}
    for event in events:
        match event["type"]:
            case "message_start":
                message = event["message"]
            case "content_block_start":
                message["content"].append(event["content_block"])
            case "content_block_delta":
                block, delta = message["content"][event["index"]], event["delta"]
                match delta["type"]:
                    case "input_json_delta":
                        earlier = partial.get(event["index"], "")
                        partial[event["index"]] = earlier + delta["partial_json"]
                    case "signature_delta":
                        block["signature"] = delta["signature"]
                    case kind:
                        key = kind.removesuffix("_delta")
                        block[key] += delta[key]
            case "message_delta":
                message |= event["delta"]
                message["usage"] |= event.get("usage", {})
            case _:
                pass
    for index, arguments in partial.items():
        message["content"][index]["input"] = arguments
    return _message(message)


def _message(message: Json) -> Told:
    found = Told(finish=message["stop_reason"] or "")
    for block in message["content"]:
        match block["type"]:
            case "thinking":
                found.thinking += block["thinking"]
                found.seal += block["signature"]
            case "redacted_thinking":
                found.seal += block["data"]
            case "text":
                found.text += block["text"]
            case _:
                arguments = block["input"]
                text = arguments if isinstance(arguments, str) else _compact(arguments)
                found.calls.append((block["name"], text))
    if usage := message["usage"]:
        found.tokens = (usage["input_tokens"], usage["output_tokens"])
    return found


def _last_response(events: list[Json]) -> Json:
    """The response as it ended, once all that was told before says the same."""
    deltas: dict[str, str] = {}
    for event in events:
        if event["type"].endswith(".delta"):
            deltas[event["item_id"]] = deltas.get(event["item_id"], "") + event["delta"]
    response: Json = events[-1]["response"]
    for item in response["output"]:
        texts = [part["text"] for part in item.get("content") or item.get("summary") or ()]
        assert "".join(texts) + item.get("arguments", "") == deltas.get(item["id"], "")
    return response


def _response(response: Json) -> Told:
    details: Json = response["incomplete_details"] or {}
    found = Told(finish=details.get("reason") or response["status"])
    for item in response["output"]:
        match item["type"]:
            case "reasoning":
                found.thinking += "".join(part["text"] for part in item["summary"])
                found.seal += item["encrypted_content"] or ""
            case "message":
                found.text += "".join(part["text"] for part in item["content"])
            case _:
                found.calls.append((item["name"], item["arguments"]))
    if usage := response["usage"]:
        found.tokens = (usage["input_tokens"], usage["output_tokens"])
    return found


def _compact(arguments: object) -> str:
    return json.dumps(arguments, separators=(",", ":"), ensure_ascii=False)
