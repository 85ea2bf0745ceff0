"""Commands that were brought: what their files say, whose count, and how they are called."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest

from tests.mux.pools import Line
from tests.tui.rig import chat
from vibe.agent.permissions.trust import project_in, trust
from vibe.tui.typing.custom import Custom, Customs, custom_of, usable

FAST = Line(alias="fast")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("Do it.", ("from x.md", "Do it."), id="a prompt"),
        pytest.param(
            "---\ndescription: 'a word'\nmodel: x\n---\nDo it.\n", ("a word", "Do it."), id="front"
        ),
        pytest.param("description: a word\nDo it.", ("a word", "Do it."), id="first line"),
        pytest.param("\ufeff---\r\ndescription: a\r\n---\r\nDo\r\n", ("a", "Do"), id="crlf"),
        pytest.param("description: a\x1b[31mb\nDo", ("ab", "Do"), id="cleaned"),
        pytest.param("a\n---\nb", ("from x.md", "a\n---\nb"), id="a rule is no front matter"),
    ],
)
def test_a_file_is_a_prompt_with_a_word_about_it(content: str, expected: tuple[str, str]) -> None:
    custom = custom_of(PurePath("x.md"), content.encode(), place="x.md")
    assert custom is not None
    assert (custom.help, custom.text) == expected


@pytest.mark.parametrize("name", ["x.txt", ".md", ".x.md"])
def test_another_file_is_no_command(name: str) -> None:
    assert custom_of(PurePath(name), b"Do it.", place=name) is None


@pytest.mark.parametrize(
    ("names", "notices"),
    [
        (("a-b_1.md", "ä.md"), ("ä.md is",)),
        (("a b.md",), ("a b.md is",)),
        (("a:b.md", "-x.md"), ("a:b.md, -x.md are",)),
        (("a b.md",) * 4, ("a b.md, a b.md, a b.md and others are",)),
    ],
    ids=["letters", "a blank", "two", "many"],
)
def test_of_names_that_cannot_be_typed_one_notice_tells(
    names: tuple[str, ...], notices: tuple[str, ...]
) -> None:
    found = (custom_of(PurePath(name), b"Do it.", place=name) for name in names)
    assert usable(filter(None, found), built_in=()).notices == tuple(
        f"{each} not used: a command is called by letters, digits, - _" for each in notices
    )


@pytest.mark.parametrize(
    ("text", "arguments", "expected"),
    [
        pytest.param("Fix $ARGUMENTS now", "a b", "Fix a b now", id="all"),
        pytest.param("$2 before $1$3", "'a b' c", "c before a b", id="one by one"),
        pytest.param("Do it", "quickly", "Do it\n\nquickly", id="no place"),
        pytest.param("Do it", "", "Do it", id="nothing"),
        pytest.param("cost $10 and $ARGUMENTS", "$1", "cost $10 and $1", id="once"),
        pytest.param("$1", "it's", "it's", id="a quote alone"),
    ],
)
def test_what_is_typed_behind_the_name_has_its_place(
    text: str, arguments: str, expected: str
) -> None:
    assert Custom(name="x", text=text, place="x.md").prompt(arguments) == expected


def test_none_replaces_what_vibe_has_and_the_nearest_of_a_name_counts() -> None:
    near, far = (Custom(name="fix", text=each, place=f"{each}.md") for each in ("near", "far"))
    copy = Custom(name="copy", text="", place="copy.md")
    assert usable((near, copy, far), built_in=("copy", "help")) == Customs(
        known=(near,),
        notices=(
            "copy.md is not used: vibe has a command /copy of its own",
            "far.md is not used: /fix is that of near.md",
        ),
    )


def _bring(home: Path) -> None:
    own, project = home / ".config/vibe/commands", home / "shop/.vibe/commands"
    for folder in (own, project):
        folder.mkdir(parents=True)
    (own / "greet.md").write_text("description: says hello\nGreet $ARGUMENTS.")
    (own / "copy.md").write_text("Copy.")
    (project / "review.md").write_text("Review it.")


async def test_they_are_offered_and_called(tmp_path: Path) -> None:
    _bring(tmp_path)
    async with chat(tmp_path, FAST) as room:
        await room.wait_for("copy.md is not used: vibe has a command /copy of its own")
        await room.type("/gr")
        assert "  › /greet         says hello" in room.screen
        await room.press("tab")
        await room.say("the world")
        await room.wait_for("Hello to you.")
        screen = await room.wait_until_idle()
    assert "  You\n  Greet the world.\n" in screen


@pytest.mark.parametrize("is_trusted", [True, False])
async def test_those_of_a_project_count_once_it_is_trusted(
    tmp_path: Path, *, is_trusted: bool
) -> None:
    _bring(tmp_path)
    store = tmp_path / ".local/state/vibe/trust.json"
    if is_trusted:
        trust(project_in(tmp_path / "shop", store=store, home=tmp_path), store=store)
    async with chat(tmp_path, FAST) as room:
        await room.wait_for("copy.md is not used")
        await room.type("/revie")
        assert ("› /review        from .vibe/commands/review.md" in room.screen) is is_trusted
