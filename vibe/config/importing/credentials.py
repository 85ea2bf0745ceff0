"""Which variable holds a key that a foreign configuration refers to, or has in it.

A key that stands in the file is remembered, so that it can be hidden, and goes nowhere else: no
message and no value of this file contains one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from vibe.clean import clean_line, quote
from vibe.config.importing.keys import LEFT_OUT, Notes
from vibe.config.known import usual_variable
from vibe.secret import looks_like_key, may_name_a_variable, names_a_secret

REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(:-[^}$]*)?\}")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OWN_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection"})
_SCHEME = re.compile(r"(?i)((?:bearer|basic|token) +)(.+)")
_STANDS_FOR_NONE = re.compile(
    r"(?i)(?:sk-)?(?:dummy|fake|none|null|no|not|any|anything|empty|unused|ignored|ollama|lm-studio|"
    r"vllm|local|x+)(?:[-_ ]?(?:api)?[-_ ]?(?:key)?[-_ ]?(?:needed|required|used)?)?"
)


class Credentials:
    """`secrets` are the keys that were found. Each variable in `_values` is one that was invented
    for a key, so that no two keys get one name."""

    def __init__(self, notes: Notes, *, env: Mapping[str, str], text: str) -> None:
        self.secrets: list[str] = []
        self._notes = notes
        self._env = env
        self._named = frozenset(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", text))
        self._values: dict[str, str] = {}

    def variable(self, written: str | None, provider: str, line: int) -> str:
        """The variable of a key that is `written` so; "" where there is none."""
        written = (written or "").strip()
        found = REFERENCE.fullmatch(written)
        if found and not found[2] and may_name_a_variable(found[1]):
            return found[1]
        if stands_for_none(written):
            return ""
        name = self._invented(provider, "", written)
        if "${" in written:
            message = f"the key of {quote(provider)} is more than one variable"
        else:
            message = f"the key of {quote(provider)} stands in the file; config.toml takes none"
        self._notes.say(line, message, _kept_in(name))
        return name

    def headers(self, wanted: Iterable[tuple[str, str, int]], provider: str) -> dict[str, str]:
        """Those of name, value and line that can be sent, with what is secret in variables."""
        found: dict[str, str] = {}
        for name, value, line in wanted:
            if not _HEADER_NAME.fullmatch(name) or name.lower() in _OWN_HEADERS:
                message = f"{quote(name, limit=40)} is no header that one can set"
                self._notes.say(line, message, LEFT_OUT)
            elif not value.isprintable() or not is_followable(value):
                message = f"the value of the header {name} cannot be sent"
                self._notes.say(line, message, LEFT_OUT)
            elif "${" not in value and _is_secret(name, value):
                found[name] = self._header(name, value, provider, line)
            else:
                found[name] = value
        return found

    def _header(self, name: str, value: str, provider: str, line: int) -> str:
        scheme = _SCHEME.fullmatch(value)
        before, secret = (scheme[1], scheme[2]) if scheme else ("", value)
        variable = self._invented(provider, name, secret)
        self._notes.say(
            line, f"the header {name} of {quote(provider)} holds a secret", _kept_in(variable)
        )
        return f"{before}${{{variable}}}"

    def literal(self, text: str, line: int) -> str:
        """A name, in which vibe follows no variables, as it is now; cleaned, without blanks."""
        if REFERENCE.search(text):
            unset = [name for name, _ in REFERENCE.findall(text) if not self._env.get(name)]
            self._notes.say(
                line,
                "names follow no variables: this one is written as it is now",
                f"{unset[0]} is not set; correct the name" if unset else "",
            )
            text = REFERENCE.sub(lambda found: self._env.get(found[1]) or found[1], text)
        return clean_line(text).strip()

    def _invented(self, provider: str, purpose: str, value: str) -> str:
        """A name for the variable that is to hold `value`, and for nothing else."""
        self.secrets += [value, *filter(None, REFERENCE.split(value))]
        base = usual_variable(_plain(provider))
        if purpose:
            base = f"{base.removesuffix('_API_KEY')}_{_plain(purpose).upper()}"
        if not may_name_a_variable(base) or len(base) > 80:
            base = "PROVIDER_API_KEY"
        name, number = base, 2
        while name in self._named or self._values.get(name, value) != value:
            name, number = f"{base}_{number}", number + 1
        self._values[name] = value
        return name


def stands_for_none(key: str) -> bool:
    """Whether it is what people write where a server wants no key."""
    return not key or _STANDS_FOR_NONE.fullmatch(key) is not None


def is_followable(text: str) -> bool:
    """Whether each `${` in it begins a reference that vibe follows."""
    return "${" not in REFERENCE.sub("", text)


def _is_secret(name: str, value: str) -> bool:
    return names_a_secret(name) or any(map(looks_like_key, value.split()))


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")


def _kept_in(variable: str) -> str:
    return f"put it into the environment, or into .env beside config.toml, as {variable}=…"
