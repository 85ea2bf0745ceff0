"""A conversation that grows too long: what it is summed up from, and what stands for it then.

Values alone; who is asked for the summary is the loop's. The person's last words and the project's
instructions are never summed up, they are taken over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from vibe.domain.message import (
    Assistant,
    Document,
    Image,
    Message,
    Results,
    System,
    Text,
    Thinking,
    ToolCall,
    User,
    UserPart,
)

FULL: Final = 0.8  # of a window, from which on a conversation is summed up
PIECE: Final = 0.5  # of a window, for the part that is summed up at once
BYTES_A_TOKEN: Final = 4
WORTH: Final = 0.1  # of what is sent: what a summary has to be able to save
MOST_OF_A_RESULT: Final = 4_000
MOST_OF_A_MESSAGE: Final = 40_000
UNKNOWN_WINDOW: Final = (
    32_000  # tokens, where a provider said that it was too much and not how much
)

ASK: Final = """\
Sum up the conversation above for an engineer who takes over now and sees nothing else of it. Keep \
to these headings, and leave out what is empty:
Goal: what the person wants, with every wish and limit they stated.
Decisions: what was decided, and why.
Files: each file read or changed that still matters, with what it holds or what was changed.
State: what works, what was tried and failed, with exact error messages and commands.
Open work: what is left, in order.
Name paths, names and numbers exactly. Do not call tools."""
SUMMARY: Final = "<summary>"
GO_ON: Final = "Go on with the work from here. Read a file again before you change it."


def is_nearly_full(tokens: int, window: int | None) -> bool:
    return window is not None and tokens >= window * FULL


def is_worth_it(tokens: int, least: int) -> bool:
    """Whether a summary could make it smaller, where `least` stays whatever it says."""
    return tokens - least >= tokens * WORTH


def pieces(
    messages: Sequence[Message], window: int | None, *, last: User | None = None
) -> Iterator[str]:
    """The conversation as texts, each of which fits into the window together with a summary. Of the
    person's `last` message, which is taken over as it is, they hold the head and the tail."""
    most = int((window or UNKNOWN_WINDOW) * PIECE) * BYTES_A_TOKEN
    piece: list[str] = []
    size = 0
    for text in _texts(messages, () if last is None else last.parts):
        for start in range(0, len(text), most):
            part = text[start : start + most]
            if piece and size + len(part) > most:
                yield "\n\n".join(piece)
                piece, size = [], 0
            piece.append(part)
            size += len(part)
    if piece:
        yield "\n\n".join(piece)


def question(piece: str, summary: str, *, keep: str = "") -> User:
    """`summary` is of what came before the piece, `keep` what the person wants to be in it."""
    before = f"<summary-so-far>\n{summary}\n</summary-so-far>\n\n" if summary else ""
    wish = f"\nAbove all, keep what the person asks for: {keep}" if keep else ""
    return User((Text(f"{before}<conversation>\n{piece}\n</conversation>\n\n{ASK}{wish}"),))


def summed_up(summary: str, *, context: str, last: User | None) -> User:
    """What stands for the conversation from now on. `context` is what the first message told;
    without a `last` message, nothing is under way."""
    told = f"{SUMMARY}\nWhat has happened so far, summed up:\n{summary.strip()}\n</summary>"
    before = (Text(context),) if context else ()
    if last is None:
        return User((*before, Text(told)))
    words = Text("<last-message>\nThe person's last message, word for word:")
    return User((*before, Text(told), words, *last.parts, Text(f"</last-message>\n{GO_ON}")))


def _texts(messages: Iterable[Message], kept: Sequence[UserPart]) -> Iterator[str]:
    for message in messages:
        match message:
            case System(text=text):
                yield f"Instruction: {text}"
            case User(parts=parts):
                yield "Person: " + "\n".join(_said(parts, kept))
            case Assistant(parts=parts):
                yield f"Assistant: {_text(parts)}"
            case Results(results=results):
                for result in results:
                    yield f"Result of {result.name}: {_shortened(_text(result.parts))}"


def _said(parts: Iterable[UserPart], kept: Sequence[UserPart]) -> Iterator[str]:
    for part in parts:
        if text := _part(part):
            yield _shortened(text, MOST_OF_A_RESULT if part in kept else MOST_OF_A_MESSAGE)


def _text(parts: Iterable[object]) -> str:
    return "\n".join(text for part in parts if (text := _part(part)))


def _part(part: object) -> str:
    match part:
        case Text(text=text):
            return text
        case ToolCall(name=name, arguments=arguments):
            return f"[calls {name} {_shortened(arguments)}]"
        case Image() | Document():
            return "[a picture or document]"
        case Thinking():
            return ""
        case _:
            return ""


def _shortened(text: str, most: int = MOST_OF_A_RESULT) -> str:
    """Head and tail, where the most is usually said."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}\n[… {len(text) - 2 * half} characters left out …]\n{text[-half:]}"
