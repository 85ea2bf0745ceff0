"""A change of one setting: where it goes in texts of every style, and that nothing else moves."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Callable
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from tests.config.seeds import EXAMPLES, FOLDER
from vibe.config.edit import as_toml, set_in_file, with_value
from vibe.config.fields import Field, Setting, dotted_keys, field_at, fields_of
from vibe.config.keypath import parse_key, resolve, spelled, value_for
from vibe.config.scan import Path as KeyPath
from vibe.config.scan import scan
from vibe.config.schema import Model, Multiplexer, Permissions, PoolEntry, Provider, Settings
from vibe.errors import UsageError

Table = dict[str, object]

MIGRATION = {
    f"migration/{file.stem}": file.read_text()
    for file in sorted((FOLDER / "migration").glob("*.toml"))
}
SEEDS = EXAMPLES | MIGRATION


# what must hold of every change


def assert_only_that_changed(text: str, path: KeyPath, value: Setting) -> None:
    changed = with_value(text, path, value)
    before = tomllib.loads(text)
    assert plain(tomllib.loads(changed)) == plain(put(before, path, value))
    if changed == text:
        assert get(before, path) == value
    elif get(before, path) is not None:
        span = scan(text).places[path].value
        assert changed.startswith(text[: span.start])
        assert changed.endswith(text[span.end :])
    else:
        assert is_inserted(text, changed)
    assert scan(changed).stop is None
    assert with_value(changed, path, value) == changed


def is_inserted(old: str, new: str) -> bool:
    """Whether `new` is `old` with something put into one place."""
    same = next((at for at, each in enumerate(old) if new[at : at + 1] != each), len(old))
    return len(new) > len(old) and new.endswith(old[same:])


def plain(data: object) -> str:
    """Comparable even where there are NaNs, and telling 1 from 1.0 and true."""
    return json.dumps(data, sort_keys=True, default=repr)


def get(data: Any, path: KeyPath) -> object:
    """What is at `path`, None for nothing."""
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError):
            return None
    return data


def put(data: Table, path: KeyPath, value: Setting) -> Table:
    """A copy with `value` at `path`; a number that is there already stays as it is."""
    if get(data, path) == value and isinstance(get(data, path), bool) == isinstance(value, bool):
        return data
    result = deepcopy(data)
    at: Any = result
    for step, following in pairwise(path):
        if isinstance(step, int):
            at += [{}] if step == len(at) else []
        else:
            at.setdefault(step, [] if isinstance(following, int) else {})
        at = at[step]
    if isinstance(path[-1], int):
        at += [None] if path[-1] == len(at) else []
    at[path[-1]] = value
    return result


# texts of every style


def words(alphabet: str = "aZé☕ #=[]{}\"'\\,.\n\t") -> st.SearchStrategy[str]:
    return st.text(alphabet, max_size=8)


def value_of(field: Field, texts: st.SearchStrategy[str]) -> st.SearchStrategy[Setting]:
    low = field.above if field.above is not None else field.at_least
    match field.kind:
        case "flag":
            return st.booleans()
        case "whole":
            return st.integers(int(low or 0), int(field.at_most or 0))
        case "number":
            return st.floats(low, field.at_most, exclude_min=field.above is not None)
        case "choice":
            return st.sampled_from(field.choices)
        case "list":
            return st.lists(texts, max_size=3)
        case _:
            return texts


class Style(Struct, frozen=True):
    """One way of writing; every method draws anew."""

    draw: st.DrawFn

    def one_of(self, *options: str) -> str:
        return self.draw(st.sampled_from(options))

    def key(self, name: str) -> str:
        return self.one_of(name, name, f'"{name}"', f"'{name}'") if name else '""'

    def dotted(self, *names: str) -> str:
        return self.one_of(".", ".", " . ").join(self.key(name) for name in names)

    def value(self, value: Setting) -> str:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            gap = self.one_of(" ", "\n  ", "\n# [not.a.header]\n")
            return "[" + "".join(f"{gap}{self.text(each)}," for each in value) + gap + "]"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            return repr(value)
        return self.one_of(str(value), f"{value:_}", hex(value) if value >= 0 else str(value))

    def text(self, text: str) -> str:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        forms = [f'"{escaped}"'.replace("\n", "\\n"), f'"""\n{escaped}"""']
        if "'" not in text:
            gap = self.one_of("", "\n") if text[:1] != "\n" else "\n"
            forms.append(f"'''{gap}{text}'''")
            if "\n" not in text:
                forms.append(f"'{text}'")
        return self.one_of(*forms)

    def setting(self, value: str, *names: str) -> str:
        """A whole line, with what may stand around it."""
        before = self.one_of("", "", "  ", "\t")
        equals = self.one_of(" = ", "=", "   =\t")
        return self.around(f"{before}{self.dotted(*names)}{equals}{value}")

    def header(self, *names: str, is_list: bool) -> str:
        inner = self.one_of("", " ") + self.dotted(*names)
        return self.around(self.one_of("", " ") + (f"[[{inner}]]" if is_list else f"[{inner}]"))

    def around(self, line: str) -> str:
        above = self.draw(st.lists(st.sampled_from(VOID), max_size=2))
        tail = self.one_of("", "", " ", '  # 70% [of] "all"', "\t#")
        return "".join(f"{each}\n" for each in above) + line + tail

    def inline(self, table: Table) -> str:
        inner = [
            f"{self.key(name)} = {self.inline(cast('Table', each))}"
            if isinstance(each, dict)
            else f"{self.key(name)}={self.value(cast('Setting', each))}"
            for name, each in table.items()
        ]
        gap = self.one_of("", " ")
        return "{" + gap + ", ".join(inner) + gap + "}"

    def inline_list(self, items: list[Table]) -> str:
        inner = [self.inline(item) for item in items]
        if not self.draw(st.booleans()):
            return f"[{', '.join(inner)}]"
        comma = self.one_of("", ",") if inner else ""
        return "[ # all\n" + ",  # one\n  ".join(inner) + comma + "\n# none\n]"


VOID = ("", "", "  ", "# [not.a.header]", "\t# key = 1", "#:schema config.schema.json", '#"""')
ODD = (
    "[odd]\nwhen = 2026-11-20T10:00:00Z\nratio = nan\n'a b'.\"\" = [[1, 2], [ # x\n'y']]",
    '[odd . "x.y"]\ntext = """\n[not.a.header]\nactive_model = 1\n#"""',
    "[[odd]]\n[odd.inner]\nn = -inf\n[[odd]]\n[[odd.list]]",
)


