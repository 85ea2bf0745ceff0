"""What there is to edit in a file: rows by the schema, by what it says, and what is folded away."""

from __future__ import annotations

import tomllib

import pytest

from tests.config.test_rows import GOOD
from vibe.config.fields import fields_of
from vibe.config.form import Row, rows_of
from vibe.config.schema import Multiplexer, Settings

POOL = """\
[[models]]
name = "m"
alias = "strong"

[multiplexer]
max_wait_ms = 5

[[multiplexer.pool]]
model = "strong"
weight = "70"
priority = 2
"""


def rows(text: str) -> tuple[Row, ...]:
    return rows_of(tomllib.loads(text))


def labels(found: tuple[Row, ...], table: str) -> list[str]:
    return [row.cells[0].label for row in found if row.path[:-1] == (table,) and row.cells]


def test_every_table_of_the_schema_has_a_section() -> None:
    sections = [row.path for row in rows("") if row.kind == "section"]
    tables = [(each.name,) for each in fields_of(Settings) if each.table is not None]
    assert [(), *tables] == [path for path in sections if len(path) < 2]


def test_an_empty_file_shows_what_is_usually_set() -> None:
    found = rows("")
    assert labels(found, "multiplexer") == ["enabled", "mode", "after 429", "after error"]
    assert [row.title for row in found if row.path == ("multiplexer",) and row.kind == "more"] == [
        "10 more"
    ]


def test_what_is_set_is_shown_and_all_of_it_when_unfolded() -> None:
    assert "max wait" in labels(rows(POOL), "multiplexer")
    whole = rows_of(tomllib.loads(POOL), frozenset({("multiplexer",)}))
    shown = labels(whole, "multiplexer")
    assert len(shown) == sum(each.table is None for each in fields_of(Multiplexer))


def test_an_entry_of_the_pool_is_one_row_of_what_it_says() -> None:
    entry = next(row for row in rows(POOL) if row.kind == "entry")
    assert [(cell.label, cell.text) for cell in entry.cells] == [
        ("model", "strong"),
        ("weight", "70"),
        ("max", ""),
        ("fallback", ""),
        ("priority", "2"),
    ]
    assert entry.cells[0].known == ("strong",)


@pytest.mark.parametrize(
    ("name", "unit"), [("after 429", "ms"), ("mode", ""), ("enabled", "")], ids=str
)
def test_units_stand_behind_the_number(name: str, unit: str) -> None:
    cells = [cell for row in rows("") for cell in row.cells if row.path[:1] == ("multiplexer",)]
    assert next(cell.unit for cell in cells if cell.label == name) == unit


def test_names_of_all_files_can_be_chosen() -> None:
    found = rows_of({}, effective=tomllib.loads(POOL))
    assert next(row.cells[0].known for row in found if row.cells) == ("strong",)


@pytest.mark.parametrize(
    ("setting", "is_secret"),
    [
        pytest.param('headers = { X-Api-Key = "k" }', True, id="a header that sounds so"),
        pytest.param('headers = { X-Team = "shop" }', False, id="another header"),
        pytest.param('api_key_env_var = "sk-0123456789abcdef0123"', True, id="a key, not a name"),
        pytest.param('api_key_env_var = "ACME_API_KEY"', False, id="a name"),
        pytest.param('name = "a-rather-long-name-of-a-provider"', False, id="a long name"),
    ],
)
def test_what_may_be_a_key_is_known_for_one(setting: str, is_secret: bool) -> None:
    found = rows(f"[[providers]]\n{setting}\n")
    cells = [cell for row in found if row.path[:1] == ("providers",) for cell in row.cells]
    assert any(cell.is_secret for cell in cells) == is_secret


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("providers = 3\nmodels = [1, {}]\nmultiplexer = false\n", id="no tables"),
        pytest.param("[multiplexer]\npool = [{ model = [1] }, 2]\n", id="other values"),
        pytest.param("[providers]\nname = 1979-05-27\n", id="a date"),
    ],
)
def test_a_file_of_another_form_has_rows_as_well(text: str) -> None:
    assert len(rows(text)) >= len([row for row in rows(GOOD) if row.kind == "section"])
