"""What commands change can be undone; what cannot is told by name; reads cost nothing."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.agent.project import call
from tests.agent.rig import House, assistant, house
from tests.agent.test_loop import stopped_once_it_runs
from tests.mux.pools import Line
from vibe.agent.restore import Restoring, restore, restorings
from vibe.agent.traces import Traces
from vibe.clock import SystemClock
from vibe.domain.message import Text, User
from vibe.secret import Redactor
from vibe.session.blobs import Blobs
from vibe.session.place import Place
from vibe.session.record import TurnBegan
from vibe.session.session import Session
from vibe.session.snapshot import MOST_BYTES, MOST_BYTES_IN_ALL, MOST_FILES, PASSED_OVER
from vibe.testing.script import Scripted, calls, otherwise, says, when_asked
from vibe.tools.jobs import Jobs


def runs(command: str, *, background: bool = False) -> Line:
    wanted = call("bash", command=command, background=background)
    return Line(
        alias="model", behaviour=Scripted(when_asked("go", calls(wanted)), otherwise(says("Done.")))
    )


def undone(where: House, session: str, *, turn: int = 1) -> dict[str, str]:
    """What was done with each file, or why it could not be."""
    place = Place(where.sessions / session)
    blobs = Blobs(place.blobs)
    plan = restorings(where.transcript(session), turn, blobs=blobs)
    return told(where.root, [restore(each, blobs=blobs) for each in plan])


def told(root: Path, done: list[Restoring]) -> dict[str, str]:
    return {os.path.relpath(each.path, root): each.why or each.way for each in done}


def held(path: str) -> str:
    return Path(path).read_text()


def content(root: Path) -> dict[str, tuple[int, bytes]]:
    files = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(root)): (path.stat().st_mode, path.read_bytes()) for path in files}


def project(tmp_path: Path) -> House:
    where = house(tmp_path, a__py="a = 1\n", b__py="b = 1\n", __gitignore="*.log\nout/\n")
    for name in ("deep/er/c.py", ".github/ci.yml", "out/made", "old.log"):
        path = where.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"this is {name}\n")
    return where


COMMANDS: dict[str, tuple[str, dict[str, str]]] = {
    "in place": ("sed -i s/1/2/ a.py", {"a.py": "write"}),
    "the same size and time": ("sed -i s/1/2/ a.py; touch -r b.py a.py", {"a.py": "write"}),
    "hidden": ("echo on: push > .github/ci.yml", {".github/ci.yml": "write"}),
    "deleted": ("rm a.py", {"a.py": "write"}),
    "a folder deleted": ("rm -r deep", {"deep/er/c.py": "write"}),
    "made": ("mkdir new; echo x > new/n.py", {"new/n.py": "delete"}),
    "moved": ("mv a.py n.py", {"a.py": "write", "n.py": "delete"}),
    "a mode": ("chmod +x a.py", {"a.py": "write"}),
    "a name with a line end": ("touch $'x\\ny'", {"x\ny": "delete"}),
    "nothing": ("touch a.py; true > /dev/null", {}),
    "there and back": ("mv a.py x; mv x a.py", {}),
}


@pytest.mark.parametrize("case", COMMANDS)
async def test_what_a_command_has_changed_is_undone(case: str, tmp_path: Path) -> None:
    command, expected = COMMANDS[case]
    where = project(tmp_path)
    before = content(where.root)
    async with assistant(where, runs(command)) as desk:
        await desk.turn("go")
        session = desk.agent.session.session
    assert undone(where, session) == expected
    assert content(where.root) == before


async def test_what_a_command_moved_from_where_nobody_looked_is_not_lost(tmp_path: Path) -> None:
    where = project(tmp_path)
    async with assistant(where, runs("mv old.log new.txt")) as desk:
        await desk.turn("go")
        session = desk.agent.session.session
    place = Place(where.sessions / session)
    blobs = Blobs(place.blobs)
    (plan,) = restorings(where.transcript(session), 1, blobs=blobs)
    done = restore(plan, blobs=blobs)
    assert (done.way, held(done.copy)) == ("delete", "this is old.log\n")


NO_LONGER_PASSED_OVER: dict[str, tuple[str, set[str]]] = {
    "emptied": ("echo '*.tmp' > .gitignore", {"old.log", "out/made"}),
    "gone": ("rm .gitignore", {"old.log", "out/made"}),
    "another one below": ("echo '!*.log' > deep/.gitignore; cp old.log deep", {"deep/old.log"}),
    "a pattern less": ("echo '*.log' > .gitignore", {"out/made"}),
    "a folder that could not be listed": ("chmod 700 shut", {"shut/in"}),
}


@pytest.mark.parametrize("case", NO_LONGER_PASSED_OVER)
async def test_what_stood_there_and_was_not_looked_at_is_never_taken_for_made(
    case: str, tmp_path: Path
) -> None:
    command, unknown = NO_LONGER_PASSED_OVER[case]
    where = project(tmp_path)
    (where.root / "shut").mkdir()
    (where.root / "shut" / "in").write_text("x")
    before = content(where.root)
    if "shut" in command:
        if not os.getuid():
            pytest.skip("root lists every folder")
        (where.root / "shut").chmod(0)
    async with assistant(where, runs(f"{command}; echo x > made")) as desk:
        await desk.turn("go")
        session = desk.agent.session.session
    done = undone(where, session)
    why = f"what it held was not kept: {PASSED_OVER.why}"
    after = content(where.root)
    assert {path for path in done if done[path] == why} == unknown
    assert {name: after.get(name) for name in before} == before
    assert "made" not in after


async def test_what_is_passed_over_from_now_on_is_watched_as_before(tmp_path: Path) -> None:
    where = project(tmp_path)
    before = content(where.root)
    command = "echo '*.py' >> .gitignore; echo x > a.py; rm b.py; mv deep gone"
    async with assistant(where, runs(command)) as desk:
        await desk.turn("go")
        session = desk.agent.session.session
    undone(where, session)
    after = content(where.root)
    assert {name: after.get(name) for name in before} == before


UNKEPT = {
    "too large": (f"head -c {MOST_BYTES + 1} /dev/zero > big", "big", "it was larger than 1 MB"),
    "a link": ("ln -s b.py link", "link", "not read: it is a symbolic link"),
    "large before": ("echo >> large", "large", "what it held was not kept: it was larger than"),
    "not UTF-8": ("touch $'\\xff.py'", "�.py", "its name is not UTF-8"),
}


@pytest.mark.parametrize("case", UNKEPT)
async def test_what_cannot_be_undone_is_told_by_name(case: str, tmp_path: Path) -> None:
    command, name, why = UNKEPT[case]
    where = project(tmp_path)
    (where.root / "large").write_bytes(bytes(MOST_BYTES + 1))
    async with assistant(where, runs(f"{command}; rm a.py")) as desk:
        await desk.turn("go")
        session = desk.agent.session.session
    found = undone(where, session)
    assert found.pop("a.py") == "write"
    assert list(found) == [name]
    assert why in found[name]


async def test_what_git_ignores_is_neither_kept_nor_told(tmp_path: Path) -> None:
    where = project(tmp_path)
    async with assistant(where, runs("rm -r out; echo x > old.log; git init -q .")) as desk:
        await desk.turn("go")
        session = desk.agent.session.session
    assert undone(where, session) == {}


async def test_beyond_a_size_in_all_files_are_told_by_name_alone(tmp_path: Path) -> None:
    where = house(tmp_path, z__py="1")
    count = MOST_BYTES_IN_ALL // MOST_BYTES
    for number in range(count):
        with (where.root / f"f{number}").open("wb") as file:
            file.truncate(MOST_BYTES)
    async with assistant(where, runs("echo 2 > z.py; echo 2 > f0")) as desk:
        await desk.turn("go")
        session = desk.agent.session.session
    why = "what it held was not kept: the folder has more than 50 MB of files"
    assert undone(where, session) == {"f0": "write", "z.py": why}


async def test_a_folder_with_too_many_files_is_told_and_only_if_not_just_read(
    tmp_path: Path,
) -> None:
    where = project(tmp_path)
    for number in range(MOST_FILES):
        (where.root / "deep" / str(number)).touch()
    sessions: list[str] = []
    for command in ("cat a.py b.py | head", "rm a.py"):
        async with assistant(where, runs(command)) as desk:
            await desk.turn("go")
            sessions.append(desk.agent.session.session)
    why = "what it held was not kept: the folder has more than 10,000 files, too many to be watched"
    assert [undone(where, each) for each in sessions] == [{}, {".": why}]


async def test_what_a_stopped_command_has_changed_is_undone(tmp_path: Path) -> None:
    where = project(tmp_path)
    before = content(where.root)
    async with assistant(where, runs("rm a.py; echo on its way; sleep 60")) as desk:
        async with asyncio.TaskGroup() as group:
            turn = group.create_task(stopped_once_it_runs(desk.agent.turn(User((Text("go"),)))))
        assert turn.result() == "on its way\n"
        session = desk.agent.session.session
    assert undone(where, session) == {"a.py": "write"}
    assert content(where.root) == before


async def test_what_a_job_changes_is_of_its_turn_and_between_turns_in_doubt(
    tmp_path: Path,
) -> None:
    where = project(tmp_path)
    for name in ("now", "done"):
        os.mkfifo(where.home / name)
    job = f"rm a.py; read x < {where.home}/now; rm b.py; echo > {where.home}/done"
    async with assistant(where, runs(job, background=True)) as desk:
        await desk.turn("go")
        (where.home / "now").write_text("\n")
        (where.home / "done").read_text()
        await desk.turn("go")
        session = desk.agent.session.session
    found = undone(where, session)
    assert found.pop("a.py") == "write"
    assert list(found) == ["b.py"]
    assert "between two turns while a job was running" in found["b.py"]


# Without a model


@asynccontextmanager
async def watched(where: House) -> AsyncGenerator[tuple[Session, Traces]]:
    session = Session.begin(
        where.sessions, folder=str(where.root), at=1.7e9, redactor=Redactor(), tell=print
    )
    session.put(TurnBegan(turn=1, message=User((Text("go"),)), at=1.7e9))
    traces = Traces(session, where.root, Jobs(), own=where.state, clock=SystemClock())
    try:
        yield session, traces
    finally:
        session.close()


async def test_where_vibe_itself_writes_nothing_is_watched(tmp_path: Path) -> None:
    where = house(tmp_path)
    async with watched(where) as (session, _):
        traces = Traces(session, where.home, Jobs(), own=where.state, clock=SystemClock())
        async with traces.recorded():
            (where.state / "more").write_text("x")
            (where.home / "new").write_text("x")
    changed = [Path(each.path).name for each in session.transcript.changes]
    assert changed == ["new"]


async def test_what_somebody_else_changes_between_commands_is_nobodys(tmp_path: Path) -> None:
    where = project(tmp_path)
    async with watched(where) as (session, traces):
        for text in ("b = 2\n", "b = 3\n"):
            async with traces.recorded():
                (where.root / "a.py").write_text(f"{text}#")
            (where.root / "b.py").write_text(text)
    changed = [Path(each.path).name for each in session.transcript.changes]
    assert changed == ["a.py", "a.py"]


NAMES = st.sampled_from(["a", "b", "d/a", "d/b", "e/f/a"])
STEPS = st.tuples(st.sampled_from(["write", "delete", "mode"]), NAMES, st.sampled_from("xyz"))


def does(root: Path, step: tuple[str, str, str]) -> None:
    what, name, text = step
    path = root / name
    match what:
        case "write":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        case "delete" if path.exists():
            path.unlink()
        case "mode" if path.exists():
            path.chmod(0o600 + ord(text) - ord("x"))
        case _:
            pass


@settings(max_examples=25)
@example(
    commands=[
        [("write", "d/a", "x")],
        [("mode", "d/a", "x")],
        [("delete", "d/a", "x"), ("write", "d/a", "x")],
    ]
)
@given(st.lists(st.lists(STEPS, max_size=6), min_size=2, max_size=4))
def test_any_turn_of_commands_is_undone(
    tmp_path_factory: pytest.TempPathFactory, commands: list[list[tuple[str, str, str]]]
) -> None:
    where = house(tmp_path_factory.mktemp("traces"))

    async def worked() -> None:
        async with watched(where) as (session, traces):
            for step in commands[0]:
                does(where.root, step)
            states = [content(where.root)]
            for turn, steps in enumerate(commands[1:], start=2):
                session.put(TurnBegan(turn=turn, message=User((Text("go"),)), at=1.7e9))
                async with traces.recorded():
                    for step in steps:
                        does(where.root, step)
                states.append(content(where.root))
            for turn in range(len(commands), 1, -1):
                undone(where, session.session, turn=turn)
                assert content(where.root) == states[turn - 2]

    asyncio.run(worked())
    shutil.rmtree(where.home)
