"""Whatever the bytes of the file: exit 0 or 2, sentences, and the damage named where it is.

The slow lane holds the same properties over many more examples.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.config.seeds import EXAMPLES, KEYS
from tests.drive import Outcome, vibe
from vibe.config.locate import source
from vibe.config.scan import Assignment, scan
from vibe.config.syntax import MAX_REPAIRS, parse

CANARY = "sk-canary-7f3a9c21d4e8b6"


def validated(data: bytes) -> Outcome:
    """`vibe config validate --json` of these bytes, with a key that no output may hold."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "config.toml"
        file.write_bytes(data)
        file.chmod(0o600)
        keys = dict.fromkeys(KEYS, CANARY)
        human = vibe("config", "validate", str(file), home=Path(folder), env=keys)
        assert human.code in (0, 2)
        assert CANARY not in human.out + human.err
        assert human.err == ""
        return human


tomlish = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "[providers]\n", "[[providers]]\n", "[[models]]\n", "[multiplexer]\n",
                "[[multiplexer.pool]]\n", "[[multiplexer]]\n", "active_model = ", "mode = ",
                "weight = ", "name = ", "alias = ", "model = ", "api_base = ", "headers = ",
                "enabled = ", '"', "'", '"""', "'''", "[", "]", "{", "}", "=", ",", ".", "#",
                "\n", "\r\n", "\r", "\\", "true", "True", "70", "0.5", "nan", "1979-05-27",
                '"failover"', "failover", '"a"', "“a”", "${X}", "${X:-y}", "$${X}", "http://h/v1",
                CANARY, "\x1b]52;c;Zm9v\x07", "\u202e", "\ufeff", "\u2028", " ", "\t",
            ]
        ),
        st.text(max_size=4),
    ),
    max_size=30,
).map("".join)  # fmt: skip


@given(st.one_of(st.binary(max_size=300), tomlish.map(lambda s: s.encode("utf-8", "replace"))))
@settings(max_examples=400, deadline=None)
def test_any_bytes_end_in_an_exit_code_and_sentences(data: bytes) -> None:
    validated(data)


@pytest.mark.slow
@given(st.one_of(st.binary(max_size=2000), tomlish.map(lambda s: s.encode("utf-8", "replace"))))
@settings(max_examples=4000, deadline=None)
def test_any_bytes_end_in_an_exit_code_and_sentences_at_length(data: bytes) -> None:
    validated(data)


@given(tomlish)
@settings(max_examples=600, deadline=None)
def test_what_tomllib_accepts_is_scanned_to_its_end(text: str) -> None:
    import tomllib

    try:
        data = tomllib.loads(text)
    except ValueError:
        return
    outline = scan(text)
    assert outline.stop is None
    for statement in outline.statements:
        value: object = data
        for step in statement.path:
            value = value[step]  # type: ignore[index]  # any mix of tables and lists
        if isinstance(statement, Assignment):
            written = text[statement.value.start : statement.value.end]
            assert tomllib.loads(f"k = {written}")["k"] == value or value != value


@given(tomlish)
@settings(max_examples=400, deadline=None)
def test_every_syntax_error_is_repaired_or_ends_the_reading(text: str) -> None:
    parsed = parse(source("config.toml", text.replace("\r", "")))
    assert len(parsed.problems) <= MAX_REPAIRS + 1  # and the note that the reading stopped
    assert parsed.problems or parsed.complete


class Mutation:
    """One byte of an example inserted, replaced or deleted; `line` is where."""

    def __init__(self, text: bytes, at: int, byte: bytes, kind: str) -> None:
        self.at = at
        rest = {"insert": at, "replace": at + 1, "delete": at + 1}[kind]
        self.data = text[:at] + (b"" if kind == "delete" else byte) + text[rest:]
        self.line = text[:at].count(b"\n") + 1


@st.composite
def mutations(draw: st.DrawFn) -> Mutation:
    text = EXAMPLES[draw(st.sampled_from(sorted(EXAMPLES)))].encode()
    at = draw(st.integers(0, len(text) - 1))
    byte = draw(st.one_of(st.sampled_from(b"\"'[]{}=#\n\r. ,\\\x00\x1b\xff"), st.integers(0, 255)))
    return Mutation(text, at, bytes([byte]), draw(st.sampled_from(["insert", "replace", "delete"])))


def names_the_damage(mutation: Mutation) -> None:
    outcome = validated(mutation.data)
    if outcome.code == 0:
        return
    near = range(mutation.line - 1, mutation.line + 2)
    named = [f":{line}:" for line in near] + [f"line {line}" for line in near]
    assert any(
        f"{place} " in outcome.out or f"{place}{after}" in outcome.out
        for place in named
        for after in ("\n", ")", ";", ",", *map(str, range(1, 10)))
    ), (mutation.line, outcome.out)


@given(mutations())
@settings(max_examples=500, deadline=None)
def test_a_broken_byte_is_named_within_a_line(mutation: Mutation) -> None:
    names_the_damage(mutation)


@pytest.mark.slow
@given(mutations())
@settings(max_examples=8 * 2000, deadline=None)
def test_a_broken_byte_is_named_within_a_line_at_length(mutation: Mutation) -> None:
    names_the_damage(mutation)
