"""How many connections a process can have: as many as its open files allow, which are raised."""

from __future__ import annotations

import subprocess
import sys

import pytest

TOLD = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
from vibe.gateway.files import most_connections
print(most_connections(500), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(
    ("soft", "hard", "expected"),
    [
        pytest.param(2000, 2000, "500 2000", id="enough"),
        pytest.param(100, 2000, "500 1064", id="raised as far as is needed"),
        pytest.param(100, 264, "100 264", id="raised as far as may be"),
        pytest.param(64, 64, "1 64", id="hardly any"),
    ],
)
def test_files_are_there_for_both_sides_of_each_connection(
    soft: int, hard: int, expected: str
) -> None:
    code = TOLD.format(soft=soft, hard=hard)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == expected