@st.composite
def tables(draw: st.DrawFn, schema: type[Struct]) -> Table:
    """Some settings of one table, its sub-tables left out."""
    fields = [field for field in fields_of(schema) if field.table is None]
    chosen = draw(st.lists(st.sampled_from(fields), max_size=4, unique_by=lambda f: f.name))
    names = st.sampled_from(("X-Team", "a", "b"))
    return {
        field.name: draw(st.dictionaries(names, words(), max_size=2))
        if field.kind == "texts"
        else draw(value_of(field, words()))
        for field in chosen
    }


@st.composite
def odd_texts(draw: st.DrawFn) -> str:
    """A valid config.toml of some unusual style."""
    style = Style(draw)
    top = settings_lines(style, draw(tables(Settings)))
    blocks = [draw(st.sampled_from(ODD))] if draw(st.booleans()) else []
    lists: tuple[tuple[str, type[Struct]], ...] = (("providers", Provider), ("models", Model))
    for name, schema in lists:
        items = draw(st.lists(tables(schema), max_size=2))
        if draw(st.booleans()):
            blocks.append("\n".join(item_lines(style, item, name) for item in items))
        elif items or draw(st.booleans()):
            top.append(style.setting(style.inline_list(items), name))
    add_multiplexer(style, top, blocks)
    rules = settings_lines(style, draw(tables(Permissions)))
    blocks.append("\n".join([style.header("permissions", is_list=False), *rules]) if rules else "")
    blocks = draw(st.permutations([block for block in blocks if block]))
    text = "\n".join([*draw(st.permutations(top)), *blocks]) + style.one_of("\n", "", "\n\n# end")
    return with_line_ends(text, style.one_of("lf", "crlf", "mixed"))


