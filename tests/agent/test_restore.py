"""The files as they were before a turn; and what is left alone, and why."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from tests.session.samples import NOON, OPENED, answer, call, key, result, said
from vibe.agent.changes import FileChange, file_changes
from vibe.agent.restore import Restoring, last_undoing, restore, restorings
from vibe.session.blobs import Blobs, digest_of
from vibe.session.record import (
    Answered,
    Changed,
    File,
    Finished,
    NoFile,
    NotKept,
    Record,
    Started,
    TurnBegan,
    Unknown,
)
from vibe.session.transcript import Transcript


class Folder:
    """A folder of files, and turns that change them as the edit tool does."""

    def __init__(self, path: Path) -> None:
        self.path = path / "work"
        self.path.mkdir()
        self.blobs = Blobs(path / "blobs")
        self.changes: list[Changed] = []

    def now(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in sorted(self.path.iterdir())}

    def put(self, name: str, text: str | None) -> None:
        path = self.path / name
        if text is None:
            path.unlink(missing_ok=True)
        else:
            path.write_text(text)

    def change(self, turn: int, name: str, text: str | None) -> None:
        path = self.path / name
        before = path.read_bytes() if path.exists() else None
        kept = NoFile() if before is None else File(digest=self.blobs.put(before), mode=0o644)
        after = NoFile() if text is None else File(digest=digest_of(text.encode()), mode=0o644)
        self.changes.append(Changed(turn=turn, path=str(path), before=kept, after=after))
        self.put(name, text)

    def plan(self, turn: int, *, is_forced: bool = False) -> tuple[Restoring, ...]:
        known = Transcript(changes=tuple(self.changes))
        return restorings(known, turn, blobs=self.blobs, is_forced=is_forced)

    def restore(self, turn: int, *, is_forced: bool = False) -> dict[str, str]:
        """What was done with each file, or why not."""
        plan = self.plan(turn, is_forced=is_forced)
        done = [restore(each, blobs=self.blobs) for each in plan]
        return {Path(each.path).name: each.why or each.way for each in done}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(Path(os.path.realpath(tmp_path)))


def test_changed_made_and_deleted_files_are_as_they_were(folder: Folder):
    folder.put("a", "a0")
    folder.put("b", "b0")
    folder.put("c", "c0")
    folder.change(1, "c", "c1")
    folder.change(2, "a", "a2")
    folder.change(2, "b", None)
    folder.change(3, "a", "a3")
    folder.change(3, "new", "n3")
    assert folder.restore(2) == {"a": "write", "b": "write", "new": "delete"}
    assert folder.now() == {"a": "a0", "b": "b0", "c": "c1"}
    assert folder.restore(1) == {
        "c": "write",
        "a": "it is as it was",
        "b": "it is as it was",
        "new": "it is as it was",
    }
    assert folder.now() == {"a": "a0", "b": "b0", "c": "c0"}


def test_a_turn_is_restored_after_a_later_one_was(folder: Folder):
    for turn in (1, 2, 3):
        folder.change(turn, "a", f"a{turn}")
    for turn, expected in ((3, {"a": "a2"}), (2, {"a": "a1"}), (1, {})):
        folder.restore(turn)
        assert folder.now() == expected


def by_hand(folder: Folder) -> None:
    folder.put("a", "mine")


def deleted(folder: Folder) -> None:
    folder.put("a", None)


def link(folder: Folder) -> None:
    deleted(folder)
    folder.put("elsewhere", "a1")
    (folder.path / "a").symlink_to(folder.path / "elsewhere")


def link_above(folder: Folder) -> None:
    folder.path.rename(folder.path.with_name("moved"))
    folder.path.symlink_to(folder.path.with_name("moved"))


def a_folder(folder: Folder) -> None:
    deleted(folder)
    (folder.path / "a").mkdir()


def a_pipe(folder: Folder) -> None:
    deleted(folder)
    os.mkfifo(folder.path / "a")


def without_copies(folder: Folder) -> None:
    for blob in folder.path.with_name("blobs").iterdir():
        blob.unlink()


def not_kept(folder: Folder) -> None:
    last = folder.changes.pop()
    folder.changes.append(
        Changed(turn=last.turn, path=last.path, before=NotKept("too big"), after=last.after)
    )


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (by_hand, "it has changed since"),
        (deleted, "it has changed since"),
        (link, "not read: it is a symbolic link"),
        (link_above, "not opened: a part of its path is a symbolic link, or no folder"),
        (a_folder, "not read: it is a folder"),
        (a_pipe, "not read: it is a pipe"),
        (without_copies, "the copy of what it held is missing or damaged"),
        (not_kept, "what it held was not kept: too big"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_cannot_be_restored_is_told_and_left_alone(
    folder: Folder, happens: Callable[[Folder], None], why: str
):
    folder.put("a", "a0")
    folder.change(1, "a", "a1")
    happens(folder)
    assert folder.restore(1) == {"a": why}


@pytest.mark.parametrize(
    ("before", "meanwhile"),
    [("a0", "mine"), ("a0", None), (None, "mine")],
    ids=["changed", "deleted", "changed, to be deleted"],
)
def test_what_changes_between_the_plan_and_now_is_left_alone(
    folder: Folder, before: str | None, meanwhile: str | None
):
    folder.put("a", before)
    folder.change(1, "a", "a1")
    (planned,) = folder.plan(1)
    folder.put("a", meanwhile)
    assert restore(planned, blobs=folder.blobs).why == "it has changed just now"
    assert folder.now() == ({"a": meanwhile} if meanwhile else {})


@pytest.mark.parametrize("before", ["a0", None], ids=["to be written", "to be deleted"])
def test_a_folder_that_becomes_a_link_between_the_plan_and_now_is_not_followed(
    folder: Folder, before: str | None
):
    folder.put("a", before)
    folder.change(1, "a", "a1")
    (planned,) = folder.plan(1)
    link_above(folder)
    done = restore(planned, blobs=folder.blobs)
    assert done.why == "not opened: a part of its path is a symbolic link, or no folder"
    assert folder.now() == {"a": "a1"}


def test_a_deleted_folder_is_made_again_but_not_behind_a_link(folder: Folder):
    inner = folder.path / "deep" / "er"
    inner.mkdir(parents=True)
    folder.put("deep/er/a", "a0")
    folder.change(1, "deep/er/a", None)
    shutil.rmtree(folder.path / "deep")
    plan = folder.plan(1)
    (folder.path / "deep").symlink_to(folder.path.parent)
    told = restore(plan[0], blobs=folder.blobs).why
    assert told.endswith("a part of its path is a symbolic link, or no folder")
    (folder.path / "deep").unlink()
    assert folder.restore(1) == {"a": "write"}
    assert (inner / "a").read_text() == "a0"


def test_who_insists_gets_a_copy_of_what_is_replaced(folder: Folder):
    folder.put("a", "a0")
    folder.change(1, "a", "a1")
    folder.change(1, "new", "n1")
    folder.put("a", "mine")
    folder.put("new", "mine, too")
    folder.change(1, "link", "l1")
    folder.put("link", None)
    (folder.path / "link").symlink_to("a")
    done = [restore(each, blobs=folder.blobs) for each in folder.plan(1, is_forced=True)]
    assert [each.way for each in done] == ["write", "delete", "refuse"]
    copies = [Path(each.why.partition("a copy: ")[2]).read_text() for each in done[:2]]
    assert copies == ["mine", "mine, too"]
    assert (folder.path / "a").read_text() == "a0"


def test_a_mode_that_was_changed_is_given_back(folder: Folder):
    folder.put("a", "a0")
    kept = File(digest=folder.blobs.put(b"a0"), mode=0o640)
    left = File(digest=kept.digest, mode=0o755)
    path = folder.path / "a"
    path.chmod(0o755)
    folder.changes.append(Changed(turn=1, path=str(path), before=kept, after=left))
    assert folder.restore(1) == {"a": "write"}
    assert path.stat().st_mode & 0o777 == 0o640
    assert folder.restore(1) == {"a": "it is as it was"}


def test_what_a_command_left_that_nobody_looked_at_is_not_taken_for_its_own(folder: Folder):
    folder.put("big", "b1")
    path = str(folder.path / "big")
    left = NotKept("it was larger than 1 MB")
    folder.changes.append(Changed(turn=1, path=path, before=NoFile(), after=left))
    told = "whether it has changed since is not known: it was larger than 1 MB"
    assert folder.restore(1) == {"big": told}
    assert folder.restore(1, is_forced=True)["big"].startswith("it had changed since; a copy: ")
    assert folder.now() == {}


@pytest.mark.parametrize(
    ("name", "after", "told"),
    [
        ("bash", (), 'what "make all" changed is not known: it is under way'),
        ("bash", (Unknown(call=key(1, 0)),), "interrupted, with vibe"),
        ("bash", (Unknown(call=key(1, 0), is_traced=True),), ""),
        ("bash", (Finished(call=key(1, 0), result=result(call("bash"))),), ""),
        ("read", (), ""),
    ],
    ids=["under way", "crashed", "stopped", "finished", "no command"],
)
def test_a_command_of_which_it_is_not_known_what_it_changed_is_told(
    folder: Folder, name: str, after: tuple[Record, ...], told: str
):
    asked = call(name, arguments='{"command": "make all"}')
    records = (
        OPENED,
        TurnBegan(turn=1, message=said("do it"), at=NOON),
        Answered(turn=1, number=0, answer=answer("", asked)),
        Started(call=key(1, 0)),
        *after,
    )
    plan = restorings(Transcript().applied(records), 1, blobs=folder.blobs)
    assert [(each.way, each.path) for each in plan] == ([("refuse", OPENED.folder)] if told else [])
    assert all(told in each.why for each in plan)


def test_a_file_that_was_not_kept_is_not_taken_for_none(folder: Folder):
    folder.put("a", "a0")
    folder.change(1, "a", "a1")
    folder.change(2, "a", "a2")
    not_kept(folder)
    deleted(folder)
    assert folder.restore(1) == {"a": "it has changed since"}


def test_of_a_change_that_was_not_made_there_is_nothing_to_restore(folder: Folder):
    folder.put("a", "a0")
    folder.change(1, "a", "a1")
    folder.put("a", "a0")  # the process ended before it wrote
    assert folder.restore(1) == {"a": "it is as it was"}


class Step(Struct, frozen=True):
    """One change; `turn` None is the person's own."""

    turn: int | None
    name: str
    text: str | None


