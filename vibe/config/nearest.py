"""The name that a person most likely meant."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

_MOST = 100  # more names are compared only where they begin alike
_LONGEST = 100  # a longer "name" is no typo of anything, and comparing it would take long


def nearest(given: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `given` is a slip of, None if there is none."""
    from difflib import get_close_matches  # off the path of a file without typos

    if len(given) > _LONGEST:
        return None
    folded: dict[str, str] = {}
    for name in known:
        folded.setdefault(name.casefold(), name)
    if len(folded) > _MOST:
        start = given[:1].casefold()
        alike = (name for name in folded if name.startswith(start))
        folded = {name: folded[name] for name in islice(alike, _MOST)}
    found = get_close_matches(given.casefold(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None