def with_line_ends(text: str, kind: str) -> str:
    if kind == "crlf":
        return text.replace("\n", "\r\n")
    parts = text.split("\n")
    return (
        "".join(
            part + ("\r\n" if kind == "mixed" and number % 2 else "\n")
            for number, part in enumerate(parts[:-1])
        )
        + (parts[-1])
    )


def settings_lines(style: Style, table: Table, *prefix: str) -> list[str]:
    lines: list[str] = []
    for name, value in table.items():
        if not isinstance(value, dict):
            lines.append(style.setting(style.value(cast("Setting", value)), *prefix, name))
        elif value and style.draw(st.booleans()):
            lines += settings_lines(style, cast("Table", value), *prefix, name)
        else:
            lines.append(style.setting(style.inline(cast("Table", value)), *prefix, name))
    return lines


def item_lines(style: Style, item: Table, *names: str) -> str:
    own, below = dict(item), {}
    if "headers" in own and style.draw(st.booleans()):
        below = cast("Table", own.pop("headers"))
    lines = [style.header(*names, is_list=True), *settings_lines(style, own)]
    if "headers" in item and "headers" not in own:
        lines.append(style.header(*names, "headers", is_list=False))
        lines += settings_lines(style, below)
    return "\n".join(lines)


def add_multiplexer(style: Style, top: list[str], blocks: list[str]) -> None:
    own = style.draw(tables(Multiplexer))
    pool = style.draw(st.lists(tables(PoolEntry), max_size=2))
    headers = "\n".join(item_lines(style, entry, "multiplexer", "pool") for entry in pool)
    form = style.one_of("table", "dotted", "inline", "pool alone", "none")
    lines = settings_lines(style, own)
    match form:
        case "table" if style.draw(st.booleans()):
            listed = style.setting(style.inline_list(pool), "pool")
            blocks.append("\n".join([style.header("multiplexer", is_list=False), *lines, listed]))
        case "table":
            blocks.append("\n".join([style.header("multiplexer", is_list=False), *lines]))
            blocks.append(headers)
        case "dotted":
            top += settings_lines(style, own, "multiplexer")
            blocks.append(headers)
        case "inline":
            top.append(style.setting(style.inline(own), "multiplexer"))
        case "pool alone":
            blocks.append(headers)
        case _:
            pass


@st.composite
def changes(draw: st.DrawFn, text: str) -> tuple[KeyPath, Setting]:
    """Any setting of the schema, one that `text` has or one that it could get."""
    data = tomllib.loads(text)
    dotted, field = draw(st.sampled_from(list(dotted_keys(Settings))))
    path: KeyPath = ()
    for part in dotted.split("."):
        path = (*path, part.removesuffix("[]"))
        if part.endswith("[]"):
            items = cast("list[object]", get(data, path) or [])
            path = (*path, draw(st.integers(0, len(items))))
    if field.kind == "texts":
        path = (*path, draw(st.one_of(st.sampled_from(("X-Team", "a")), words(), st.text())))
        return path, draw(st.text())
    if field.kind == "list" and draw(st.booleans()):
        items = cast("list[object]", get(data, path) or [])
        return (*path, draw(st.integers(0, len(items)))), draw(st.text())
    return path, draw(value_of(field, st.text()))


@given(data=st.data(), text=odd_texts())
@settings(max_examples=150, deadline=None)
def test_any_setting_of_a_text_of_any_style_changes_alone(data: st.DataObject, text: str) -> None:
    path, value = data.draw(changes(text))
    assert_only_that_changed(text, path, value)


EVERY = {
    "flag": True,
    "whole": 7,
    "number": 0.25,
    "text": 'it\'s \\ "new"',
    "texts": "shop",
    "list": ["bash(make *)", 'read("a")'],
}


