"""What a request to the gateway leaves behind, as a value: for the log and the metrics."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from vibe.clean import clean_line
from vibe.domain.answer import Answer
from vibe.domain.event import FailedOver, Seam
from vibe.domain.model import Alias
from vibe.domain.usage import Usage

End: TypeAlias = Literal["ok", "refused", "failed", "cut", "gone"]

LEFT: Final = 499  # as in the logs of other servers, since nothing was sent
_MOST_OF_A_NAME: Final = 300
_FAILED: Final = "the gateway has failed; its log tells why"


class Record(Struct, frozen=True, kw_only=True):
    """`path` is empty where none had come. `asked` is the name that the client gave. `end` is "cut"
    where an answer that had begun ended in an error, "gone" where the client did not wait for it.
    `status` is what was sent. `took_s` lasts from the last byte of the request to the end of the
    answer; that it came slowly is the client's own. Usage and cost are of all attempts, also of
    those that brought nothing.
    """

    id: str
    path: str
    status: int = 500
    end: End = "failed"
    took_s: float = 0.0
    asked: str = ""
    alias: Alias | None = None
    attempts: int = 0
    is_streamed: bool = False
    usage: Usage = Usage()
    is_estimated: bool = False
    cost_uusd: int | None = None
    note: str = _FAILED


class Switched(Struct, frozen=True, kw_only=True):
    """One fallback, as it happens."""

    id: str
    event: FailedOver | Seam


def as_asked(name: str) -> str:
    """The name that a client gave, which may be of any length."""
    return clean_line(name[:_MOST_OF_A_NAME])


def stopped(record: Record, *, by_client: bool) -> Record:
    """Ended from without: its client went away, or the gateway had to end."""
    if by_client:
        return replace(record, end="gone", status=LEFT, note="")
    return replace(record, status=503, note="the gateway stopped")


def with_use(record: Record, answers: Iterable[Answer]) -> Record:
    """With what all of these have used. The cost is known where that of each is."""
    answers = tuple(answers)
    costs = [each.cost_uusd for each in answers if each.cost_uusd is not None]
    return replace(
        record,
        usage=_sum(each.usage for each in answers),
        is_estimated=any(each.is_estimated for each in answers),
        cost_uusd=sum(costs) if answers and len(costs) == len(answers) else None,
    )


def _sum(usages: Iterable[Usage]) -> Usage:
    usages = tuple(usages)
    known = {
        name: [count for each in usages if (count := getattr(each, name)) is not None]
        for name in Usage.__struct_fields__
    }
    return Usage(**{name: sum(counts) if counts else None for name, counts in known.items()})
