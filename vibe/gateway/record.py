"""What a request to the gateway leaves behind, as a value: for the log and the metrics."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from vibe.domain.event import FailedOver, Seam
from vibe.domain.model import Alias
from vibe.domain.usage import Usage

End: TypeAlias = Literal["ok", "refused", "failed", "cut", "gone"]


class Record(Struct, frozen=True, kw_only=True):
    """`asked` is the name that the client gave. `end` is "cut" where an answer that had begun
    ended in an error, "gone" where the client did not wait for it."""

    id: str
    method: str
    path: str
    status: int
    end: End
    took_s: float
    asked: str = ""
    alias: Alias | None = None
    attempts: int = 0
    is_streamed: bool = False
    usage: Usage = Usage()
    is_estimated: bool = False
    cost_uusd: int | None = None
    note: str = ""


class Switched(Struct, frozen=True, kw_only=True):
    """One fallback, as it happens."""

    id: str
    event: FailedOver | Seam
