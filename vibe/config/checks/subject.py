"""What the checks look at: settings as they would be used, and where each of them stands."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import cached_property

from msgspec import Struct

from vibe.config.corrections import left_out, rewritten, without_item
from vibe.config.layers import Origin
from vibe.config.locate import Source, Spot
from vibe.config.problem import Edit
from vibe.config.scan import Path
from vibe.config.schema import Model, PoolEntry, Provider, Settings
from vibe.config.variables import Variables
from vibe.domain.model import Alias

RESERVED = "auto"  # as an alias it means the whole pool


def folded(name: str) -> str:
    """The form in which two names that look alike are the same."""
    return unicodedata.normalize("NFKC", name).casefold()


class Subject(Struct, frozen=True, kw_only=True, dict=True):
    """`file` names the file that a person would add missing things to."""

    settings: Settings
    origins: dict[Path, Origin]
    bad: frozenset[Path]
    variables: Variables
    file: str

    def source(self) -> Source | None:
        """The file that a person looks at first."""
        return next((each.source for each in self.origins.values() if each.source), None)

    def origin(self, path: Path) -> Origin | None:
        """Where `path` came from, or else the nearest table around it."""
        while path:
            if found := self.origins.get(path):
                return found
            path = path[:-1]
        return None

    def spot(self, path: Path, *, key: bool = False) -> Spot:
        origin = self.origin(path)
        return origin.spot(key=key) if origin else Spot(file=self.file)

    def line(self, path: Path) -> str:
        """`line 12`, or the file too where it is not the main one, for the end of a sentence."""
        spot = self.spot(path)
        if spot.line is None:
            return spot.file
        return f"line {spot.line}" if spot.file == self.file else f"line {spot.line} of {spot.file}"

    def rewritten(self, path: Path, literal: str) -> tuple[Edit, ...]:
        """The edit that puts `literal` at `path`; none where a variable stands there."""
        origin = self.origins.get(path)
        if origin is None or origin.source is None:
            return ()
        place = origin.source.outline.places.get(origin.path)
        if place is None or "${" in origin.source.text[place.value.start : place.value.end]:
            return ()
        return (rewritten(origin.source, place.value, literal),)

    def left_out(self, path: Path) -> tuple[Edit, ...]:
        origin = self.origins.get(path)
        if origin is None or origin.source is None:
            return ()
        return left_out(origin.source, origin.path)

    def without_item(self, path: Path) -> tuple[Edit, ...]:
        """The edit that takes one item out of the list that it stands in."""
        origin = self.origins.get(path)
        if origin is None or origin.source is None:
            return ()
        return without_item(origin.source, origin.path)

    def inserted_below(self, path: Path, text: str) -> tuple[Edit, ...]:
        """The edit that adds `text` right below the line of `path`; at the top for ()."""
        if not path:
            return (Edit(line=1, delete=0, text=text),)
        line = self.spot(path).line
        return (Edit(line=line + 1, delete=0, text=text),) if line else ()

    def holds(self, path: Path) -> bool:
        """Whether the value at `path` was accepted, so that it can be judged further."""
        return path not in self.bad

    def are_known(self, items: str, *names: str) -> bool:
        """Whether every name in the list `items` was accepted, so that a missing one is missing."""
        return not any((items, name) in self._refused for name in (items, *names))

    @cached_property
    def _refused(self) -> frozenset[tuple[str | int, str | int]]:
        """The first and the last step of every path whose value was refused."""
        return frozenset((path[0], path[-1]) for path in self.bad)

    def model(self, alias: str) -> tuple[int, Model] | None:
        return self._by_alias.get(alias)

    @cached_property
    def _by_alias(self) -> dict[str, tuple[int, Model]]:
        models = tuple(enumerate(self.settings.models))
        return {model.alias: (index, model) for index, model in reversed(models)}

    @cached_property
    def sound_aliases(self) -> tuple[Alias, ...]:
        """The aliases that can be referred to: each but once, and none that is reserved."""
        aliases = [model.alias for model in self.settings.models if model.alias]
        counted = Counter(map(folded, aliases))
        return tuple(each for each in aliases if counted[folded(each)] == 1 and each != RESERVED)

    def named(self, name: str) -> tuple[int, Model] | None:
        """The model that its provider calls `name`."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> dict[str, tuple[int, Model]]:
        models = tuple(enumerate(self.settings.models))
        return {model.name: (index, model) for index, model in reversed(models)}

    @cached_property
    def unpooled(self) -> tuple[Alias, ...]:
        """The sound aliases that no entry of the pool names."""
        pooled = {entry.model for entry in self.settings.multiplexer.pool}
        return tuple(each for each in self.sound_aliases if each not in pooled)

    def provider(self, name: str) -> tuple[int, Provider] | None:
        return self._by_provider.get(name)

    @cached_property
    def _by_provider(self) -> dict[str, tuple[int, Provider]]:
        providers = tuple(enumerate(self.settings.providers))
        return {each.name: (index, each) for index, each in reversed(providers)}

    def answering(self) -> tuple[tuple[Path, str], ...]:
        """The aliases that can be asked, each with the path that puts it to use."""
        settings = self.settings
        mux = settings.multiplexer
        if mux.enabled and mux.mode != "single":
            return tuple(
                (("multiplexer", "pool", index, "model"), entry.model)
                for index, entry in enumerate(mux.pool)
            )
        return ((("active_model",), settings.active_model),) if settings.active_model else ()

    def pool(self) -> tuple[tuple[Path, PoolEntry], ...]:
        return tuple(
            (("multiplexer", "pool", index), entry)
            for index, entry in enumerate(self.settings.multiplexer.pool)
        )
