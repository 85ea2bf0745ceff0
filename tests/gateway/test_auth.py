"""The token: how it comes to be, and which tokens are not it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibe.errors import VibeError
from vibe.gateway.auth import token_at, unauthorized
from vibe.secret import Redactor, Secret

VALUE = b"sk-vibe-Aa0_-zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"
TOKEN = Secret(VALUE.decode())


def told(*headers: tuple[bytes, bytes]) -> str:
    refusal = unauthorized(headers, TOKEN)
    return refusal.code if refusal else "in"


def bearer(value: bytes) -> tuple[bytes, bytes]:
    return b"authorization", b"Bearer " + value


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param((bearer(VALUE),), "in", id="as a Bearer"),
        pytest.param(((b"authorization", b"bearer  " + VALUE),), "in", id="in other letters"),
        pytest.param(((b"x-api-key", VALUE),), "in", id="as Anthropic's clients"),
        pytest.param(((b"api-key", VALUE),), "in", id="as Azure's clients"),
        pytest.param(((b"x-api-key", b"sk-else"), bearer(VALUE)), "in", id="beside another's"),
        pytest.param((bearer(b"sk-else"), (b"x-api-key", VALUE)), "in", id="after another's"),
        pytest.param((), "no_token", id="missing"),
        pytest.param(((b"cookie", VALUE),), "no_token", id="elsewhere"),
        pytest.param(((b"authorization", VALUE),), "no_token", id="without a scheme"),
        pytest.param(((b"authorization", b"Basic " + VALUE),), "no_token", id="of another scheme"),
        pytest.param((bearer(b""),), "wrong_token", id="empty"),
        pytest.param((bearer(VALUE[:-1]),), "wrong_token", id="a letter less"),
        pytest.param((bearer(VALUE + b"z"),), "wrong_token", id="a letter more"),
        pytest.param((bearer(VALUE.lower()),), "wrong_token", id="in small letters"),
        pytest.param((bearer(VALUE + b"\0"),), "wrong_token", id="and NUL"),
        pytest.param((bearer(b"\xc3\xa9" * 20),), "wrong_token", id="no ASCII"),
        pytest.param((bearer(b"\xff\xfe" + VALUE),), "wrong_token", id="no text"),
        pytest.param(((b"x-api-key", b"Bearer " + VALUE),), "wrong_token", id="a scheme too many"),
        pytest.param(((b"x-api-key", VALUE + b" "),), "wrong_token", id="and a space"),
        pytest.param((bearer(b"x"), (b"x-api-key", b"y")), "wrong_token", id="two wrong ones"),
    ],
)
def test_only_the_token_lets_in(headers: tuple[tuple[bytes, bytes], ...], expected: str) -> None:
    assert told(*headers) == expected


@given(st.binary(max_size=60))
def test_no_other_bytes_let_in(value: bytes) -> None:
    assert told(bearer(value), (b"x-api-key", value)) == ("in" if value == VALUE else "wrong_token")


def test_a_refusal_asks_for_a_bearer_and_repeats_nothing() -> None:
    refusal = unauthorized((bearer(b"sk-almost"),), TOKEN)
    assert refusal is not None
    assert (refusal.status, refusal.headers) == (
        401,
        ((b"www-authenticate", b'Bearer realm="vibe"'),),
    )
    assert "sk-" not in refusal.sentence


def fail(line: str) -> None:
    raise AssertionError(line)


def test_the_first_start_makes_a_token_that_stays(tmp_path: Path) -> None:
    path = tmp_path / "state" / "gateway.token"
    made = token_at(path, tell=fail)
    assert token_at(path, tell=fail) == made
    assert (path.read_text(), path.stat().st_mode & 0o777) == (f"{made.reveal()}\n", 0o600)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert Redactor().redact(made.reveal()) == "***"


def test_no_two_tokens_are_alike(tmp_path: Path) -> None:
    made = {token_at(tmp_path / str(number), tell=fail).reveal() for number in range(20)}
    assert len(made) == 20


def test_gateways_that_start_at_once_have_one_token(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        starts = [pool.submit(token_at, tmp_path / "t", tell=fail) for _ in range(8)]
        made = {start.result().reveal() for start in starts}
    assert len(made) == 1


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "gateway.token"
    path.write_bytes(VALUE)
    path.chmod(0o644)
    lines: list[str] = []
    assert token_at(path, tell=lines.append) == TOKEN
    assert path.stat().st_mode & 0o777 == 0o600
    assert lines == [
        f"{path} could be read by others (mode 0644) and is now yours alone; "
        "delete it for a new token if somebody may have read it"
    ]


def test_an_empty_file_gets_a_token(tmp_path: Path) -> None:
    path = tmp_path / "gateway.token"
    path.write_text("\n")
    path.chmod(0o600)
    assert token_at(path, tell=fail).reveal() == path.read_text().strip()


@pytest.mark.parametrize("content", [b"short\n", b"two words that are long enough\n", b"\xff" * 40])
def test_a_file_without_a_token_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "gateway.token"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(VibeError, match="holds no token"):
        token_at(path, tell=fail)
    assert path.read_bytes() == content


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "gateway.token", 0o600)
    with pytest.raises(VibeError, match="not a regular file"):
        token_at(tmp_path / "gateway.token", tell=fail)
