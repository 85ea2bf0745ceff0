"""Answers as Markdown: what is a mark and what is text, at any cut of the stream."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.lines import shown
from vibe.tui.draw.ink import Span, cells
from vibe.tui.draw.inline import spans
from vibe.tui.draw.markdown import (
    Block,
    Code,
    Growing,
    Heading,
    Item,
    Paragraph,
    Quote,
    Rule,
    Table,
    blocks,
)
from vibe.tui.draw.prose import drawn

PIECES = st.sampled_from(
    ["a", "b c", " ", "    ", "\n", "\n\n", "# ", "- ", "1. ", "```", "```py", "> ", "|", "---",
     "|-|-|", "*", "**", "`", "[x](y)", "a | b", "~~~"]
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a\nb\n\nc", (Paragraph("a\nb"), Paragraph("c")), id="paragraphs"),
        pytest.param("## T ##\ntext", (Heading(2, "T"), Paragraph("text")), id="a heading"),
        pytest.param("#no heading", (Paragraph("#no heading"),), id="no heading"),
        pytest.param("a\n- b\n- c", (Paragraph("a"), Item("-", "b"), Item("-", "c")), id="a list"),
        pytest.param("1. a\n   - b", (Item("1.", "a"), Item("-", "b", 3)), id="a list in a list"),
        pytest.param("- a\n  b", (Item("-", "a\nb"),), id="an item goes on"),
        pytest.param(
            "- a\n\n  b", (Item("-", "a"), Paragraph("b", 2)), id="a paragraph in an item"
        ),
        pytest.param("> a\n> b", (Quote("a\nb"),), id="a quote"),
        pytest.param("a\n\n---\nb", (Paragraph("a"), Rule(), Paragraph("b")), id="a rule"),
        pytest.param(
            "```py\n# x\n\n- y\n```\nend",
            (Code(lines=("# x", "", "- y"), language="py"), Paragraph("end")),
            id="a fence",
        ),
        pytest.param(
            "````\n```\n````", (Code(lines=("```",)),), id="a longer fence holds a shorter"
        ),
        pytest.param("```\nx", (Code(lines=("x",), fence="```"),), id="an open fence"),
        pytest.param(
            "a\n\n    x\n\n    y\n",
            (Paragraph("a"), Code(lines=("x", "", "y"), fence="")),
            id="indented",
        ),
        pytest.param(
            "t\na | b | c\n--|:-:|-:\n1 | 2 | 3",
            (
                Paragraph("t"),
                Table((("a", "b", "c"), ("1", "2", "3")), ("left", "middle", "right")),
            ),
            id="a table",
        ),
        pytest.param("a | b", (Paragraph("a | b"),), id="no table"),
    ],
)
def test_a_text_has_these_blocks(text: str, expected: tuple[Block, ...]) -> None:
    assert blocks(text) == expected


@given(st.lists(PIECES, max_size=40), st.data())
def test_however_a_text_is_cut_its_blocks_are_those_of_the_whole(
    pieces: list[str], data: st.DataObject
) -> None:
    text = "".join(pieces)
    growing, at = Growing(), 0
    while at < len(text):
        size = data.draw(st.integers(1, 9))
        growing.feed(text[at : at + size])
        at += size
    assert growing.blocks == blocks(text)


@given(st.lists(PIECES, max_size=40), st.integers(10, 60))
def test_no_line_is_wider_than_the_screen(pieces: list[str], width: int) -> None:
    lines = drawn(blocks("".join(pieces)), width)
    assert all(cells(each) <= width for each in lines)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a *b* c", (Span("a "), Span("b", "emphasis"), Span(" c")), id="emphasis"),
        pytest.param("**b**", (Span("b", "strong"),), id="strong"),
        pytest.param("`a*b*`", (Span("`a*b*`", "code"),), id="code"),
        pytest.param("``a`b``", (Span("``a`b``", "code"),), id="code with a mark"),
        pytest.param("snake_case_name", (Span("snake_case_name"),), id="within a word"),
        pytest.param("2 * 3 * 4", (Span("2 * 3 * 4"),), id="a product"),
        pytest.param("**open", (Span("**open"),), id="never closed"),
        pytest.param(r"\*a\*", (Span("*a*"),), id="escaped"),
        pytest.param(
            "[a](http://b)", (Span("a", "link"), Span(" (http://b)", "muted")), id="a link's target"
        ),
        pytest.param("<http://b>", (Span("http://b", "link"),), id="an address"),
        pytest.param("a &amp;&lt; b", (Span("a &< b"),), id="entities"),
        pytest.param("&#27;[2J&none; & b;", (Span("[2J&none; & b;"),), id="clean entities"),
        pytest.param("`&amp;`", (Span("`&amp;`", "code"),), id="an entity in code"),
        pytest.param("[a] (b)", (Span("[a] (b)"),), id="brackets"),
    ],
)
def test_a_line_has_these_marks(text: str, expected: tuple[Span, ...]) -> None:
    joined: list[Span] = []
    for span in spans(text):
        if joined and joined[-1].ink == span.ink == "plain":
            joined[-1] = Span(joined[-1].text + span.text)
        else:
            joined.append(span)
    assert tuple(joined) == expected


def test_the_cells_of_a_table_stand_where_it_says() -> None:
    text = "| name | count | x |\n|:-----|------:|:-:|\n| fig | 12 | abc |"
    assert shown(drawn(blocks(text), 30)) == [
        "name  count   x",
        "────────────────",
        "fig      12  abc",
    ]


def test_an_answer_is_drawn() -> None:
    text = """\
# What it is

It reads `TZ` from your shell, which is
not there, and so the case rolls over:

- one that is long enough to be wrapped
- two

```python
def due():
    return now()
```

| name | what it does |
|------|--------------|
| read | reads a file |
"""
    assert shown(drawn(blocks(text), 30)) == [
        "What it is",
        "",
        "It reads `TZ` from your shell,",
        "which is not there, and so the",
        "case rolls over:",
        "",
        "• one that is long enough to",
        "  be wrapped",
        "• two",
        "",
        "  def due():",
        "      return now()",
        "",
        "name  what it does",
        "──────────────────",
        "read  reads a file",
    ]
