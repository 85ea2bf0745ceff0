"""Whatever a model, a file or a provider says: the terminal is sent nothing but vibe's own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.serving import configured, serving
from tests.plain.terminal import sitting_at
from tests.terminal.payloads import HARMLESS, PAYLOADS, as_bytes, as_json, as_name
from tests.terminal.sequences import kinds
from tests.terminal.tour import SIZE, named_by, toured
from vibe.testing.script import says

HARMLESS_ALONE = {"combining flood", "overlong"}


@pytest.mark.parametrize("payload", sorted(PAYLOADS.keys() - HARMLESS_ALONE))
def test_what_is_hostile_would_be_noticed(payload: str) -> None:
    assert kinds(as_bytes(PAYLOADS[payload]), size=SIZE)


@pytest.mark.slow
def test_no_place_of_the_chat_lets_a_sequence_through(tmp_path: Path) -> None:
    harmless, hostile = tmp_path / "harmless", tmp_path / "hostile"
    own = kinds(toured(harmless, HARMLESS), size=SIZE)
    came = kinds(toured(hostile, PAYLOADS), size=SIZE)
    assert {kind: around for kind, around in came.items() if kind not in own} == {}


@pytest.mark.slow
@pytest.mark.parametrize("args", [("--plain", "go on"), ("-p", "go on")], ids=["plain", "print"])
def test_nor_does_a_chat_without_a_screen(args: tuple[str, str], tmp_path: Path) -> None:
    harmless, hostile = tmp_path / "harmless", tmp_path / "hostile"
    own, came = _answered(harmless, args, HARMLESS), _answered(hostile, args, PAYLOADS)
    assert {kind: around for kind, around in came.items() if kind not in own} == {}


@pytest.mark.slow
def test_nor_does_what_is_told_of_names_that_are_refused(tmp_path: Path) -> None:
    own, came = _refused(tmp_path / "harmless", HARMLESS), _refused(tmp_path / "hostile", PAYLOADS)
    assert {kind: around for kind, around in came.items() if kind not in own} == {}


def _refused(home: Path, payloads: Mapping[str, str]) -> Mapping[str, str]:
    nowhere = "http://127.0.0.1:9/v1"
    models, pool = named_by(payloads.values(), nowhere)
    configured(home, nowhere, models=models, pool=f"{pool}is_fallback = 1\n")
    with sitting_at(home=home, size=SIZE) as person:
        assert person.end() == 2, person.text
        return kinds(person.shown, size=SIZE)


def _answered(home: Path, args: tuple[str, str], payloads: Mapping[str, str]) -> Mapping[str, str]:
    text = as_json("\n".join(payloads.values()))
    folder = home / os.fsdecode(b"shop" + as_name("".join(payloads.values()))[:99])
    folder.mkdir(parents=True)
    with serving(says(f"{text}\nend-of-answer", thinking=text)) as server:
        configured(home, server.api_base)
        with sitting_at(*args, home=home, cwd=folder, size=SIZE) as person:
            person.until("end-of-answer")
            return kinds(person.shown, size=SIZE)
