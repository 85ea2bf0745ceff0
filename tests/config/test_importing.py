"""`vibe config import`: each example as it is written, the configuration made of it, and the notes.

`NAME.toml` and `NAME.txt` stand beside `NAME.json`, `.yaml` or `.env`; what a key would be
anywhere in them is a canary.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.drive import vibe

FOLDER = Path(__file__).parent / "importing"
CASES = sorted(each for each in FOLDER.iterdir() if each.suffix in (".json", ".yaml", ".env"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_configuration_becomes_this_one_with_these_notes(case: Path, tmp_path: Path) -> None:
    (tmp_path / case.name).write_bytes(case.read_bytes())
    outcome = vibe("config", "import", case.name, home=tmp_path)
    assert (outcome.code, outcome.out) == (0, case.with_suffix(".toml").read_text("utf-8"))
    assert outcome.err == case.with_suffix(".txt").read_text("utf-8")
    assert "canary" not in outcome.out + outcome.err


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_made_is_sound(case: Path, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(case.with_suffix(".toml").read_bytes())
    told = (case.with_suffix(".txt").read_text("utf-8")).rpartition("config.toml: ")[2]
    env = {name: "k-5Rw8canary0Qz" for name in told.strip().split(", ") if name}
    env |= {name: "https://a.example/v1" for name in env if name.endswith("_BASE_URL")}
    outcome = vibe("config", "validate", str(file), home=tmp_path, env=env)
    assert (outcome.code, outcome.err) == (0, "")
