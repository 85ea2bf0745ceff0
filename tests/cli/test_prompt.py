"""`vibe -p`: what it answers, what it says when it cannot, and what it tells the shell."""

from __future__ import annotations

import io
import os
import subprocess
from pathlib import Path

import msgspec
import pytest

from tests.cli.running import VIBE, process
from tests.cli.serving import ENV, KEY, configured, echo, serving
from tests.drive import Outcome, Terminal, vibe
from vibe.testing.exchange import Answer
from vibe.testing.fault import Fault, streamed
from vibe.testing.faults import FAULTS, Play, play
from vibe.testing.reply import Reply
from vibe.testing.script import says

HELLO = says("Hello!")


NO_WAIT = "[multiplexer]\nmax_wait_ms = 0\n"


@pytest.mark.parametrize(
    ("words", "stdin", "asked"),
    [
        (("why?",), "", "why?"),
        (("why", "not?"), "", "why not?"),
        ((), "from a file\n", "from a file"),
        (("what is this?",), "a\nb\n", "what is this?\n\na\nb"),
    ],
    ids=["text", "words", "stdin", "both"],
)
def test_the_prompt_is_the_words_and_then_stdin(
    words: tuple[str, ...], stdin: str, asked: str, tmp_path: Path
) -> None:
    with serving(echo) as server:
        configured(tmp_path, server.api_base)
        outcome = vibe("-p", *words, home=tmp_path, env=ENV, stdin=io.StringIO(stdin))
    assert outcome == Outcome(code=0, out=f"{asked}\n", err="")


def test_a_terminal_is_not_read_for_the_prompt(tmp_path: Path) -> None:
    with serving(echo) as server:
        configured(tmp_path, server.api_base)
        outcome = vibe("-p", "why?", home=tmp_path, env=ENV, stdin=Terminal("typed later"))
    assert outcome.out == "why?\n"


def test_without_a_configuration_the_demo_model_answers(tmp_path: Path) -> None:
    outcome = vibe("-p", "hello", home=tmp_path)
    assert outcome.code == 0
    assert "demo model" in outcome.out
    assert outcome.err == "no model is configured: the demo model answers; see: vibe\n"


def test_another_model_can_be_asked(tmp_path: Path) -> None:
    with serving(lambda asked: Answer(text=asked.model)) as server:
        configured(
            tmp_path,
            server.api_base,
            models='\n[[models]]\nname = "other-model"\nprovider = "acme"\nalias = "small"',
        )
        outcome = vibe("-p", "--model", "small", "?", home=tmp_path, env=ENV)
        usual = vibe("-p", "?", home=tmp_path, env=ENV)
    assert (outcome.out, usual.out) == ("other-model\n", "test-model\n")


@pytest.mark.parametrize(
    ("args", "env", "says"),
    [
        (("-p", "?"), {}, "TEST_API_KEY is not set"),
        (("-p", "--model", "smal", "?"), ENV, "smal"),
        (("-p",), ENV, "there is no prompt"),
        (("-p", "--no-such", "?"), ENV, "--no-such"),
    ],
    ids=["key", "model", "prompt", "option"],
)
def test_what_cannot_be_asked_is_a_usage_error(
    args: tuple[str, ...], env: dict[str, str], says: str, tmp_path: Path
) -> None:
    with serving(HELLO) as server:
        configured(tmp_path, server.api_base)
        outcome = vibe(*args, home=tmp_path, env=env)
        assert server.requests == ()
    assert (outcome.code, outcome.out) == (2, "")
    assert says in outcome.err


# What the shell is told: 75 for what passes by itself, 1 for what does not.
CODES = {
    "unauthorized": 1,
    "forbidden": 1,
    "quota": 1,
    "payment_required": 1,
    "not_found": 1,
    "bad_parameter": 1,
    "refused_content": 1,
    "refused_in_answer": 1,
    "context": 1,
    "in_band_context": 1,
    "in_band_quota": 1,
    "empty_answer": 1,
    "rate_limit": 75,
    "slow_down": 75,
    "unavailable": 75,
    "loading": 75,
    "server_error": 75,
    "bad_gateway": 75,
    "page_as_answer": 75,
    "refused": 75,
    "reset_before_headers": 75,
    "stall_before_headers": 75,
    "stall_before_first_token": 75,
    "stall_in_body": 75,
    "reset_in_body": 75,
    "no_terminator": 75,
    "malformed_json": 75,
    "in_band_overloaded": 75,
    "in_band_rate_limit": 75,
}


@pytest.mark.parametrize("fault", CODES)
def test_a_failure_is_told_in_a_sentence_and_an_exit_code(fault: str, tmp_path: Path) -> None:
    text = "one two three four five six seven"
    with serving(says(text), faults=play(fault)) as server:
        brief = "first_token_timeout_s = 0.2\nidle_timeout_s = 0.2" if "stall" in fault else ""
        configured(tmp_path, server.api_base, more=brief, pool=NO_WAIT)
        outcome = vibe("-p", "?", home=tmp_path, env=ENV)
    kind = FAULTS[fault].inner or FAULTS[fault].kind
    assert kind
    assert outcome.code == CODES[fault]
    *_, error, remedy = outcome.err.splitlines()
    assert error.startswith("error: strong: ")
    assert kind.removeprefix("context_").replace("_", " ") in error
    assert remedy.startswith("  help: ")
    assert text.startswith(outcome.out.rstrip("\n"))  # what came of it is not lost
    assert outcome.out == "" or outcome.out.endswith("\n")
    assert KEY not in outcome.err


