"""Answers in the form of OpenAI's Responses, whole and as a stream: for whoever serves them.

An item is opened when the first piece of it comes. Calls stand open side by side; a text or a
thought ends where anything else begins. A call that never ended is never called done: nobody may
take what there is of it for the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, assert_never

import msgspec
from msgspec import Struct, field

from vibe.domain.answer import Answer
from vibe.domain.message import Producer, Thinking
from vibe.domain.stream import (
    CallBegan,
    CallDelta,
    CallEnded,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
)
from vibe.wire.seals import sealed
from vibe.wire.serve_chat_answer import error_of
from vibe.wire.serve_responses import ResponsesWanted, read_responses_request
from vibe.wire.serve_responses_output import (
    Json,
    call_item,
    ended,
    form_of,
    given_of,
    item_id,
    items_of,
    message_item,
    reasoning_item,
    response_of,
    summary_part,
    text_part,
)
from vibe.wire.serve_responses_tools import Origin
from vibe.wire.serving import Dialect, Fault, Heading, Piece, Trouble, Wanted

# Codex (0.169) tries again unless it knows the code.
_CODES: Final[dict[Trouble, str]] = {
    "invalid": "invalid_prompt",
    "too_long": "context_length_exceeded",
    "refused": "invalid_prompt",
    "unauthorized": "invalid_prompt",
    "forbidden": "invalid_prompt",
    "not_found": "invalid_prompt",
    "too_large": "context_length_exceeded",
    "rate_limited": "rate_limit_exceeded",
    "overloaded": "server_error",
    "failed": "server_error",
    "timeout": "server_error",
}
_BEAT: Final = b": waiting\n\n"
_NUMBER: Final = 1 << 52  # where a template has its number, and its text
_TEXT: Final = "\ufffctext\ufffc"


class _Deltas:
    """The event that adds to an item, made once around its number and its text: most events are
    such."""

    def __init__(self, kind: str, **members: object) -> None:
        event = _event(kind, _NUMBER, delta=_TEXT, **members)
        self._before, rest = event.split(b"%d" % _NUMBER, 1)
        self._between, self._after = rest.split(msgspec.json.encode(_TEXT), 1)

    def event(self, number: int, text: str) -> bytes:
        delta = msgspec.json.encode(text)
        return b"%b%d%b%b%b" % (self._before, number, self._between, delta, self._after)


class _Item(Struct):
    """One that is open. `pieces` are what was told of its text, or of its arguments."""

    index: int
    id: str
    deltas: _Deltas
    pieces: list[str] = field(default_factory=list[str])

    @property
    def text(self) -> str:
        return "".join(self.pieces)


class _Call(Struct):
    """`held` are the arguments in which a text is, that is known when all of it is there."""

    item: _Item
    call_id: str
    origin: Origin
    held: list[str] = field(default_factory=list[str])


class ResponsesWriter:
    """`_output` has a place for each item that was opened, empty until that is done. Of `_message`
    and `_thought` no more than one is open; `_calls` are those that are, by their numbers."""

    def __init__(self, heading: Heading, origins: Mapping[str, Origin]) -> None:
        self._heading = heading
        self._producer = heading.producer
        self._origins = origins
        self._number = 0
        self._output: list[Json | None] = []
        self._message: _Item | None = None
        self._thought: _Item | None = None
        self._calls: dict[int, _Call] = {}

    def begin(self) -> bytes:
        response = response_of(self._heading, "in_progress")
        return self._tell("response.created", response=response) + self._tell(
            "response.in_progress", response=response
        )

    def by(self, producer: Producer) -> bytes:
        """Thought that another had begun ends where he left it."""
        ended = self._end_thought()
        self._producer = producer
        return ended

    def piece(self, piece: Piece) -> bytes:
        match piece:
            case TextDelta(text):
                return self._say(text) if text else b""
            case ThinkingDelta(text):
                return self._think(text) if text else b""
            case ThinkingSealed(seal):
                return self._seal(seal)
            case CallBegan():
                return self._open_call(piece)
            case CallDelta(call=call, arguments=arguments):
                return self._argue(self._calls[call], arguments)
            case CallEnded(call=call):
                return self._end_call(self._calls.pop(call))
            case _:
                assert_never(piece)

    def beat(self) -> bytes:
        return _BEAT

    def end(self, answer: Answer) -> bytes:
        said = self._end_said()
        for call in self._calls.values():
            self._output[call.item.index] = call_item(
                call.item.id, call.call_id, call.origin, call.item.text, "incomplete"
            )
        is_cut = answer.reason == "length" or bool(self._calls)
        response = ended(self._heading, answer, self._done, is_cut=is_cut)
        return said + self._tell(f"response.{response['status']}", response=response)

    def fail(self, fault: Fault) -> bytes:
        error = {"code": _CODES[fault.trouble], "message": fault.message}
        response = response_of(self._heading, "failed", error=error, output=self._done)
        return self._tell("response.failed", response=response)

    @property
    def _done(self) -> list[Json]:
        return [item for item in self._output if item is not None]

    def _tell(self, kind: str, **members: object) -> bytes:
        number = self._number
        self._number += 1
        return _event(kind, number, **members)

    def _add(self, item: _Item, text: str) -> bytes:
        item.pieces.append(text)
        number = self._number
        self._number += 1
        return item.deltas.event(number, text)

    # Items.

    def _new(self, prefix: str, deltas: str, **members: object) -> _Item:
        index = len(self._output)
        self._output.append(None)
        id = item_id(prefix, self._heading, index)
        return _Item(index, id, _Deltas(deltas, item_id=id, output_index=index, **members))

    def _added(self, item: _Item, shape: Json) -> bytes:
        return self._tell("response.output_item.added", output_index=item.index, item=shape)

    def _finished(self, item: _Item, shape: Json) -> bytes:
        self._output[item.index] = shape
        return self._tell("response.output_item.done", output_index=item.index, item=shape)

    def _of(self, kind: str, item: _Item, **members: object) -> bytes:
        return self._tell(kind, item_id=item.id, output_index=item.index, **members)

    def _end_said(self) -> bytes:
        """The end of a text or a thought, if one is open."""
        return self._end_message() + self._end_thought()

    # Text.

    def _say(self, text: str) -> bytes:
        if message := self._message:
            return self._add(message, text)
        before = self._end_said()
        message = self._new("msg", "response.output_text.delta", content_index=0, logprobs=[])
        self._message = message
        return (
            before
            + self._added(message, message_item(message.id, None, "in_progress"))
            + self._of("response.content_part.added", message, content_index=0, part=text_part(""))
            + self._add(message, text)
        )

    def _end_message(self) -> bytes:
        item, self._message = self._message, None
        if item is None:
            return b""
        text = item.text
        return (
            self._of("response.output_text.done", item, content_index=0, text=text, logprobs=[])
            + self._of("response.content_part.done", item, content_index=0, part=text_part(text))
            + self._finished(item, message_item(item.id, text))
        )

    # Thought.

    def _think(self, text: str) -> bytes:
        if thought := self._thought:
            return self._add(thought, text)
        thought, opened = self._open_thought()
        kind, part = "response.reasoning_summary_part.added", summary_part("")
        opened += self._of(kind, thought, summary_index=0, part=part)
        return opened + self._add(thought, text)

    def _seal(self, seal: str) -> bytes:
        opened = b""
        if seal and not self._thought:  # its producer keeps it to himself
            _, opened = self._open_thought()
        return opened + self._end_thought(seal)

    def _open_thought(self) -> tuple[_Item, bytes]:
        before = self._end_said()
        thought = self._new("rs", "response.reasoning_summary_text.delta", summary_index=0)
        self._thought = thought
        return thought, before + self._added(thought, reasoning_item(thought.id, ""))

    def _end_thought(self, seal: str = "") -> bytes:
        item, self._thought = self._thought, None
        if item is None:
            return b""
        text, summary = item.text, b""
        if text:
            kind = "response.reasoning_summary"
            summary = self._of(f"{kind}_text.done", item, summary_index=0, text=text)
            summary += self._of(f"{kind}_part.done", item, summary_index=0, part=summary_part(text))
        return summary + self._finished(item, reasoning_item(item.id, text, self._sealed(seal)))

    def _sealed(self, seal: str) -> str | None:
        if self._producer is None:
            return None
        return sealed(Thinking(text="", producer=self._producer, seal=seal))

    # Calls.

    def _open_call(self, began: CallBegan) -> bytes:
        before = self._end_said()
        origin = self._origins.get(began.name) or Origin(name=began.name)
        form = form_of(origin)
        item = self._new(form.prefix, f"response.{form.event}.delta")
        self._calls[began.call] = _Call(item, began.id, origin)
        shape = call_item(item.id, began.id, origin, "", "in_progress")
        return before + self._added(item, shape)

    def _argue(self, call: _Call, arguments: str) -> bytes:
        if call.origin.takes_text:
            call.held.append(arguments)
            return b""
        return self._add(call.item, arguments) if arguments else b""

    def _end_call(self, call: _Call) -> bytes:
        item, origin = call.item, call.origin
        form, given = form_of(origin), given_of(origin, "".join(call.held) or item.text)
        rest = given[len(item.text) :]
        done = self._add(item, rest) if rest else b""
        done += self._of(f"response.{form.event}.done", item, **{form.member: given})
        return done + self._finished(item, call_item(item.id, call.call_id, origin, given))


class ServedResponses:
    @property
    def dialect(self) -> Dialect:
        return "responses"

    def read(self, body: bytes) -> ResponsesWanted:
        return read_responses_request(body)

    def writer(self, wanted: Wanted, heading: Heading) -> ResponsesWriter:
        return ResponsesWriter(heading, _origins(wanted))

    def whole(self, wanted: Wanted, heading: Heading, answer: Answer) -> bytes:
        output = items_of(answer.parts, heading, _origins(wanted))
        is_cut = answer.reason == "length"
        return msgspec.json.encode(ended(heading, answer, output, is_cut=is_cut))

    def error(self, fault: Fault, *, request_id: str) -> bytes:
        return msgspec.json.encode({**error_of(fault), "request_id": request_id})


def _origins(wanted: Wanted) -> Mapping[str, Origin]:
    return wanted.origins if isinstance(wanted, ResponsesWanted) else {}


def _event(kind: str, number: int, **members: object) -> bytes:
    data = msgspec.json.encode({"type": kind, "sequence_number": number, **members})
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), data)
