"""How many connections this process can have: each needs an open file, and one more to a provider.

Who runs out of them in the middle of its work would take that for a provider's failure.
"""

from __future__ import annotations

import resource
from contextlib import suppress
from typing import Final

_OF_ITS_OWN: Final = 64  # the store, the log, checks, configuration
_EACH: Final = 2
_COMMON_BOUND: Final = 10_240  # a system may tell "no bound", and refuse more than this


def most_connections(wanted: int) -> int:
    """Raises the bound of this process as far as it may; tells how many of `wanted` it can have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = _OF_ITS_OWN + _EACH * wanted
    most = _COMMON_BOUND if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < needed:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(needed, most), hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    return min(wanted, max(1, (soft - _OF_ITS_OWN) // _EACH))
