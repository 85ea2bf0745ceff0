"""What `${…}` in a text stands for, and which references cannot be followed."""

from __future__ import annotations

import pytest

from vibe.config.codes import Code
from vibe.config.variables import BadReference, Variables

VARIABLES = Variables(
    environment={"HOST": "api.test", "EMPTY": "", "RAW": "${HOST}", "BOTH": "environment"},
    dotenv={
        "PATH_": "v1",
        "BASE": "https://${HOST}/${PATH_}",
        "DEEP": "<${BASE}>",
        "LITERAL": "$${HOST}",
        "ORPHAN": "${GONE}",
        "SAVED": "${GONE:-saved}",
        "BOTH": ".env",
        "LOOP": "${POOL}",
        "POOL": "${LOOP}",
        "SELF": "${SELF}",
        "INTO": "${LOOP}",
        "TWICE": "${PATH_}${PATH_}",
    },
)


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("", ""),
        ("plain $HOST {HOST} $", "plain $HOST {HOST} $"),
        ("${HOST}", "api.test"),
        ("https://${HOST}:${PORT:-443}/", "https://api.test:443/"),
        ("${EMPTY}|${EMPTY:-default}|${EMPTY:-}", "|default|"),
        ("${GONE:-}", ""),
        ("${GONE:-a b:-c$d{e}", "a b:-c$d{e"),
        ("${HOST:-unused}", "api.test"),
        ("$${HOST}", "${HOST}"),
        ("$$${HOST}", "$${HOST}"),
        ("$${}", "${}"),
        ("$${HOST} ${HOST}", "${HOST} api.test"),
        ("${RAW}", "${HOST}"),
        ("${BASE}", "https://api.test/v1"),
        ("${DEEP}", "<https://api.test/v1>"),
        ("${LITERAL}", "${HOST}"),
        ("${SAVED}", "saved"),
        ("${BOTH}", "environment"),
        ("${TWICE}", "v1v1"),
    ],
    ids=ascii,
)
def test_references_are_replaced(text: str, expanded: str) -> None:
    assert VARIABLES.expand(text) == expanded


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("${GONE}", Code.VARIABLE_UNSET, "the variable GONE is not set"),
        ("${ORPHAN}", Code.VARIABLE_UNSET, "the variable GONE is not set"),
        ("${host}", Code.VARIABLE_UNSET, "the variable host is not set"),
        *[
            (text, Code.VARIABLE_SYNTAX, "after ${ come the name of a variable and a }")
            for text in ("${", "${}", "${HOST", "${1ST}", "${HO ST}", "${HOST:default}", "${é}")
        ],
        ("${A:-${HOST}}", Code.VARIABLE_SYNTAX, "the default of A cannot hold another ${…}"),
        ("${HOST:-${A}}", Code.VARIABLE_SYNTAX, "the default of HOST cannot hold another ${…}"),
        ("${LOOP}", Code.VARIABLE_CYCLE, "LOOP -> POOL -> LOOP"),
        ("${SELF}", Code.VARIABLE_CYCLE, "SELF -> SELF"),
        ("${INTO}", Code.VARIABLE_CYCLE, "LOOP -> POOL -> LOOP"),
    ],
    ids=ascii,
)
def test_what_cannot_be_followed_is_told(text: str, code: Code, says: str) -> None:
    if code is Code.VARIABLE_CYCLE:
        says = f"variables refer to one another in a circle: {says}"
    with pytest.raises(BadReference) as raised:
        VARIABLES.expand(text)
    assert (raised.value.code, raised.value.message) == (code, says)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOST", "api.test"),
        ("EMPTY", ""),
        ("RAW", "${HOST}"),
        ("BASE", "https://api.test/v1"),
        ("BOTH", "environment"),
        ("GONE", None),
    ],
)
def test_a_variable_by_its_name(name: str, value: str | None) -> None:
    assert VARIABLES.get(name) == value


def test_the_environment_breaks_a_circle_of_dotenv() -> None:
    variables = Variables(environment={"A": "outside"}, dotenv={"A": "${B}", "B": "${A}"})
    assert variables.get("B") == "outside"
