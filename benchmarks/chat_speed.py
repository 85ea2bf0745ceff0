"""What the chat takes: until it is seen, while an answer comes, while one types, and at rest."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterable, Iterator
from string import ascii_uppercase
from typing import Final

from chat_field import MINIMAL, OPEN, PAINTED, VIBE, Chat, Field, Step
from chat_minimal import SHOWN
from msgspec import Struct

ANSWER: Final = {"chunks": 1_350, "size": 8}  # 10.8 KB
RATE: Final = 200
MINUTE: Final = {"chunks": 60 * RATE, "size": 4, "rate": RATE}
KEYS: Final = 100
KEY_GAP_S: Final = 0.1
LONG: Final = (2_000, 10_000)
PAGES: Final = 20
REST_S: Final = 20.0
PAGE_UP: Final = "\x1b[5~"
TO_END: Final = "\x1b[1;5F"
UNKNOWN: Final = "\x1b[200~/nothing\x1b[201~"  # the chat itself says that there is no such command


class Seen(Struct, frozen=True, kw_only=True):
    wall_s: float
    cpu_s: float


def paint(field: Field, runs: int) -> Iterator[str]:
    """From the start of the program to the first frame, in turns."""
    programs = {
        "a minimal Textual app": ((sys.executable, MINIMAL), SHOWN),
        "vibe": ((VIBE,), PAINTED),
        "vibe, its conversation open": ((VIBE,), OPEN),
    }
    taken: dict[str, list[Seen]] = {label: [] for label in programs}
    for _ in range(runs + 1):
        for label, (command, text) in programs.items():
            with field.program(*command) as terminal:
                wall_s = terminal.until(text) - terminal.began_s
                taken[label].append(Seen(wall_s=wall_s, cpu_s=terminal.cpu_s))
    seen = {label: each[1:] for label, each in taken.items()}
    least = next(iter(seen.values()))
    yield "| program | ms, best | median | over the minimal app | CPU ms, best | over it |"
    yield "|---|---:|---:|---:|---:|---:|"
    for label, each in seen.items():
        best_s, median_s = min(s.wall_s for s in each), statistics.median(s.wall_s for s in each)
        times = median_s / statistics.median(s.wall_s for s in least)
        cpu_s, least_s = min(s.cpu_s for s in each), min(s.cpu_s for s in least)
        yield (
            f"| {label} | {best_s * 1e3:.0f} | {median_s * 1e3:.0f} | {times:.2f}x "
            f"| {cpu_s * 1e3:.0f} | {cpu_s / least_s:.2f}x |"
        )


def answer(field: Field, runs: int) -> Iterator[str]:
    """10.8 KB in 1,350 chunks."""
    yield "| 1,350 chunks come | CPU s, best | median | longest step, CPU ms (ms) |"
    yield "|---|---:|---:|---:|"
    with field.open_chat() as chat:
        chat.have_answer(**ANSWER, rate=0)  # the first one imports something
        for label, rate in {"400 a second": 400, f"{RATE} a second": RATE, "in one go": 0}.items():
            cpu_s: list[float] = []
            steps: list[Step] = []
            for _ in range(runs):
                chat.begin()
                chat.have_answer(**ANSWER, rate=rate)
                cpu_s.append(chat.cpu_s)
                steps.append(chat.longest)
            median_s = statistics.median(cpu_s)
            yield f"| {label} | {min(cpu_s):.2f} | {median_s:.2f} | {least(steps)} |"


def minute(field: Field, runs: int) -> Iterator[str]:
    """200 tokens a second, for a minute."""
    del runs
    with field.open_chat() as chat:
        chat.have_answer(**ANSWER, rate=0)
        chat.begin()
        chat.have_answer(**MINUTE)
        share = chat.cpu_s / chat.took_s
        yield f"{share:.1%} of one core; the longest step {least([chat.longest])} ms of CPU (ms)"


def typing(field: Field, runs: int) -> Iterator[str]:
    """From a key to its letter on the screen."""
    yield "| typed | ms, median | p95 | longest |"
    yield "|---|---:|---:|---:|"
    session = field.session(LONG[-1])
    for label, asked in {"at rest": None, f"while {RATE} tokens a second come": MINUTE}.items():
        tried = [_typed(field, session, asked) for _ in range(max(1, runs // 4))]
        best = min(tried, key=lambda each: statistics.quantiles(each, n=20)[-1])
        p95_s = statistics.quantiles(best, n=20)[-1]
        told = " | ".join(f"{s * 1e3:.1f}" for s in (statistics.median(best), p95_s, max(best)))
        yield f"| {label} | {told} |"


def _typed(field: Field, session: str, asked: dict[str, int] | None) -> list[float]:
    with field.open_chat("--resume", session) as chat:
        terminal = chat.terminal
        if asked:
            chat.ask(**asked)
            terminal.rest(2.0)
        taken_s: list[float] = []
        text = ""
        for number in range(KEYS):
            letter = ascii_uppercase[number % len(ascii_uppercase)]
            text += letter
            began_s = terminal.now_s
            terminal.press(letter)
            taken_s.append(terminal.until(text) - began_s)
            terminal.rest(KEY_GAP_S)
        return taken_s


def sessions(field: Field, runs: int) -> Iterator[str]:
    """A stored one is opened, paged through, and added to."""
    yield (
        "| messages | first paint, ms | all there, ms | longest step, CPU ms (ms) "
        "| page up, CPU ms | add one, CPU ms |"
    )
    yield "|---:|---:|---:|---:|---:|---:|"
    for messages in LONG:
        session = field.session(messages)
        opened: list[tuple[float, float]] = []
        steps: list[Step] = []
        for _ in range(runs):
            with field.chat("--resume", session) as chat:
                painted_s = chat.took_s
                chat.begin()
                chat.terminal.until(f"answer {messages // 2}.")
                opened.append((painted_s, painted_s + chat.took_s))
                steps.append(chat.longest)
        with field.open_chat("--resume", session) as chat:
            up_s = min(_paged(chat) for _ in range(runs))
            added_s = min(_added(chat) for _ in range(runs))
        painted_s, there_s = (min(each) for each in zip(*opened, strict=True))
        told = " | ".join(f"{s * 1e3:.0f}" for s in (painted_s, there_s))
        yield (
            f"| {messages:,} | {told} | {least(steps)} | {up_s * 1e3:.1f} | {added_s * 1e3:.1f} |"
        )


def _paged(chat: Chat) -> float:
    """CPU seconds a page."""
    return statistics.mean(_cpu_s(chat, PAGE_UP) for _ in range(PAGES))


def _added(chat: Chat) -> float:
    """CPU seconds from Enter to the line that there is no such command."""
    _cpu_s(chat, TO_END)
    taken_s: list[float] = []
    for _ in range(PAGES):
        _cpu_s(chat, UNKNOWN)
        taken_s.append(_cpu_s(chat, "\r"))
    return statistics.mean(taken_s)


def _cpu_s(chat: Chat, key: str) -> float:
    chat.begin()
    chat.terminal.press(key)
    chat.terminal.until_quiet(0.1)
    return chat.cpu_s


def memory(field: Field, runs: int) -> Iterator[str]:
    """Resident, as a day goes by."""
    yield "| messages | open, MiB | after 200 pages up | after 10 answers of 10.8 KB | after 40 |"
    yield "|---:|---:|---:|---:|---:|"
    del runs
    for messages in (2, *LONG):
        with field.open_chat("--resume", field.session(messages)) as chat:
            found = [chat.terminal.resident_mib]
            for _ in range(200):
                chat.terminal.press(PAGE_UP)
                chat.terminal.until_quiet(0.03)
            found.append(chat.terminal.resident_mib)
            for answers in (10, 30):
                for _ in range(answers):
                    chat.have_answer(**ANSWER, rate=0)
                found.append(chat.terminal.resident_mib)
            yield f"| {messages:,} | {' | '.join(f'{each:.0f}' for each in found)} |"


def idle(field: Field, runs: int) -> Iterator[str]:
    with field.open_chat() as chat:
        shares: list[float] = []
        for _ in range(max(1, runs // 4)):
            chat.begin()
            chat.terminal.rest(REST_S)
            shares.append(chat.cpu_s / chat.took_s)
        yield f"{min(shares):.2%} of one core"


def least(steps: Iterable[Step]) -> str:
    """Of the longest in each run the shortest: the others have others' work in them."""
    step = min(steps, key=lambda each: each.cpu_s)
    return f"{step.cpu_s * 1e3:.0f} ({step.took_s * 1e3:.0f})"
