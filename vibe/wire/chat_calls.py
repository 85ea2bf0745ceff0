"""The calls of one answer of chat completions, put together from their pieces.

Pieces are told apart by index, id and name, of which any can be missing. A call is told of once its
name has to be whole, which is when its arguments begin. What became of the arguments is judged at
the end of the answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import Raw, Struct, field

from vibe.domain.stream import Broken, CallBegan, CallDelta, CallEnded, StreamEvent
from vibe.wire.arguments import standing
from vibe.wire.chat_form import Fragment, Function
from vibe.wire.failures import broken
from vibe.wire.loose import count, label

MAX_CALLS: Final = 256
MAX_NAME_CHARS: Final = 1_000
MAX_CALLS_BYTES: Final = 8 * 1024 * 1024  # the arguments, ids and seals of all of them


class _Call(Struct):
    """`wire_id` is empty where the provider gave none; `id` is known once the call is told of."""

    wire_id: str = ""
    id: str = ""
    name: str = ""
    seal: str = ""
    arguments: bytearray = field(default_factory=bytearray)


class Calls:
    """The calls of one answer, numbered as they appear, whatever index the wire gives them."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._told = 0  # so many have had their CallBegan, and all of their arguments so far
        self._kept_bytes = 0
        # The newest call under each index of the wire, None for those that come without.
        self._under: dict[int | None, int] = {}
        # Two calls can share an index, or an id, but not both.
        self._marked: dict[tuple[int | None, str], int] = {}

    def __len__(self) -> int:
        return len(self._calls)

    def more(self, fragment: Fragment) -> Iterator[StreamEvent]:
        index = fragment.index if isinstance(fragment.index, int) else count(fragment.index)
        if index is not None and not 0 <= index < MAX_CALLS:
            yield _broken(f"a call with the index {index}")
            return
        function = fragment.function or Function()
        wire_id, name = label(fragment.id), function.name or ""
        number = self._number(index, wire_id, name)
        if number == MAX_CALLS:
            yield _broken(f"more than {MAX_CALLS} calls")
            return
        if number == len(self._calls):
            self._calls.append(_Call())
            self._under[index] = number
        call = self._calls[number]
        if wire_id:
            call.wire_id = wire_id
            self._marked[index, wire_id] = number
        if number >= self._told and name != call.name:  # some repeat it with each piece
            call.name += name
        seal = bytes(fragment.extra_content).decode()
        if seal not in {"", "null"}:
            call.seal = seal
        yield from self._add(number, function.arguments or "")
        self._kept_bytes += len(seal) + len(wire_id)
        if self._kept_bytes > MAX_CALLS_BYTES or len(call.name) > MAX_NAME_CHARS:
            yield _broken("the calls are too large")

    def _number(self, index: int | None, wire_id: str, name: str) -> int:
        """Of the call that a fragment belongs to; one past the last where it begins another."""
        another = len(self._calls)
        number = self._under.get(index)
        if not wire_id and not name:
            return max(0, another - 1) if number is None else number
        if (index, wire_id) in self._marked:
            return self._marked[index, wire_id]
        if number is None:
            return another
        call = self._calls[number]
        if wire_id:  # it can come late, but not after the arguments
            is_other = call.wire_id or call.arguments or (call.name and name)
        elif index is None:
            is_other = call.name
        else:  # Gemini has sent whole calls that all had an empty id and one index
            has_begun = call.arguments and number < self._told
            is_other = has_begun and (not call.wire_id or name != call.name)
        return another if is_other else number

    def _add(self, number: int, arguments: str | dict[str, Raw]) -> Iterator[StreamEvent]:
        if not isinstance(arguments, str):
            arguments = msgspec.json.encode(arguments).decode()
        data = arguments.encode()
        self._calls[number].arguments += data
        self._kept_bytes += len(data)
        if number >= self._told:
            yield from self._tell()
        elif arguments:
            yield CallDelta(call=number, arguments=arguments)

    def _tell(self, *, is_end: bool = False) -> Iterator[StreamEvent]:
        """Of calls in their order, each when its name is there and arguments follow it."""
        while waiting := self._calls[self._told :]:
            call = waiting[0]
            is_due = call.name and any(one.arguments for one in waiting)
            if not (is_due or is_end):
                return
            is_fresh = call.wire_id and all(one.id != call.wire_id for one in self._calls)
            call.id = call.wire_id if is_fresh else f"call_{self._told}"
            yield CallBegan(call=self._told, id=call.id, name=call.name)
            if call.arguments:
                yield CallDelta(call=self._told, arguments=call.arguments.decode())
            self._told += 1

    def close(self, *, by_reason: bool, at_length: bool) -> Iterator[StreamEvent]:
        """The answer is at its end; `by_reason`: the provider said why, `at_length`: too soon.

        A call without arguments, or with wrong ones, is whole only by the provider's own word.
        """
        yield from self._tell(is_end=True)
        cut: list[_Call] = []
        for number, call in enumerate(self._calls):
            is_last = number == len(self._calls) - 1
            state = standing(call.arguments.decode())
            if state == "cut" or (state != "whole" and not by_reason) or (at_length and is_last):
                cut.append(call)
            else:
                yield CallEnded(call=number, seal=call.seal)
        if cut and not at_length:
            yield _broken(f"the arguments of {cut[0].name or 'a call'} were cut")


def _broken(detail: str) -> Broken:
    return Broken(broken(detail))
