"""Where vibe's files are. Pure: the environment and the platform come in as arguments."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from vibe.errors import UsageError


class Folders(Struct, frozen=True, kw_only=True):
    """`named` tells that the person chose `config` by a flag or by VIBE_CONFIG."""

    config: Path
    state: Path
    project: Path
    named: bool

    @property
    def dotenv(self) -> Path:
        return self.config.with_name(".env")

    @property
    def trust(self) -> Path:
        return self.state / "trust.json"

    @property
    def grants(self) -> Path:
        return self.state / "grants.json"

    @property
    def pool(self) -> Path:
        return self.state / "pool.db"

    @property
    def gateway(self) -> Path:
        """Where `vibe serve` runs, while it does."""
        return self.state / "gateway.json"

    @property
    def gateway_token(self) -> Path:
        return self.state / "gateway.token"

    @property
    def history(self) -> Path:
        return self.state / "history.jsonl"

    @property
    def unsent(self) -> Path:
        return self.state / "unsent"

    @property
    def log(self) -> Path:
        return self.state / "vibe.log"

    @property
    def private(self) -> tuple[Path, ...]:
        """What no command that vibe runs may read. A chosen file may lie in any folder."""
        return (self.config if self.named else self.config.parent, self.dotenv, self.state)


def folders(
    env: Mapping[str, str], *, platform: str, cwd: Path, config: Path | None = None
) -> Folders:
    """`config` is the path of `--config`; relative paths count from `cwd`."""
    chosen = config or (Path(env["VIBE_CONFIG"]) if env.get("VIBE_CONFIG") else None)
    usual = _config_folder(env, platform) / "config.toml"
    return Folders(
        config=cwd / _expanded(chosen, env) if chosen else usual,
        state=_state_folder(env, platform),
        project=cwd / ".vibe" / "config.toml",
        named=chosen is not None,
    )


def _config_folder(env: Mapping[str, str], platform: str) -> Path:
    if platform == "win32":
        return Path(env.get("APPDATA") or home_folder(env) / "AppData" / "Roaming") / "vibe"
    return _xdg(env, "XDG_CONFIG_HOME", home_folder(env) / ".config") / "vibe"


def _state_folder(env: Mapping[str, str], platform: str) -> Path:
    if platform in ("win32", "darwin") and not env.get("XDG_STATE_HOME"):
        from platformdirs import user_state_path

        return user_state_path("vibe", appauthor=False)
    return _xdg(env, "XDG_STATE_HOME", home_folder(env) / ".local" / "state") / "vibe"


def _xdg(env: Mapping[str, str], name: str, default: Path) -> Path:
    """The specification tells programs to ignore a relative path here."""
    given = Path(env.get(name, ""))
    return given if given.is_absolute() else default


def _expanded(path: Path, env: Mapping[str, str]) -> Path:
    """A leading `~` comes this far where no shell has seen it, as in a unit file."""
    return home_folder(env).joinpath(*path.parts[1:]) if path.parts[:1] == ("~",) else path


def home_folder(env: Mapping[str, str]) -> Path:
    """The person's own folder; without HOME, the one that the system knows."""
    try:
        return Path(env["HOME"]) if env.get("HOME") else Path.home()
    except RuntimeError as error:
        raise UsageError("you have no home folder", hint="set HOME to one") from error
