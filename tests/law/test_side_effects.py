"""Importing vibe does nothing but define: no file, process, thread, handler or output.

Run as a program this file is the probe: in a fresh interpreter it imports every module of one
package and tells what came of it. What a foreign library does on its own import is judged only by
what it leaves changed in the process.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import json
import logging
import os
import pkgutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).parents[2]
WATCHED = ("open", "os.", "shutil.", "tempfile.", "socket.", "subprocess.", "sqlite3.")


def side_effects(folder: str, package: str) -> list[str]:
    """What the modules of `package` in `folder` do when each is imported. Once per process."""
    found: list[str] = []

    def watch(event: str, _arguments: tuple[object, ...]) -> None:
        if event.startswith(WATCHED):
            culprit = module_at_fault(inspect.currentframe(), f"{folder}/{package}/")
            if culprit is not None:
                found.append(f"{culprit}: {event}")

    def import_(module: str) -> None:
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            before = process_state()
            importlib.import_module(module)
            after = process_state()
        found.extend(f"{module}: changed {part}" for part in before if before[part] != after[part])
        if said.getvalue():
            found.append(f"{module}: printed")

    sys.path.insert(0, folder)
    sys.addaudithook(watch)
    import_(package)
    for module in pkgutil.walk_packages([f"{folder}/{package}"], f"{package}."):
        import_(module.name)
    return found


def module_at_fault(frame: FrameType | None, home: str) -> str | None:
    """The nearest module of ours that did it; none where an import stands between, and did it."""
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        if frame.f_code.co_filename.startswith(home):
            return frame.f_globals["__name__"]
        frame = frame.f_back
    return None


def process_state() -> dict[str, object]:
    return {
        "environment": dict(os.environ),
        "exception hooks": (sys.excepthook, sys.unraisablehook, threading.excepthook),
        "folder": Path.cwd(),
        "logging": (*logging.root.handlers, logging.root.level),
        "signal handlers": [signal.getsignal(number) for number in sorted(signal.valid_signals())],
        "streams": (sys.stdin, sys.stdout, sys.stderr),
        "threads": threading.active_count(),
    }


SAMPLES = {
    "__init__": "",
    "calls": "from .defines import write\nwrite()",
    "chdirs": "import os\nos.chdir('/')",
    "connects": "import socket\nsocket.socket().close()",
    "defines": "import json\ndef write():\n    open(__file__ + '.log', 'w').close()",
    "exports": "import os\nos.environ['SAMPLE'] = '1'",
    "hooks": "import sys\nsys.excepthook = print",
    "listens": "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)",
    "logs": "import logging\nlogging.basicConfig()",
    "makes": "from pathlib import Path\n(Path(__file__).parent / 'state').mkdir()",
    "prints": "print('hello')",
    "reads": "from pathlib import Path\nPath(__file__).read_text()",
    "replaces": "import io, sys\nsys.stdout = io.StringIO()",
    "runs": "import subprocess\nsubprocess.run(['true'])",
    "starts": "from threading import *\nThread(target=Event().wait, daemon=True).start()",
}


def probe(folder: Path, package: str) -> object:
    run = subprocess.run(
        [sys.executable, __file__, str(folder), package],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_the_probe_sees_each_side_effect_and_whose_it_is(tmp_path: Path) -> None:
    package = tmp_path / "sample"
    package.mkdir()
    for name, source in SAMPLES.items():
        (package / f"{name}.py").write_text(source)
    assert probe(tmp_path, "sample") == [
        "sample.defines: open",
        "sample.chdirs: os.chdir",
        "sample.chdirs: changed folder",
        "sample.connects: socket.__new__",
        "sample.exports: os.putenv",
        "sample.exports: changed environment",
        "sample.hooks: changed exception hooks",
        "sample.listens: changed signal handlers",
        "sample.logs: changed logging",
        "sample.makes: os.mkdir",
        "sample.prints: printed",
        "sample.reads: open",
        "sample.replaces: changed streams",
        "sample.runs: subprocess.Popen",
        "sample.starts: changed threads",
    ]


def test_importing_any_module_of_vibe_has_no_side_effect() -> None:
    assert probe(ROOT, "vibe") == []


if __name__ == "__main__":
    print(json.dumps(side_effects(sys.argv[1], sys.argv[2])))  # noqa: T201  the probe's answer
