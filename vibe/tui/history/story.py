"""The events of turns, folded into the items of the history; and how far the present turn is.

Owns no time, no task and no screen: whoever reads the events tells it when each came. Everything
foreign is cleaned here, on its way in.
"""

from __future__ import annotations

from typing import Final, assert_never

from msgspec.structs import replace

from vibe.clean import Cleaner, clean, clean_line
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
from vibe.domain.message import Text
from vibe.domain.stream import (
    CallBegan,
    CallDelta,
    CallEnded,
    Passed,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
)
from vibe.domain.telling import in_brief, tokens, told
from vibe.domain.turn import (
    ApprovalAsked,
    CallKey,
    ContextCompacted,
    MessageAdded,
    Notice,
    QuestionAsked,
    ToolFinished,
    ToolOutput,
    ToolStarted,
    TurnEnd,
    TurnFinished,
    TurnStarted,
)
from vibe.tui.draw.ink import Line, shortened
from vibe.tui.history.items import Answer, Item, Note, Struck, said_by
from vibe.tui.history.ownrow import rows_before
from vibe.tui.history.progress import Progress, speed_told
from vibe.tui.history.toolrow import Row, begun, finished

UNKNOWN: Final = "unknown"
SAYING_CELLS: Final = 40


class Story:
    """`changed` is from which item on a screen has to look anew; None: nothing changed."""

    # `_answer` is the answer that comes and its index, None before its first word: after a seam its
    # last part, and `_first` the index of its first. `_sealed` are the indexes of the calls of the
    # last answer, `_rows` of the calls that were heard of; `_question` is asked in a panel just
    # now.
    def __init__(self) -> None:
        self.items: list[Item] = []
        self.progress = Progress()
        self.changed: int | None = None
        self.last_answer = ""
        self._answer: tuple[int, Answer] | None = None
        self._first: int | None = None
        self._asked: tuple[str, ...] = ()
        self._note: tuple[str, ...] = ()
        self._is_anew = False
        self._speaker = ""
        self._sealed: tuple[int, ...] = ()
        self._rows: dict[CallKey, int] = {}
        self._cleaner = Cleaner()
        self._question = ""
        self._pace: Pace | None = None

    def lines(self, index: int, width: int, *, with_details: bool) -> tuple[Line, ...]:
        """With the blank line before it, if it needs one."""
        item = self.items[index]
        lines = item.lines(width, with_details=with_details)
        if not lines or not index:
            return lines
        before = self.items[index - 1]
        is_tight = isinstance(item, Row) and isinstance(before, Row)
        return lines if is_tight else ((), *lines)

    def add(self, item: Item) -> int:
        self.items.append(item)
        self._touch(len(self.items) - 1)
        return len(self.items) - 1

    def clear(self) -> None:
        """The screen, not the conversation."""
        self.items.clear()
        self._rows.clear()
        self._answer = self._first = None
        self._sealed, self._speaker, self.changed = (), "", 0
        self._question = ""

    def note(self, event: Event, at_s: float) -> None:
        if isinstance(event, Sealed):
            self._pace = self.progress.pace(at_s)
        self._apply(event, at_s)

    def recall(self, event: Event, pace: Pace | None = None) -> None:
        """Of a turn that was had before; an answer at the pace that was kept, if it was."""
        self._pace = pace
        if isinstance(event, TurnStarted | MessageAdded):
            for row in rows_before(event.message):
                self.add(row)
        self._apply(event, 0.0)

    def go_on_with(self, other: Story) -> None:
        """What another told, which tells no more, as the next of this."""
        self._touch(len(self.items))
        self.items += other.items
        self.progress, self.last_answer = other.progress, other.last_answer

    def replace(self, old: Item, new: Item) -> None:
        """Where it still stands."""
        for index in reversed(range(len(self.items))):
            if self.items[index] is old:
                self.items[index] = new
                self._touch(index)
                return

    def forget(self) -> None:
        """The conversation: what comes is of another."""
        self.clear()
        self.progress, self.last_answer = Progress(), ""

    def _apply(self, event: Event, at_s: float) -> None:
        self.progress = self.progress.apply(event, at_s)
        self._tell_question()
        match event:
            case TurnStarted(message=message):
                self._speaker = ""
                self.add(said_by(message))
            case MessageAdded(message=message):
                self._speaker = ""
                self.add(said_by(message))
            case Routed() | FailedOver() | Seam() | Retracted() | Waiting() | Slow():
                self._note_pool(event)
            case TextDelta(text):
                self._write(self._cleaner.feed(text))
            case ThinkingDelta() | CallBegan() | CallDelta() | CallEnded():
                pass
            case ThinkingSealed() | Passed():
                pass
            case Sealed() | Unanswered():
                self._end_answer(event)
            case ToolStarted() | ToolOutput() | ToolFinished() | ApprovalAsked():
                self._note_tool(event)
            case QuestionAsked() | ContextCompacted() | Notice() | TurnFinished():
                self._note_turn(event)
            case _:
                assert_never(event)

    # The answer.

    def _note_pool(self, event: Routed | FailedOver | Seam | Retracted | Waiting | Slow) -> None:
        match event:
            case Routed(alias=alias):
                name = clean_line(alias)
                self._asked = self._asked if name in self._asked[-1:] else (*self._asked, name)
            case FailedOver(from_alias=before, to_alias=after, failure=failure):
                why = self._why_not(f"{clean_line(before)}: {in_brief(failure)}")
                self._asked = self._asked or (clean_line(before),)
                if before == after:
                    self._note = (why, "asked again")
                else:
                    self._asked = (*self._asked, clean_line(after))
                    self._note = (why, "switched before the first word")
                if self._is_anew:
                    self._note, self._is_anew = self._note[:1], False
            case Seam(to_alias=after):
                self._write(self._cleaner.finish())
                fence = self._current().open_fence
                self._complete()
                self.add(Note(mark="↷", text=clean_line(told(event)), ink="warn"))
                answer = Answer(opening=fence)
                self._answer = (self.add(answer), answer)
                self._asked, self._speaker = (clean_line(after),), clean_line(after)
            case Retracted():
                self._cleaner = Cleaner()
                self._take_back(event)
                self._note, self._is_anew = (f"↷ {clean_line(told(event))}",), True
            case Waiting() | Slow():
                pass  # the progress tells it
            case _:
                assert_never(event)

    def _why_not(self, failed: str) -> str:
        """With whoever failed before; what the note of a new beginning has told already."""
        before = self._note[:1]
        if not before:
            return f"↷ {failed}"
        is_told = self._is_anew or before[0].endswith(f" {failed}")
        return before[0] if is_told else f"{before[0]}; {failed}"

    def _take_back(self, event: Retracted) -> None:
        """All parts of the answer that comes; what the chat itself put between them stays."""
        at = len(self.items) if self._first is None else self._first
        rest = [item for item in self.items[at:] if not isinstance(item, Answer)]
        text = clean(event.text)
        struck = (Struck(name=clean_line(event.alias), text=text),) if text.strip() else ()
        self.items[at:] = [*struck, *rest]
        self._touch(at)
        self._answer = self._first = None

    def _write(self, text: str) -> None:
        if text:
            self._current().feed(text)
            self._touch_answer()

    def _current(self) -> Answer:
        """The answer that comes: begun with its first word."""
        if self._answer is None:
            names = self._asked or (UNKNOWN,)
            is_known = names == (self._speaker,) and not self._note
            answer = Answer(*(() if is_known else names))
            answer.note = self._note
            self._speaker, self._note, self._is_anew = names[-1], (), False
            self._answer = (self.add(answer), answer)
            if self._first is None:
                self._first = self._answer[0]
        return self._answer[1]

    def _end_answer(self, event: Sealed | Unanswered) -> None:
        self._write(self._cleaner.finish())
        if isinstance(event, Sealed):
            if self._asked != (self._speaker,) or self._note:
                self._current()
            if self._answer is not None:
                self._tell_facts(self._current(), event.answer.usage.output)
                self._touch_answer()
            text = "".join(part.text for part in event.answer.parts if isinstance(part, Text))
            self.last_answer = clean(text) or self.last_answer
            calls = () if event.answer.cut else event.answer.calls
            self._sealed = tuple(self.add(begun(call)) for call in calls)
        self._complete()
        self._first = None
        self._asked, self._note, self._is_anew = (), (), False

    def _tell_facts(self, answer: Answer, written: int | None) -> None:
        if self._pace is not None:
            first = f"{self._pace.first_s:.1f} s"
            speed = speed_told(self._pace, written or 0)
            answer.facts, answer.brief = (f"{first} to first word", *speed), (first, *speed)

    # The calls.

    def _note_tool(self, event: ToolStarted | ToolOutput | ToolFinished | ApprovalAsked) -> None:
        match event:
            case ToolStarted(key=key, call=call):
                self._put(key, replace(begun(call), state="running", facts=()))
            case ToolOutput(key=key, text=text):
                self._put(key, _saying(self._row(key), clean(text)))
            case ToolFinished(key=key):
                self._put(key, finished(event))
            case ApprovalAsked(key=key, call=call):
                self._put(key, replace(begun(call), state="asking", facts=("waiting for you",)))
            case _:
                assert_never(event)

    def _put(self, key: CallKey, row: Row | None) -> None:
        if row is None:
            return
        index = self._index(key)
        if index is None:
            self._rows[key] = self.add(row)
        else:
            self.items[index] = row
            self._touch(index)

    def _row(self, key: CallKey) -> Row | None:
        index = self._index(key)
        row = None if index is None else self.items[index]
        return row if isinstance(row, Row) else None

    def _index(self, key: CallKey) -> int | None:
        """Calls of an answer that came before this story began have no row yet."""
        if key not in self._rows and key.position < len(self._sealed):
            self._rows[key] = self._sealed[key.position]
        return self._rows.get(key)

    # The turn.

    def _note_turn(self, event: QuestionAsked | ContextCompacted | Notice | TurnFinished) -> None:
        match event:
            case QuestionAsked(question=question):
                self._note_question(clean(question).rstrip())
            case ContextCompacted(tokens_before=before, tokens_after=after):
                summed = f"~{tokens(before)} → ~{tokens(after)} tokens"
                self.add(Note(mark="·", text=f"the conversation was summed up: {summed}"))
            case Notice(text=text, level=level):
                self.add(
                    Note(mark="!", text=clean(text), ink="warn" if level == "warning" else "muted")
                )
            case TurnFinished():
                self._end_turn(event)
            case _:
                assert_never(event)

    def _note_question(self, question: str) -> None:
        """Who is asked sees it in the panel: it is told here once that is gone."""
        for index in reversed(self._rows.values()):
            row = self.items[index]
            if isinstance(row, Row) and (row.state, row.below) == ("running", question):
                self.items[index] = replace(row, state="asking", facts=("waiting for you",))
                self._touch(index)
                return
        self._question = question

    def _tell_question(self) -> None:
        if self._question:
            self.add(Note(mark="?", text=self._question, ink="accent"))
            self._question = ""

    def _end_turn(self, event: TurnFinished) -> None:
        self._write(self._cleaner.finish())
        self._complete()
        self._first = None
        known = {*self._rows.values(), *self._sealed}  # of some nothing was heard yet
        self._asked, self._note, self._sealed = (), (), ()
        for index in sorted(known):
            row = self.items[index]
            if isinstance(row, Row) and row.state in ("queued", "running", "asking"):
                self.items[index] = replace(
                    row, state="failed", facts=("stopped",), is_unfolded=bool(row.below)
                )
                self._touch(index)
        self._rows.clear()
        if event.end is TurnEnd.INTERRUPTED:
            self.add(Note(mark="■", text=clean(event.detail) or "stopped", hint=clean(event.hint)))
        elif event.end is not TurnEnd.FINISHED:
            self.add(Note(mark="✗", text=clean(event.detail), ink="bad", hint=clean(event.hint)))

    def _complete(self) -> None:
        if self._answer is not None:
            self._answer[1].complete()
            self._answer = None

    def _touch_answer(self) -> None:
        if self._answer is not None:
            self._touch(self._answer[0])

    def _touch(self, index: int) -> None:
        self.changed = index if self.changed is None else min(self.changed, index)


def _saying(row: Row | None, text: str) -> Row | None:
    """What a command says while it runs: its last line beside it."""
    said = [each for each in text.split("\n") if each.strip()]
    if row is None or not said:
        return row
    return replace(row, facts=(shortened(clean_line(said[-1]), SAYING_CELLS),))
