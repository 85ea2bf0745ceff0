"""Whether one of vibe's own tools may use a file: by mode and rules, on the path that is resolved.

Text and what was seen of the file, nothing else: `look.py` does the looking, and who opens the file
does so by `Target.path`, following no link.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from vibe.agent.permissions.commands import NO_RULES, hidden_in
from vibe.agent.permissions.file_rules import covers, is_about, may_cover, written_path
from vibe.agent.permissions.modes import about_file
from vibe.agent.permissions.names import is_secret
from vibe.agent.permissions.opinion import Bearing, Opinion, lifting, ruled, summed
from vibe.agent.permissions.values import Access, Mode, Part, Surroundings, Use, Verdict
from vibe.domain.rule import FileTool, Rule, Rules


class Target(Struct, frozen=True, kw_only=True):
    """What a path leads to. `asked` is absolute; `path` has no link and no `..` in it.

    `doubt` is what speaks against the file, whatever its name: that it has others, say.
    """

    asked: str
    path: str
    doubt: str | None = None


def decide_file(
    tool: FileTool,
    target: Target,
    *,
    mode: Mode,
    around: Surroundings,
    rules: Rules = NO_RULES,
) -> Verdict:
    if refusal := hidden_in(target.asked) or hidden_in(target.path):
        return Verdict(decision="deny", reason=refusal)
    use: Use = "write" if tool in {"edit", "write"} else "read"
    asked = Access(path=target.asked, use=use)
    real = Access(path=target.path, use=use, doubt=target.doubt)
    paths = (real,) if target.asked == target.path else (asked, real)
    opinion = about_file(tool, asked, real, mode, around)
    final = ruled(opinion, _bearing(tool, paths, opinion, rules, around))
    may_last = final.decision == "ask" and final.liftable != "never"
    part = Part(
        argv=(tool, target.path),
        decision=final.decision,
        reason=final.reason,
        paths=paths,
        always=written_path(tool, target.path, around) if may_last else None,
    )
    return summed((), (part,))


def may_be_searched(path: str, *, around: Surroundings, rules: Rules = NO_RULES) -> bool:
    """Whether a search of the folder that it lies in may look into it, by its name."""
    access = Access(path=path, use="read")
    limits = (*rules.deny, *rules.ask)
    return not is_secret(access, around) and not any(
        is_about(rule, "grep") and may_cover(rule, access, around) for rule in limits
    )


def _bearing(
    tool: FileTool,
    paths: tuple[Access, ...],
    opinion: Opinion,
    rules: Rules,
    around: Surroundings,
) -> Bearing:
    """Rules that forbid are held against both names, one that allows against the real one."""

    def limiting(rules: Iterable[Rule]) -> Rule | None:
        about = (rule for rule in rules if is_about(rule, tool))
        return next((r for r in about if any(may_cover(r, each, around) for each in paths)), None)

    lifted = (rule for rule in lifting(rules.allow, opinion) if is_about(rule, tool))
    return Bearing(
        deny=limiting(rules.deny),
        ask=limiting(rules.ask),
        allow=next((rule for rule in lifted if covers(rule, paths[-1].path, around)), None),
    )
