"""The log loses and tears no line, shows no secret, runs no terminal control, and never raises."""

from __future__ import annotations

import io
import logging
import os
import re
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vibe.log import FileLog, start_logging
from vibe.secret import Redactor

CANARY = "canary-0123456789"
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "state" / "vibe.log"
    logger = logging.getLogger("vibe")
    for log in logs_of(logger):
        logger.removeHandler(log)
        log.close()
    logger.setLevel(logging.NOTSET)
    logger.propagate = True


@pytest.fixture
def logger(path: Path) -> logging.Logger:
    start_logging(path, redactor=Redactor([CANARY]))
    return logging.getLogger("vibe.mux")


def logs_of(logger: logging.Logger) -> list[FileLog]:
    return [handler for handler in logger.handlers if isinstance(handler, FileLog)]


def lines_of(path: Path) -> list[str]:
    """The lines, with what differs between two runs taken out."""
    text = path.read_text(encoding="utf-8").replace(f"[{os.getpid()}]", "[PID]")
    return re.sub(rf"(?m)^{MOMENT}", "TIME", text).splitlines()


def a_record(message: object, *args: object, created: float = 0.0) -> logging.LogRecord:
    record = logging.LogRecord("vibe", logging.INFO, "a.py", 7, message, args, None)
    record.created = created
    return record


def test_a_record_tells_when_how_grave_who_and_what(path: Path):
    log = FileLog(path, redactor=Redactor(()))
    log.handle(a_record("chose %s", "fast", created=1_700_000_000.25))
    log.close()
    expected = f"2023-11-14T22:13:20.250000Z INFO vibe[{os.getpid()}] chose fast\n"
    assert path.read_text(encoding="utf-8") == expected


def test_the_file_and_the_folder_are_the_owner_s_alone(path: Path, logger: logging.Logger):
    logger.info("a")
    modes = [stat.S_IMODE(place.stat().st_mode) for place in (path, path.parent)]
    assert modes == [0o600, 0o700]


def test_a_file_that_others_may_read_is_closed_to_them(path: Path, logger: logging.Logger):
    path.parent.mkdir()
    path.touch()
    path.chmod(0o644)
    logger.info("a")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_there_is_no_file_before_the_first_record(path: Path, logger: logging.Logger):
    assert not path.parent.exists()
    logger.info("a")
    assert lines_of(path) == ["TIME INFO vibe.mux[PID] a"]


def test_only_a_verbose_log_holds_details(path: Path):
    for verbose in (False, True):
        start_logging(path, redactor=Redactor(()), verbose=verbose)
        logging.getLogger("vibe").debug("verbose: %s", verbose)
    assert lines_of(path) == ["TIME DEBUG vibe[PID] verbose: True"]


def test_a_later_log_takes_the_place_of_the_earlier(path: Path, logger: logging.Logger):
    later = path.with_name("later.log")
    log = start_logging(later, redactor=Redactor(()))
    logger.info("a")
    assert (logs_of(logging.getLogger("vibe")), path.exists()) == ([log], False)
    assert lines_of(later) == ["TIME INFO vibe.mux[PID] a"]


def test_the_root_logger_hears_nothing(logger: logging.Logger):
    heard = logging.StreamHandler(io.StringIO())
    logging.getLogger().addHandler(heard)
    logger.error("a")
    logging.getLogger().removeHandler(heard)
    assert heard.stream.getvalue() == ""


def test_a_secret_is_in_no_part_of_a_record(path: Path, logger: logging.Logger):
    logger.info(f"in the message {CANARY}")
    logger.info("in an argument %s", CANARY)
    logger.info("in a value %r", {"key": CANARY})
    logger.info("cut by what is not seen: canary-\u200b0123456789")
    logger.getChild(CANARY).info("in the name")
    try:
        raise ValueError(CANARY)
    except ValueError:
        logger.exception("in the traceback")
    text = path.read_text(encoding="utf-8")
    assert CANARY not in text
    assert text.count("***") == 6