@pytest.mark.parametrize("text", SEEDS.values(), ids=list(SEEDS))
def test_every_setting_of_every_seed_changes_alone(text: str) -> None:
    for dotted, field in dotted_keys(Settings):
        for index in ("[0]", "[1]"):
            path = parse_key(dotted.replace("[]", index))
            if index == "[1]" and get(tomllib.loads(text), (*path[:-2], 0)) is None:
                continue
            path = (*path, "X-Team") if field.kind == "texts" else path
            value = field.choices[-1] if field.choices else EVERY[field.kind]
            assert_only_that_changed(text, path, value)


# where a new setting goes


@pytest.mark.parametrize(
    ("text", "key", "value", "changed"),
    [
        pytest.param("a = 1  # one\nb=2\n", "a", 3, "a = 3  # one\nb=2\n", id="a value"),
        pytest.param("a = 'b'\n", "a", "c\\d", "a = 'c\\d'\n", id="single quotes stay"),
        pytest.param("a = 'b'\n", "a", "it's", 'a = "it\'s"\n', id="single quotes that cannot"),
        pytest.param(
            'a = """\nb\nc"""  # two\n', "a", "d\ne", 'a = "d\\ne"  # two\n', id="a long text"
        ),
        pytest.param("t = {a = 1}\n", "t.a", True, "t = {a = true}\n", id="an inline value"),
        pytest.param("price = 2\n", "price", 2.0, "price = 2\n", id="an equal number"),
        pytest.param("on = 1\n", "on", True, "on = true\n", id="a number is no truth value"),
        pytest.param("a = 1\n\n[t]\n", "b", 2, "a = 1\nb = 2\n\n[t]\n", id="the top level"),
        pytest.param(
            "# config\n\n# the table\n[t]\n",
            "a",
            1,
            "# config\n\na = 1\n\n# the table\n[t]\n",
            id="an empty top level",
        ),
        pytest.param(
            "# the table\n[t]\n", "a", 1, "a = 1\n\n# the table\n[t]\n", id="a table at the top"
        ),
        pytest.param(
            "#:schema s.json\n[t]\n",
            "a",
            1,
            "#:schema s.json\na = 1\n\n[t]\n",
            id="a directive at the top",
        ),
        pytest.param("", "a", 1, "a = 1\n", id="no text"),
        pytest.param("# all\n# held back", "a", 1, "# all\n# held back\n\na = 1", id="comments"),
        pytest.param(
            "[t]\n\ta = 1 # one\n# b = 0\n\n# u\n[u]\n",
            "t.b",
            2,
            "[t]\n\ta = 1 # one\n\tb = 2\n# b = 0\n\n# u\n[u]\n",
            id="a table",
        ),
        pytest.param("[t]  # mine\n[u]", "t.a", 1, "[t]  # mine\na = 1\n[u]", id="an empty table"),
        pytest.param("[t]\r\na = 1\r\n", "t.b", 2, "[t]\r\na = 1\r\nb = 2\r\n", id="CRLF"),
        pytest.param("[t]\r\na = 1", "t.b", 2, "[t]\r\na = 1\r\nb = 2", id="no last line end"),
        pytest.param(
            "[t]\nl = [\n  1,\n]  # all\n",
            "t.b",
            2,
            "[t]\nl = [\n  1,\n]  # all\nb = 2\n",
            id="below a value of many lines",
        ),
        pytest.param(
            "t.a = 1\nx = 2\n[u]\n",
            "t.b",
            2,
            "t.a = 1\nt.b = 2\nx = 2\n[u]\n",
            id="a table of dotted keys",
        ),
        pytest.param(
            "[[l]]\n[[l]]\nh.a = 1\n",
            "l[1].h.b",
            2,
            "[[l]]\n[[l]]\nh.a = 1\nh.b = 2\n",
            id="dotted keys in an item",
        ),
        pytest.param("t = { a = 1 }\n", "t.b", 2, "t = { a = 1, b = 2 }\n", id="an inline table"),
        pytest.param("t = {}\n", "t.b", 2, "t = { b = 2 }\n", id="an empty inline table"),
        pytest.param(
            "t = { u.a = 1 }\n", "t.u.b", 2, "t = { u.a = 1, u.b = 2 }\n", id="dotted and inline"
        ),
        pytest.param("a = 1\n", "t.b", 2, "a = 1\n\n[t]\nb = 2\n", id="no such table"),
        pytest.param("a = 1\n\n", "t.b", 2, "a = 1\n\n[t]\nb = 2\n", id="a blank line is there"),
        pytest.param(
            "# pool\n[[t.l]]\na = 1\n",
            "t.b",
            2,
            "[t]\nb = 2\n\n# pool\n[[t.l]]\na = 1\n",
            id="a table that only its own tables speak of",
        ),
        pytest.param(
            '[[providers]]\nname = "a"\n\n[[models]]\n',
            "providers[a].headers.X-Team",
            "shop",
            '[[providers]]\nname = "a"\nheaders = { X-Team = "shop" }\n\n[[models]]\n',
            id="a table inside of an item",
        ),
        pytest.param(
            '[[providers]]\n[providers.headers]\n\n[[providers]]\n[providers.headers]\na = ""\n',
            'providers[0].headers."b c"',
            "",
            '[[providers]]\n[providers.headers]\n"b c" = ""\n\n'
            '[[providers]]\n[providers.headers]\na = ""\n',
            id="a table of an earlier item",
        ),
        pytest.param(
            "[[l]]\na = 1\n# b = 2\n\n# t\n[t]\n",
            "l[1].a",
            2,
            "[[l]]\na = 1\n# b = 2\n\n[[l]]\na = 2\n\n# t\n[t]\n",
            id="one more item",
        ),
        pytest.param(
            "[[l]]\n# t\n[t]\n",
            "l[1].a",
            2,
            "[[l]]\n\n[[l]]\na = 2\n# t\n[t]\n",
            id="one more item in a dense text",
        ),
        pytest.param("[t]\n", "t.l[0].a", 1, "[t]\n\n[[t.l]]\na = 1\n", id="a first item"),
        pytest.param(
            "t.a = 1\nb = 2\n",
            "t.l[0].a",
            1,
            "t.a = 1\nb = 2\n\n[[t.l]]\na = 1\n",
            id="a first item beside dotted keys",
        ),
        pytest.param(
            "t = { a = 1 }\n",
            "t.l[0].a",
            1,
            "t = { a = 1, l = [{ a = 1 }] }\n",
            id="a first item of an inline table",
        ),
        pytest.param(
            "l = []\n", "l[0].a", 1, "l = [ { a = 1 } ]\n", id="an item of an empty array"
        ),
        pytest.param(
            "l = [\n  {a = 1},  # one\n]\n",
            "l[1].a",
            2,
            "l = [\n  {a = 1}, { a = 2 },  # one\n]\n",
            id="an item of an array",
        ),
        pytest.param("", "t.l", ["a", "b"], '[t]\nl = ["a", "b"]\n', id="a list"),
        pytest.param("l = ['a']  # one\n", "l", [], "l = []  # one\n", id="another list"),
        pytest.param("", "t.l[0]", "a", '[t]\nl = ["a"]\n', id="a first text"),
        pytest.param("t = {}\n", "t.l[0]", "a", 't = { l = ["a"] }\n', id="a first one, inline"),
        pytest.param("l = ['a']\n", "l[0]", "b", "l = ['b']\n", id="another text"),
        pytest.param("l = ['a']\n", "l[1]", "b", "l = ['a', \"b\"]\n", id="a further text"),
        pytest.param("l = []\n", "l[0]", "a", 'l = [ "a" ]\n', id="a text of an empty array"),
    ],
)
def test_a_setting_goes_where_a_person_would_put_it(
    text: str, key: str, value: Setting, changed: str
) -> None:
    assert with_value(text, parse_key(key), value) == changed


