"""What "always" remembers of a command: a rule about its words, as it is shown before it is stored.

As a rule these very words. More only for the few commands whose further words change little: they
build, test or format the project, or put into its own repository what is there already.
"""

from __future__ import annotations

from typing import Final

from vibe.agent.permissions.rules import written
from vibe.agent.permissions.shell.words import Words
from vibe.agent.permissions.shell.wrappers import core
from vibe.secret import Redactor

_ANY_FURTHER_WORDS: Final = tuple(
    tuple(command.split())
    for command in (
        "pytest", "python -m pytest", "python3 -m pytest", "ruff check", "ruff format", "mypy",
        "pyright", "basedpyright", "npm test", "npm run build", "npm run lint", "npm run test",
        "cargo build", "cargo check", "cargo clippy", "cargo fmt", "cargo test", "go build",
        "go test", "go vet", "git add", "git commit",
    )
)  # fmt: skip


def lasting(words: Words, *, is_exact: bool) -> str | None:
    """The rule; None where its words would not mean the same the next time, or hold a key."""
    words = core(words)
    argv = tuple(word.text for word in words)
    sure = next((at for at, word in enumerate(words) if word.shape != "plain"), len(words))
    begin = next((each for each in _ANY_FURTHER_WORDS if argv[:sure][: len(each)] == each), None)
    if begin is not None and not is_exact:
        return written(begin, has_more=True)
    rule = written(argv)
    holds_key = Redactor().redact(rule) != rule  # it would lie on the disk
    return rule if sure == len(words) and not holds_key else None
