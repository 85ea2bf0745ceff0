"""What `vibe doctor` says of the sandbox: which there is, what it holds and what not, and why."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from vibe.cli.doctor_check import Check, State, install
from vibe.config.paths import Folders
from vibe.config.schema import Sandbox as Settings
from vibe.sandbox.guarantees import Guarantee
from vibe.sandbox.probe import opened
from vibe.sandbox.sandbox import Sandbox, Trial

SHORT: Final[Mapping[Guarantee, str]] = {
    "outside": "files outside the folder",
    "metadata": "their modes and owners",
    "protected": "protected files",
    "tmp": "/tmp",  # noqa: S108  a word for people
    "masked": "keys",
    "network": "the network",
    "sockets": "sockets of programs",
    "processes": "other processes",
    "lifetime": "what it leaves running",
    "capabilities": "capabilities",
    "nesting": "namespaces",
    "terminal": "the terminal",
    "limits": "how many processes",
}
_TITLES: Final = {"bwrap": "bubblewrap", "landlock": "landlock"}
# By what bubblewrap says where the kernel, or a container, refuses.
_REMEDIES: Final = {
    "not installed": install("bubblewrap"),
    "uid map": "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor "
    "profile for bwrap",
    "RTM_NEWADDR": "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor "
    "profile for bwrap",
    "No permissions to create": "allow user namespaces: sudo sysctl "
    "kernel.unprivileged_userns_clone=1",
    "namespace": "allow user namespaces; in a container, by its seccomp profile",
    "proc": "in a container, let /proc be mounted anew (systempaths=unconfined)",
}


def sandbox_check(folders: Folders, settings: Settings, *, home: Path) -> Check:
    with opened(settings.mode, network=settings.network, home=home, own=folders.private) as sandbox:
        return _told(sandbox, settings)


def _told(sandbox: Sandbox, settings: Settings) -> Check:
    if settings.mode == "off":
        return Check(
            name="sandbox",
            state="fair",
            fact="off, as configured: commands can do what you can",
            remedy="vibe config set sandbox.mode auto",
            facts={"backend": "off", "holds": [], "lacks": list(SHORT), "tried": []},
        )
    return Check(
        name="sandbox",
        state=_state(sandbox, settings),
        fact=_fact(sandbox),
        details=_details(sandbox),
        remedy=_remedy(sandbox.trials),
        facts={
            "backend": sandbox.backend,
            "holds": [name for name in SHORT if name in sandbox.holds],
            "lacks": [name for name in SHORT if name not in sandbox.holds],
            "tried": sandbox.trials,
        },
    )


def _state(sandbox: Sandbox, settings: Settings) -> State:
    if sandbox.backend == "off" and settings.mode != "auto":
        return "bad"
    return "good" if sandbox.backend in ("bwrap", settings.mode) else "fair"


def _fact(sandbox: Sandbox) -> str:
    if sandbox.warning:
        return sandbox.warning
    trial = sandbox.trials[-1]
    network = "with network, as configured" if sandbox.network else "no network"
    return f"{_TITLES[trial.backend]} {trial.version}, {network}"


def _details(sandbox: Sandbox) -> tuple[str, ...]:
    if sandbox.backend == "off":
        return ()
    lost = [words for name, words in SHORT.items() if name not in sandbox.holds]
    held = [words for name, words in SHORT.items() if name in sandbox.holds]
    refused = [
        f"{_TITLES[trial.backend]} does not work: {trial.trouble}"
        for trial in sandbox.trials
        if trial.trouble
    ]
    parts = [f"holds: {', '.join(held)}"]
    parts += [f"does not hold: {', '.join(lost)}"] if lost else []
    return (*parts, *refused)


def _remedy(trials: tuple[Trial, ...]) -> str:
    troubles = [trial.trouble for trial in trials if trial.backend == "bwrap" and trial.trouble]
    return next(
        (remedy for said, remedy in _REMEDIES.items() for trouble in troubles if said in trouble),
        "",
    )
