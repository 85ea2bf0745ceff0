"""The commands of the README on a machine that has nothing but a Python, or not even that.

The quick tests give the scripts a PATH of stand-ins that only note what they were asked for; the
slow one installs for real. Nothing outside the test's own folder is written.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from vibe import __version__

from . import ROOT, project_files

TOOLS = ("sh", "dirname", "cksum", "mv", "rm", "mkdir", "cp", "chmod", "cat")

# A Python that makes environments out of itself. Its code runs in the real one, but for the
# question whether it has ensurepip, when the machine is to lack that.
PYTHON = f"""#!/bin/sh
case $2 in
-c)
    case $3 in *ensurepip*) [ ! -e "$BARE" ] || {{ echo 3.11 bare; exit; }} ;; esac
    exec '{sys.executable}' "$@" ;;
esac
case $3 in
venv)
    echo venv >>"$LOG"
    rm -rf "$5"
    mkdir -p "$5/bin"
    cp "$0" "$5/bin/python" ;;
pip)
    cat >/dev/null
    for package; do :; done
    echo "pip $package" >>"$LOG"
    [ ! -e "$OFFLINE" ] || {{ echo no network >&2; exit 1; }}
    printf '#!/bin/sh\\nprintf "<%%s>" "$@"; pwd; cat\\n' >.venv/bin/vibe
    cp .venv/bin/vibe .venv/bin/pytest
    chmod +x .venv/bin/* ;;
esac
"""
FAILING = "#!/bin/sh\necho not installed >&2\nexit 127\n"
TOO_OLD = "#!/bin/sh\nexit 0\n"
PREPARING = "vibe: preparing .venv with python3.12; this happens once\n"
NO_PYTHON = (
    "vibe: needs Python 3.11 or newer and found none: install it, or set PYTHON to its path\n"
)


class Ran(NamedTuple):
    code: int
    stdout: str
    stderr: str


class Machine:
    """A checkout and a PATH with the tools that the scripts may count on, and nothing else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkout = folder / "a checkout"
        self.bin = folder / "bin"
        self.log = folder / "log"
        self.bin.mkdir()
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool) or tool)
        shutil.copytree(ROOT / "scripts", self.checkout / "scripts")
        shutil.copy(ROOT / "pyproject.toml", self.checkout)

    def add(self, program: str, source: str) -> None:
        (self.bin / program).write_text(source)
        (self.bin / program).chmod(0o755)

    def start(self, script: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["sh", str(self.checkout / "scripts" / script), *arguments],
            cwd=self.folder,
            env={
                "PATH": str(self.bin),
                "LOG": str(self.log),
                "BARE": str(self.folder / "bare"),
                "OFFLINE": str(self.folder / "offline"),
                **environment,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, script: str, *arguments: str, stdin: str = "", **environment: str) -> Ran:
        process = self.start(script, *arguments, **environment)
        stdout, stderr = process.communicate(stdin)
        return Ran(process.returncode, stdout, stderr)

    def asked(self) -> list[str]:
        """What the stand-ins were asked for since the last time."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return lines


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def prepared(machine: Machine) -> Machine:
    machine.add("python3.12", PYTHON)
    assert machine.run("run").stderr == PREPARING
    assert machine.asked() == ["venv", "pip .[serve]"]
    return machine


@pytest.mark.parametrize(
    ("shell", "script"),
    [
        ("sh", "scripts/env"),
        ("sh", "scripts/run"),
        ("sh", "scripts/test"),
        ("bash", ".ci/run"),
    ],
)
def test_each_script_is_well_formed(shell: str, script: str) -> None:
    subprocess.run([shell, "-n", script], cwd=ROOT, check=True)


@pytest.mark.parametrize(
    "pythons",
    [
        pytest.param({}, id="none"),
        pytest.param({"python3.13": FAILING, "python3": FAILING}, id="shims that fail"),
        pytest.param({"python3": TOO_OLD}, id="too old"),
    ],
)
def test_without_a_suitable_python_one_sentence_says_so(
    machine: Machine, pythons: dict[str, str]
) -> None:
    for name, source in pythons.items():
        machine.add(name, source)
    assert machine.run("run") == Ran(2, "", NO_PYTHON)


@pytest.mark.parametrize(
    ("pythons", "environment", "chosen"),
    [
        pytest.param({"python3": PYTHON}, {}, "python3", id="the only one"),
        pytest.param({"python3": PYTHON, "python3.11": PYTHON}, {}, "python3.11", id="by version"),
        pytest.param({"python3": PYTHON, "python3.14": FAILING}, {}, "python3", id="past a shim"),
        pytest.param({"python3": PYTHON, "mine": PYTHON}, {"PYTHON": "mine"}, "mine", id="named"),
        pytest.param({"python3": PYTHON}, {"PYTHON": "mine"}, "python3", id="named, missing"),
    ],
)
def test_the_first_python_that_works_is_taken(
    machine: Machine, pythons: dict[str, str], environment: dict[str, str], chosen: str
) -> None:
    for name, source in pythons.items():
        machine.add(name, source)
    ran = machine.run("run", **environment)
    assert ran.stderr == PREPARING.replace("python3.12", chosen)


def test_a_later_run_is_vibe_and_nothing_else(prepared: Machine) -> None:
    ran = prepared.run("run", "-p", "two  words", stdin="a task\n")
    assert ran == Ran(0, f"<-p><two  words>{prepared.folder}\na task\n", "")
    assert prepared.asked() == []


def test_the_first_run_leaves_stdin_and_stdout_to_vibe(machine: Machine) -> None:
    machine.add("python3.12", PYTHON)
    ran = machine.run("run", "-p", stdin="a task\n")
    assert ran == Ran(0, f"<-p>{machine.folder}\na task\n", PREPARING)


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [((), "<-n><2>"), (("-k", "a b"), "<-k><a b>")],
    ids=["the whole lane on two workers", "some tests as pytest would"],
)
def test_tests_run_at_the_root(prepared: Machine, arguments: tuple[str, ...], passed: str) -> None:
    ran = prepared.run("test", *arguments)
    assert ran == Ran(0, f"{passed}{prepared.checkout}\n", PREPARING)
    assert prepared.asked() == ["pip .[serve,test]"]


def test_what_an_extra_added_stays(prepared: Machine) -> None:
    prepared.run("test")
    prepared.run("env", "lint")
    prepared.run("run")
    prepared.run("test")
    assert prepared.asked() == ["pip .[serve,test]", "pip .[serve,test,lint]"]


def test_a_changed_pyproject_is_installed_into_what_is_there(prepared: Machine) -> None:
    prepared.run("test")
    (prepared.checkout / "pyproject.toml").write_text("[project]\n")
    prepared.run("run")
    assert prepared.asked() == ["pip .[serve,test]", "pip .[serve,test]"]


def test_a_moved_checkout_is_made_anew(prepared: Machine) -> None:
    prepared.checkout = prepared.checkout.rename(prepared.folder / "elsewhere")
    prepared.run("run")
    assert prepared.asked() == ["venv", "pip .[serve]"]


def test_a_vanished_python_is_replaced(prepared: Machine) -> None:
    python = prepared.checkout / ".venv/bin/python"
    python.unlink()
    python.symlink_to(prepared.folder / "upgraded away")
    prepared.run("run")
    assert prepared.asked() == ["venv", "pip .[serve]"]


def test_an_unfinished_environment_is_made_anew(machine: Machine) -> None:
    machine.add("python3.12", PYTHON)
    (machine.folder / "offline").touch()
    failed = "no network\nvibe: pip could not install vibe; its reason stands above\n"
    assert machine.run("run") == Ran(2, "", PREPARING + failed)
    (machine.folder / "offline").unlink()
    assert machine.run("run").code == 0
    assert machine.asked() == ["venv", "pip .[serve]", "venv", "pip .[serve]"]


def test_an_update_that_fails_is_tried_again_on_what_is_there(prepared: Machine) -> None:
    (prepared.checkout / "pyproject.toml").write_text("[project]\n")
    (prepared.folder / "offline").touch()
    assert prepared.run("run").code == 2
    (prepared.folder / "offline").unlink()
    assert prepared.run("run").code == 0
    assert prepared.asked() == ["pip .[serve]", "pip .[serve]"]


def test_two_first_runs_at_once_install_once(machine: Machine) -> None:
    machine.add("python3.12", PYTHON)
    both = [machine.start("run"), machine.start("run")]
    ended = [(process.communicate(), process.returncode) for process in both]
    assert ended == [((f"<>{machine.folder}\n", PREPARING), 0)] * 2
    assert machine.asked() == ["venv", "pip .[serve]"]


@pytest.mark.parametrize(
    ("programs", "said"),
    [
        pytest.param(
            {},
            "vibe: python3.12 lacks its ensurepip module: "
            "install that, or set PYTHON to another Python\n",
            id="no Debian",
        ),
        pytest.param(
            {"apt-get": FAILING, "id": "#!/bin/sh\necho 1000\n"},
            "vibe: python3.12 cannot make an environment yet: "
            "run `sudo apt-get install python3.11-venv`, then this again\n",
            id="Debian, not root",
        ),
        pytest.param(
            {"apt-get": FAILING, "id": "#!/bin/sh\necho 0\n"},
            "vibe: installing python3.11-venv, "
            "without which python3.12 cannot make an environment\n"
            "not installed\nnot installed\n"
            "vibe: apt-get could not install python3.11-venv\n",
            id="Debian, in vain",
        ),
    ],
)
def test_a_python_that_cannot_make_environments_is_told_with_its_remedy(
    machine: Machine, programs: dict[str, str], said: str
) -> None:
    machine.add("python3.12", PYTHON)
    (machine.folder / "bare").touch()
    for name, source in programs.items():
        machine.add(name, source)
    assert machine.run("run") == Ran(2, "", said)


def test_root_on_debian_gets_the_missing_package(machine: Machine) -> None:
    machine.add("python3.12", PYTHON)
    (machine.folder / "bare").touch()
    machine.add("id", "#!/bin/sh\necho 0\n")
    machine.add("apt-get", '#!/bin/sh\necho "apt-get $*" >>"$LOG"\n')
    assert machine.run("run").code == 0
    assert machine.asked() == [
        "apt-get update -qq",
        "apt-get install -y -qq --no-install-recommends python3.11-venv",
        "venv",
        "pip .[serve]",
    ]


def test_a_complete_python_is_preferred_to_a_newer_one_that_needs_a_package(
    machine: Machine,
) -> None:
    machine.add("python3.12", PYTHON)
    machine.add("python3.13", PYTHON.replace('[ ! -e "$BARE" ] ||', ""))
    assert machine.run("run").stderr == PREPARING


@pytest.mark.slow
def test_a_fresh_copy_installs_itself_once(tmp_path: Path) -> None:
    checkout = tmp_path / "a fresh copy"
    for file in project_files():
        target = checkout / file.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    home = tmp_path / "home"
    home.mkdir()
    environment = os.environ | {"HOME": str(home), "PYTHON": sys.executable}

    def version() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", str(checkout / "scripts/run"), "--version"],
            cwd=home,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )

    first = version()
    stamp = (checkout / ".venv/installed").stat()
    second = version()
    assert first.stdout == second.stdout == f"vibe {__version__}\n"
    assert first.stderr.startswith("vibe: preparing .venv with ")
    assert second.stderr == ""
    assert (checkout / ".venv/installed").stat() == stamp