@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        ("rate_limit_seconds", "7 s"),
        ("rate_limit_fraction", "2 s"),
        ("rate_limit_short", "1 s"),
        ("rate_limit_duration", "63 s"),
        ("quota_day", "8 min"),
        ("rate_limit_long", "2 h"),
        ("loading", "2 s"),
    ],
)
def test_the_wait_that_was_asked_for_is_told(fault: str, wait: str, tmp_path: Path) -> None:
    with serving(HELLO, faults=play(fault)) as server:
        configured(tmp_path, server.api_base, pool=NO_WAIT)
        outcome = vibe("-p", "?", home=tmp_path, env=ENV)
    assert f"; try again in {wait}\n" in outcome.err


def test_an_answer_that_reached_its_bound_is_no_success(tmp_path: Path) -> None:
    with serving(lambda _: Answer(text="half of", stop="length")) as server:
        configured(tmp_path, server.api_base)
        outcome = vibe("-p", "?", home=tmp_path, env=ENV)
    assert outcome == Outcome(
        code=1,
        out="half of\n",
        err="error: strong: the answer was cut: it reached its length limit\n"
        "  help: raise max_output_tokens of the model, or ask for less\n",
    )


HOSTILE = {
    "clipboard": "a\x1b]52;c;cm0gLXJmIH4=\x07b",
    "clipboard, ended otherwise": "a\x1b]52;c;cm0gLXJmIH4=\x1b\\b",
    "title": "a\x1b]0;owned\x07b",
    "C1": "a\x9b31mb\x9d0;owned\x9c",
    "device": "a\x1bP$qm\x1b\\b",
    "direction": "a\u202eb\u2066\u2069",
    "tags": "a\U000e0041\U000e0042b",
    "carriage return": "good\rbad\x08\x08\x08",
}


def sending(*texts: str) -> Play:
    """An answer in just these pieces."""
    choices: list[object] = [{"delta": {"content": text}} for text in texts]
    choices.append({"delta": {"content": ""}, "finish_reason": "stop"})
    chunks = [msgspec.json.encode({"choices": [choice]}) for choice in choices]
    events = tuple(b"data: %b\n\n" % chunk for chunk in chunks)
    return Play(fault=Fault(name="", says="", act=lambda _: streamed(events)))


def refusing(message: str) -> Play:
    body = msgspec.json.encode({"error": {"message": message}})
    return Play(fault=Fault(name="", says="", act=lambda _: Reply(status=400, steps=(body,))))


@pytest.mark.parametrize("letter_by_letter", [True, False], ids=["letter by letter", "at once"])
@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_of_the_model_does_not_reach_the_terminal(
    kind: str, letter_by_letter: bool, tmp_path: Path
) -> None:
    text = HOSTILE[kind]
    with serving(HELLO, faults=sending(*(text if letter_by_letter else [text]))) as server:
        configured(tmp_path, server.api_base)
        outcome = vibe("-p", "?", home=tmp_path, env=ENV)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.rstrip("\n").replace("\n", " ") in {"ab", "good bad"}


def test_hostile_words_of_a_provider_do_not_reach_the_terminal(tmp_path: Path) -> None:
    message = f"no\x1b]52;c;cm0gLXJmIH4=\x07 \u202ekey\x9b31m {KEY}"
    with serving(HELLO, faults=refusing(message)) as server:
        configured(tmp_path, server.api_base)
        outcome = vibe("-p", "?", home=tmp_path, env=ENV)
    assert (outcome.code, outcome.out) == (1, "")
    assert "error: strong: 400 bad request: no key ***\n" in outcome.err
    assert "\x1b" not in outcome.err


def test_half_a_character_pair_does_no_harm(tmp_path: Path) -> None:
    with serving(HELLO, faults=sending("a", "b")) as server:
        configured(tmp_path, server.api_base)
        assert vibe("-p", "\udcff", home=tmp_path, env=ENV).out == "ab\n"


def test_verbose_writes_no_key(tmp_path: Path) -> None:
    log = tmp_path / "vibe.log"
    with serving(HELLO, faults=play("unauthorized")) as server:
        configured(tmp_path, server.api_base)
        vibe("-p", "--verbose", "--log-file", str(log), "?", home=tmp_path, env=ENV)
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert KEY.encode() not in b"".join(written)


def test_a_real_process_answers_from_stdin(tmp_path: Path) -> None:
    with serving(echo) as server:
        configured(tmp_path, server.api_base)
        started = process("-p", "what is this?", home=tmp_path)
        out, err = started.communicate("Grüße\n", timeout=30)
    assert (started.returncode, out, err) == (0, "what is this?\n\nGrüße\n", "")


def test_stdin_that_is_not_utf8_is_sent_as_far_as_it_is(tmp_path: Path) -> None:
    with serving(echo) as server:
        configured(tmp_path, server.api_base)
        done = subprocess.run(
            [VIBE, "-p"],
            env={"HOME": str(tmp_path), "PATH": os.environ["PATH"], **ENV},
            input=b"caf\xe9 au lait",
            capture_output=True,
            check=False,
        )
    assert (done.returncode, done.stdout.decode()) == (0, "caf\ufffd au lait\n")


@pytest.mark.parametrize("output", ["text", "json", "stream-json"])
def test_a_reader_that_goes_away_ends_the_request(output: str, tmp_path: Path) -> None:
    with serving(says("word " * 2_000)) as server:
        configured(tmp_path, server.api_base)
        with process("-p", "--output", output, "?", home=tmp_path) as started:
            assert started.stdin
            assert started.stdout
            assert started.stderr
            started.stdin.close()
            started.stdout.close()
            assert started.wait(timeout=30) == 1
            assert started.stderr.read() == ""
