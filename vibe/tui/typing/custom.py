"""Commands that a person or a trusted project brings: a prompt in a file, with places for what is
typed behind the name. Pure: which files count is decided elsewhere."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Final

from msgspec import Struct

from vibe.clean import clean_line

MOST_NAMED: Final = 3
_NAME: Final = re.compile(r"[A-Za-z0-9][\w-]*")
_FRONT: Final = re.compile(r"---\n(.*?)^---(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_DESCRIPTION: Final = re.compile(r"description:[ \t]*(.*)\n?")
_PLACE: Final = re.compile(r"\$(ARGUMENTS\b|[1-9]\b)")


class Custom(Struct, frozen=True, kw_only=True):
    """`place` is the file, for a person; `text` is the prompt."""

    name: str
    text: str
    place: str
    help: str = ""

    @property
    def can_be_typed(self) -> bool:
        return _NAME.fullmatch(self.name) is not None

    def prompt(self, arguments: str) -> str:
        """What is typed behind the name is never lost: where it has no place, it comes last."""
        words = _words(arguments)

        def put(found: re.Match[str]) -> str:
            if found[1] == "ARGUMENTS":
                return arguments
            number = int(found[1])
            return words[number - 1] if number <= len(words) else ""

        text = _PLACE.sub(put, self.text)
        has_place = _PLACE.search(self.text) is not None
        return f"{text}\n\n{arguments}" if arguments and not has_place else text


class Customs(Struct, frozen=True, kw_only=True):
    """Those that can be called, and what is wrong with others."""

    known: tuple[Custom, ...] = ()
    notices: tuple[str, ...] = ()


def custom_of(path: PurePath, content: bytes, *, place: str) -> Custom | None:
    """None: it is not meant as one."""
    if path.suffix != ".md" or path.name.startswith("."):
        return None
    text = content.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    front = _FRONT.match(text)
    about = _DESCRIPTION.search(front[1]) if front else _DESCRIPTION.match(text)
    body = text[front.end() :] if front else text[about.end() if about else 0 :]
    told = about[1].strip().strip("\"'") if about else ""
    return Custom(
        name=path.stem,
        text=body.strip(),
        place=clean_line(place),
        help=clean_line(told or f"from {place}"),
    )


def usable(found: Iterable[Custom], *, built_in: Iterable[str]) -> Customs:
    """The first of a name counts; none replaces what vibe has itself."""
    taken = frozenset(built_in)
    known: dict[str, Custom] = {}
    notices: list[str] = []
    unusual: list[str] = []
    for each in found:
        if not each.can_be_typed:
            unusual.append(each.place)
        elif each.name in taken:
            notices.append(f"{each.place} is not used: vibe has a command /{each.name} of its own")
        elif each.name in known:
            other = known[each.name].place
            notices.append(f"{each.place} is not used: /{each.name} is that of {other}")
        else:
            known[each.name] = each
    if unusual:
        notices.append(_cannot_be_typed(unusual))
    return Customs(known=tuple(known.values()), notices=tuple(notices))


def _cannot_be_typed(places: Sequence[str]) -> str:
    more = " and others" if len(places) > MOST_NAMED else ""
    are = "is" if len(places) == 1 else "are"
    told = f"{', '.join(places[:MOST_NAMED])}{more} {are} not used"
    return f"{told}: a command is called by letters, digits, - _"


def _words(arguments: str) -> list[str]:
    try:
        return shlex.split(arguments)
    except ValueError:  # a quote that stands alone
        return arguments.split()
