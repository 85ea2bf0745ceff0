"""`python -m vibe.testing`: what it prints, what it refuses, and that it serves until Ctrl+C."""

from __future__ import annotations

import asyncio
import io
import re
import signal
import socket
import subprocess
import sys

import pytest

from tests.law import ROOT
from tests.testing.client import ask
from vibe.errors import ExitCode
from vibe.testing.__main__ import main
from vibe.testing.faults import listing


def test_the_list_is_that_of_the_document() -> None:
    out = io.StringIO()
    assert main(["--list"], out) == ExitCode.FINISHED
    assert out.getvalue() == listing()
    assert f"```text\n{listing()}```\n" in (ROOT / "docs" / "testing.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        pytest.param(
            ["--fault", "rate_limt"],
            'there is no fault "rate_limt": did you mean rate_limit?',
            id="a typing error",
        ),
        pytest.param(
            ["--fault", "no_such_thing_at_all"],
            'there is no fault "no_such_thing_at_all": --list tells them all',
            id="a fault that nobody knows",
        ),
        pytest.param(
            ["--fault", "overloaded"],
            "overloaded exists only with --dialect anthropic",
            id="another dialect",
        ),
        pytest.param(["--port", "70000"], "70000 is no port: they end at 65535", id="no port"),
    ],
)
def test_what_cannot_be_done_is_refused(
    args: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(args, io.StringIO())
    told = capsys.readouterr().err.splitlines()[-1]
    assert (ended.value.code, told) == (2, f"python -m vibe.testing: error: {expected}")


def test_a_port_that_is_taken_is_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code = main(["--port", str(port)], io.StringIO())
    told = f"error: port {port} of 127.0.0.1: Address already in use\n"
    assert (code, capsys.readouterr().err) == (ExitCode.FAILED, told)


def test_it_serves_until_it_is_interrupted() -> None:
    running = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "vibe.testing", "--fault", "early_hints"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert running.stdout
    with running.stdout as printed:
        head = [next(printed) for _ in range(4)]
        base = re.fullmatch(r'api_base = "(http://127\.0\.0\.1:\d+/v1)"\n', head[0])
        assert base
        assert asyncio.run(ask(base[1], "/v1/models", method="GET")).status == 200
        served = next(printed)
        running.send_signal(signal.SIGINT)
        rest = printed.read()
    assert (head[1:], served, rest, running.wait()) == (
        [
            'backend = "generic"\n',
            "every request: early_hints: two interim answers come first: 100 and 103\n",
            "Ctrl+C ends it.\n",
        ],
        "GET /v1/models: answered (early_hints)\n",
        "",
        0,
    )