def refusal(call: Callable[[], object]) -> tuple[str, str]:
    """What is said, and the remedy."""
    with pytest.raises(UsageError) as caught:
        call()
    return caught.value.message, caught.value.hint


INVALID = (
    "my.toml is not valid TOML; nothing was changed",
    "see what is wrong with it: vibe config validate my.toml",
)


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        pytest.param("a = \n", "b", INVALID, id="not TOML"),
        pytest.param("a = 2026-02-30\n", "b", INVALID, id="no such day"),
        pytest.param("a = " + "[" * 65 + "]" * 65, "b", INVALID, id="too deep"),
        pytest.param("#" * 1_000_001, "b", INVALID, id="too large"),
        pytest.param(
            "[t]\n", "t", ("t is a table", "name one of the settings in it"), id="a table"
        ),
        pytest.param(
            "[[l]]\n", "l[1]", ("l[1] is a table", "name one of the settings in it"), id="an item"
        ),
        pytest.param(
            "l = []\n", "l", ("l is a table", "name one of the settings in it"), id="a list"
        ),
        pytest.param("", "l[1]", ("there is no l[1]", "the next one is l[0]"), id="a second first"),
        pytest.param("[[l]]\n", "l[2].a", ("there is no l[2]", "the next one is l[1]"), id="a gap"),
        pytest.param(
            "", "t.l[1].a", ("there is no t.l[1]", "the next one is t.l[0]"), id="a gap in nothing"
        ),
        pytest.param(
            "[providers]\n",
            "providers[0].name",
            ("providers is not a list", "see what it should be: vibe config validate"),
            id="no list",
        ),
        pytest.param(
            "t = 1\n",
            "t.a",
            ("t is not a table", "see what it should be: vibe config validate"),
            id="no table",
        ),
        pytest.param(
            "# \ud800\n",
            "a",
            (
                "a cannot be set from here, because of the way my.toml is written; "
                "nothing was changed",
                "change it by hand: vibe config edit",
            ),
            id="half of a surrogate pair",
        ),
    ],
)
def test_what_cannot_be_changed_soundly_is_refused(
    text: str, key: str, said: tuple[str, str]
) -> None:
    assert refusal(lambda: with_value(text, parse_key(key), 1, file="my.toml")) == said


