"""What each mode says of a command or a file by itself, before any rule is heard."""

from __future__ import annotations

from posixpath import normpath
from typing import assert_never

from vibe.agent.permissions.names import (
    doubtful_among,
    is_inside,
    is_protected,
    is_secret,
    may_find_secrets,
)
from vibe.agent.permissions.opinion import Opinion
from vibe.agent.permissions.shell.effect import Finding
from vibe.agent.permissions.shell.parse import Script
from vibe.agent.permissions.values import (
    EVERY_HAZARD,
    Access,
    Hazard,
    Mode,
    Surroundings,
)
from vibe.clean import quote
from vibe.domain.rule import FileTool

_HAZARDS: dict[Hazard, str] = {
    "outside": "writing outside the folder",
    "protected": "writing protected files",
    "network": "using the network",
}


def about_command(finding: Finding, mode: Mode, around: Surroundings) -> Opinion:
    """Of one simple command."""
    if mode == "plan" and finding.effect != "reads":
        return _refused(finding.reason)
    if sealed := _sealed(finding.paths, around):
        return sealed
    is_confined = mode == "auto" and around.unheld != EVERY_HAZARD
    match finding.effect:
        case "reads":
            far = None if is_confined else _too_far(finding.paths, around)
            return far or Opinion(decision="allow", reason=finding.reason)
        case "writes":
            is_held = "outside" not in around.unheld or all(
                is_inside(access, around.root) for access in finding.paths if access.use == "write"
            )
            decision = "allow" if is_confined and is_held else "ask"
            return Opinion(decision=decision, reason=finding.reason)
        case "anything":
            return _unproven(finding.reason, mode, around)
    assert_never(finding.effect)


def about_the_whole(
    script: Script, mode: Mode, around: Surroundings, *, has_limits: bool
) -> Opinion | None:
    """Of what a command line is made of besides simple commands; None where there is nothing else.

    `has_limits` if there are rules that would forbid or ask.
    """
    if script.trouble is None:
        return None
    if mode == "plan":
        return _refused(script.trouble)
    if not script.is_understood and has_limits:
        reason = f"no rule can be held against it: {script.trouble}"
        return Opinion(decision="ask", reason=reason)
    return _unproven(script.trouble, mode, around)


def about_file(
    tool: FileTool, asked: Access, real: Access, mode: Mode, around: Surroundings
) -> Opinion:
    """Of a file that a tool of vibe's own uses, which no sandbox holds: by both its names."""
    does = "reads" if real.use == "read" else "writes"
    if mode == "plan" and does == "writes":
        return _refused(f"{tool} writes")
    if sealed := _sealed((asked, real), around):
        return sealed
    if not is_inside(real, around.root):
        return Opinion(decision="ask", reason=f"{quote(real.path)} is outside the folder")
    if real.doubt:
        return Opinion(decision="ask", reason=real.doubt, liftable="by an exact rule")
    if mode == "ask" and does == "writes":
        return Opinion(decision="ask", reason="ask mode asks before every change")
    return Opinion(decision="allow", reason=f"{tool} {does} inside the folder")


def _refused(reason: str) -> Opinion:
    return Opinion(decision="deny", reason=f"plan mode only reads; {reason}", liftable="never")


def _sealed(paths: tuple[Access, ...], around: Surroundings) -> Opinion | None:
    """What is asked about in every mode."""
    for access in paths:
        if access.use == "write" and is_protected(access, around):
            reason = f"it writes {quote(normpath(access.path))}, which is protected"
            return Opinion(decision="ask", reason=reason, liftable="never")
    for access in paths:
        if is_secret(access, around):
            reason = f"{quote(normpath(access.path))} may hold secrets"
            return Opinion(decision="ask", reason=reason, liftable="by an exact rule")
    return None


def _too_far(paths: tuple[Access, ...], around: Surroundings) -> Opinion | None:
    for access in paths:
        if not is_inside(access, around.root):
            reason = f"it reads {quote(normpath(access.path))}, outside the folder"
            return Opinion(decision="ask", reason=reason)
        if access.doubt:
            return Opinion(decision="ask", reason=access.doubt)
    for access in paths:
        if may_find_secrets(access, around):
            reason = f"there may be secrets in {quote(normpath(access.path))}"
            return Opinion(decision="ask", reason=reason)
        if doubtful := next(doubtful_among(access, around), None):
            return Opinion(decision="ask", reason=f"{quote(doubtful.path)} {doubtful.why}")
    return None


def _unproven(reason: str, mode: Mode, around: Surroundings) -> Opinion:
    if mode != "auto" or around.unheld == EVERY_HAZARD:
        return Opinion(decision="ask", reason=reason)
    if not around.unheld:
        return Opinion(decision="allow", reason="it runs inside the sandbox")
    open_ways = " and ".join(_HAZARDS[hazard] for hazard in sorted(around.unheld))
    return Opinion(decision="ask", reason=f"{reason}, and this sandbox cannot hold {open_ways}")
