"""`${NAME}` and `${NAME:-default}` inside the texts of a configuration.

What the environment holds is taken as it is; what `.env` holds may itself refer to variables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from vibe.config.codes import Code

_REFERENCE = re.compile(
    r"(?P<literal>\$\$\{)|\$\{(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\})?"
)


class BadReference(Exception):
    """A reference that cannot be followed; the text names it, the code says why."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Variables(Struct, frozen=True, kw_only=True):
    """What names stand for: the environment first, then `.env`."""

    environment: Mapping[str, str]
    dotenv: Mapping[str, str] = {}

    def __repr__(self) -> str:
        return f"<Variables: {len(self.environment)} of the process, {len(self.dotenv)} of .env>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []

    def get(self, name: str) -> str | None:
        """The value of `name`, with the references in it followed."""
        return self._value(name, ())

    def origin(self, name: str) -> str:
        return "environment" if name in self.environment else ".env"

    def expand(self, text: str) -> str:
        """`text` with its references replaced; raises BadReference."""
        return self._expand(text, ()) if "${" in text else text

    def _value(self, name: str, within: tuple[str, ...]) -> str | None:
        if name in self.environment:
            return self.environment[name]
        if name not in self.dotenv:
            return None
        if name in within:
            circle = " -> ".join((*within[within.index(name) :], name))
            raise BadReference(
                Code.VARIABLE_CYCLE, f"variables refer to one another in a circle: {circle}"
            )
        return self._expand(self.dotenv[name], (*within, name))

    def _expand(self, text: str, within: tuple[str, ...]) -> str:
        def replaced(found: re.Match[str]) -> str:
            if found["literal"]:
                return "${"
            name = found["name"]
            if name is None:
                raise BadReference(
                    Code.VARIABLE_SYNTAX, "after ${ come the name of a variable and a }"
                )
            if "${" in (found["default"] or ""):
                raise BadReference(
                    Code.VARIABLE_SYNTAX, f"the default of {name} cannot hold another ${{…}}"
                )
            value = self._value(name, within)
            if value is None or (value == "" and found["default"] is not None):
                value = found["default"]
            if value is None:
                raise BadReference(Code.VARIABLE_UNSET, f"the variable {name} is not set")
            return value

        return _REFERENCE.sub(replaced, text)
