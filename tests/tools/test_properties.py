"""Whatever is asked: what was meant or nothing, the rest of the file to the byte, and still sound.

Files are made of lines of which no two are alike, so it is known which of them a request means, in
whatever way it was spoilt in copying.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from vibe.errors import ToolError
from vibe.tools.editing.edit import Edit, Edited, edited
from vibe.tools.editing.parsers import fault, parser_of
from vibe.tools.editing.text import text_of

BOM = b"\xef\xbb\xbf"


def attempt(content: bytes, *edits: Edit, path: str) -> Edited | None:
    with suppress(ToolError):
        return edited(content, edits, path=path)
    return None


class Line(Struct, frozen=True, kw_only=True):
    depth: int
    statement: str


class Wish(Struct, frozen=True, kw_only=True):
    """A module, the part of it that is to change from `first` to `end`, and what into."""

    lines: tuple[Line, ...]
    first: int
    end: int
    new: tuple[Line, ...]


@st.composite
def wishes(draw: st.DrawFn) -> Wish:
    lines: list[Line] = []
    depth = 0
    for number in range(draw(st.integers(2, 10))):
        opens = draw(st.booleans())
        statement = f"if a{number}:" if opens else f"b{number} = f('x', \"{number}\")"
        lines.append(Line(depth=depth, statement=statement))
        depth = depth + 1 if opens else draw(st.integers(0, depth))
    lines.append(Line(depth=depth, statement="last = ''"))
    first = draw(st.integers(0, len(lines) - 1))
    end = draw(st.integers(first + 1, len(lines)))
    new: list[Line] = []
    for line in lines[first:end]:
        opens = line.statement.startswith("if")
        if opens or draw(st.booleans()):
            new.append(line)
        else:
            new.append(Line(depth=line.depth, statement=f"{line.statement} + 'y'"))
        if draw(st.booleans()):
            new.append(Line(depth=line.depth + opens, statement=f"if c{len(new)}:"))
            new.append(Line(depth=line.depth + opens + 1, statement='d = "z"'))
    return Wish(lines=tuple(lines), first=first, end=end, new=tuple(new))


def source(lines: tuple[Line, ...], *, indent: str = "    ", end: str = "\n") -> str:
    return "".join(f"{indent * line.depth}{line.statement}{end}" for line in lines)


def numbered(text: str, wish: Wish) -> str:
    lines = text.removesuffix("\n").split("\n")
    return "".join(f"{wish.first + n}\t{line}\n" for n, line in enumerate(lines, start=1))


LETTERS = "ab {}:'\"“’\\n1\n\r\t"
NO_WISH = Wish(lines=(), first=0, end=0, new=())
JSON = ("a.json", '{\n  "a": [1, 2],\n  "b": {\n    "c": "it’s",\n    "d": null\n  }\n}\n')
TOML = ("a.toml", 'a = 1\n\n[b]\nc = [\n    1,\n    2,\n]\nd = \'x\'\n\n[[e]]\nf = """\ny\n"""\n')
PYTHON = (
    "a.py",
    "class A:\n    def f(self, a):\n        if a:\n            return 'x'\n        return \"y\"\n\n"
    '    def g(self):\n        b = """\none\n"""\n        return b\n',
)

COPIES: dict[str, Callable[[str, Wish], str]] = {
    "to the letter": lambda text, _: text,
    "numbered": numbered,
    "escaped": lambda text, _: json.dumps(text)[1:-1],
    "de-indented": lambda text, _: dedent(text),
    "with tabs": lambda text, _: text.replace("    ", "\t"),
    "with trailing blanks": lambda text, _: text.replace("\n", " \t\n"),
    "with typographic quotes": lambda text, _: text.replace("'", "’").replace('"', "”"),
    "among blank lines": lambda text, _: f"\n\n\n{text}\n\n",
    "with CRLF": lambda text, _: text.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
@given(
    wish=wishes(),
    indent=st.sampled_from(["    ", "  ", "\t"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from([b"", BOM]),
)
def test_a_request_spoilt_in_one_way_is_done_as_it_was_meant_or_refused(
    copied: Callable[[str, Wish], str], wish: Wish, indent: str, line_end: str, mark: bytes
) -> None:
    def written(lines: tuple[Line, ...]) -> bytes:
        return source(lines, indent=indent, end=line_end).encode()

    content = mark + written(wish.lines)
    old = copied(source(wish.lines[wish.first : wish.end], indent=indent), wish)
    new = copied(source(wish.new, indent=indent), wish)

    done = attempt(content, Edit(old=old, new=new), path="a.py")

    if any(line.depth for line in wish.lines):  # or else the file's indentation is not known
        before, after = wish.lines[: wish.first], wish.lines[wish.end :]
        meant = mark + written(before) + written(wish.new) + written(after)
        assert done is None or done.content == meant


@given(
    before=st.text(LETTERS.replace("\r", "")),
    old=st.text(LETTERS.replace("\r", ""), min_size=1),
    after=st.text(LETTERS.replace("\r", "")),
    new=st.text(LETTERS.replace("\r", "")),
)
def test_an_edit_to_the_letter_changes_what_was_asked_and_nothing_else(
    before: str, old: str, after: str, new: str
) -> None:
    content = before + old + after
    done = attempt(content.encode(), Edit(old=old, new=new), path="a.md")

    if content.find(old) == content.rfind(old):
        assert done is None or done.content == (before + new + after).encode()
    else:
        assert done is None


@given(
    content=st.sampled_from([JSON, TOML, PYTHON]),
    ends=st.tuples(st.integers(0, 200), st.integers(1, 60)),
    others=st.tuples(st.integers(0, 200), st.integers(0, 60)),
    copied=st.lists(st.sampled_from([*COPIES.values()]), max_size=2),
    noise=st.text(LETTERS, max_size=6),
    mark=st.sampled_from([b"", BOM]),
)
def test_whatever_is_asked_a_repaired_file_parses_as_before(
    content: tuple[str, str],
    ends: tuple[int, int],
    others: tuple[int, int],
    copied: list[Callable[[str, Wish], str]],
    noise: str,
    mark: bytes,
) -> None:
    path, text = content
    old = text[ends[0] : sum(ends)]
    new = text[others[0] : sum(others)] + noise
    for copy in copied:
        old, new = (copy(each, NO_WISH) for each in (old, new))

    done = attempt(mark + text.encode(), Edit(old=old, new=new), path=path)

    if done is not None and any(done.repairs):
        parse = parser_of(path)
        assert parse is not None
        assert fault(parse, text_of(done.content).body) is None
        assert done.content.startswith(mark)
        assert not done.content.removeprefix(mark).startswith(BOM)


@given(st.binary() | st.text(LETTERS).map(str.encode))
def test_a_text_comes_out_as_it_went_in(content: bytes) -> None:
    with suppress(ToolError):
        assert text_of(content).spliced([]) == content
