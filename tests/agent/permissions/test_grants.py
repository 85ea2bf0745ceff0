"""What was allowed for good: kept for its folder, taken back, and never lost to damage."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from vibe.agent.permissions.commands import decide_command
from vibe.agent.permissions.grants import (
    Grant,
    Granted,
    forget,
    grant,
    read_grants,
    with_grants,
)
from vibe.agent.permissions.values import Decision
from vibe.domain.rule import Rules, rules
from vibe.errors import UsageError

from .corpus import AROUND

NOON = 1_795_000_000.5


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "state" / "grants.json"


def test_before_anything_was_granted_there_is_nothing(store: Path, tmp_path: Path) -> None:
    assert read_grants(store) == Granted()
    assert with_grants(Rules(), read_grants(store), folder=tmp_path) == Rules()


def test_a_grant_holds_from_then_on_in_its_folder_alone(store: Path, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "way").symlink_to("a")
    grant(store, ["bash(make)", "write(docs/a.md)"], folder=tmp_path / "way", at=NOON)

    folder = os.path.realpath(tmp_path / "a")
    granted = read_grants(store)
    assert granted == Granted(
        grants=(
            Grant(folder=folder, rule="bash(make)", at=NOON),
            Grant(folder=folder, rule="write(docs/a.md)", at=NOON),
        )
    )
    own = rules(allow=["bash(ls)"])
    here = rules(allow=["bash(ls)", "bash(make)", "write(docs/a.md)"])
    assert with_grants(own, granted, folder=tmp_path / "a") == here
    assert with_grants(own, granted, folder=tmp_path / "way") == here
    assert with_grants(own, granted, folder=tmp_path) == own


@pytest.mark.parametrize(
    ("command", "expected"), [("make", "allow"), ("make all", "ask"), ("make; rm x", "ask")]
)
def test_what_was_granted_is_not_asked_again_and_no_more(
    store: Path, tmp_path: Path, command: str, expected: Decision
) -> None:
    (part,) = decide_command("make", mode="ask", around=AROUND).parts
    assert part.always
    grant(store, [part.always], folder=tmp_path, at=NOON)
    given = with_grants(Rules(), read_grants(store), folder=tmp_path)
    assert decide_command(command, mode="ask", around=AROUND, rules=given).decision == expected


def test_rules_that_forbid_hold_over_what_was_granted(store: Path, tmp_path: Path) -> None:
    grant(store, ["bash(make)"], folder=tmp_path, at=NOON)
    for name in ("ask", "deny"):
        given = with_grants(rules(**{name: ["bash(make)"]}), read_grants(store), folder=tmp_path)
        assert decide_command("make", mode="ask", around=AROUND, rules=given).decision == name


def test_what_is_granted_again_stands_there_once_with_its_first_day(
    store: Path, tmp_path: Path
) -> None:
    for at in (NOON, NOON + 60):
        grant(store, ["bash(make)", "bash(make)"], folder=tmp_path, at=at)
    assert [each.at for each in read_grants(store).grants] == [NOON]


def test_grants_are_taken_back_by_their_numbers(store: Path, tmp_path: Path) -> None:
    texts = ["bash(a)", "bash(b)", "bash(c)"]
    grant(store, texts, folder=tmp_path, at=NOON)
    assert [each.rule for each in forget(store, [3, 1, 3])] == ["bash(a)", "bash(c)"]
    assert [each.rule for each in read_grants(store).grants] == ["bash(b)"]


@pytest.mark.parametrize("numbers", [[0], [2], [1, 2], [-1]])
def test_a_number_that_is_none_takes_nothing_back(
    store: Path, tmp_path: Path, numbers: list[int]
) -> None:
    grant(store, ["bash(a)"], folder=tmp_path, at=NOON)
    with pytest.raises(UsageError, match="there is no grant"):
        forget(store, numbers)
    assert len(read_grants(store).grants) == 1


def test_the_store_is_for_its_owner_alone(store: Path, tmp_path: Path) -> None:
    grant(store, ["bash(a)"], folder=tmp_path, at=NOON)
    assert (store.stat().st_mode & 0o777, store.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [path.name for path in store.parent.iterdir()] == ["grants.json"]


DAMAGED = [
    pytest.param(b"{", id="cut off"),
    pytest.param(b"\xff\xfe", id="no text"),
    pytest.param(b"[]", id="another shape"),
    pytest.param(b'{"version": 2, "grants": []}', id="another version"),
    pytest.param(b'{"version": 1, "grants": [{"folder": "/a"}]}', id="a grant without a rule"),
    pytest.param(b"", id="empty"),
]


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_store_allows_nothing_says_so_and_is_kept(
    store: Path, tmp_path: Path, content: bytes
) -> None:
    store.parent.mkdir()
    store.write_bytes(content)

    granted = read_grants(store)
    told = f"{store} counts for nothing, it is damaged: what it allowed is asked again"
    assert granted == Granted(trouble=told)
    assert with_grants(Rules(), granted, folder=tmp_path) == Rules()
    assert store.read_bytes() == content

    grant(store, ["bash(make)"], folder=tmp_path, at=NOON)
    assert [each.rule for each in read_grants(store).grants] == ["bash(make)"]
    (aside,) = store.parent.glob("grants.json.damaged-*")
    assert (aside.read_bytes(), aside.stat().st_mode & 0o777) == (content, 0o600)


def test_a_store_that_cannot_be_read_allows_nothing(store: Path) -> None:
    store.mkdir(parents=True)
    told = f"{store} counts for nothing, Is a directory: what it allowed is asked again"
    assert read_grants(store) == Granted(trouble=told)


def test_a_rule_that_nobody_understands_allows_nothing_and_stays(
    store: Path, tmp_path: Path
) -> None:
    grant(store, ["bash(make)"], folder=tmp_path, at=NOON)
    whole = json.loads(store.read_text())
    whole["grants"].append({**whole["grants"][0], "rule": "later(x)"})
    store.write_text(json.dumps(whole))
    granted = read_grants(store)
    assert with_grants(Rules(), granted, folder=tmp_path) == rules(allow=["bash(make)"])
    grant(store, ["bash(ls)"], folder=tmp_path, at=NOON)
    kept = [each.rule for each in read_grants(store).grants]
    assert kept == ["bash(make)", "later(x)", "bash(ls)"]


def test_a_folder_whose_name_is_no_text_has_grants_of_its_own(store: Path, tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"\xff")
    odd.mkdir()
    grant(store, ["bash(make)"], folder=odd, at=NOON)
    assert with_grants(Rules(), read_grants(store), folder=odd) == rules(allow=["bash(make)"])
