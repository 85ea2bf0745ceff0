"""How well what is typed fits a text: one measure for commands, their arguments, files and lists.

Best is a name that begins with it, then one that holds it, then a path that holds it, then its
letters in their order. Pure, and linear in the texts, whatever they and the query are.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from msgspec import Struct

LONGEST: Final = 200  # a longer query is nobody's
Fit: TypeAlias = tuple[int, int]  # an index, and over how many letters the query is spread


class Choices(Struct, frozen=True, kw_only=True):
    """`lowered` are the texts, and `names` what they end with, without regard to case. What is in
    `last` is offered after all else, what is in `hidden` too, unless a dot in the query asks for
    it."""

    texts: tuple[str, ...]
    lowered: tuple[str, ...]
    names: tuple[str, ...]
    hidden: frozenset[int] = frozenset()
    last: frozenset[int] = frozenset()


def choices(
    texts: Iterable[str],
    *,
    hidden: frozenset[int] = frozenset(),
    last: frozenset[int] = frozenset(),
) -> Choices:
    texts = tuple(texts)
    lowered = tuple(text.lower() for text in texts)
    names = tuple(text[text.rfind("/", 0, -1) + 1 :] for text in lowered)
    return Choices(texts=texts, lowered=lowered, names=names, hidden=hidden, last=last)


def best(query: str, among: Choices, *, most: int, recent: Mapping[str, int]) -> tuple[str, ...]:
    """At most so many. Of those that fit alike the one of lower rank in `recent` goes first, then
    the shorter one, then the earlier one. Where nothing is asked for: what was used last, then what
    lies nearest."""
    query = query.lower()
    if len(query) > LONGEST:
        return ()
    asks_hidden = query.startswith(".") or "/." in query
    last, hidden = among.last, frozenset[int]() if asks_hidden else among.hidden

    def behind(index: int) -> int:
        return 2 if index in last else int(index in hidden)

    texts, unknown = among.texts, len(recent)
    if not query:
        all_of = (
            (behind(i), recent.get(text, unknown), text.count("/", 0, -1), i)
            for i, text in enumerate(texts)
        )
        return tuple(texts[rank[-1]] for rank in heapq.nsmallest(most, all_of))
    found: list[tuple[int, int, int, int, int, int]] = []
    seen: set[int] = set()
    for level, fits in enumerate(_levels(query, among)):
        new = [fit for fit in fits if fit[0] not in seen]
        seen.update(index for index, _ in new)
        ranks = (
            (behind(i), level, spread, recent.get(texts[i], unknown), len(texts[i]), i)
            for i, spread in new
        )
        found = heapq.nsmallest(most, (*found, *ranks))
        if len(found) == most and not found[-1][0]:
            break
    return tuple(texts[each[-1]] for each in found)


def ranked(query: str, among: Choices) -> tuple[int, ...]:
    """The indices of those that hold it as it was typed; where none does, of those that hold each
    of its words; or else that have its letters. Equally good ones stay as they were."""
    words = query.lower().split()
    if not words or len(query) > LONGEST:
        return () if words else tuple(range(len(among.texts)))
    *_, letters = _levels("".join(words), among)
    return (
        _in_order([_holding(" ".join(words), among)])
        or _in_order([_holding(word, among) for word in words])
        or _in_order([dict(letters)])
    )


def _in_order(ranks: Sequence[Mapping[int, int]]) -> tuple[int, ...]:
    fitting = sorted(set(ranks[0]).intersection(*ranks[1:]))
    return tuple(sorted(fitting, key=lambda index: sum(each[index] for each in ranks)))


def _holding(query: str, among: Choices) -> dict[int, int]:
    """Of those whose name begins with it, or holds it, or whose text does: and of these first where
    it is a whole word, then where it begins one."""
    found: dict[int, int] = {}
    edges = [re.compile(rf"(?<![^\W_]){re.escape(query)}{end}") for end in (r"(?![^\W_])", "")]
    for level, fits in zip(range(3), _levels(query, among), strict=False):
        texts = among.lowered if level == 2 else among.names
        for index, _ in fits:
            apart = next((at for at, edge in enumerate(edges) if edge.search(texts[index])), 2)
            found.setdefault(index, 3 * level + apart)
    return found


def _levels(query: str, among: Choices) -> Iterator[Iterable[Fit]]:
    """The best first."""
    where = among.lowered if "/" in query else among.names
    yield ((index, 0) for index, text in enumerate(where) if text.startswith(query))
    yield ((index, 0) for index, text in enumerate(where) if query in text)
    yield ((index, 0) for index, text in enumerate(among.lowered) if query in text)
    letters = re.compile("".join(f"[^{re.escape(each)}]*+{re.escape(each)}" for each in query))
    yield (
        (index, found.end())
        for index, text in enumerate(among.lowered)
        if (found := letters.match(text))
    )
