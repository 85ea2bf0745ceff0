"""A process that is ended politely says good-bye to the memory that it shares with others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.pooled import pooled
from tests.cli.serving import ENV
from tests.drive import vibe
from vibe.testing.faults import play

VIBE = Path(sys.executable).with_name("vibe")
ENDED = {
    "interrupted": ("", signal.SIGINT, 130),
    "terminated": ("", signal.SIGTERM, 143),
    "its terminal is closed": ("", signal.SIGHUP, 129),
    "terminated in the background": ("trap '' INT;", signal.SIGTERM, 143),
}


@pytest.mark.parametrize("case", ENDED)
def test_who_is_ended_leaves_word_and_no_place_taken(case: str, tmp_path: Path) -> None:
    before, number, code = ENDED[case]
    with pooled(tmp_path, play("stall_before_headers")) as (server, _):
        asking = subprocess.Popen(
            ["/bin/sh", "-c", f'{before} exec "$0" -p "?"', VIBE],
            env={"HOME": str(tmp_path), "PATH": os.environ["PATH"], **ENV},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        with asking:
            server.wait_for(1)
            if before:
                asking.send_signal(signal.SIGINT)  # in vain
            asking.send_signal(number)
            _, err = asking.communicate(timeout=30)
        why = vibe("mux", "why", home=tmp_path, env=ENV).out
        status = vibe("mux", "status", home=tmp_path, env=ENV).out
    assert (asking.returncode, "Traceback" in err) == (code, False)
    assert "not answered" in why
    assert "stopped" in why
    assert "in use" not in status