# keys and values as they are typed


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("active_model", ("active_model",)),
        ("multiplexer.pool[0].weight", ("multiplexer", "pool", 0, "weight")),
        ('providers[0].headers."X.Team"', ("providers", 0, "headers", "X.Team")),
        ("providers[0].headers.'a\"b'", ("providers", 0, "headers", 'a"b')),
        (r'"tab\t"', ("tab\t",)),
        ("models[devstral-2].alias", ("models", "devstral-2", "alias")),
        ("models[a/b:4.1].alias", ("models", "a/b:4.1", "alias")),
        ('models["4"].alias', ("models", "4", "alias")),
        ("models[12]", ("models", 12)),
    ],
)
def test_a_key_is_read_as_a_path(text: str, path: KeyPath) -> None:
    assert parse_key(text) == path


@pytest.mark.parametrize(
    "text",
    ["", ".", "a.", ".a", "a..b", "a b", "[0]", "a[", "a[]", "a[0", "a]", "a[0]b", '"a', r'"\q"',
     "a[[0]]", "a = 1", "a\n", "ä"],
)  # fmt: skip
def test_what_is_no_key_is_refused_with_examples(text: str) -> None:
    said, hint = refusal(lambda: parse_key(text))
    assert said.endswith("is not how a key is written")
    assert hint == (
        "as multiplexer.pool[0].weight, models[devstral-2].input_price "
        'or providers[0].headers."X-Team"'
    )


names = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")))
paths = st.lists(names | st.integers(0, 999), max_size=4).flatmap(
    lambda steps: names.map(lambda first: (first, *steps))
)


@given(path=paths)
def test_a_path_that_is_spelled_reads_as_the_same_path(path: KeyPath) -> None:
    assert parse_key(spelled(path)) == path


VALUES: Table = {
    "providers": [{"name": "mistral"}, {"name": "twin"}, {"name": "twin"}],
    "models": [{"name": "large", "alias": "strong"}, {"name": "small"}, {"name": "strong"}],
    "multiplexer": {"pool": [{"model": "small"}]},
    "permissions": {"deny": ["bash(make)", "bash(rm *)"]},
}


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("providers[mistral].name", ("providers", 0, "name")),
        ("providers.mistral.name", ("providers", 0, "name")),
        ("models[small].alias", ("models", 1, "alias")),
        ("models[large].alias", ("models", 0, "alias")),
        ("models[strong].alias", ("models", 0, "alias")),
        ("multiplexer.pool[small].weight", ("multiplexer", "pool", 0, "weight")),
        ("permissions.deny[bash(rm *)]", ("permissions", "deny", 1)),
        ("models[7].alias", ("models", 7, "alias")),
        ("multiplexer.nothing.here", ("multiplexer", "nothing", "here")),
    ],
)
def test_an_item_goes_by_its_name(key: str, path: KeyPath) -> None:
    assert resolve(parse_key(key), VALUES) == path


