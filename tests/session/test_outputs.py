"""How long the long outputs of sessions are kept."""

from __future__ import annotations

import os
from pathlib import Path

from vibe.session.outputs import KEPT_S, sweep

AT = 2_000_000_000.0


def test_old_ones_go_and_the_folder_of_what_was_never_a_session(tmp_path: Path) -> None:
    ages = {"a/outputs/old": KEPT_S + 1, "a/outputs/new": KEPT_S - 1, "b/outputs/old": KEPT_S + 1,
            "b/events.jsonl": KEPT_S + 1, "c/outputs/old": KEPT_S + 1}  # fmt: skip
    for name, age in ages.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (AT - age, AT - age))
    sweep(tmp_path, at=AT)
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))
    assert left == ["a", "a/outputs", "a/outputs/new", "b", "b/events.jsonl"]


def test_where_there_are_no_sessions_there_is_nothing_to_do(tmp_path: Path) -> None:
    sweep(tmp_path / "absent", at=AT)
