"""Which models a client means by the name it gives: an alias, the pool, a model, or a family.

A pure table over the configuration; a name that nobody has means the big models, since clients name
those of their own vendor.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from vibe.domain.model import Alias, ProviderName, Size

AUTO: Final = Alias("auto")
SIZES: Final[Mapping[str, Size]] = {"big": "big", "middle": "middle", "small": "small"}
_FAMILIES: Final[Mapping[str, Size]] = {
    "haiku": "small",
    "mini": "small",
    "nano": "small",
    "flash": "small",
    "sonnet": "middle",
    "opus": "big",
}
_WORD: Final = re.compile(r"[a-z]+")
_INSTEAD: Final[Mapping[Size, tuple[Size, ...]]] = {
    "big": ("big",),
    "middle": ("middle", "big"),
    "small": ("small", "middle", "big"),
}


class Offered(Struct, frozen=True, kw_only=True):
    """One model by its three names."""

    alias: Alias
    provider: ProviderName
    model: str

    @property
    def names(self) -> tuple[str, ...]:
        return self.alias, self.model, f"{self.provider}/{self.model}"


class Names(Struct, frozen=True, kw_only=True):
    """`models` in the order of the file, `sizes` as configured, `pool` in the order of failover."""

    models: tuple[Offered, ...]
    pool: tuple[Alias, ...]
    sizes: Mapping[Size, tuple[Alias, ...]]

    def order(self, name: str) -> tuple[Alias, ...]:
        """Whom to ask for a request that names `name`; empty for the pool by its own rules."""
        if name in ("", AUTO):
            return ()
        aliases = tuple(each.alias for each in self.models if each.alias == name)
        return aliases or self._called(name) or self._of_size(SIZES.get(name) or size_of(name))

    def _called(self, name: str) -> tuple[Alias, ...]:
        return tuple(each.alias for each in self.models if name in each.names)

    def _of_size(self, size: Size) -> tuple[Alias, ...]:
        wanted = next((self.sizes[each] for each in _INSTEAD[size] if self.sizes[each]), ())
        if wanted == (AUTO,):
            return ()
        return tuple(dict.fromkeys(a for each in wanted for a in self._spelled_out(each)))

    def _spelled_out(self, alias: Alias) -> tuple[Alias, ...]:
        return self.pool if alias == AUTO else (alias,)


def size_of(name: str) -> Size:
    """Of a Claude or GPT model, by the words that its name is made of: a Gemini is no mini."""
    for word in _WORD.findall(name.casefold()):
        if word in _FAMILIES:
            return _FAMILIES[word]
    return "big"
