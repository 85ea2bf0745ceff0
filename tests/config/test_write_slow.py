"""Rewriting under `kill -9` and under two processes at once, for as long as chance needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from vibe.config.write import rewrite

pytestmark = pytest.mark.slow

KILL = """
import os, random, signal, sys, time
from pathlib import Path
from vibe.config.write import rewrite

short, long = b"short\\n", b"a longer line\\n" * 20_000
path = Path(sys.argv[1])
chance = random.Random(19)
struck = 0
for _ in range(2000):
    writer = os.fork()
    while writer == 0:
        rewrite(path, lambda old: long if old == short else short)
    time.sleep(chance.uniform(0, 0.01))
    os.kill(writer, signal.SIGKILL)
    os.waitpid(writer, 0)
    assert path.read_bytes() in (short, long)
    leftovers = len(list(path.parent.iterdir())) - 1
    assert leftovers in (0, 1)
    struck += leftovers
print(struck)
"""

COUNT = """
import sys
from pathlib import Path
from vibe.config.write import rewrite

for _ in range(1000):
    rewrite(Path(sys.argv[1]), lambda old: b"%d" % (int(old or b"0") + 1), wait_s=300)
"""


def test_after_any_kill_the_file_holds_the_old_or_the_new_content(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"short\n")

    killed = subprocess.run(
        [sys.executable, "-c", KILL, str(path)], capture_output=True, text=True, check=False
    )

    assert (killed.returncode, killed.stderr) == (0, "")
    assert int(killed.stdout), "no kill fell between the first byte and the rename"
    rewrite(path, lambda _: b"alive")
    assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == {
        "config.toml": b"alive"
    }


def test_two_processes_that_count_in_one_file_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "counter"
    counters = [subprocess.Popen([sys.executable, "-c", COUNT, str(path)]) for _ in range(2)]

    assert [counter.wait() for counter in counters] == [0, 0]
    assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == {"counter": b"2000"}
