"""How far the present turn is, from its events: what the last line tells meanwhile."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from vibe.clean import clean_line
from vibe.domain.answer import Pace
from vibe.domain.event import (
    Event,
    FailedOver,
    Retracted,
    Routed,
    Sealed,
    Seam,
    Slow,
    Unanswered,
    Waiting,
)
from vibe.domain.stream import CallDelta, TextDelta, ThinkingDelta
from vibe.domain.telling import tokens, told
from vibe.domain.turn import (
    ApprovalAsked,
    QuestionAsked,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    TurnStarted,
)

FRAMES: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
FRAMES_A_SECOND: Final = 8
CHARACTERS_A_TOKEN: Final = 4
LEAST_S: Final = 0.2  # a speed over less says nothing


def speed_told(pace: Pace | None, written: float) -> list[str]:
    """Of so many tokens; nothing where it is not known."""
    if pace is None or pace.wrote_s < LEAST_S or not written:
        return []
    return [f"{written / pace.wrote_s:.0f} tok/s"]


class Progress(Struct, frozen=True, kw_only=True):
    """`began_s` is None between turns. `characters` and `first_s` are of the answer that comes, and
    `cut_s` is when another went on with it;
    `tokens` of the turn's answers before it. `context` is what the last answer's request and it
    took up together, as far as its provider told. `held` says what the turn waits for, and
    `is_asked` that it is the first word of `alias`."""

    began_s: float | None = None
    alias: str = ""
    asked_s: float = 0.0
    first_s: float | None = None
    cut_s: float | None = None
    characters: int = 0
    tokens: int = 0
    context: int | None = None
    held: str = ""
    is_asked: bool = False

    def apply(self, event: Event, at_s: float) -> Progress:
        match event:
            case TurnStarted():
                return Progress(began_s=at_s, alias=self.alias, context=self.context)
            case Routed(alias=alias):
                is_new = self.first_s is None
                asked_s = at_s if is_new else self.asked_s
                name = clean_line(alias)
                return replace(self, alias=name, asked_s=asked_s, held="", is_asked=is_new)
            case FailedOver(to_alias=alias) | Seam(to_alias=alias):
                cut_s = at_s if isinstance(event, Seam) else self.cut_s
                name = clean_line(alias)
                return replace(self, alias=name, cut_s=cut_s, held="", is_asked=True)
            case TextDelta(text) | ThinkingDelta(text) | CallDelta(arguments=text):
                return self._longer(len(text), at_s)
            case Waiting(full=False):
                return replace(self, held="waiting for a model")  # the card counts down
            case Waiting() | Slow():
                return replace(self, held=clean_line(told(event)))
            case Retracted() | Sealed() | Unanswered():
                return self._answered(event, at_s)
            case ApprovalAsked() | QuestionAsked():
                return replace(self, held="waiting for you")
            case ToolStarted() | ToolFinished() | TurnFinished():
                is_over = isinstance(event, TurnFinished)
                return replace(self, began_s=None if is_over else self.began_s, held="")
            case _:
                return self

    @property
    def is_under_way(self) -> bool:
        return self.began_s is not None

    def told(self, at_s: float) -> str:
        """With a mark that moves; "" between turns."""
        if self.began_s is None:
            return ""
        took_s = max(0.0, at_s - self.began_s)
        frame = FRAMES[int(took_s * FRAMES_A_SECOND) % len(FRAMES)]
        parts = [f"{frame} {took_s:.0f} s"]
        if self.held:
            return " · ".join((*parts, self.held))
        count = self.tokens + self.characters // CHARACTERS_A_TOKEN
        parts += [f"{'waiting for ' * self.is_asked}{self.alias}"] if self.alias else []
        parts += [f"↓ {tokens(count)} tok"] if count else []
        written = self.characters / CHARACTERS_A_TOKEN
        parts += speed_told(self.pace(at_s), written)
        return " · ".join(parts)

    def pace(self, at_s: float) -> Pace | None:
        """Of the answer that comes."""
        if self.first_s is None:
            return None
        return Pace(first_s=max(0.0, self.first_s - self.asked_s), wrote_s=at_s - self.first_s)

    def _longer(self, by: int, at_s: float) -> Progress:
        first_s = at_s if self.first_s is None else self.first_s
        longer = replace(self, characters=self.characters + by, first_s=first_s)
        return replace(longer, held="", is_asked=False)

    def _answered(self, event: Retracted | Sealed | Unanswered, at_s: float) -> Progress:
        ended = replace(self, characters=0, first_s=None, cut_s=None, is_asked=False)
        if isinstance(event, Retracted):
            return replace(ended, asked_s=at_s if self.cut_s is None else self.cut_s)
        if not isinstance(event, Sealed):
            return ended
        answer = event.answer
        usage = answer.usage
        wrote = usage.output or self.characters // CHARACTERS_A_TOKEN
        context = None if usage.input is None else usage.input + wrote
        return replace(ended, tokens=self.tokens + wrote, context=context or self.context)
