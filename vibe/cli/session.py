"""What one run of the command line shares among its commands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vibe.assemble import World
from vibe.cli.terminal import Terminal, joined
from vibe.errors import VibeError

if TYPE_CHECKING:
    from logging import Logger

    from vibe.config.layers import Override
    from vibe.config.load import Loaded
    from vibe.config.paths import Folders


class Cli:
    """`chosen_config` is the path of --config, None where none was given."""

    def __init__(self, *, world: World, terminal: Terminal) -> None:
        self.world = world
        self.terminal = terminal
        self.chosen_config: Path | None = None
        self.log_file: Path | None = None
        self.verbose = False
        self._logger: Logger | None = None

    def folders(self) -> Folders:
        from vibe.config.paths import folders

        return folders(
            self.world.env,
            platform=self.world.platform,
            cwd=self.world.cwd,
            config=self.chosen_config,
        )

    def load(self, *, flags: tuple[Override, ...] = (), allow_missing_keys: bool = False) -> Loaded:
        """The effective configuration; its secrets are hidden from here on."""
        from vibe.config.load import load

        loaded = load(
            self.folders(),
            env=self.world.env,
            uid=self.world.uid,
            flags=flags,
            allow_missing_keys=allow_missing_keys,
        )
        self.hide_keys_of(loaded)
        return loaded

    def hide_keys_of(self, loaded: Loaded) -> None:
        variables = loaded.variables
        named = [provider.api_key_env_var for provider in loaded.settings.providers]
        values = [variables.environment[name] for name in named if name in variables.environment]
        self.terminal.redactor.learn([*values, *variables.dotenv.values(), *loaded.suspects])

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

            start_logging(
                self.log_file or self.folders().log,
                redactor=self.terminal.redactor,
                verbose=self.verbose,
            )
            self._logger = logging.getLogger("vibe")
        return self._logger
