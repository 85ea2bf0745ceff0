"""Two parts of one answer read as one, whatever the second model says again of the first."""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from vibe.mux.joint import MOST_HELD, SHORT, Joined, Joint, Restart, is_short

OPENING = "Sure! Here is a plan for the migration of the database, in three steps:\n\n"
LONG = (
    OPENING
    + "1. Take a backup, and try whether it can be read.\n2. Run the new schema beside the old."
    + "\n3. Move the readers first, and the writers when nobody reads the old tables.\n\n"
    + "The first step is the one that everybody skips, and"
)
FAR = "".join(f"\n{number} is a number" for number in range(150))
ROW = "Row A of the table\n"
CODE = (
    "Here it is:\n\n```python\ndef total(rows):\n    found = [row for row in rows if row]\n    ret"
)


def joined(part: str, *deltas: str, prefilled: bool, trimmed: bool = False) -> Joined:
    """All that is shown after the part, or in its place."""
    joint = Joint(part, prefilled=prefilled, trimmed=trimmed)
    shown = ""
    restarted = False
    for said in (*(joint.feed(delta) for delta in deltas), joint.finish()):
        match said:
            case Restart(text):
                assert not shown
                shown, restarted = text, True
            case text:
                shown += text
    return Restart(shown) if restarted else shown


def quoted(label: str, part: str, continuation: str, goes_on: Joined) -> object:
    return pytest.param(part, continuation, goes_on, id=label)


@pytest.mark.parametrize(
    ("part", "continuation", "goes_on"),
    [
        quoted("goes on", "The quick brown fox ju", "mps over it.", "mps over it."),
        quoted("a space of its own", "The quick brown", " fox", " fox"),
        quoted("a space that is lost stays lost", "The quick brown", "fox", "fox"),
        quoted("a cut word", "We can contin", "ues as before", "ues as before"),
        quoted("a cut word again", "We can contin", "continue as before", "ue as before"),
        quoted("the last word again", "It runs on the", "the second core", " second core"),
        quoted("the last words again", "We can contin", "can continue so", "ue so"),
        quoted("the last line", "1. Take the backup.\n", "Take the backup.\n2. So", "2. So"),
        quoted(
            "another white space after it",
            "All of it was told.\n\n",
            "All of it was told.\n\nNext",
            "Next",
        ),
        quoted(
            "less white space after it",
            "All of it was told.\n\n",
            "All of it was told. Next",
            " Next",
        ),
        quoted("a blank line in front", "We can contin", "\n\ncontinue", "ue"),
        quoted("an ellipsis in front", "Of all we can contin", "…we can continue", "ue"),
        quoted("three dots in front", "Of all we can contin", "... can continue", "ue"),
        quoted("a quotation mark in front", "Of all we can contin", '"we can continue', "ue"),
        quoted("a quoted line", "Of all we can contin", "> Of all we can continue", "ue"),
        quoted("a fence in front", CODE, "```\n    return found", "urn found"),
        quoted("a named fence in front", CODE, "```python\n    return found", "urn found"),
        quoted("the whole block again", CODE, "\n" + CODE[13:] + "urn found", "urn found"),
        quoted("the code block opened again", CODE, "```python\nurn found\n```", "urn found\n```"),
        quoted("a block of another kind", CODE, "urn 1\n```\n```sh\nls", "urn 1\n```\n```sh\nls"),
        quoted("a code block closed", CODE[:-8], "```\nSo.", "```\nSo."),
        quoted("a plain code block closed", "```\nls -l\n", "```\nSo.", "```\nSo."),
        quoted("a block after another", f"{CODE}\n```\n", "```python\n1", "```python\n1"),
        quoted("a block in a block", "````md\n```py\n1\n```\nSo ", "````md\nit is", "it is"),
        quoted("what closes no block", "```md\n```py\nx = ", "```md\n1", "1"),
        quoted("a block with a title", '```py title="a b"\nx', '\n```py title="a b"\n=1', "=1"),
        quoted("a list", "- Apples and pears\n- Plums and", "- Plums and figs\n", " figs\n"),
        quoted("the next item", "- Apples and pears\n", "- Plums and figs\n", "- Plums and figs\n"),
        quoted(
            "a table",
            "| name | weight |\n|---|---|\n| feather | light |\n| an",
            "| feather | light |\n| anvil | heavy |",
            "vil | heavy |",
        ),
        quoted("a rule of a table", "| a | b |\n|---|---|", "---|\n| 1 |", "---|\n| 1 |"),
        quoted("rows that are alike", "null\n" * 9, "null\n" * 4, "null\n" * 4),
        quoted("closing brackets", "f(g(h(x)", ")))\n}", ")))\n}"),
        quoted("closing tags", "<ul><li>One</li>", "</li></ul>", "</li></ul>"),
        quoted("closing lines", "  });\n  });\n", "  });\n});\n", "  });\n});\n"),
        quoted("a closing line again", "<p/>\n</template>\n", "</template>\n", "</template>\n"),
        quoted("lines that repeat anyway", ROW + ROW, ROW + "Row B", ROW + "Row B"),
        quoted("digits", "It is 1000", "1000 times", "1000 times"),
        quoted("a short name in code", "for x in", "index:", "index:"),
        quoted("a piece of a name", "call the_contin", "continue", "continue"),
        quoted("laughter", "Hahahaha hahahaha", "hahahaha!", "hahahaha!"),
        quoted("Chinese goes on", "数据库的迁移分为三个", "步骤。", "步骤。"),
        quoted("Chinese repeats", "数据库的迁移分为三个", "迁移分为三个步骤。", "步骤。"),
        quoted("a doubled ideograph", "他们常", "常来。", "常来。"),
        quoted("nothing", LONG, "", ""),
        quoted("nothing but the repeat", LONG, "everybody skips, and", ""),
        quoted("less than the repeat", LONG, "everybody skips", "everybody skips"),
        quoted("blanks alone", LONG, "\n\n", "\n\n"),
        quoted("begins anew", LONG, OPENING + "1. Stop.", Restart(OPENING + "1. Stop.")),
        quoted("anew after a blank line", LONG, "\n" + OPENING, Restart("\n" + OPENING)),
        quoted("anew, far from there", LONG + FAR, OPENING + "1. No", Restart(OPENING + "1. No")),
        quoted("a repeat from too far back", LONG + FAR, FAR + "!", FAR + "!"),
        quoted("a long repeat", LONG + FAR, FAR[FAR.index("60") :] + "!", "!"),
        quoted("begins alike", LONG, "Sure! Here is the rest.", "Sure! Here is the rest."),
        quoted(
            "the end is the opening",
            LONG + "\n\n" + OPENING,
            OPENING + "1. Stop.",
            "1. Stop.",
        ),
    ],
)  # fmt: skip
def test_a_model_that_saw_the_part_quoted(part: str, continuation: str, goes_on: Joined) -> None:
    assert joined(part, continuation, prefilled=False) == goes_on
    assert joined(part, *continuation, prefilled=False) == goes_on


