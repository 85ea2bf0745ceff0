"""`vibe -p` under the mode and the rules of the configuration, its own and a trusted project's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.serving import ENV, configured, serving
from tests.drive import vibe
from vibe.testing.exchange import call
from vibe.testing.script import Scripted, calls, otherwise, says, when_result

WRITER = Scripted(
    when_result("write", says("Done.")),
    otherwise(calls(call("write", path="docs/a.md", content="hello"))),
)


@pytest.mark.parametrize(
    ("own", "project", "args", "is_written"),
    [
        pytest.param("", "", [], False, id="nothing said"),
        pytest.param('mode = "edits"', "", [], True, id="a mode"),
        pytest.param('mode = "edits"', "", ["--approve", "ask"], False, id="an option before it"),
        pytest.param('mode = "plan"', "", ["--approve", "edits"], True, id="an option beyond it"),
        pytest.param('allow = ["write(docs/**)"]', "", [], True, id="allowed"),
        pytest.param(
            'deny = ["write(docs/**)"]', "", ["--approve", "edits"], False, id="denied"
        ),
        pytest.param("", 'allow = ["write(docs)"]', [], True, id="allowed by the project"),
        pytest.param(
            "", 'deny = ["write(docs)"]', ["--approve", "auto"], False, id="denied by the project"
        ),
        pytest.param(
            'deny = ["write(docs)"]', 'allow = ["write"]\ndeny = []\nmode = "edits"', [], False,
            id="denied for all that the project says",
        ),
    ],
)  # fmt: skip
def test_a_turn_keeps_to_mode_and_rules(
    own: str, project: str, args: list[str], is_written: bool, tmp_path: Path
) -> None:
    shop = tmp_path / "shop"
    (shop / ".vibe").mkdir(parents=True)
    with serving(WRITER) as server:
        configured(tmp_path, server.api_base, pool=f"[permissions]\n{own}")
        (shop / ".vibe/config.toml").write_text(f"[permissions]\n{project}\n")
        assert vibe("config", "trust", home=tmp_path, cwd=shop, env=ENV).code == 0
        vibe("-p", *args, "write it", home=tmp_path, cwd=shop, env=ENV)
    assert (shop / "docs/a.md").exists() is is_written


def test_the_demo_model_is_held_to_the_rules_as_well(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello\n")
    asked = ("-p", "read a.txt")
    assert "hello" in vibe(*asked, home=tmp_path).out
    file = tmp_path / ".config/vibe/config.toml"
    file.parent.mkdir(parents=True)
    file.write_text('permissions.deny = ["read(a.txt)"]\n')
    assert "hello" not in vibe(*asked, home=tmp_path).out
