"""Where files are, for each platform and with each variable that has a say."""

from __future__ import annotations

from pathlib import Path

import pytest

from vibe.config.paths import folders

CWD = Path("/here")


@pytest.mark.parametrize(
    ("env", "platform", "config"),
    [
        ({"HOME": "/home/me"}, "linux", "/home/me/.config/vibe/config.toml"),
        ({"HOME": "/Users/me"}, "darwin", "/Users/me/.config/vibe/config.toml"),
        ({"HOME": "/h", "XDG_CONFIG_HOME": "/x"}, "linux", "/x/vibe/config.toml"),
        ({"HOME": "/h", "XDG_CONFIG_HOME": "x"}, "linux", "/h/.config/vibe/config.toml"),
        ({"HOME": "/h", "APPDATA": "/roaming"}, "win32", "/roaming/vibe/config.toml"),
        ({"HOME": "/h", "VIBE_CONFIG": "/etc/vibe.toml"}, "linux", "/etc/vibe.toml"),
        ({"HOME": "/h", "VIBE_CONFIG": "own.toml"}, "linux", "/here/own.toml"),
        ({"HOME": "/h", "VIBE_CONFIG": "~/own.toml"}, "linux", "/h/own.toml"),
        ({"HOME": "/h", "VIBE_CONFIG": ""}, "linux", "/h/.config/vibe/config.toml"),
    ],
    ids=["linux", "macos", "xdg", "xdg-relative", "windows", "named", "relative", "home", "empty"],
)
def test_the_configuration_file(env: dict[str, str], platform: str, config: str) -> None:
    found = folders(env, platform=platform, cwd=CWD)
    assert found.config == Path(config)
    assert found.dotenv == Path(config).with_name(".env")
    assert found.named == bool(env.get("VIBE_CONFIG"))


def test_a_flag_goes_before_the_variable() -> None:
    found = folders({"VIBE_CONFIG": "/a"}, platform="linux", cwd=CWD, config=Path("b.toml"))
    assert found.config == Path("/here/b.toml")


def test_state_and_project() -> None:
    found = folders({"HOME": "/h"}, platform="linux", cwd=CWD)
    assert found.state == Path("/h/.local/state/vibe")
    assert found.project == Path("/here/.vibe/config.toml")
    assert folders({"HOME": "/h", "XDG_STATE_HOME": "/s"}, platform="linux", cwd=CWD).state == (
        Path("/s/vibe")
    )