@pytest.mark.parametrize(
    ("part", "continuation", "goes_on"),
    [
        quoted("goes on", "We can contin", "ues as before", "ues as before"),
        quoted("a doubled word", "It had", "had no end", "had no end"),
        quoted("a blank line that is cut", "One.\n", "\nTwo.", "\nTwo."),
        quoted("a space that is cut", "    ", "    return 1", "    return 1"),
        quoted("a line that is alike", "x = next(rows)\n", "x = next(rows)\n", "x = next(rows)\n"),
        quoted("a named fence", CODE, "```python\nurn found", "```python\nurn found"),
        quoted("the last lines", LONG, LONG[LONG.index("The first") :] + " it is", " it is"),
        quoted("begins anew", LONG, OPENING + "1. Stop.", Restart(OPENING + "1. Stop.")),
    ],
)
def test_a_model_that_was_given_the_part_to_go_on_from(
    part: str, continuation: str, goes_on: Joined
) -> None:
    assert joined(part, continuation, prefilled=True) == goes_on
    assert joined(part, *continuation, prefilled=True) == goes_on


@pytest.mark.parametrize(
    ("part", "continuation", "goes_on"),
    [
        quoted("the same", "One.\n\n", "\n\nTwo.", "Two."),
        quoted("more", "One.\n", "\n\nTwo.", "\nTwo."),
        quoted("less", "One.\n\n", "\nTwo.", "Two."),
        quoted("another", "One. ", "\nTwo.", "\nTwo."),
        quoted("none", "One. ", "Two.", "Two."),
        quoted("nothing was lost", "One.", "\nTwo.", "\nTwo."),
        quoted("a deep indentation", "f(\n" + " " * 40, "\n" + " " * 40 + "x", "x"),
        quoted("nothing else", "One.\n\n", "\n", ""),
    ],
)
def test_white_space_that_was_not_sent_is_not_shown_twice(
    part: str, continuation: str, goes_on: Joined
) -> None:
    assert joined(part, continuation, prefilled=True, trimmed=True) == goes_on
    assert joined(part, *continuation, prefilled=True, trimmed=True) == goes_on


@pytest.mark.parametrize(
    ("deltas", "shown"),
    [
        pytest.param(["Zebra", "s"], ["Zebra", "s", ""], id="nothing like it in the part"),
        pytest.param(["T", "h", "x"], ["", "", "Thx", ""], id="like the beginning of a line"),
        pytest.param(["\n", '"', "S", "o"], ["", "", "", '\n"So', ""], id="in quotation marks"),
        pytest.param(
            ["everybody", " skips", ", and", " so"], ["", "", "", " so", ""], id="a repeat"
        ),
    ],
)
def test_no_more_is_held_back_than_decides(deltas: list[str], shown: list[str]) -> None:
    joint = Joint(LONG, prefilled=False)
    assert [*map(joint.feed, deltas), joint.finish()] == shown


def test_a_part_is_short_below_its_bound() -> None:
    assert [is_short("x" * (SHORT - 1)), is_short("x" * SHORT)] == [True, False]


