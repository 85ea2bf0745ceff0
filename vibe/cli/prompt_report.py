"""Where the events of `vibe -p` and its result go, by the form that was asked for.

stdout gets the answer, or JSON; stderr what a person should know, whatever the form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from vibe.cli.terminal import joined
from vibe.domain.telling import money, sentence, tokens
from vibe.errors import ExitCode, VibeError
from vibe.headless.account import Account
from vibe.headless.envelope import Envelope, Error, Opening, Reason, Used
from vibe.headless.jsonl import OPENING, RESULT, Lines, json_line
from vibe.headless.text import LastText, LiveText, Talk

if TYPE_CHECKING:
    from vibe.cli.context import Cli
    from vibe.domain.failure import Failure
    from vibe.domain.model import Alias
    from vibe.headless.readers import Reader


REASONS: Final[Mapping[ExitCode, Reason]] = {
    ExitCode.USAGE: "usage",
    ExitCode.INTERRUPTED: "interrupted",
}


class Output(StrEnum):
    TEXT = "text"
    JSON = "json"
    STREAM_JSON = "stream-json"


class Report:
    """Of one run. In JSON there is one envelope, whatever happens."""

    def __init__(self, cli: Cli, output: Output) -> None:
        self.account = Account()
        self._cli = cli
        self._output = output
        self._write = cli.terminal.stream
        self._has_ended = False

    def readers(self) -> tuple[Reader, ...]:
        """To be made where the events are read."""
        redactor = self._cli.terminal.redactor
        match self._output:
            case Output.STREAM_JSON:
                return self.account, Lines(self._write, redactor)
            case Output.JSON:
                return self.account, Talk(self.tell)
            case Output.TEXT if self._cli.world.stdout.isatty():
                text = LiveText(self._write, redactor)

                def tell(line: str) -> None:
                    text.break_line()
                    self.tell(line)

                return self.account, text, Talk(tell)
            case Output.TEXT:
                last = LastText(self.account, self._write, redactor)
                return self.account, Talk(self.tell), last

    def opened(self, opening: Opening) -> None:
        if self._output is Output.STREAM_JSON:
            redactor = self._cli.terminal.redactor
            self._write(json_line(opening, redactor, event=OPENING))

    def done(self, envelope: Envelope) -> ExitCode:
        """Also what the shell is told."""
        self._put(envelope)
        match envelope.termination_reason:
            case "finished":
                pass
            case "interrupted":
                self.tell("; ".join(("interrupted", *_hints(envelope.error))))
            case _:
                self._complain(envelope)
        if self._output is Output.TEXT and self._cli.world.stderr.isatty():
            self._sum_up(envelope)
        return ExitCode(envelope.exit_code)

    def broken_off(self, error: VibeError) -> None:
        """Before the turn had ended. Whoever catches the error tells of it on stderr."""
        envelope = Envelope(
            status="error",
            termination_reason=REASONS.get(error.exit_code, "failed"),
            exit_code=error.exit_code,
            error=Error(message=error.message, hint=error.hint),
        )
        with suppress(VibeError):  # of stdout there may be nothing left
            self._put(envelope)

    def tell(self, line: str) -> None:
        self._cli.terminal.talk(self._cli.terminal.talk_paint(line, "dim"))

    def _put(self, envelope: Envelope) -> None:
        if self._has_ended:
            return
        self._has_ended = True
        redactor = self._cli.terminal.redactor
        match self._output:
            case Output.TEXT:
                pass
            case Output.JSON:
                self._write(json_line(envelope, redactor))
            case Output.STREAM_JSON:
                self._write(json_line(envelope, redactor, event=RESULT))

    def _complain(self, envelope: Envelope) -> None:
        terminal, paint = self._cli.terminal, self._cli.terminal.talk_paint
        error = envelope.error or Error(message=envelope.termination_reason)
        terminal.talk(joined([paint("error: ", "red"), paint(error.message)]))
        for hint in _hints(error):
            terminal.talk(joined([paint("  help: ", "dim"), paint(hint)]))
        for alias, failure in self._others():
            self.tell(f"  also: {alias}: {sentence(failure)}")

    def _others(self) -> Iterator[tuple[Alias, Failure]]:
        """Every model that was asked in vain at the end gets its line."""
        end = self.account.unanswered
        tried = end.tried if end else ()
        others = {each.alias: each.failure for each in tried if end and each.alias != end.by}
        yield from others.items()

    def _sum_up(self, envelope: Envelope) -> None:
        total = envelope.usage.total
        if not total.answers:
            return
        models = ", ".join(each.model or "?" for each in envelope.usage.by_model)
        count = f"{'~' * total.is_estimate}{tokens(total.input + total.output)} tokens"
        session = f"session {(envelope.session or '').rpartition('-')[2]}"
        self.tell(" · ".join((models, count, _money(total), session)))


def _money(used: Used) -> str:
    uusd = None if used.cost.usd is None else round(used.cost.usd * 1_000_000)
    return money(uusd, is_estimate=used.cost.is_estimate)


def _hints(error: Error | None) -> tuple[str, ...]:
    return (error.hint,) if error and error.hint else ()
