"""Programs that run another one: what they run is judged in their place.

`inner` sees through the wrappers that change nothing for the program inside: what is allowed there
is allowed. For rules that forbid, `inside` tells whatever a command may run, as far as words tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from posixpath import basename, dirname
from typing import Final

from msgspec import Struct

from vibe.agent.permissions.shell.parse import parse
from vibe.agent.permissions.shell.programs import by_name
from vibe.agent.permissions.shell.usage import Unproven, Usage, read
from vibe.agent.permissions.shell.words import Word, Words

WRAPPERS: Final = by_name(
    [
        ("env,builtin,busybox", Usage(operands="text...", wraps=True)),
        ("command,time", Usage(options="-p", operands="text...", wraps=True)),
        ("nice", Usage(options="-n: -# --adjustment:", operands="text...", wraps=True)),
        ("xargs", Usage(
            options="-0rtx -nPLsdE: --null --no-run-if-empty --verbose",
            operands="text...", wraps=True)),
        ("timeout", Usage(
            options="-v -ks: --verbose --foreground --preserve-status --kill-after: --signal:",
            operands="text...", wraps=True)),
    ]
)  # fmt: skip
_RUNNERS: Final = frozenset(
    {
        *WRAPPERS, "sudo", "doas", "su", "runuser", "nohup", "setsid", "stdbuf", "exec", "eval",
        "coproc", "trap", "watch", "parallel", "strace", "ltrace", "gdb", "chroot", "unshare",
        "nsenter", "flock", "ionice", "chrt", "taskset", "script", "find", "fd", "fdfind", "uv",
        "poetry", "pipenv", "npx", "pnpx", "bunx", "npm", "pnpm", "yarn", "docker", "podman",
        "kubectl", "ssh",
    }
)  # fmt: skip
_BEFORE_A_VALUE: Final = frozenset({"-C", "-c", "--git-dir", "--work-tree", "--namespace"})
_SHELLS: Final = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ash", "fish", "eval"})
_SYSTEM_FOLDERS: Final = frozenset(
    {"/bin", "/usr/bin", "/sbin", "/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin"}
)


class Inner(Struct, frozen=True, kw_only=True):
    """`has_more` if words that are not known follow those of the program."""

    words: Words
    has_more: bool = False


def name_of(words: Words) -> str | None:
    """The program by its bare name, if it is surely one of the system's or of bash itself."""
    if not words or words[0].shape != "plain":
        return None
    text = words[0].text
    if "/" not in text:
        return text
    return basename(text) if dirname(text) in _SYSTEM_FOLDERS else None


def inner(words: Words) -> Inner:
    """The command inside all wrappers; `words` themselves where there is none."""
    has_more = False
    while (name := name_of(words)) is not None and name in WRAPPERS:
        if name == "command" and words[1:2] and words[1].text in {"-v", "-V"}:
            break
        has_more = has_more or name == "xargs"
        words = _unwrapped(name, words[1:])
        if name_of(words) == "cd":
            raise Unproven("whether the working folder changes is not known")
    return Inner(words=words, has_more=has_more)


def forms(words: Words) -> Iterator[Words]:
    """The command, and the one that its wrappers run: as written, and by the program's name."""
    for each in dict.fromkeys((words, core(words))):
        yield each
        if name := name_of(each):
            yield (Word(text=name), *each[1:])


def core(words: Words) -> Words:
    """The command inside, if its words are all there; else the whole."""
    with suppress(Unproven):
        command = inner(words)
        return words if command.has_more else command.words
    return words


def inside(words: Words) -> Iterator[Words]:
    """Whatever may be a command in it, by the names of the programs.

    That is `words`; what stands behind a program that runs others; git without the options before
    its subcommand; the text that a shell is given.
    """
    names = [basename(word.text) for word in words]
    starts = range(len(words) if names and names[0] in _RUNNERS else min(len(words), 1))
    for at in starts:
        bare = Word(text=names[at], shape=words[at].shape)
        yield (bare, *words[at + 1 :])
        if names[at] == "git":
            yield (bare, *_after_options(words[at + 1 :]))
    if not _SHELLS.isdisjoint(names):
        for word in words:
            for step in parse(word.text, home=None).steps if " " in word.text else ():
                yield from inside(step.words)


def _after_options(words: Words) -> Words:
    at = 0
    while at < len(words) and words[at].text.startswith("-"):
        at += 2 if words[at].text in _BEFORE_A_VALUE else 1
    return words[at:]


def _unwrapped(name: str, words: Words) -> Words:
    operands = tuple(word for word, _ in read(words, WRAPPERS[name]).operands)
    at = 1 if name == "timeout" else 0  # its first is how long
    program = operands[at:]
    if not program or "=" in program[0].text or operands[0].shape != "plain":
        raise Unproven(f"what {name} runs is not known")
    return program