def test_a_traceback_is_indented_under_its_record(path: Path, logger: logging.Logger):
    try:
        raise ValueError("no\nsuch")
    except ValueError:
        logger.exception("failed")
    lines = lines_of(path)
    assert [lines[0], lines[1], *lines[-2:]] == [
        "TIME ERROR vibe.mux[PID] failed",
        "    Traceback (most recent call last):",
        "    ValueError: no",
        "    such",
    ]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\u2028", "\u2029"], ids=ascii)
def test_a_line_within_a_message_cannot_pass_for_a_record(
    path: Path, logger: logging.Logger, end: str
):
    forged = "2023-11-14T22:13:20.250000Z INFO vibe[1] all is well"
    logger.info("a%s%s%s", end, forged, end)
    logger.getChild(f"b{end}{forged}").info("c")
    assert lines_of(path) == [
        "TIME INFO vibe.mux[PID] a",
        f"    {forged}",
        "TIME INFO vibe.mux.b",
        f"    {forged}[PID] c",
    ]


def test_terminal_controls_do_not_reach_the_file(path: Path):
    log = FileLog(path, redactor=Redactor(()))
    record = a_record("\x1b]52;c;AAAA\x07a\x1b[2J\x9b1mb\u202ec\x00\ud800")
    record.name = "vibe.\x1b[1mmux"
    log.handle(record)
    log.close()
    assert lines_of(path) == ["TIME INFO vibe.mux[PID] abc\ufffd"]


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError(CANARY)


def test_a_record_that_cannot_be_formatted_leaves_its_place(path: Path):
    log = FileLog(path, redactor=Redactor(()))
    log.handle(a_record("%d", "one"))
    log.handle(a_record("%s", Unprintable()))
    log.handle(a_record(Unprintable()))
    log.close()
    assert lines_of(path) == [
        "TIME INFO vibe[PID] (TypeError while formatting the record of a.py:7)",
        "TIME INFO vibe[PID] (RuntimeError while formatting the record of a.py:7)",
        "TIME INFO vibe[PID] (RuntimeError while formatting the record of a.py:7)",
    ]


def test_a_full_file_moves_on_and_the_oldest_is_dropped(path: Path):
    log = FileLog(path, redactor=Redactor(()), max_bytes=120, keep=2)
    for number in range(8):  # two of them fit
        log.handle(a_record("%d", number))
    log.close()
    kept = {file.name: [line[-1] for line in lines_of(file)] for file in path.parent.glob("*log*")}
    assert kept == {
        "vibe.log": ["6", "7"],
        "vibe.log.1": ["4", "5"],
        "vibe.log.2": ["2", "3"],
        "vibe.log.lock": [],
    }


def test_a_record_larger_than_the_file_may_be_has_one_of_its_own(path: Path):
    log = FileLog(path, redactor=Redactor(()), max_bytes=100, keep=3)
    for message in ("a", "b" * 200, "c"):
        log.handle(a_record(message))
    log.close()
    kept = [lines_of(path.with_name(f"vibe.log{end}"))[0][-1] for end in (".2", ".1", "")]
    assert kept == ["a", "b", "c"]


def test_a_file_that_another_process_has_rotated_is_let_go(path: Path, logger: logging.Logger):
    logger.info("a")
    path.rename(path.with_name("vibe.log.1"))
    logger.info("b")
    assert [lines_of(path.with_name("vibe.log.1")), lines_of(path)] == [
        ["TIME INFO vibe.mux[PID] a"],
        ["TIME INFO vibe.mux[PID] b"],
    ]


def test_a_folder_that_was_removed_is_made_again(path: Path, logger: logging.Logger):
    logger.info("a")
    path.unlink()
    path.parent.rmdir()
    logger.info("b")
    assert lines_of(path) == ["TIME INFO vibe.mux[PID] b"]


