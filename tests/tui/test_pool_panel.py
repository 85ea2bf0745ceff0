"""`/mux`: the numbers of the snapshot, and nothing wider than the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from msgspec.structs import replace

from tests.tui.lines import shown
from vibe.domain.model import Alias, ProviderName
from vibe.mux.snapshot import EntrySnapshot, MuxSnapshot
from vibe.mux.stats import LastError, Switch
from vibe.tui.commands.pool import heavier, lighter
from vibe.tui.draw.ink import cells
from vibe.tui.panels.pool import PoolPanel

NOW = 1_000.0
WELL = EntrySnapshot(
    alias=Alias("devstral-2"),
    provider=ProviderName("mistral"),
    model="m",
    is_fallback=False,
    state="closed",
    can_answer=True,
    busy=2,
    limit=3,
    weight=70,
    share=0.68,
    want=0.7,
    requests=418,
    ok=412,
    failed=6,
    per_minute=31,
    first_token_p50_s=0.42,
    first_token_p95_s=1.31,
    tokens_a_second=88.0,
    input_tokens=1_200_000,
    output_tokens=96_400,
    cost_uusd=689_000,
    last_hour_uusd=689_000,
    last_minute=(4, 5, 6, 5, 7, 8, 6, 5, 6, 7, 8, 7),
)
RESTS = replace(
    WELL,
    alias=Alias("local"),
    is_fallback=True,
    state="open",
    can_answer=False,
    busy=0,
    limit=1,
    back_in_s=12.0,
    share=1.0,
    want=1.0,
    ok=44,
    failed=3,
    first_token_p50_s=None,
    first_token_p95_s=None,
    tokens_a_second=None,
    cost_uusd=0,
    last_hour_uusd=0,
    last_minute=(0,) * 12,
    last_error=LastError(kind="unreachable", detail="127.0.0.1:8080", status=None, at=NOW - 3),
)
POOL = MuxSnapshot(
    at=NOW,
    mode="load_balance",
    available=1,
    total=2,
    requests=625,
    under_way=2,
    waiting=0,
    failovers=12,
    seams=0,
    entries=(WELL, RESTS),
    recent=(
        Switch(
            at=NOW,
            from_alias=Alias("local"),
            to_alias=Alias("devstral-2"),
            kind="unreachable",
            status=None,
            delay_s=0.03,
        ),
    ),
)


def panel(pool: MuxSnapshot = POOL, *, told: list[str] | None = None) -> PoolPanel:
    told = [] if told is None else told

    def act(key: str) -> Callable[[EntrySnapshot], None]:
        return lambda entry: told.append(f"{key} {entry.alias}")

    return PoolPanel(
        lambda: pool,
        lambda: told.append("closed"),
        clock=lambda _: "21:40:12",
        acts={key: act(key) for key in ("enter", "p", "plus")},
        is_changed=lambda: False,
    )


def drawn(width: int, *, room: int = 20, pool: MuxSnapshot = POOL) -> list[str]:
    return shown(panel(pool).lines(width, room))


def told(rows: Iterable[str]) -> list[str]:
    return [" ".join(row.strip(" │").split()) for row in rows]


def test_the_wide_panel_tells_everything() -> None:
    rows = drawn(120)
    assert rows[0].startswith(
        " ┌ mux   load_balance   1 of 2 can answer   this vibe: $0.689/h   625 requests   "
        "12 failovers, none in mid-answer "
    )
    assert told(rows[1:-1]) == [
        "MODEL STATE BUSY SHARE RPM OK/FAIL TTFT 50/95 TOK/S IN/OUT COST LAST 60 s",
        "› devstral-2 ● ready 2/3 68%/70% 31 412/6 0.42/1.31s 88 1.2M/96.4k $0.689 ▄▅▆▅▇█▆▅▆▇█▇",
        "local ○ rests 12 s 0/1 100%/spare 31 44/3 – – 1.2M/96.4k $0.000 ············",
        "└ unreachable 3 s ago; 127.0.0.1:8080",
        "RECENT",
        "21:40:12 local unreachable → devstral-2 +0.03 s",
        "↵ details p pin x take out r close circuit now c copy as JSON +/− weight 70 esc close",
    ]


def test_an_answer_that_began_anew_is_told_as_such() -> None:
    switch = replace(POOL.recent[0], is_anew=True)
    rows = drawn(120, pool=replace(POOL, failovers=0, anew=1, recent=(switch,)))
    assert "0 failovers, 1 begun anew" in rows[0]
    assert told(rows)[-3].endswith("+0.03 s begun anew")


def test_what_vibe_counted_itself_is_marked() -> None:
    rows = drawn(120, pool=replace(POOL, entries=(replace(WELL, estimated=1),)))
    assert "~1.2M/96.4k" in rows[2]


def test_the_narrow_panel_drops_what_is_least_needed() -> None:
    assert told(drawn(80)[1:-1]) == [
        "MODEL STATE BUSY SHARE RPM FAIL TTFT TOK/S COST",
        "›devstral-2 ● ready 2/3 68/70% 31 6 0.42s 88 $0.689",
        "local ○ rests 12 s 0/1 100% 31 3 – – $0.000",
        "└ unreachable 3 s ago",
        "↵ details p pin x take out r close circuit c copy esc close",
    ]


MUCH = replace(
    RESTS,
    probing=True,
    back_in_s=117.0,
    limit=100,
    ok=12_345,
    failed=1_234,
    per_minute=1_200,
    first_token_p50_s=130.0,
    first_token_p95_s=390.0,
    tokens_a_second=1_234.0,
    cost_uusd=1_234_000_000,
    estimated=1,
)


@pytest.mark.parametrize("width", [40, 50, 54, 60, 62, 70, 80, 100, 110, 120])
@pytest.mark.parametrize("alias", ["vip", "devstral-2", "an-alias-of-24-characters"])
def test_columns_are_dropped_before_the_costs_are_clipped(width: int, alias: str) -> None:
    pool = replace(POOL, entries=(replace(MUCH, alias=Alias(alias)), WELL))
    header, entry, *_ = told(drawn(width, pool=pool)[1:])
    assert header.endswith(("COST", "COST LAST 60 s"))
    assert "~$1234.000" in entry.split()
    assert alias[:7] in entry


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
@pytest.mark.parametrize("room", [5, 8, 10, 30])
@pytest.mark.parametrize("entries", [1, 2, 12])
def test_it_fits_into_its_room_and_the_keys_are_the_last_line(
    width: int, room: int, entries: int
) -> None:
    long = replace(WELL, alias=Alias("a-very-long-alias" * 4))
    pool = replace(POOL, entries=((RESTS, long) * 6)[:entries])
    lines = panel(pool).lines(width, room)
    rows = told(shown(lines))
    assert max(map(cells, lines)) <= width
    assert len(lines) <= room
    assert "esc close" in rows[-1 if width < 60 else -2]
    assert any(row.startswith("›") for row in rows)


def test_more_entries_than_rows_scroll_and_the_selected_one_tells_its_trouble() -> None:
    pool = replace(POOL, entries=tuple(replace(RESTS, alias=Alias(f"entry-{n}")) for n in range(9)))
    shown_panel = panel(pool)
    for _ in range(5):
        shown_panel.key("down")
    assert [" ".join(row.split()[:2]) for row in told(shown(shown_panel.lines(80, 9)))[2:-2]] == [
        "entry-3 ○",
        "entry-4 ○",
        "›entry-5 ○",
        "└ unreachable",
        "entry-6 ○",
    ]


def test_a_pinned_entry_and_those_aside_are_told() -> None:
    aside = replace(RESTS, state="closed", taken_out=True, back_in_s=None)
    pool = replace(POOL, entries=(WELL, aside), pinned=WELL.alias)
    rows = told(drawn(120, pool=pool))
    assert "pinned: devstral-2" in rows[0]
    assert [row.split()[2:4] for row in (rows[2], f"- {rows[3]}")] == [
        ["●", "pinned"],
        ["○", "aside"],
    ]
    assert "p unpin" in rows[-2]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (("p",), ["p devstral-2"]),
        (("down", "enter"), ["enter local"]),
        (("up", "plus"), ["plus local"]),
        (("down", "down", "p"), ["p devstral-2"]),
        (("escape",), ["closed"]),
        (("h", "p"), []),
        (("h", "down", "p"), ["p devstral-2"]),
    ],
    ids="-".join,
)
def test_letters_are_keys_until_something_else_is_typed(
    keys: tuple[str, ...], expected: list[str]
) -> None:
    acted: list[str] = []
    shown_panel = panel(told=acted)
    for key in keys:
        shown_panel.key(key)
    assert acted == expected


def test_who_has_no_weight_can_be_brought_back() -> None:
    idle = replace(RESTS, weight=0, trouble="its weight is 0")
    keys = told(drawn(60, pool=replace(POOL, entries=(idle,))))[-2]
    assert keys.startswith("↵ details + bring back")


def test_an_empty_pool_has_a_panel() -> None:
    empty = replace(POOL, entries=(), recent=(), available=0, total=0)
    assert "0 of 0 can answer" in drawn(80, pool=empty)[0]


@pytest.mark.parametrize(
    ("weight", "more", "less"),
    [(0, 1, 0), (1, 2, 1), (9, 10, 8), (10, 15, 9), (70, 75, 65), (100, 150, 95), (150, 200, 100)],
)
def test_weights_go_in_steps_that_lead_somewhere(weight: int, more: int, less: int) -> None:
    assert (heavier(weight), lighter(weight)) == (more, less)
