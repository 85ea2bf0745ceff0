"""Completion: what fits best, how a file is written, and how one takes it in the chat."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path

import pytest

from tests.mux.pools import Line
from tests.tui.rig import Room, chat
from vibe.testing.clock import FakeClock
from vibe.tui.typing.files import Files, Listing
from vibe.tui.typing.fuzzy import best, choices
from vibe.tui.typing.mention import Begun, begun, written

FAST = Line(alias="fast")
PATHS = (
    "src/",
    "src/checkout.py",
    "src/cart.py",
    "tests/test_checkout.py",
    "docs/check list.md",
    "Makefile",
)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("check", ("src/checkout.py", "docs/check list.md"), id="name begins"),
        pytest.param("heck", ("src/checkout.py", "docs/check list.md"), id="name holds"),
        pytest.param("MAKE", ("Makefile",), id="case does not count"),
        pytest.param("sts/", ("tests/test_checkout.py",), id="a path holds it"),
        pytest.param("tstck", ("tests/test_checkout.py",), id="its letters in their order"),
        pytest.param("src/c", ("src/cart.py", "src/checkout.py"), id="the shorter one first"),
        pytest.param("", ("src/", "Makefile"), id="nothing: what lies nearest"),
        pytest.param("xyz", (), id="nothing fits"),
        pytest.param("c" * 300, (), id="too long"),
    ],
)
def test_what_fits_best_goes_first(query: str, expected: tuple[str, ...]) -> None:
    assert best(query, choices(PATHS), most=2, recent={})[: len(expected) or 1] == expected


def test_of_what_fits_alike_the_one_that_was_named_last_goes_first() -> None:
    recent = {"src/checkout.py": 0, "Makefile": 1}
    assert best("src/c", choices(PATHS), most=1, recent=recent) == ("src/checkout.py",)
    assert best("", choices(PATHS), most=2, recent=recent) == ("src/checkout.py", "Makefile")


def test_a_hostile_name_takes_no_longer_than_others() -> None:
    assert best("a" * 60 + "b", choices(["a" * 250] * 1_000), most=5, recent={}) == ()


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        pytest.param("see @src/ch", Begun(start=4, path="src/ch"), id="bare"),
        pytest.param("@", Begun(start=0, path=""), id="nothing yet"),
        pytest.param('(@"my do', Begun(start=1, path="my do"), id="quoted"),
        pytest.param(r"@my\ do", Begun(start=0, path="my do"), id="escaped"),
        pytest.param("somebody@example.org", None, id="an address"),
        pytest.param("@a.py and", None, id="another word"),
        pytest.param(r"\@a", None, id="a plain one"),
    ],
)
def test_a_mention_is_known_while_it_is_typed(before: str, expected: Begun | None) -> None:
    assert begun(before) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("a.py", "@a.py ", id="plain"),
        pytest.param("src/", "@src/", id="a folder goes on"),
        pytest.param("my docs/", '@"my docs/', id="so does a quoted one"),
        pytest.param("read me.md", '@"read me.md" ', id="blanks are quoted"),
        pytest.param('a "b" c', r"@a\ \"b\"\ c ", id="quotes are escaped"),
        pytest.param("@types", '@"@types" ', id="an at sign first"),
    ],
)
def test_a_file_is_written_as_a_message_names_it(path: str, expected: str) -> None:
    assert written(path) == expected


async def test_a_written_file_is_read_as_the_same_file() -> None:
    from vibe.agent.attach import mentions

    paths = ("a.py", "read me.md", 'a "b" c', "@types", "back\\slash", "it's.md", "(x).py")
    assert [mentions(f"see {written(path)}")[0].paths[0] for path in paths] == list(paths)


def test_what_git_ignores_is_not_listed_and_what_is_private_comes_last(tmp_path: Path) -> None:
    for name in ("src/app.py", "out/app.py", ".env", ".github/ci.yml", "id_rsa", ".git/HEAD"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "evil\x1b[31m.py").touch()
    (tmp_path / ".gitignore").write_text("out/\n")
    found = Listing(tmp_path).made()
    assert best("", found, most=20, recent={}) == (
        "src/", "src/app.py", ".github/", ".gitignore", ".github/ci.yml", ".env", "id_rsa",
    )  # fmt: skip
    assert best(".g", found, most=2, recent={}) == (".github/", ".gitignore")


async def test_nobody_waits_for_the_list_and_it_is_made_anew_later(tmp_path: Path) -> None:
    (tmp_path / "one.py").touch()
    clock, tasks = FakeClock(), list[asyncio.Task[None]]()
    changed: list[str] = []

    def work(what: Coroutine[object, object, None]) -> None:
        async def run() -> None:
            await what

        tasks.append(asyncio.create_task(run()))

    files = Files(tmp_path, now=clock.monotonic, work=work, changed=lambda: changed.append("x"))
    assert files.found("py", {}) == ()
    await tasks.pop()
    assert files.found("py", {}) == ("one.py",)
    assert not tasks
    (tmp_path / "two.py").touch()
    assert files.found("py", {}) == ("one.py",)
    clock.advance(60)
    assert files.found("py", {}) == ("one.py",)
    await tasks.pop()
    assert files.found("py", {}) == ("one.py", "two.py")
    assert files.found("tw", {}) == ("two.py",)
    await tasks.pop()
    assert len(changed) == 3


def _shop(home: Path) -> None:
    for name in ("shop/src/checkout.py", "shop/src/cart.py", "shop/my docs/read me.md"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(f"# {name}\n")


async def _offered(room: Room, text: str) -> str:
    await room.type(text)
    return await room.wait_for("  › ")


async def test_a_file_is_taken_and_goes_along(tmp_path: Path) -> None:
    _shop(tmp_path)
    async with chat(tmp_path, FAST) as room:
        await _offered(room, "what is in @che")
        await room.press("tab")
        assert room.typed == "what is in @src/checkout.py "
        await room.press("enter")
        await room.wait_for("+ 1 file")
        screen = await room.wait_until_idle()
        asked = str(room.rig.servers["fast"].requests[-1])
    assert "  what is in @src/checkout.py\n  + 1 file\n" in screen
    assert "src/checkout.py" in asked.partition("<file path=")[2]


async def test_a_folder_is_gone_on_with_and_blanks_are_quoted(tmp_path: Path) -> None:
    _shop(tmp_path)
    async with chat(tmp_path, FAST) as room:
        await _offered(room, "@my")
        await room.press("enter")
        assert room.typed == '@"my docs/'
        await room.wait_for("  › my docs/read me.md")
        await room.press("enter")
        assert room.typed == '@"my docs/read me.md" '


async def test_up_and_down_choose_and_escape_closes(tmp_path: Path) -> None:
    _shop(tmp_path)
    async with chat(tmp_path, FAST) as room:
        await _offered(room, "@c")
        await room.press("down")
        assert "  › src/checkout.py" in room.screen
        await room.press("escape")
        assert "  › " not in room.screen
        assert room.typed == "@c"
        await room.press("h")
        assert "  › " not in room.screen


async def test_a_file_that_is_not_there_is_told_and_the_text_stays(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.say("see @nowhere.py, please")
        screen = await room.wait_for("! there is no file")
        assert room.typed == "see @nowhere.py, please"
        assert room.rig.reached() == {"fast": 0}
    assert '! there is no file "nowhere.py", named with @\n    where no file is meant' in screen


async def test_what_a_command_takes_is_offered_too(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST, Line(alias="slow")) as room:
        await room.type("/model s")
        assert "  › slow" in room.screen
        await room.press("tab")
        assert room.typed == "/model slow "


async def test_enter_sends_what_is_typed_in_full(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.type("/keys")
        assert "  › /keys" in room.screen
        await room.press("enter")
        assert "Keys, by the names" in room.screen
