"""Rewriting under `kill -9` and under two processes at once, for as long as chance needs."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from vibe.config.write import rewrite

pytestmark = pytest.mark.slow

SHORT = b"short\n"
LONG = b"a longer line\n" * 20_000

ALTERNATE = """
import sys
from pathlib import Path
from vibe.config.write import rewrite

short, long = b"short\\n", b"a longer line\\n" * 20_000
print("ready", flush=True)
while True:
    rewrite(Path(sys.argv[1]), lambda old: long if old == short else short)
"""

COUNT = """
import sys
from pathlib import Path
from vibe.config.write import rewrite

for _ in range(200):
    rewrite(Path(sys.argv[1]), lambda old: b"%d" % (int(old or b"0") + 1), wait_s=300)
"""


def test_after_any_kill_the_file_holds_the_old_or_the_new_content(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(SHORT)
    chance = random.Random(19)  # noqa: S311 (moments of death, not secrets)
    struck = 0

    for _ in range(250):
        with subprocess.Popen(
            [sys.executable, "-c", ALTERNATE, str(path)], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                writer.wait(chance.uniform(0, 0.02))
            writer.kill()
        assert path.read_bytes() in (SHORT, LONG)
        leftovers = len(list(tmp_path.iterdir())) - 1
        assert leftovers in (0, 1)
        struck += leftovers

    assert struck, "no kill fell between the first byte and the rename"
    rewrite(path, lambda _: b"alive")
    assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == {
        "config.toml": b"alive"
    }


def test_two_processes_that_count_in_one_file_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "counter"
    counters = [subprocess.Popen([sys.executable, "-c", COUNT, str(path)]) for _ in range(2)]

    assert [counter.wait() for counter in counters] == [0, 0]
    assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == {"counter": b"400"}
