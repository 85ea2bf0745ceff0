"""The first screen where no model is configured: what was found on this machine, a key to be
pasted, or the demo.

A key is shown as dots from its first letter on; whoever is told of the choice writes the files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from vibe.clean import clean_line
from vibe.config.checks.keys import key_trouble
from vibe.config.known import PROVIDERS, KnownProvider, LocalServer, whose_key
from vibe.config.starter import Offer
from vibe.config.variables import Variables
from vibe.errors import VibeError
from vibe.secret import Secret
from vibe.tui.draw.box import framed, room_in
from vibe.tui.draw.hints import Hint, keys_line
from vibe.tui.draw.ink import Line, Span, cells, cropped, hung, line, padded, sides, wrapped

Phase: TypeAlias = Literal["list", "key", "whose"]

POOL: Final = "pool"
PASTE: Final = "paste"
DEMO: Final = "demo"
FRAME: Final = 4  # lines: both edges, the rule and the keys
MOST_DOTS: Final = 24
NAME: Final = 16
INTRO: Final = "No model is configured yet. What shall answer?"


class Chosen(Struct, frozen=True, kw_only=True):
    """What is begun with; without an offer the demo model, and nothing is written. A `key` is that
    of the only offer, and stays on the disk if it `is_kept`."""

    offers: tuple[Offer, ...] = ()
    key: Secret | None = None
    is_kept: bool = True


class Served(Struct, frozen=True, kw_only=True):
    """A local server that answers; `server` names the first of its `models`."""

    server: LocalServer
    models: tuple[str, ...]


class _Row(Struct, frozen=True, kw_only=True):
    """`in_brief` is told where there is no room for what is `told`."""

    id: str
    name: str
    told: str
    in_brief: str = ""
    model: str = ""


class FirstRun:
    """`choose` raises a VibeError where it cannot be done; then it can be chosen anew."""

    def __init__(
        self,
        found: Sequence[KnownProvider],
        choose: Callable[[Chosen], None],
        *,
        config: str,
        dotenv: str,
    ) -> None:
        self._found = tuple(found)
        self._choose = choose
        self._config = config
        self._dotenv = dotenv
        self._served: tuple[Served, ...] = ()
        self._is_searching = True
        self._phase: Phase = "list"
        self._at = self._found[0].name if self._found else PASTE
        self._key = ""
        self._whose = PROVIDERS[0]
        self._is_guessed = False
        self._trouble = ""

    def serve(self, served: Served) -> None:
        """One more, while the others are still asked."""
        self._served = (*self._served, served)

    def searched(self) -> None:
        self._is_searching = False

    # What is seen.

    def lines(self, width: int, room: int) -> tuple[Line, ...]:
        inner = room_in(width)
        title, rows, hints, out = {
            "list": self._list,
            "key": self._paste,
            "whose": self._owner,
        }[self._phase](inner, room)
        below = [cropped(line(clean_line(self._trouble), "bad"), inner)] if self._trouble else []
        keys = keys_line(hints, inner, last=("escape", out))
        return framed(line(title, "strong"), rows, [*below, keys], width=width)

    def _list(self, inner: int, room: int) -> tuple[str, list[Line], tuple[Hint, ...], str]:
        rows = tuple(self._rows())
        selected = next(at for at, row in enumerate(rows) if row.id == self._at)
        state = hung(line("  "), wrapped(line(self._state, "muted"), inner - 2))
        most = max(1, room - FRAME - len(state) - bool(self._trouble))
        first = max(0, min(selected - most // 2, len(rows) - most))
        drawn = [_drawn(row, inner, is_at=row.id == self._at) for row in rows[first : first + most]]
        place = f"{selected + 1} of {len(rows)}" if len(rows) > most else "choose"
        hints: tuple[Hint, ...] = (("enter", "begin"), ("↑↓", place))
        if len(self._models) > 1:
            hints = (*hints, ("←→", "another model"))
        return INTRO, [*drawn, *state], hints, "the demo"

    @property
    def _state(self) -> str:
        if self._is_searching:
            return "looking for local servers …"
        where = f"the choice is written to {self._config}"
        return where if self._served else f"no local server answers on a usual port · {where}"

    def _paste(self, inner: int, room: int) -> tuple[str, list[Line], tuple[Hint, ...], str]:
        del room
        dots = "•" * min(len(self._key), MOST_DOTS)
        length = f"{len(self._key)} character{'s' * (len(self._key) != 1)}"
        count = f"   {length if self._key else 'paste it or type it'}"
        field = (Span("> ", "accent"), Span(dots), Span("█", "accent"), Span(count, "muted"))
        told = "It is never shown, and sent to nobody but its provider."
        rows = [field, *wrapped(line(told, "muted"), inner)]
        return "Your key", rows, (("enter", "go on"), ("ctrl+u", "empty")), "back"

    def _owner(self, inner: int, room: int) -> tuple[str, list[Line], tuple[Hint, ...], str]:
        del room
        told = "It looks like a key of" if self._is_guessed else "Of which provider is it?"
        owner = (
            Span(f"{told}  "),
            Span("‹ ", "accent"),
            Span(self._whose.title, "strong"),
            Span(" ›", "accent"),
        )
        where = f"It is kept as {self._whose.variable} in {self._dotenv}, which only you can read."
        rows = [owner, *wrapped(line(where, "muted"), inner)]
        hints = (("enter", "keep it"), ("e", "only for now"), ("←→", "another"))
        return "Your key", rows, hints, "back"

    def _rows(self) -> Iterator[_Row]:
        for each in self._found:
            told = f"key in {each.variable}"
            yield _Row(
                id=each.name, name=each.title, told=told, in_brief="key found", model=each.model
            )
        for served in self._served:
            told = f"127.0.0.1:{served.server.port}"
            model = served.server.model
            if len(served.models) > 1:
                place = f"{served.models.index(model) + 1} of {len(served.models)}"
                model = f"‹ {model} › {place}"
            yield _Row(id=served.server.name, name=served.server.title, told=told, model=model)
        if len(self._offers) > 1:
            told = "as a pool: when one is limited or down, the next goes on"
            yield _Row(id=POOL, name="All of these", told=told, in_brief="as a pool")
        first, second, *others = (each.title for each in PROVIDERS)
        yield _Row(
            id=PASTE,
            name="Paste a key",
            told=f"of {', '.join((first, second, *others))}",
            in_brief=f"of {first}, {second} or {len(others)} others",
        )
        yield _Row(id=DEMO, name="The demo model", told="needs no key and no network")

    # What is done.

    def key(self, key: str) -> bool:
        if key != "escape":
            self._trouble = ""
        match self._phase:
            case "list":
                return self._key_in_list(key)
            case "key":
                return self._key_in_paste(key)
            case "whose":
                return self._key_of_owner(key)

    def typed(self, text: str) -> None:
        """A key may be pasted at once."""
        if self._phase == "list" and len(text) > 1:
            self._phase = "key"
        if self._phase == "key":
            self._key += text.strip()

    def said(self, text: str) -> bool:
        del text
        return False

    def _key_in_list(self, key: str) -> bool:
        ids = [row.id for row in self._rows()]
        at = ids.index(self._at)
        match key:
            case "up" | "down":
                self._at = ids[(at + (1 if key == "down" else -1)) % len(ids)]
            case "left" | "right":
                self._turn(1 if key == "right" else -1)
            case "enter":
                self._pick()
            case "escape":
                self._told(Chosen())
            case _:
                return False
        return True

    def _pick(self) -> None:
        if self._at == PASTE:
            self._phase = "key"
        elif self._at == DEMO:
            self._told(Chosen())
        elif self._at == POOL:
            self._told(Chosen(offers=self._offers))
        else:
            only = next(each for each in self._offers if each.name == self._at)
            self._told(Chosen(offers=(only,)))

    def _key_in_paste(self, key: str) -> bool:
        match key:
            case "enter":
                self._guess()
            case "escape":
                self._phase, self._key = "list", ""
            case "backspace":
                self._key = self._key[:-1]
            case "ctrl+u":
                self._key = ""
            case _:
                return False
        return True

    def _guess(self) -> None:
        trouble = key_trouble("KEY", Variables(environment={"KEY": self._key}))
        if trouble is not None:
            self._trouble = f"the key {trouble}" if self._key else "there is no key yet"
            return
        owners = whose_key(self._key)
        self._is_guessed = len(owners) == 1
        self._whose = owners[0] if owners else PROVIDERS[0]
        self._phase = "whose"

    def _key_of_owner(self, key: str) -> bool:
        match key:
            case "left" | "right":
                at = PROVIDERS.index(self._whose) + (1 if key == "right" else -1)
                self._whose, self._is_guessed = PROVIDERS[at % len(PROVIDERS)], False
            case "enter" | "e":
                is_kept = key == "enter"
                self._told(Chosen(offers=(self._whose,), key=Secret(self._key), is_kept=is_kept))
            case "escape":
                self._phase = "key"
            case _:
                return False
        return True

    def _told(self, chosen: Chosen) -> None:
        try:
            self._choose(chosen)
        except VibeError as error:
            self._trouble = error.message

    def _turn(self, step: int) -> None:
        """To another model of the selected server."""
        models = self._models
        if len(models) > 1:
            self._served = tuple(
                _turned(each, step) if each.server.name == self._at else each
                for each in self._served
            )

    @property
    def _models(self) -> tuple[str, ...]:
        return next((each.models for each in self._served if each.server.name == self._at), ())

    @property
    def _offers(self) -> tuple[Offer, ...]:
        return (*self._found, *(each.server for each in self._served))


def _turned(served: Served, step: int) -> Served:
    at = (served.models.index(served.server.model) + step) % len(served.models)
    return replace(served, server=replace(served.server, model=served.models[at]))


def _drawn(row: _Row, inner: int, *, is_at: bool) -> Line:
    name = padded(line(row.name, "strong" if is_at else "plain"), NAME)
    mark = Span("› " if is_at else "  ", "accent")
    room = inner - cells((mark, *name))
    model = cropped(line(clean_line(row.model)), room)
    left = room - cells(model) - 2 * bool(model)
    told = next((each for each in (row.told, row.in_brief) if len(each) <= left), "")
    return sides((mark, *name, *line(told, "muted")), model, inner)
