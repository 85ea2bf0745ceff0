"""What one run of the command line shares among its commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from vibe.cli.terminal import Terminal, joined
from vibe.errors import VibeError
from vibe.secret import looks_like_key, may_name_a_variable, names_a_secret
from vibe.world import World, secrets_among

if TYPE_CHECKING:
    from logging import Logger

    from vibe.config.layers import Override
    from vibe.config.load import Loaded
    from vibe.config.paths import Folders
    from vibe.config.variables import Variables
    from vibe.mux.memory import Memory
    from vibe.mux.store import Store


def pasted_keys(loaded: Loaded) -> frozenset[str]:
    """What stands where the name of a key's variable belongs, and may be the key itself."""
    variables = loaded.variables
    named = {provider.api_key_env_var for provider in loaded.settings.providers} - {""}
    known = {*variables.environment, *variables.dotenv}
    return frozenset(name for name in named - known if not may_name_a_variable(name.strip("${}")))


def _secrets_in(loaded: Loaded) -> Iterator[str]:
    """The keys of the providers, and what in `.env` or a header sounds like a secret."""
    variables = loaded.variables
    dotenv = {name: _followed(variables, name) for name in variables.dotenv}
    yield from secrets_among(dotenv)
    for provider in loaded.settings.providers:
        yield _followed(variables, provider.api_key_env_var)
        for name, value in provider.headers.items():
            if names_a_secret(name) or looks_like_key(value):
                yield from (value, *value.split())  # the scheme before it is shorter than a key


def _followed(variables: Variables, name: str) -> str:
    from vibe.config.variables import BadReference

    try:
        return variables.get(name) or ""
    except BadReference:  # then it is no key either, but may hold one
        return variables.dotenv[name]


class Cli:
    """`chosen_config` is the path of --config, None where none was given.

    `log` is where the log is, None before there is one and once it cannot be written.
    """

    def __init__(self, *, world: World, terminal: Terminal) -> None:
        self.world = world
        self.terminal = terminal
        self.chosen_config: Path | None = None
        self.log_file: Path | None = None
        self.verbose = False
        self.log: Path | None = None
        self._logger: Logger | None = None

    def folders(self) -> Folders:
        from vibe.config.paths import folders

        return folders(
            self.world.env,
            platform=self.world.platform,
            cwd=self.world.cwd,
            config=self.chosen_config,
        )

    def load(
        self,
        *,
        flags: tuple[Override, ...] = (),
        allow_missing_keys: bool = False,
        drafts: Mapping[Path, str] | None = None,
    ) -> Loaded:
        """The effective configuration; its secrets are hidden from here on."""
        from vibe.config.load import load

        loaded = load(
            self.folders(),
            env=self.world.env,
            uid=self.world.uid,
            flags=flags,
            allow_missing_keys=allow_missing_keys,
            drafts=drafts or {},
        )
        self.hide_keys_of(loaded)
        if self.verbose:
            files = ", ".join(loaded.files) or "no file"
            self.logger().debug("read %s: %d problems", files, len(loaded.problems))
        return loaded

    def hide_keys_of(self, loaded: Loaded) -> None:
        redactor = self.terminal.redactor
        redactor.learn([*pasted_keys(loaded), *loaded.suspects, *_secrets_in(loaded)])

    def store(self) -> Store:
        """What all vibe processes of this person know of the pool together."""
        from vibe.clock import SystemClock
        from vibe.mux.store import Store

        return Store.open(self.folders().pool, SystemClock())

    def memory(self, *, tell: Callable[[str], None] | None = None) -> Memory:
        """`tell` hears of trouble with it, by default the person."""
        from vibe.mux.shared import SharedMemory

        return SharedMemory(self.store(), tell=tell or self.warn)

    def warn(self, trouble: str) -> None:
        paint = self.terminal.talk_paint
        self.terminal.talk(joined([paint("warning: ", "yellow"), paint(trouble)]))

    def tell(self, error: VibeError) -> None:
        """An error as a person gets it: configuration problems in full, else one sentence."""
        from vibe.config.problem import ConfigError

        paint = self.terminal.talk_paint
        if isinstance(error, ConfigError):
            from vibe.cli.problems import told

            for line in told(error.problems, paint):
                self.terminal.talk(line)
            return
        self.terminal.talk(joined([paint("error: ", "red"), paint(error.message)]))
        if error.hint:
            self.terminal.talk(joined([paint("  help: ", "dim"), paint(error.hint)]))

    def logger(self) -> Logger:
        """The program's log, begun by the first command that has something for it."""
        if self._logger is None:
            import logging

            from vibe.log import start_logging

            self.log = self.world.cwd / self.log_file if self.log_file else self.folders().log
            start_logging(
                self.log,
                redactor=self.terminal.redactor,
                verbose=self.verbose,
                on_trouble=self._log_is_off,
            )
            self._logger = logging.getLogger("vibe")
        return self._logger

    def _log_is_off(self, trouble: str) -> None:
        """Only who named the file waits for what it would say."""
        self.log = None
        if self.log_file is not None:
            self.warn(trouble)