# Few characters, and pieces that are alike: nearly everything may be a repeat.
TEXT = st.lists(
    st.sampled_from(
        [*'ab .\n"`…>|-', "the ", "they", "```py\n", "\n    ", "数", "据", OPENING, "one two three"]
    ),
    max_size=12,
).map("".join)


@st.composite
def joints(draw: st.DrawFn) -> tuple[str, str]:
    """A part, and a continuation that repeats some of it, or nothing, or begins anew."""
    part = draw(TEXT) + draw(st.sampled_from(["", LONG, CODE])) + draw(TEXT)
    again = part[draw(st.integers(0, len(part))) :] if draw(st.booleans()) else part
    lead = draw(st.sampled_from(["", "\n", " ", '"', "…", "```py\n", "\n> "]))
    return part, lead + draw(st.sampled_from(["", again])) + draw(TEXT)


@given(joints(), st.data(), st.booleans(), st.booleans())
def test_any_split_of_the_deltas_gives_the_same(
    both: tuple[str, str], data: st.DataObject, prefilled: bool, trimmed: bool
) -> None:
    part, text = both
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    deltas = [text[start:end] for start, end in zip([0, *cuts], [*cuts, None], strict=True)]
    whole = joined(part, text, prefilled=prefilled, trimmed=trimmed)
    assert joined(part, *deltas, prefilled=prefilled, trimmed=trimmed) == whole
    assert joined(part, *text, prefilled=prefilled, trimmed=trimmed) == whole


@given(joints(), st.booleans())
def test_what_is_left_out_was_said_at_the_end_of_the_part(
    both: tuple[str, str], prefilled: bool
) -> None:
    part, text = both
    match joined(part, text, prefilled=prefilled):
        case Restart(shown):
            assert shown == text
        case shown:
            assert text.endswith(shown)
            left_out = text.removesuffix(shown).rstrip()
            assert is_repeat(left_out, part) or left_out.strip() == "```py"


def is_repeat(text: str, part: str) -> bool:
    """Whether it is the end of the part, after nothing but what stands in front of a quotation."""
    leads = [at for at in range(len(text) + 1) if set(text[:at]) <= set(' \n"`…>.py')]
    return any(part.rstrip().endswith(text[at:]) for at in leads)


@given(st.text(), st.data())
@example("", None)
@example("0123456789" * 20, None)
@example("ha " * 200, None)
@example("=" * 500, None)
@example("| --- " * 90, None)
@example("    return None\n" * 30, None)
def test_a_perfect_continuation_of_a_given_part_is_left_as_it_is(
    text: str, data: st.DataObject | None
) -> None:
    cuts = [data.draw(st.integers(0, len(text)))] if data else range(len(text))
    for cut in cuts:
        part, rest = text[:cut], text[cut:]
        if data:  # what really says a long passage twice cannot be told from a repeat
            assume(not any(len(rest) >= at + 14 and rest[at : at + 14] in part for at in range(65)))
        assert joined(part, rest, prefilled=True) == rest


WORD = st.text("abcdefghijklmnopqrstuvwxyzäñ", min_size=4, max_size=9)
SEPARATOR = st.sampled_from([" ", " ", " ", ", ", ".\n\n", "\n- ", " | ", " = f(", "\n    "])


@st.composite
def prose(draw: st.DrawFn) -> list[str]:
    """Words that all differ, each with what stands after it."""
    words = draw(st.lists(WORD, min_size=5, max_size=40, unique_by=lambda word: word[:4]))
    return [word + draw(SEPARATOR) for word in words]


@given(
    prose(), st.data(), st.sampled_from(["", "\n", '"', "…", "... ", "```\n", "```py\n", "\n> "])
)
def test_a_repeat_of_the_last_words_is_left_out(
    words: list[str], data: st.DataObject, lead: str
) -> None:
    text = "".join(words)
    again = data.draw(st.integers(0, len(words) - 4))
    begin = len("".join(words[:again]))
    cut = data.draw(st.integers(begin + len("".join(words[again : again + 3])), len(text)))
    assert joined(text[:cut], lead + text[begin:], prefilled=False) == text[cut:]


@given(prose(), st.data())
def test_a_perfect_continuation_of_a_quoted_part_is_left_as_it_is(
    words: list[str], data: st.DataObject
) -> None:
    text = "".join(words)
    cut = data.draw(st.integers(0, len(text)))
    assume(text[cut : cut + 3] not in text[:cut])
    assert joined(text[:cut], text[cut:], prefilled=False) == text[cut:]


@settings(max_examples=30)
@given(
    st.integers(1, 2_200),
    st.sampled_from(["", " " * 5_000, "\n```py\n", "`" * 50, "> " * 500]),
    st.booleans(),
)
def test_what_is_held_back_is_bounded(again: int, lead: str, trimmed: bool) -> None:
    part = LONG + FAR + FAR.upper() + (" " * 5_000 if trimmed else "")
    joint = Joint(part, prefilled=trimmed, trimmed=trimmed)
    text = lead + part[-again:] + "!"
    held = next(number for number, character in enumerate(text) if joint.feed(character))
    assert held <= MOST_HELD
