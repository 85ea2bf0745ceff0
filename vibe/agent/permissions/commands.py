"""Whether a command may run: refused, asked about or allowed, by mode, rules and what it would do.

Convenience is decided here, on text alone; the sandbox decides safety. Nothing here looks at files:
whoever does (`look.py`) lends his eyes as `follow`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import zip_longest
from typing import Final, TypeAlias

from msgspec.structs import replace

from vibe.agent.permissions.always import lasting
from vibe.agent.permissions.file_rules import is_about, may_cover, stands_for_many
from vibe.agent.permissions.modes import about_command, about_the_whole
from vibe.agent.permissions.names import is_inside
from vibe.agent.permissions.opinion import Bearing, Opinion, lifting, ruled, summed
from vibe.agent.permissions.rules import matches, may_match
from vibe.agent.permissions.shell.effect import effect_of, effect_of_redirection
from vibe.agent.permissions.shell.folders import Folders, walked
from vibe.agent.permissions.shell.parse import Step, parse
from vibe.agent.permissions.shell.words import Words
from vibe.agent.permissions.shell.wrappers import forms, inside
from vibe.agent.permissions.values import Access, Mode, Part, Surroundings, Verdict
from vibe.clean import clean
from vibe.domain.rule import FileTool, Rule, Rules

NO_RULES: Final = Rules()

# What a path leads to, where that is another one, or more is known of it.
Follow: TypeAlias = Callable[[Access], Iterable[Access]]


def by_name_alone(_: Access) -> tuple[Access, ...]:
    return ()


def decide_command(
    command: str,
    *,
    mode: Mode,
    around: Surroundings,
    rules: Rules = NO_RULES,
    follow: Follow = by_name_alone,
) -> Verdict:
    """About a command line that would run as `shell.bash.argv` tells."""
    if refusal := hidden_in(command):
        return Verdict(decision="deny", reason=refusal)
    if not command.strip():
        return Verdict(decision="deny", reason="there is no command in it")
    script = parse(command, home=around.home)
    whole = about_the_whole(script, mode, around, has_limits=bool(rules.deny or rules.ask))
    is_plain = script.trouble is None
    parts = tuple(
        _part(step, folders, mode, around, rules=rules, follow=follow, is_plain=is_plain)
        for step, folders in walked(script.steps, cwd=around.cwd, home=around.home)
    )
    return summed([whole] if whole else [], parts)


def hidden_in(text: str) -> str | None:
    """What cannot be shown to a person as it is, is not done either."""
    for given, shown in zip_longest(text, clean(text)):
        if given != shown:
            return f"it has a character that controls or hides text, U+{ord(given):04X}"
    return None


def _part(
    step: Step,
    folders: Folders,
    mode: Mode,
    around: Surroundings,
    *,
    rules: Rules,
    follow: Follow,
    is_plain: bool,
) -> Part:
    if step.is_redirection:
        finding = effect_of_redirection(step.words, folders)
    else:
        finding = effect_of(step.words, folders, around)
    paths = (*finding.paths, *(each for path in finding.paths for each in follow(path)))
    finding = replace(finding, paths=paths)
    opinion = about_command(finding, mode, around)
    if _are_elsewhere(folders, around, opinion, follow):
        opinion = replace(opinion, liftable="never")
    final = ruled(opinion, _bearing(step.words, paths, opinion, rules, around))
    may_last = is_plain and final.decision == "ask" and final.liftable != "never"
    is_exact = opinion.liftable == "by an exact rule"
    return Part(
        argv=tuple(word.text for word in step.words),
        decision=final.decision,
        reason=final.reason,
        paths=paths,
        always=lasting(step.words, is_exact=is_exact) if may_last else None,
    )


def _are_elsewhere(
    folders: Folders, around: Surroundings, opinion: Opinion, follow: Follow
) -> bool:
    """Whether the same words may name other files than those that a person had in mind."""
    if opinion.liftable == "by an exact rule":
        return folders != (around.cwd,)
    known = [Access(path=folder, use="list") for folder in folders if folder is not None]
    real = (each for folder in known for each in (folder, *follow(folder)))
    return len(known) < len(folders) or not all(is_inside(each, around.root) for each in real)


def _bearing(
    words: Words, paths: tuple[Access, ...], opinion: Opinion, rules: Rules, around: Surroundings
) -> Bearing:
    """What is not known of words and paths may be what a rule is about."""
    seen = tuple(inside(words))
    named = tuple(path for path in paths if not stands_for_many(path))
    return Bearing(
        deny=_first(rules.deny, seen, matches) or _of_files(rules.deny, named, around),
        ask=_first((*rules.ask, *rules.deny), seen, may_match)
        or _of_files((*rules.ask, *rules.deny), paths, around),
        allow=_first(lifting(rules.allow, opinion), tuple(forms(words)), matches),
    )


def _first(
    rules: Iterable[Rule], forms: tuple[Words, ...], fits: Callable[[Rule, Words], bool]
) -> Rule | None:
    return next((rule for rule in rules if any(fits(rule, words) for words in forms)), None)


def _of_files(
    rules: Iterable[Rule], paths: tuple[Access, ...], around: Surroundings
) -> Rule | None:
    """The first rule about files that a path of the command falls under."""
    for rule in rules:
        for path in paths:
            tool: FileTool = "write" if path.use == "write" else "read"
            is_meant = path.use != "list" and is_about(rule, tool)
            if is_meant and may_cover(rule, path, around):
                return rule
    return None
