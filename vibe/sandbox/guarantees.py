"""What a sandbox can promise about a command, in words; which backend promises what.

`docs/sandbox.md` shows the same as a table. A promise that only mostly holds is none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, Literal, TypeAlias, get_args

Guarantee: TypeAlias = Literal[
    "outside", "metadata", "protected", "tmp", "masked", "network", "sockets", "processes",
    "lifetime", "capabilities", "nesting", "terminal", "limits",
]  # fmt: skip
# What the policy asks about where it is not held: writing outside the folder, writing protected
# files, the network.
Hazard: TypeAlias = Literal["outside", "protected", "network"]
EVERY_HAZARD: Final[frozenset[Hazard]] = frozenset(get_args(Hazard))

WORDS: Final[Mapping[Guarantee, str]] = {
    "outside": "no file outside the folder is written, made, renamed or removed",
    "metadata": "modes, owners and times outside stay as they are",
    "protected": "`.git/hooks`, `.git/config`, `.vibe`, `.env*`, `AGENTS.md` and such stay as they are, or absent where that is named below",  # noqa: E501  one cell of a table
    "tmp": "`/tmp` is its own",
    "masked": "keys, credentials and vibe's own files cannot be read",
    "network": "there is no network, unless you allow it",
    "sockets": "no program outside is reached by its socket",
    "processes": "no process outside is signalled or traced",
    "lifetime": "whatever it started ends with it, and with vibe",
    "capabilities": "it has no capabilities, and no setuid program gains any",
    "nesting": "it makes no user namespaces",
    "terminal": "it cannot type into your terminal",
    "limits": "the number of its processes is bounded, and it dumps no core",
}

_EVERYTHING: Final[frozenset[Guarantee]] = frozenset(WORDS)
_BY_LANDLOCK: Final[frozenset[Guarantee]] = frozenset(
    {"masked", "network", "sockets", "capabilities", "nesting", "terminal", "limits"}
)
_TRUNCATES: Final = 3  # the first version of landlock that holds truncation
_SCOPES: Final = 6  # and the first that holds signals


def of_bwrap(*, is_root: bool, denies_nesting: bool, network: bool) -> frozenset[Guarantee]:
    """Abstract sockets are part of the network; root's processes are not counted."""
    lost: set[Guarantee] = set()
    if is_root:
        lost.add("limits")
    if not denies_nesting:
        lost.add("nesting")
    if network:
        lost.add("sockets")
    return _EVERYTHING - lost


def of_landlock(*, is_root: bool, version: int) -> frozenset[Guarantee]:
    """It only adds up grants: nothing inside a folder that may be written can be kept from it."""
    holds = set(_BY_LANDLOCK)
    if version >= _TRUNCATES:
        holds.add("outside")
    if version >= _SCOPES:
        holds.add("processes")
    if is_root:
        holds.discard("limits")
    return frozenset(holds)


def hazards(holds: Collection[Guarantee]) -> frozenset[Hazard]:
    """What has to be asked about, since nothing holds it."""
    by_hazard: Mapping[Hazard, frozenset[Guarantee]] = {
        "outside": frozenset({"outside", "metadata"}),
        "protected": frozenset({"protected"}),
        "network": frozenset({"network"}),
    }
    return frozenset(each for each, needed in by_hazard.items() if not needed <= set(holds))
