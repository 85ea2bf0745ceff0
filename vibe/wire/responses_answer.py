"""What comes back from OpenAI's Responses API: one answer, streamed or as one JSON body.

Servers tell the same thing up to four times: in deltas, when a part is done, when its item is done,
and in the response that ends the stream; some leave out all but one. Each text and each call is
passed on once, as soon as it is known. Items are told apart by their place in the output and by
their id, of which llama.cpp sends only the second and GitHub Copilot (2026-08) a new one with every
event. Items of tools that the provider runs itself are skipped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from msgspec import Raw, Struct, field

from vibe.domain.failure import Failure, FailureKind
from vibe.domain.stream import (
    Began,
    Broken,
    CallBegan,
    CallDelta,
    CallEnded,
    Ended,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
    UsageSeen,
)
from vibe.domain.usage import Usage
from vibe.wire.arguments import standing
from vibe.wire.error_body import shown
from vibe.wire.failures import broken, empty, in_band_failure
from vibe.wire.loose import count, holds, label
from vibe.wire.responses_form import (
    BETWEEN,
    EVENT,
    ITEM,
    KIND,
    RESPONSE,
    CallItem,
    Event,
    MessageItem,
    Part,
    Response,
    ThoughtItem,
)
from vibe.wire.sse import MAX_EVENT_BYTES
from vibe.wire.surrogates import joined

MAX_CALLS: Final = 256
MAX_REFUSAL_CHARS: Final = 1_000
ITEM_BYTES: Final = 256  # what an item costs beside its names and pieces

_Type: TypeAlias = Literal["message", "reasoning", "function_call"]

_READ: Final = frozenset({"message", "reasoning", "function_call"})
_DELTAS: Final[dict[str, _Type]] = {
    "response.output_text.delta": "message",
    "response.reasoning_summary_text.delta": "reasoning",
    "response.reasoning_text.delta": "reasoning",
    "response.function_call_arguments.delta": "function_call",
}
_BEGINNINGS: Final = frozenset({"response.created", "response.queued", "response.in_progress"})
_ENDINGS: Final = {
    "response.completed": "completed",
    "response.incomplete": "incomplete",
    "response.failed": "failed",
    "response.cancelled": "cancelled",
}
_UNFINISHED: Final = frozenset({"cancelled", "in_progress", "queued"})
_ERRORS: Final = frozenset({"error", "response.error"})  # the second is OpenRouter's


class _Item(Struct):
    """An item that has been seen.

    `heard`: something of it was passed on; `told`: the server told the whole of it; `done`: its
    end was passed on. `pieces` are of arguments, or of a thought that is no summary. `whole` are
    the arguments of a call by the server's word, which it also gives for those that were cut.
    """

    id: str
    marked: bool
    name: str = ""
    heard: bool = False
    told: bool = False
    done: bool = False
    pieces: bytearray = field(default_factory=bytearray)
    part: int | None = None
    number: int = -1
    call_id: str = ""
    whole: bool = False


class Answer:
    """What has come of one answer."""

    def __init__(self) -> None:
        self.is_silent = True  # until whoever reads it has passed anything on
        # By place in the output and by id; the latest of a type by "" as well.
        self._items: dict[tuple[_Type, int | str], _Item] = {}
        self._calls: list[_Item] = []
        self._kept_bytes = 0  # of all that, about
        # Whose text was the last thing passed on, and whose thought is not sealed yet.
        self._speaker: _Item | None = None
        self._thinker: _Item | None = None
        self._said = False
        self._thought = False
        self._refusal = ""

    @property
    def is_too_large(self) -> bool:
        return self._kept_bytes > MAX_EVENT_BYTES

    def read(self, name: str, data: bytes) -> Iterator[StreamEvent]:
        """An event of a stream, of which `name` is what the server calls it, if anything."""
        kind = _kind(data) if name in {"", "message"} else name
        if kind in _DELTAS:
            return self._delta(_DELTAS[kind], EVENT.decode(data))
        if kind in {"response.output_item.added", "response.output_item.done"}:
            event = EVENT.decode(data)
            return self._item(event.item, count(event.output_index), done=kind.endswith("done"))
        if kind == "response.function_call_arguments.done":
            return self._arguments_done(EVENT.decode(data))
        if kind == "response.refusal.delta":
            return self._refuse(EVENT.decode(data).delta or "")
        if kind in _BEGINNINGS:
            return self._begin(EVENT.decode(data).response or Response())
        if kind in _ENDINGS:
            response = EVENT.decode(data).response or Response()
            return self._end(response, _status(response, _ENDINGS[kind]))
        return iter([Broken(in_band_failure(data))] if kind in _ERRORS else [])

    def whole(self, body: bytes) -> Iterator[StreamEvent]:
        """An answer that is not streamed."""
        response = RESPONSE.decode(body)
        if response.output is None and response.status is None:
            return iter([Broken(in_band_failure(body))])
        return self._end(response, _status(response, "completed"))

    def _begin(self, response: Response) -> Iterator[StreamEvent]:
        if self.is_silent:
            yield Began(model=label(response.model), id=label(response.id))

    def _delta(self, kind: _Type, event: Event) -> Iterator[StreamEvent]:
        index, item_id = count(event.output_index), label(event.item_id)
        text = event.delta or ""
        item = self._known(kind, index, item_id)
        if kind == "function_call":
            return self._arguments(item, text) if item else iter(())
        if item is None or item.told or item.done:
            item = self._new(kind, index, item_id)
        if kind == "message":
            return self._say(item, text)
        return self._think(item, text, count(event.summary_index))

    def _item(
        self, raw: Raw, index: int | None, *, done: bool, status: str = "completed"
    ) -> Iterator[StreamEvent]:
        """An item that begins, or that is told as a whole by a response of this status."""
        kind = _kind(bytes(raw))
        if kind not in _READ:
            return
        match ITEM.decode(raw):
            case CallItem() as item:
                yield from self._call(item, index, done=done, status=status)
            case MessageItem() as item if done:
                yield from self._message_done(self._told("message", index, label(item.id)), item)
            case MessageItem(id=item_id):
                self._new("message", index, label(item_id))
            case ThoughtItem() as item if done:
                told = self._told("reasoning", index, label(item.id))
                yield from self._thought_done(told, item)
            case ThoughtItem(id=item_id):
                self._new("reasoning", index, label(item_id))

    # --- which item is spoken of

    def _known(self, kind: _Type, index: int | None, item_id: str) -> _Item | None:
        for mark in (item_id, index):  # two items may share a place, but never an id
            if mark is not None and mark != "" and (item := self._items.get((kind, mark))):
                return item
        latest = self._items.get((kind, ""))
        return latest if latest and not (latest.marked and _is_marked(index, item_id)) else None

    def _new(self, kind: _Type, index: int | None, item_id: str) -> _Item:
        item = _Item(item_id, _is_marked(index, item_id))
        for mark in (index, item_id, ""):
            if mark is not None:
                self._items[kind, mark] = item
        self._kept_bytes += ITEM_BYTES + len(item_id)
        return item

    def _told(self, kind: _Type, index: int | None, item_id: str) -> _Item:
        """The item that is told as a whole: a new one if another had its place before."""
        item = self._known(kind, index, item_id)
        if item and item.told and not (item_id and self._items.get((kind, item_id)) is item):
            item = None
        if item is None:
            item = self._new(kind, index, item_id)
        elif item_id and (kind, item_id) not in self._items:
            self._items[kind, item_id] = item
            self._kept_bytes += ITEM_BYTES + len(item_id)
        item.told = True
        return item

    # --- text

    def _say(self, item: _Item, text: str) -> Iterator[StreamEvent]:
        if text:
            yield from self._think_no_more()
            between = BETWEEN if self._speaker and self._speaker is not item else ""
            self._speaker = item
            self._said = item.heard = True
            yield TextDelta(between + text)

    def _message_done(self, item: _Item, message: MessageItem) -> Iterator[StreamEvent]:
        if not item.heard:
            yield from self._say(item, message.text)
        self._refusal = message.refusal[:MAX_REFUSAL_CHARS] or self._refusal

    def _refuse(self, text: str) -> Iterator[StreamEvent]:
        self._refusal = (self._refusal + text)[:MAX_REFUSAL_CHARS]
        return iter(())

    # --- thought

    def _think(self, item: _Item, text: str, part: int | None = None) -> Iterator[StreamEvent]:
        if text:
            yield from self._think_on(item)
            between = BETWEEN if item.heard and item.part != part else ""
            item.part = part
            item.heard = True
            if part is None:
                self._keep(item, text)
            yield ThinkingDelta(between + text)

    def _think_on(self, item: _Item) -> Iterator[StreamEvent]:
        if self._thinker is not item:
            yield from self._think_no_more()
        self._thinker = item
        self._speaker = None
        self._thought = True

    def _think_no_more(self) -> Iterator[StreamEvent]:
        """A thought ends where anything else begins. llama.cpp and OpenRouter say so much later."""
        if item := self._thinker:
            content = [Part(text=item.pieces.decode())] if item.pieces else None
            yield from self._thought_done(item, ThoughtItem(id=item.id, content=content))

    def _thought_done(self, item: _Item, thought: ThoughtItem) -> Iterator[StreamEvent]:
        if item.done:
            return
        if not item.heard:
            yield from self._think(item, thought.text)
        seal = thought.seal
        if seal:
            yield from self._think_on(item)
        item.done = True
        if self._thinker is item:
            self._thinker = None
            yield ThinkingSealed(seal)

    # --- calls

    def _call(
        self, call: CallItem, index: int | None, *, done: bool, status: str
    ) -> Iterator[StreamEvent]:
        item = self._known_call(call, index)
        if item is None:
            if len(self._calls) == MAX_CALLS:
                yield _broken(f"more than {MAX_CALLS} calls")
                return
            item = self._new("function_call", index, label(call.id))
            item.number = len(self._calls)
            item.call_id = label(call.call_id) or label(call.id) or f"call_{item.number}"
            item.name = call.name or ""
            self._kept_bytes += len(item.call_id) + len(item.name)
            self._calls.append(item)
            self._speaker = None
            yield from self._think_no_more()
            yield CallBegan(call=item.number, id=item.call_id, name=item.name)
        if done:
            # By its own word or, where it says nothing, by that of the response it is a part of.
            is_cut = (label(call.status) or status) != "completed"
            yield from self._rest(item, call.arguments or "", is_cut=is_cut)
            item.told = True
            # llama.cpp calls a call "completed" whose arguments stop in the middle (2026-11).
            if is_cut or standing(item.pieces.decode()) == "cut":
                item.whole = False
            elif not item.done:
                yield _ended(item)

    def _known_call(self, call: CallItem, index: int | None) -> _Item | None:
        """Two ids in one place are two calls."""
        if call_id := label(call.call_id) or label(call.id):
            return next((item for item in self._calls if item.call_id == call_id), None)
        return self._known("function_call", index, "")

    def _arguments(self, item: _Item, text: str) -> Iterator[StreamEvent]:
        if text and not item.done:
            self._keep(item, text)
            yield CallDelta(call=item.number, arguments=text)

    def _rest(self, item: _Item, arguments: str, *, is_cut: bool) -> Iterator[StreamEvent]:
        """What the whole of the arguments has beyond those that came in pieces.

        Two versions of one call: which of them was meant, nobody can tell.
        """
        told, whole = joined(item.pieces.decode()), joined(arguments)
        if whole.startswith(told) and not item.done:
            yield from self._arguments(item, whole[len(told) :])
        elif whole and not is_cut and not _is_same(told, whole):
            yield _broken(f"the arguments of a call to {item.name} came in two versions")

    def _arguments_done(self, event: Event) -> Iterator[StreamEvent]:
        """Does not end the call: it may still turn out to have been cut."""
        item = self._known("function_call", count(event.output_index), label(event.item_id))
        if item:
            item.whole = item.whole or not item.told
            yield from self._rest(item, event.arguments or "", is_cut=item.told and not item.done)

    def _keep(self, item: _Item, text: str) -> None:
        piece = text.encode()
        item.pieces += piece
        self._kept_bytes += len(piece)

    # --- the end

    def _end(self, response: Response, status: str) -> Iterator[StreamEvent]:
        yield from self._begin(response)
        yield from self._untold(response.output or [], status)
        yield from self._think_no_more()
        if status == "completed":
            whole = [call for call in self._calls if call.whole and not call.done]
            yield from [_ended(c) for c in whole if standing(c.pieces.decode()) != "cut"]
        if response.counted != Usage():
            yield UsageSeen(response.counted)
        yield self._verdict(response, status)

    def _untold(self, output: list[Raw], status: str) -> Iterator[StreamEvent]:
        """What nothing before has told. Places and ids may not be what they were before."""
        told = {"message": self._said, "reasoning": self._thought, "function_call": False}
        for index, raw in enumerate(output):
            if not told.get(_kind(bytes(raw)), True):
                yield from self._item(raw, index, done=True, status=status)

    def _verdict(self, response: Response, status: str) -> Ended | Broken:
        if status == "failed":
            return Broken(in_band_failure(b'{"error":%b}' % (bytes(response.error) or b"null")))
        if status in _UNFINISHED:
            return _broken(f"the response ended as {status}")
        if self._refusal or response.incomplete_because == "content_filter":
            detail = shown(self._refusal or response.incomplete_because)
            return Broken(Failure(kind=FailureKind.REFUSED, detail=detail))
        if not self._said and not self._calls:
            return Broken(empty())
        if status != "completed":
            # A status that is not known here says neither that the answer is whole nor that it is
            # worthless: nobody takes it for more than it may be, and what was said is kept.
            return Ended("length")
        if not all(call.done for call in self._calls):
            return _broken("the response is complete, but one of its calls is not")
        return Ended("calls" if self._calls else "end")


def _kind(data: bytes) -> str:
    """What type an object says to be of; "error" if that is all it says."""
    head = KIND.decode(data)
    return head.type or ("error" if holds(head.error) else "")


def _is_marked(index: int | None, item_id: str) -> bool:
    return index is not None or bool(item_id)


def _status(response: Response, by_event: str) -> str:
    """Some end with `response.completed` whatever became of the response."""
    if holds(response.error):
        return "failed"
    said = label(response.status)
    is_worse = by_event == "completed" or said in {"failed", "cancelled"}
    return said if said and is_worse else by_event


def _is_same(arguments: str, others: str) -> bool:
    """Spaces and the order of members mean nothing."""
    try:
        return arguments == others or _canonical(arguments) == _canonical(others)
    except (ValueError, RecursionError):
        return False


def _canonical(arguments: str) -> str:
    return json.dumps(json.loads(arguments), sort_keys=True)


def _ended(call: _Item) -> CallEnded:
    call.done = True
    return CallEnded(call=call.number)


def _broken(detail: str) -> Broken:
    return Broken(broken(detail))