@pytest.mark.parametrize(
    ("key", "values", "said"),
    [
        pytest.param(
            "models[smal].alias",
            VALUES,
            ('models has no "smal"', 'did you mean "small"?'),
            id="misspelt",
        ),
        pytest.param(
            "providers[openai].name",
            VALUES,
            ('providers has no "openai"', "a new one goes by its number: providers[3]"),
            id="unknown",
        ),
        pytest.param(
            "providers[twin].name",
            VALUES,
            ('providers has more than one "twin"', "name it by its number: providers[1]"),
            id="twice",
        ),
        pytest.param(
            "multiplexer.pool[small].weight",
            {},
            (
                'multiplexer.pool has no "small"',
                "a new one goes by its number: multiplexer.pool[0]",
            ),
            id="no list at all",
        ),
    ],
)
def test_a_name_that_is_no_item_is_refused(key: str, values: Table, said: tuple[str, str]) -> None:
    assert refusal(lambda: resolve(parse_key(key), values)) == said


def field(key: str) -> Field:
    found = field_at(Settings, parse_key(key))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("multiplexer.enabled", "true", True),
        ("multiplexer.pool[0].weight", "70", 70),
        ("models[0].temperature", "0.5", 0.5),
        ("models[0].input_price", "2", 2.0),
        ("multiplexer.mode", "failover", "failover"),
        ("active_model", "70", "70"),
        ("providers[0].headers.X-Team", "shop", "shop"),
        ("permissions.deny[0]", "bash(rm '*')", "bash(rm '*')"),
        ("permissions.deny", """["bash(rm '*')", 'bash']""", ["bash(rm '*')", "bash"]),
        ("permissions.deny", "[]", []),
    ],
)
def test_what_is_typed_becomes_the_type_of_the_key(key: str, text: str, value: Setting) -> None:
    assert repr(value_for(field(key), text)) == repr(value)


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        (
            "multiplexer.enabled",
            "maybe",
            ('enabled must be true or false, not the text "maybe"', ""),
        ),
        (
            "multiplexer.pool[0].weight",
            "0.7",
            ('weight must be a whole number from 0 to 1,000,000, not the text "0.7"', ""),
        ),
        (
            "multiplexer.strategy",
            "wieghted",
            (
                'strategy must be one of "weighted", "round_robin", "random", "least_busy", '
                'not the text "wieghted"',
                'did you mean "weighted"?',
            ),
        ),
        ("providers[0].headers", "x", ("headers is a table", "name one of the settings in it")),
        ("models", "x", ("models is a table", "name one of the settings in it")),
        (
            "permissions.deny[0]",
            "bsh(x)",
            (
                '"bsh(x)" is no rule',
                "write TOOL(…) with one of read, grep, edit, write, bash, as in bash(git diff *)",
            ),
        ),
        (
            "permissions.deny",
            "bash(x)",
            (
                'deny must be a list of rules, not the text "bash(x)"',
                "a single item goes by its number: …deny[0]",
            ),
        ),
        (
            "permissions.deny",
            "[1]",
            (
                "an item of deny must be a text in quotes, not 1",
                'a rule is a text such as "bash(git diff *)" or "write(docs/**)"',
            ),
        ),
        (
            "permissions.deny",
            '["bash"]\nx = 1',
            (
                'deny must be a list of rules, not the text "["bash"]\\nx = 1"',
                "a single item goes by its number: …deny[0]",
            ),
        ),
    ],
)
def test_a_value_that_the_key_does_not_take_is_refused(
    key: str, text: str, said: tuple[str, str]
) -> None:
    assert refusal(lambda: value_for(field(key), text)) == said


