"""What a person meant by a line that is not TOML: the cause in words, and the line as it should be.

Pure text to text. Whether a corrected line really helps is for the caller to try.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from vibe.config.codes import Code
from vibe.config.fields import is_list_table


class Diagnosis(Struct, frozen=True, kw_only=True):
    """`at` is the offset in the line; `corrected` is None where nobody could know."""

    code: Code
    at: int
    message: str
    corrected: str | None = None


_LONGEST = 2_000  # characters of a line that a person may have typed
_KEY_AND_EQUALS = re.compile(
    r"""(?P<head>\s*(?P<key>[\w.-]+|"[^"]*"|'[^']*')\s*)(?P<equals>==|:=|=)(?P<gap>\s*)"""
)
_KEY_AND_COLON = re.compile(
    r"""(?:-\s+)?(?P<quote>["']?)(?P<key>[A-Za-z_][\w.-]*)(?P=quote)\s*:(?:\s+|$)"""
)
_NO_EQUALS = re.compile(r"(?P<head>\s*[A-Za-z_][\w-]*)\s+(?P<value>[^=\s].*)$")
_LONE_KEY = re.compile(r"\s*[\w.-]+\s*(?:#.*)?$")
_HEADER = re.compile(r"(?P<indent>\s*)\[++\s*+(?P<name>[\w.-]++)?\s*+\]*+(?P<tail>\s*+(?:#.*)?)$")
_SMART = str.maketrans(dict.fromkeys("“”„‟«»‘’‚‛", '"'))
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'')
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?P<figure>\d[\d_.,']*|\.\d+)\s*(?P<unit>%|ms|s|sec|m|min|h|k)?", re.IGNORECASE
)
_TRUTH = {
    "true": "true",
    "yes": "true",
    "on": "true",
    "false": "false",
    "no": "false",
    "off": "false",
}
_NOTHING = {"null", "none", "nil", "undefined"}
_UNIT_MS = {"s": 1000, "sec": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000}


class _Setting(Struct, frozen=True, kw_only=True):
    """A line taken apart at its first equals sign; `head` and `gap` surround that.

    `tail` is the comment, with the blanks before it. The value begins at `at`.
    """

    head: str
    key: str
    equals: str
    gap: str
    at: int
    value: str
    tail: str


def diagnose(line: str) -> Diagnosis | None:
    """What is wrong with `line`, if it is one of the usual mistakes."""
    if len(line) > _LONGEST:
        return None
    for look in (_header, _smart_quotes, _setting, _colon, _no_equals):
        if found := look(line):
            return found
    return None


def _taken_apart(line: str) -> _Setting | None:
    found = _KEY_AND_EQUALS.match(line)
    if found is None:
        return None
    at = found.end()
    value = line[at:].partition("#")[0].rstrip()
    return _Setting(**found.groupdict(), at=at, value=value, tail=line[at + len(value) :])


def _header(line: str) -> Diagnosis | None:
    found = _HEADER.match(line)
    if found is None:
        return None
    at = len(found["indent"])
    name = found["name"]
    if not name:
        return Diagnosis(code=Code.TOML_HEADER, at=at, message="a table's header has no name")
    doubled = is_list_table(tuple(name.split("."))) or line.lstrip().startswith("[[")
    opening, closing = ("[[", "]]") if doubled else ("[", "]")
    return Diagnosis(
        code=Code.TOML_HEADER,
        at=at,
        message="the brackets of this header do not match",
        corrected=f"{found['indent']}{opening}{name}{closing}{found['tail']}",
    )


def _smart_quotes(line: str) -> Diagnosis | None:
    found = _taken_apart(line)
    value = found.value if found else ""
    if not found or not value or (value[0] + value[-1]).translate(_SMART) == value[0] + value[-1]:
        return None
    return Diagnosis(
        code=Code.TOML_SMART_QUOTES,
        at=found.at,
        message="typographic quotes are not quotes to TOML",
        corrected=line[: found.at] + value.translate(_SMART) + found.tail,
    )


def _setting(line: str) -> Diagnosis | None:
    found = _taken_apart(line)
    if found is None:
        return None
    head = found.head + "=" + (found.gap or " ")

    def corrected(new: str | None) -> str | None:
        return None if new is None else head + new + found.tail

    if found.equals != "=":
        message = f"one equals sign is enough: {found.key} = …"
        return Diagnosis(
            code=Code.TOML_EXTRA,
            at=len(found.head),
            message=message,
            corrected=corrected(found.value),
        )
    for look in (_nothing, _text, _brackets, _word):
        if mended := look(found.value, found.key):
            code, message, new = mended
            return Diagnosis(code=code, at=found.at, message=message, corrected=corrected(new))
    return None


_Mended = tuple[Code, str, str | None]


def _nothing(value: str, key: str) -> _Mended | None:
    if value and value.lower() not in _NOTHING:
        return None
    message = f"{key} has no value" if not value else "TOML has no null: leave the key out instead"
    return Code.TOML_NO_VALUE, message, None


