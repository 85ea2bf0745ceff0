"""What stands in place of a configuration file: one sentence each, never a hang or a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.config.test_rows import GOOD, KEY
from tests.drive import corrected, vibe


def plain(file: Path) -> None:
    file.write_text(GOOD)


def folder(file: Path) -> None:
    file.mkdir()


def pipe(file: Path) -> None:
    os.mkfifo(file)


def loop(file: Path) -> None:
    file.symlink_to(file)


def large(file: Path) -> None:
    with file.open("wb") as stream:
        stream.truncate(50_000_000)


def utf16(file: Path) -> None:
    file.write_text(GOOD, encoding="utf-16")


def utf16_without_mark(file: Path) -> None:
    file.write_bytes(GOOD.encode("utf-16-le"))


def writable_by_all(file: Path) -> None:
    plain(file)
    file.chmod(0o777)


def empty(file: Path) -> None:
    file.write_text(" \n")


def with_bom(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())


def with_crlf(file: Path) -> None:
    file.write_bytes(GOOD.replace("\n", "\r\n").encode())


def linked(file: Path) -> None:
    target = file.with_name("target.toml")
    plain(target)
    file.symlink_to(target)


def json_file(file: Path) -> None:
    file.write_text(
        '{"active_model": null,\n "providers": [{"name": "a", '
        '"api_base": "http://127.0.0.1:8080/v1"}]}\n'
    )


def nothing(file: Path) -> None:
    """There is no such file."""


CASES: dict[str, tuple[Callable[[Path], None], int, str]] = {
    "missing": (nothing, 2, "error[file-missing]: there is no such file"),
    "folder": (folder, 2, "error[file-not-regular]: this is a folder, not a file"),
    "pipe": (pipe, 2, "error[file-not-regular]: this is a pipe, not a file"),
    "link-loop": (loop, 2, "error[file-link-loop]: "),
    "50-mb": (large, 2, "error[file-too-large]: this file is larger than 1 MB"),
    "utf-16": (utf16, 2, "error[text-encoding]: this is UTF-16 text, not UTF-8"),
    "utf-16-no-mark": (utf16_without_mark, 2, "error[text-encoding]: this is UTF-16"),
    "mode-0777": (writable_by_all, 0, "warning[file-writable-by-all]: writable by everyone; "
                  "another user could redirect your API keys"),
    "empty": (empty, 0, "warning[file-empty]: the file is empty; using defaults"),
    "bom": (with_bom, 0, "note[file-bom]"),
    "crlf": (with_crlf, 0, ": valid: "),
    "symlink": (linked, 0, ": valid: "),
    "json": (json_file, 2, "error[toml-json]: this is a JSON file; config.toml is TOML"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_it_is_told_in_a_sentence(name: str, tmp_path: Path) -> None:
    make, code, says = CASES[name]
    file = tmp_path / "config.toml"
    make(file)
    outcome = vibe("config", "validate", str(file), home=tmp_path, env=KEY)
    assert (outcome.code, says in outcome.out) == (code, True), outcome.out
    assert "Traceback" not in outcome.out + outcome.err


@pytest.mark.parametrize("name", ["utf-16", "mode-0777"])
def test_the_printed_command_mends_it(name: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    CASES[name][0](file)
    told = vibe("config", "validate", str(file), home=tmp_path, env=KEY).out
    command = next(line for line in told.split("\n") if line.startswith("   run: "))
    subprocess.run(["sh", "-c", command.removeprefix("   run: ")], check=True, cwd=tmp_path)
    assert vibe("config", "validate", "--strict", str(file), home=tmp_path, env=KEY).code == 0


def test_a_json_file_is_shown_as_toml(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    json_file(file)
    told = vibe("config", "validate", str(file), home=tmp_path)
    file.write_text(corrected(file.read_text(), told.out))
    assert vibe("config", "validate", "--strict", str(file), home=tmp_path).code == 0


def test_an_endless_device_is_no_file(tmp_path: Path) -> None:
    outcome = vibe("config", "validate", "/dev/zero", home=tmp_path)
    assert (outcome.code, "this is a device, not a file" in outcome.out) == (2, True)


def test_no_file_where_it_usually_is_means_defaults(tmp_path: Path) -> None:
    outcome = vibe("config", "validate", home=tmp_path)
    assert outcome.code == 0
    assert outcome.out == "no config file; using defaults. Create one: vibe config init\n"


AS_NOBODY = """
import os, sys
os.setgid(65534); os.setuid(65534)
sys.argv = ["vibe", "config", "validate", sys.argv[1]]
from vibe.__main__ import main
main()
"""


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to be somebody else")
@pytest.mark.parametrize(
    ("mode", "owner", "says"),
    [
        (0o000, 65534, "error[file-unreadable]: you are not allowed to read this file"),
        (0o644, 1234, "error[file-foreign-owner]: this file belongs to another user (uid 1234)"),
    ],
    ids=["mode-0000", "foreign"],
)
def test_files_of_others_and_locked_ones(mode: int, owner: int, says: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        file = Path(name) / "config.toml"
        file.write_text(GOOD)
        os.chown(file, owner, owner)
        file.chmod(mode)
        # Imported as root first: the interpreter may lie where nobody may read.
        code = "import vibe.world, vibe.cli.main, vibe.cli.config, vibe.cli.validate\n" + AS_NOBODY
        done = subprocess.run(
            [sys.executable, "-c", code, str(file)],
            env={"HOME": name, "PATH": os.environ["PATH"], "MISTRAL_API_KEY": "k3y-for-tests"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, says in done.stdout) == (2, True), done.stdout + done.stderr