STEPS = st.builds(
    Step,
    st.none() | st.integers(1, 3),
    st.sampled_from("ab"),
    st.none() | st.sampled_from(["one", "two", "three"]),
)


@settings(max_examples=30)
@given(st.lists(STEPS, max_size=12), st.integers(1, 3))
def test_nothing_that_the_person_wrote_is_lost(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step], turn: int
):
    folder = Folder(Path(os.path.realpath(tmp_path_factory.mktemp("restore"))))
    steps = sorted(steps, key=lambda step: step.turn or 0)
    written_by_vibe: dict[str, set[str | None]] = {"a": {None}, "b": {None}}
    for step in steps:
        if step.turn is None:
            folder.put(step.name, step.text)
        else:
            written_by_vibe[step.name].add(folder.now().get(step.name))
            folder.change(step.turn, step.name, step.text)
            written_by_vibe[step.name].add(step.text)
    before = folder.now()
    folder.restore(turn)
    for name in "ab":
        if folder.now().get(name) != before.get(name):
            assert before.get(name) in written_by_vibe[name]


def undone(folder: Folder, *, restored: int | None = None) -> tuple[int, list[str]]:
    known = Transcript(changes=tuple(folder.changes), restored=restored)
    turn, plan = last_undoing(known, blobs=folder.blobs)
    return turn, [f"{each.way} {Path(each.path).name}" for each in plan]