# data as text

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def without_nulls(data: object) -> object:
    if isinstance(data, list):
        return [without_nulls(each) for each in cast("list[object]", data) if each is not None]
    if isinstance(data, dict):
        settings = cast("Table", data).items()
        return {name: without_nulls(each) for name, each in settings if each is not None}
    return data


@given(data=st.dictionaries(st.text(), json_values))
@settings(max_examples=100, deadline=None)
def test_data_as_toml_is_the_same_data_without_nulls(data: Table) -> None:
    assert plain(tomllib.loads(as_toml(data))) == plain(without_nulls(data))


def test_lists_of_tables_get_a_header_for_each_item() -> None:
    data = {
        "multiplexer": {"pool": [{"model": "a"}, {"model": "b"}], "enabled": True},
        "providers": [{"name": "p", "headers": {"X-Team": None}}, {}],
        "active_model": "a",
    }
    assert as_toml(data) == (
        'active_model = "a"\n'
        "\n[multiplexer]\nenabled = true\n"
        '\n[[multiplexer.pool]]\nmodel = "a"\n'
        '\n[[multiplexer.pool]]\nmodel = "b"\n'
        '\n[[providers]]\nname = "p"\n'
        "\n[providers.headers]\n"
        "\n[[providers]]\n"
    )


def nested(depth: int, *, in_table: bool) -> object:
    data: object = 1
    for _ in range(depth):
        data = {"a": data} if in_table else [data]
    return data


@pytest.mark.parametrize(
    ("data", "text"),
    [
        pytest.param([{"a": 1}], "", id="a list"),
        pytest.param(None, "", id="null"),
        pytest.param({}, "\n", id="nothing"),
        pytest.param({"a": math.inf, "b": -math.inf}, "a = inf\nb = -inf\n", id="infinite"),
        pytest.param({"a": 10**4000}, f"a = {10**4000}\n", id="huge"),
        pytest.param({"\ud800": "\udfff"}, '"?" = "?"\n', id="halves of surrogate pairs"),
        pytest.param(nested(100_000, in_table=True), "", id="tables without end"),
        pytest.param({"a": nested(100_000, in_table=False)}, "", id="lists without end"),
    ],
)
def test_what_json_can_hold_never_fails(data: object, text: str) -> None:
    assert as_toml(data) == text


# files


def test_a_missing_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "vibe" / "config.toml"

    set_in_file(file, ("multiplexer", "mode"), "failover")

    assert file.read_bytes() == b'[multiplexer]\nmode = "failover"\n'
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_keeps_its_byte_order_mark_and_line_ends(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b'\xef\xbb\xbf# \xe2\x98\x95 \r\nactive_model = "a"\r\n[multiplexer] \r\n')

    set_in_file(file, ("active_model",), "é")
    set_in_file(file, ("multiplexer", "enabled"), value=True)

    assert file.read_bytes() == (
        b'\xef\xbb\xbf# \xe2\x98\x95 \r\nactive_model = "\xc3\xa9"\r\n'
        b"[multiplexer] \r\nenabled = true\r\n"
    )


def test_an_item_of_a_file_goes_by_its_name_there(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[[providers]]\nname = "a"\n[[providers]]\nname = "b"\n')

    set_in_file(file, ("providers", "b", "enabled"), value=False)

    assert file.read_text() == (
        '[[providers]]\nname = "a"\n[[providers]]\nname = "b"\nenabled = false\n'
    )


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"a = ", id="no value"),
        pytest.param(b"a = '\xff'", id="not UTF-8"),
        pytest.param("a = 1".encode("utf-16"), id="UTF-16"),
        pytest.param(b"a = 1\rb = 2", id="bare CR"),
    ],
)
def test_a_file_that_is_not_toml_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "my config.toml"
    file.write_bytes(content)

    said = refusal(lambda: set_in_file(file, ("active_model",), "b"))

    assert said == (
        f"{file} is not valid TOML; nothing was changed",
        f"see what is wrong with it: vibe config validate '{file}'",
    )
    assert file.read_bytes() == content
