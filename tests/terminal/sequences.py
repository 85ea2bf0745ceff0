"""What a recording of a terminal holds besides text: each sequence and each control by its kind.

Of a sequence the kind is all that says what it does; only where a place, a colour or a text is what
it is about, that is left out. Judges nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final

AROUND: Final = 200
_SEQUENCE: Final = re.compile(
    r"\x1b\[(?P<marks>[<=>?]?)(?P<numbers>[0-9;:]*)(?P<between>[ -/]*)(?P<final>[@-~])"
    r"|\x1b\](?P<command>\d*)(?P<text>[^\x00-\x1f\x7f-\x9f]*)(?:\x07|\x1b\\)"
    r"|(?P<row>(?<=[mH])\r?\n(?=\x1b\[\d+;\d+H))"  # so Textual begins each line of a screen
    r"|(?P<escape>\x1b[ -/]*[0-~])"
    r"|(?P<other>.)",
    re.DOTALL,
)
_COLOUR: Final = re.compile(r"[34]8;(?:2;\d+;\d+;\d+|5;\d+)")
_PLAIN_COLOURS: Final = frozenset(map(str, (*range(30, 50), *range(90, 108))))
_JOINERS: Final = "\u200c\u200d"  # Persian and emoji need them


def kinds(recorded: bytes, *, size: tuple[int, int]) -> Mapping[str, str]:
    """Each with what stands around it for the first time. `size` is that of the terminal: a place
    outside of it is told as it is."""
    text = recorded.decode("utf-8", "surrogateescape")
    first: dict[str, str] = {}
    for found in _SEQUENCE.finditer(text):
        for kind in _of(found, size):
            first.setdefault(kind, text[max(0, found.start() - AROUND) : found.end() + AROUND])
    return first


def _of(found: re.Match[str], size: tuple[int, int]) -> Iterator[str]:
    if found["final"]:
        yield from _of_csi(found, size)
    elif found["command"] is not None:
        yield f"OSC {found['command']}"
        yield from _of_text(found["text"])
    elif found["row"]:
        yield "next row"
    elif found["escape"]:
        yield f"ESC {found['escape'][1:]}"
    else:
        yield from _of_text(found["other"])


def _of_csi(found: re.Match[str], size: tuple[int, int]) -> Iterator[str]:
    marks, numbers, between, final = found.group("marks", "numbers", "between", "final")
    if final == "m" and not marks + between:
        codes = _COLOUR.sub("", numbers).split(";")
        yield from (f"CSI {code}m" for code in codes if code and code not in _PLAIN_COLOURS)
    elif final == "H" and not marks + between and _is_within(numbers, size):
        yield "CSI H"
    else:
        yield f"CSI {marks}{numbers}{between}{final}"


def _is_within(numbers: str, size: tuple[int, int]) -> bool:
    row, _, column = numbers.partition(";")
    return int(row or 1) <= size[1] and int(column or 1) <= size[0]


def _of_text(text: str) -> Iterator[str]:
    """What is no text: the categories of controls, of formats and of what cannot be decoded."""
    for each in text:
        category = unicodedata.category(each)
        if category in ("Cc", "Cf", "Cs", "Zl", "Zp") and each not in _JOINERS:
            yield f"U+{ord(each):04X}"