def _text(value: str, key: str) -> _Mended | None:
    if value[0] not in "\"'":
        return None
    quote = value[0]
    if value.startswith(quote * 3):
        return Code.TOML_STRING_OPEN, "this text is never closed", quoted(value.strip(quote))
    found = _QUOTED.match(value)
    if found is None:
        inner = value.strip("\"'").rstrip(",;")
        return Code.TOML_STRING_OPEN, "this text is never closed", quoted(inner)
    rest = value[found.end() :].strip()
    if rest:
        message = f"nothing may follow the value of {key} on its line"
        return Code.TOML_EXTRA, message, found[0] + ("" if rest in (",", ";") else f"  # {rest}")
    if quote == '"' and "\\" in value:
        inner = value[1:-1]
        new = f"'{inner}'" if "'" not in inner else '"' + inner.replace("\\", "\\\\") + '"'
        message = "in double quotes a backslash begins an escape, and this one does not exist"
        return Code.TOML_ESCAPE, message, new
    return None


def _brackets(value: str, key: str) -> _Mended | None:
    if value[0] not in "[{":
        return None
    bare = _QUOTED.sub("", value)
    open_ones: list[str] = []
    for character in bare:
        if character in "[{":
            open_ones.append("]" if character == "[" else "}")
        elif open_ones and character == open_ones[-1]:
            open_ones.pop()
    if not open_ones:
        return None
    what = "list" if value[0] == "[" else "inline table"
    message = f"this {what} is never closed"
    return Code.TOML_BRACKET_OPEN, message, value.rstrip(", ") + "".join(reversed(open_ones))


def _word(value: str, key: str) -> _Mended | None:
    bare = value.rstrip(",;").rstrip()
    if truth := _TRUTH.get(bare.lower()):
        return Code.TOML_BOOLEAN, f"a truth value is written {truth}", truth
    number = _NUMBER.fullmatch(bare)
    if number and number["figure"].count(".") <= 1:
        new = _plain_number(number, key)
        return Code.TOML_NUMBER, f"this is not how TOML writes a number: write {new}", new
    if bare != value:
        return Code.TOML_EXTRA, "no comma or semicolon at the end of a line", bare
    return Code.TOML_QUOTES, "a text needs quotes", quoted(bare.strip("\"'"))


def _plain_number(number: re.Match[str], key: str) -> str:
    figure = (
        re.sub(r"[,_']", "", number["figure"]).strip(".")
        if number["figure"][0] != "."
        else ("0" + number["figure"])
    )
    figure = re.sub(r"^0+(?=\d)", "", figure)
    unit = (number["unit"] or "").lower()
    if unit in _UNIT_MS and key.endswith("_ms"):
        figure = f"{float(figure) * _UNIT_MS[unit]:.0f}"
    sign = number["sign"] if number["sign"] == "-" else ""
    return sign + figure


def _colon(line: str) -> Diagnosis | None:
    indent, text = line[: len(line) - len(line.lstrip())], line.strip()
    found = _KEY_AND_COLON.match(text)
    if found is None:
        return None
    key, value = found["key"], text[found.end() :]
    is_json = bool(found["quote"]) or value.endswith(",")
    code, language = (Code.TOML_JSON, "JSON") if is_json else (Code.TOML_YAML, "YAML")
    value = value.removesuffix(",").rstrip()
    if not value or value in "{[":
        header = f"[[{key}]]" if is_list_table((key,)) else f"[{key}]"
        corrected = indent + header
    else:
        corrected = f"{indent}{key} = {_literal(value, key)}"
    message = f"this is {language}; config.toml is TOML, which writes key = value"
    return Diagnosis(code=code, at=len(indent), message=message, corrected=corrected)


def _no_equals(line: str) -> Diagnosis | None:
    if _LONE_KEY.match(line):
        at = len(line) - len(line.lstrip())
        return Diagnosis(code=Code.TOML_NO_EQUALS, at=at, message="a key needs = and a value")
    found = _NO_EQUALS.match(line)
    if found is None:
        return None
    key = found["head"].strip()
    return Diagnosis(
        code=Code.TOML_NO_EQUALS,
        at=found.end("head"),
        message=f"there is no = between {key} and its value",
        corrected=f"{found['head']} = {_literal(found['value'], key)}",
    )


def _literal(value: str, key: str) -> str:
    """`value` as TOML would write it."""
    if (
        _QUOTED.fullmatch(value)
        or value in ("true", "false")
        or re.fullmatch(r"-?\d+(\.\d+)?", value)
    ):
        return value
    looks: tuple[Callable[[str, str], _Mended | None], ...] = (_text, _brackets, _word)
    for look in looks:
        if (mended := look(value, key)) and mended[2] is not None:
            return mended[2]
    return quoted(value)


def quoted(text: str) -> str:
    """`text` as a TOML string of one line."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
