"""Claude Code and Codex repair a file through `vibe serve`, by a scripted model that is cut short.

TEST_CLIENTS names the folder in which both are, such as the `node_modules/.bin` of an `npm install
@anthropic-ai/claude-code @openai/codex`. They get a home of their own, dummies for keys, and no way
out of this machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from msgspec import Struct

from tests.cli.running import VIBE, process
from tests.cli.serving import ENV, configured, serving
from vibe.domain.message import Results
from vibe.domain.model import Backend, BrokenStream
from vibe.testing.exchange import Answer, Asked, Call, call
from vibe.testing.faults import play

pytestmark = pytest.mark.real

FOLDER: Final = os.environ.get("TEST_CLIENTS", "")
WRONG: Final = "def total(prices):\n    return sum(prices) - 1\n"
RIGHT: Final = "def total(prices):\n    return sum(prices)\n"
CHECK: Final = 'from shop import total\n\nassert total([1, 2]) == 3\nprint("the test passes")\n'
TASK: Final = "The test in check.py fails. Repair shop.py."
DONE: Final = "Repaired: the total was one too low, and the test passes now."
IN_TEXT: Final = 6  # events of any dialect: some words have come, and some have not
PATCH: Final = """\
*** Begin Patch
*** Update File: shop.py
@@
-    return sum(prices) - 1
+    return sum(prices)
*** End Patch
"""
SECOND: Final = """
[[providers]]
name = "other"
api_base = "{api_base}"
api_key_env_var = "TEST_API_KEY"
backend = "{backend}"
"""
POOL: Final = """
[[models]]
name = "other-model"
provider = "other"
alias = "standby"

[multiplexer]
enabled = true
mode = "failover"
pool = [{{ model = "strong" }}, {{ model = "standby" }}]

[gateway]
on_broken_stream = "{on_broken}"
"""


class Client(Struct, frozen=True, kw_only=True):
    """`steps` are what its model calls, one after the other; `quiet` keeps it at home."""

    name: str
    args: tuple[str, ...]
    quiet: dict[str, str]
    steps: Callable[[Path], tuple[Call, ...]]


def claudes(folder: Path) -> tuple[Call, ...]:
    file = str(folder / "shop.py")
    return (
        call("Read", file_path=file),
        call("Edit", file_path=file, old_string="sum(prices) - 1", new_string="sum(prices)"),
        call("Bash", command="python3 check.py", description="Run the test"),
    )


def codexs(_folder: Path) -> tuple[Call, ...]:
    return (
        call("exec_command", cmd="cat shop.py"),
        call("exec_command", cmd=f"apply_patch <<'EOF'\n{PATCH}EOF"),
        call("exec_command", cmd="python3 check.py"),
    )


CLAUDE: Final = Client(
    name="claude",
    args=("-p", TASK, "--allowedTools", "Read", "Edit", "Bash"),
    quiet={"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_TELEMETRY": "1"},
    steps=claudes,
)
CODEX: Final = Client(
    name="codex",
    args=(
        "-c", "analytics.enabled=false", "-c", "check_for_update_on_startup=false",
        "exec", "--skip-git-repo-check", "--sandbox", "danger-full-access", TASK,
    ),
    quiet={},
    steps=codexs,
)  # fmt: skip


def repairing(client: Client, folder: Path) -> Callable[[Asked], Answer]:
    """The next step is the one of which no result has come; without tools it has little to say."""
    steps = client.steps(folder)

    def model(asked: Asked) -> Answer:
        if not asked.tools:
            return Answer(text="A repair")
        done = sum(len(each.results) for each in asked.messages if isinstance(each, Results))
        if done < len(steps):
            return Answer(text=f"This is step {done + 1} of the repair.", calls=(steps[done],))
        return Answer(text=DONE)

    return model


@pytest.fixture(params=[CLAUDE, CODEX], ids=lambda client: client.name)
def client(request: pytest.FixtureRequest) -> Client:
    wanted: Client = request.param
    if not shutil.which(wanted.name, path=FOLDER):
        pytest.skip(f"{wanted.name} is not in the folder that TEST_CLIENTS names: {FOLDER!r}")
    return wanted


@pytest.mark.parametrize(
    ("on_broken", "at_event", "told"),
    [
        pytest.param("stop", IN_TEXT, "closed in the middle of the answer", id="told"),
        pytest.param("continue", IN_TEXT, "standby", id="gone on in the text"),
        pytest.param("continue", None, "standby", id="gone on in the call"),
    ],
)
@pytest.mark.parametrize("dialect", ["generic", "anthropic", "responses"])
def test_a_client_finishes_its_repair_though_the_first_model_is_cut(
    client: Client,
    dialect: Backend,
    on_broken: BrokenStream,
    at_event: int | None,
    told: str,
    tmp_path: Path,
) -> None:
    home, folder = tmp_path / "home", tmp_path / "shop"
    home.mkdir()
    folder.mkdir()
    (folder / "shop.py").write_text(WRONG)
    (folder / "check.py").write_text(CHECK)
    model = repairing(client, folder)
    cut = play("close_in_body", at_event=at_event)
    with (
        serving(model, dialect=dialect, faults=cut) as first,
        serving(model, dialect=dialect) as second,
    ):
        more = SECOND.format(api_base=second.api_base, backend=dialect)
        pool = POOL.format(on_broken=on_broken)
        configured(home, first.api_base, backend=dialect, more=more, pool=pool)
        gateway = process("serve", "--port", "0", home=home)
        try:
            done = run(client, gateway, home=home, folder=folder)
        finally:
            gateway.terminate()
            log = gateway.communicate(timeout=60)[1]
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{log}"
    assert done.stdout.rstrip().endswith(DONE)
    assert (folder / "shop.py").read_text() == RIGHT
    assert [each.fault for each in first.requests] == ["close_in_body"]
    assert told in log


def run(
    client: Client, gateway: subprocess.Popen[str], *, home: Path, folder: Path
) -> subprocess.CompletedProcess[str]:
    assert gateway.stderr
    while gateway.stderr.readline().strip():
        pass
    nowhere = "http://127.0.0.1:9"
    return subprocess.run(
        [VIBE, "with", client.name, *client.args],
        cwd=folder,
        env={
            "HOME": str(home),
            "PATH": f"{FOLDER}:{os.environ['PATH']}",
            "HTTPS_PROXY": nowhere,
            "HTTP_PROXY": nowhere,
            **ENV,
            **client.quiet,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