WRITER = """
import logging, sys
from pathlib import Path
from vibe.log import FileLog
from vibe.secret import Redactor

log = FileLog(
    Path(sys.argv[1]), redactor=Redactor(()), max_bytes=20_000, keep=99, on_trouble=sys.exit
)
logger = logging.getLogger("vibe")
logger.addHandler(log)
print("ready", flush=True)
input()
for number in range(2000):
    logger.error("%s line %d %s", sys.argv[2], number, "x" * (number % 100))
"""


def test_two_processes_that_write_and_rotate_lose_and_tear_no_line(path: Path):
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:  # neither starts before both are there
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        assert writer.communicate() == ("", None)
        assert writer.returncode == 0

    files = [file for file in path.parent.iterdir() if file.suffix != ".lock"]
    found = Counter(
        re.sub(rf"^{MOMENT} ERROR vibe\[\d+\] ", "", line)
        for file in files
        for line in file.read_text(encoding="utf-8").splitlines()
    )
    expected = Counter(
        f"{name} line {number} {'x' * (number % 100)}".rstrip()
        for name in ("one", "two")
        for number in range(2000)
    )
    assert found == expected
    assert len(files) > 10
    assert min(file.stat().st_size for file in files if file != path) > 19_000  # none moved early


def make_a_folder(path: Path) -> None:
    path.mkdir(parents=True)


def make_its_folder_a_file(path: Path) -> None:
    path.parent.touch()


def make_a_pipe(path: Path) -> None:
    path.parent.mkdir()
    os.mkfifo(path)


def make_a_device(path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to("/dev/null")


@pytest.mark.parametrize(
    ("obstacle", "reason"),
    [
        (make_a_folder, "Is a directory"),
        (make_its_folder_a_file, "Not a directory"),
        (make_a_pipe, "No such device or address"),
        (make_a_device, "not a regular file"),
    ],
)
def test_trouble_with_the_file_is_told_once_and_ends_the_log(
    path: Path, obstacle: Callable[[Path], None], reason: str
):
    obstacle(path)
    told: list[str] = []
    start_logging(path, redactor=Redactor(()), on_trouble=told.append)
    for message in ("a", "b"):
        logging.getLogger("vibe").info(message)
    assert told == [f"the log is off: cannot write {path} ({reason})"]


def test_trouble_on_the_way_is_told_once_and_ends_the_log(path: Path):
    told: list[str] = []
    log = FileLog(path, redactor=Redactor(()), max_bytes=1, keep=1, on_trouble=told.append)
    log.handle(a_record("a"))
    path.with_name("vibe.log.1").mkdir()
    for message in ("b", "c"):
        log.handle(a_record(message))
    assert told == [f"the log is off: cannot write {path} (Is a directory)"]
    assert lines_of(path) == ["TIME INFO vibe[PID] a"]


def test_trouble_may_itself_be_logged(path: Path):
    make_a_folder(path)
    told: list[str] = []

    def tell(trouble: str) -> None:
        told.append(trouble)
        logging.getLogger("vibe").warning(trouble)

    start_logging(path, redactor=Redactor(()), on_trouble=tell)
    logging.getLogger("vibe").info("a")
    assert len(told) == 1


FILLER = """
import logging, resource, sys
from pathlib import Path
from vibe.log import start_logging
from vibe.secret import Redactor

resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
start_logging(Path(sys.argv[1]), redactor=Redactor(()), on_trouble=print)
for _ in range(3):
    logging.getLogger("vibe").info("x" * 30)
"""


def test_a_record_that_is_written_in_part_ends_the_log(path: Path):
    done = subprocess.run(
        [sys.executable, "-c", FILLER, str(path)], capture_output=True, text=True, check=True
    )
    trouble = f"the log is off: cannot write {path} (No space left on device)\n"
    assert (done.stdout, done.stderr, path.stat().st_size) == (trouble, "", 100)


def test_a_closed_log_takes_no_more_and_does_not_complain(path: Path):
    told: list[str] = []
    log = FileLog(path, redactor=Redactor(()), on_trouble=told.append)
    log.handle(a_record("a"))
    log.close()
    log.handle(a_record("b"))
    log.close()
    assert (lines_of(path), told) == (["TIME INFO vibe[PID] a"], [])
