"""Which sandbox is taken, what of it holds, and what the policy hears of that."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.law import ROOT
from tests.sandbox.sandboxes import Session
from vibe.sandbox import probe
from vibe.sandbox.guarantees import (
    EVERY_HAZARD,
    WORDS,
    Guarantee,
    Hazard,
    hazards,
    of_bwrap,
    of_landlock,
)
from vibe.sandbox.sandbox import Trial

EVERYTHING = frozenset(WORDS)


@pytest.fixture
def without_bubblewrap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "_PROGRAMS", "/nonexistent")


ABSENT = Trial(backend="bwrap", trouble="bubblewrap is not installed")


def test_off_is_off(tmp_path: Path) -> None:
    with probe.opened("off", network=False, home=tmp_path) as sandbox:
        assert (sandbox.backend, sandbox.warning, sandbox.trials) == ("off", None, ())
        assert (sandbox.holds, sandbox.unheld(tmp_path)) == (frozenset(), EVERY_HAZARD)
        with sandbox.wrapped(["a", "b"], folder=tmp_path) as command:
            assert command == ("a", "b")
        assert sandbox.denial("Read-only file system", code=1, folder=tmp_path) is None


@pytest.mark.usefixtures("without_bubblewrap")
def test_what_was_asked_for_and_is_not_there_is_told(tmp_path: Path) -> None:
    with probe.opened("bwrap", network=False, home=tmp_path) as sandbox:
        assert (sandbox.backend, sandbox.trials, sandbox.unheld(tmp_path)) == (
            "off",
            (ABSENT,),
            EVERY_HAZARD,
        )
        assert sandbox.warning == (
            "commands run without a sandbox (bwrap: bubblewrap is not installed)"
        )


@pytest.mark.usefixtures("without_bubblewrap")
def test_without_bubblewrap_landlock_is_tried(tmp_path: Path) -> None:
    with probe.opened("auto", network=False, home=tmp_path) as sandbox:
        assert [trial.backend for trial in sandbox.trials] == ["bwrap", "landlock"]
        assert sandbox.trials[0] == ABSENT
        works = sandbox.trials[1].trouble is None
        assert (sandbox.backend == "landlock", sandbox.warning is None) == (works, works)


def test_a_program_that_does_not_confine_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that takes every word and runs what is after `--`."""
    program = tmp_path / "bwrap"
    program.write_text('#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n')
    program.chmod(0o755)
    monkeypatch.setattr(probe, "_PROGRAMS", str(tmp_path))
    with probe.opened("bwrap", network=False, home=tmp_path) as sandbox:
        assert (sandbox.backend, sandbox.warning) == (
            "off",
            "commands run without a sandbox (bwrap: it does not confine)",
        )


def test_what_a_backend_holds_is_known_before(sandboxed: Session) -> None:
    told = sandboxed.told
    is_root = sandboxed.account.uid == 0
    if told.backend == "bwrap":
        full = of_bwrap(is_root=is_root, denies_nesting=True, network=False)
        assert told.holds in (full, full - {"nesting"})
    else:
        assert told.holds in [of_landlock(is_root=is_root, version=abi) for abi in range(1, 9)]


# bubblewrap: as root, with nesting denied, with network; landlock: as root, its version.
HELD: list[tuple[frozenset[Guarantee], set[Guarantee]]] = [
    (of_bwrap(is_root=False, denies_nesting=True, network=False), set()),
    (of_bwrap(is_root=True, denies_nesting=True, network=False), {"limits"}),
    (of_bwrap(is_root=False, denies_nesting=False, network=True), {"nesting", "sockets"}),
    (of_landlock(is_root=False, version=6), {"metadata", "protected", "tmp", "lifetime"}),
    (
        of_landlock(is_root=True, version=2),
        {"metadata", "protected", "tmp", "lifetime", "outside", "processes", "limits"},
    ),
]


@pytest.mark.parametrize(("holds", "lost"), HELD)
def test_what_is_lost_is_known(holds: frozenset[Guarantee], lost: set[Guarantee]) -> None:
    assert EVERYTHING - holds == lost


@pytest.mark.parametrize(
    ("lost", "asked"),
    [
        (set[Guarantee](), set[Hazard]()),
        ({"limits", "nesting", "sockets", "tmp"}, set[Hazard]()),
        ({"metadata"}, {"outside"}),
        ({"outside", "protected"}, {"outside", "protected"}),
        (set(WORDS), set(EVERY_HAZARD)),
    ],
)
def test_what_is_not_held_is_asked_about(lost: set[Guarantee], asked: set[Hazard]) -> None:
    assert hazards(EVERYTHING - lost) == asked


def test_what_a_folder_exposes_is_asked_about(in_bwrap: Session) -> None:
    assert in_bwrap.run("true").unheld == frozenset()
    (in_bwrap.ground.project / "AGENTS.md").symlink_to("README.md")
    ran = in_bwrap.run("true")
    assert (ran.unheld, len(ran.exposed)) == ({"protected"}, 1)


def test_the_page_tells_what_the_backends_hold() -> None:
    """Root is told of below the table, and so are older kernels."""
    page = (ROOT / "docs/sandbox.md").read_text("utf-8")
    by_bwrap = of_bwrap(is_root=False, denies_nesting=True, network=False)
    by_landlock = of_landlock(is_root=False, version=6)
    for name, words in WORDS.items():
        marks = ("yes" if name in holds else "no" for holds in (by_bwrap, by_landlock))
        assert f"| {words} | {' | '.join(marks)} |\n" in page