def test_undoing_reaches_further_back_each_time(folder: Folder):
    folder.change(1, "a", "a1")
    folder.change(3, "a", "a3")
    folder.change(3, "b", "b3")
    assert undone(folder) == (3, ["write a", "delete b"])
    folder.restore(3)
    assert undone(folder, restored=3) == (1, ["delete a", "nothing b"])
    folder.restore(1)
    assert undone(folder, restored=1) == (0, [])


def test_undoing_does_not_come_back_to_what_was_undone(folder: Folder):
    folder.put("a", "a0")
    folder.change(1, "a", "a1")
    folder.change(2, "a", "a0")
    folder.restore(2)
    assert undone(folder, restored=2) == (1, ["write a"])
    folder.restore(1)
    assert undone(folder, restored=1) == (0, [])


def test_undoing_passes_over_a_turn_that_leaves_nothing_to_be_done(folder: Folder):
    folder.change(1, "a", "a1")
    folder.change(2, "b", "b2")
    folder.put("b", "mine")
    assert undone(folder) == (1, ["delete a", "refuse b"])


def test_without_a_change_there_is_nothing_to_be_undone(folder: Folder):
    assert undone(folder) == (0, [])


def shown(folder: Folder) -> list[FileChange]:
    return list(file_changes(Transcript(changes=tuple(folder.changes)), blobs=folder.blobs))


def test_what_a_session_changed_is_told_against_what_was_before_it(folder: Folder):
    for name in ("a", "gone", "same"):
        folder.put(name, f"{name}\n")
    folder.change(1, "a", "a1\n")
    folder.change(1, "same", "other\n")
    folder.change(2, "a", "a2\n")
    folder.change(2, "gone", None)
    folder.change(2, "new", "new\n")
    folder.change(3, "same", "same\n")
    at = folder.path
    assert shown(folder) == [
        FileChange(path=str(at / "a"), diff="@@ -1,1 +1,1 @@\n-a\n+a2"),
        FileChange(path=str(at / "gone"), diff="@@ -1,1 +1,0 @@\n-gone", is_gone=True),
        FileChange(path=str(at / "new"), diff="@@ -1,0 +1,1 @@\n+new", is_new=True),
    ]


def test_what_cannot_be_compared_says_why(folder: Folder):
    folder.change(1, "a", "a1")
    folder.change(1, "b", "b1")
    (folder.path / "a").write_bytes(b"\xff\xfe")
    not_kept(folder)
    assert [(Path(each.path).name, bool(each.diff), bool(each.why)) for each in shown(folder)] == [
        ("a", False, True),
        ("b", False, True),
    ]
