"""`vibe` and `python -m vibe`. Answers `--version` before anything heavy is imported."""

from __future__ import annotations

import sys


def main() -> None:
    if sys.argv[1:] == ["--version"]:
        from vibe import __version__

        sys.stdout.write(f"vibe {__version__}\n")
        return
    from vibe.assemble import world_of_this_process
    from vibe.cli.main import run

    sys.exit(run(sys.argv[1:], world_of_this_process()))


if __name__ == "__main__":
    main()
