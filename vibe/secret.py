"""Keys and other secrets: a wrapper that does not show them, and the removal of them from text.

`Secret` keeps one out of places where it lands by accident: reprs, formats, pickles, JSON.
`Redactor` takes secrets out of text that is about to be written or shown, both those that it was
told and whatever has the shape of one. A shape or a name is a guess: it finds more than there is,
never all. Nothing here reads an environment or a file.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Iterable, Iterator
from typing import Final, Never, SupportsIndex, final

_MASK: Final = "***"
_SHORTEST_KNOWN: Final = 8  # a shorter one would blacken ordinary words wherever they occur
_MOST_HELD: Final = 4096
_SHORTEST_PART: Final = 12  # likewise, of what is found in any case and within any word


@final
class Secret:
    """A string that shows as «***»; `reveal` is the only way in.

    Not hashable: a lookup among secrets is a comparison whose duration tells of them. Not to be
    pickled, copied or encoded.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        from hmac import compare_digest  # loads OpenSSL; a start compares nothing

        return compare_digest(_bytes(self._value), _bytes(other._value))

    def __repr__(self) -> str:
        return f"«{_MASK}»"

    def __format__(self, format_spec: str) -> str:
        return repr(self)

    def __reduce_ex__(self, protocol: SupportsIndex) -> Never:
        raise TypeError("a Secret cannot be pickled or copied")


class Redactor:
    """Replaces secrets by `***`; redacting twice changes nothing.

    The known ones are found as they are, in a URL, in a JSON string and in base64. A word goes as a
    whole if it holds one, or half of a long one, in whatever case.
    """

    __slots__ = ("_known", "_parts")

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known: tuple[str, ...] = ()
        self._parts: frozenset[str] = frozenset()
        self.learn(secrets)

    def __repr__(self) -> str:
        return "<Redactor>"

    def learn(self, secrets: Iterable[str]) -> None:
        """From here on, these are replaced as well."""
        secrets = tuple(secrets)
        forms = {form for secret in secrets for form in _forms(secret)}
        # Longest first, or a secret that another one begins with would leave the rest of that one.
        self._known = tuple(sorted(forms.union(self._known), key=len, reverse=True))
        self._parts = self._parts.union(part for secret in secrets for part in _parts(secret))

    def redact(self, text: str) -> str:
        # What a replacement leaves can be a secret in its turn. Each round that changes anything
        # turns some of the text into asterisks, so the rounds end; nearly always after the second.
        while (redacted := self._round(text)) != text:
            text = redacted
        return text

    def redact_known(self, text: str) -> str:
        """Without what only has the shape of a secret: a guess must not hide anything of what a
        person decides by, and the value of a header that it sees ends with its line."""
        while (redacted := self._without_known(text)) != text:
            text = redacted
        return text

    def safe_end(self, text: str) -> int:
        """Up to where nothing that follows `text` can make a secret of it."""
        going_on = _GOING_ON.search(text)
        end = going_on.start() if going_on else len(text)
        while (earlier := self._before_secret(text, end)) < end:
            end = earlier
        return end

    def _before_secret(self, text: str, end: int) -> int:
        """Where the one begins that goes on over the end, or may yet; else the end."""
        for form in self._known:
            if not _ONE_WORD.fullmatch(form):
                for at in range(max(0, end - len(form) + 1), end):
                    if form.startswith(text[at : at + len(form)]):
                        return at
        found = (each for shape, _ in _SHAPES for each in shape.finditer(text))
        return min((each.start() for each in found if each.start() < end < each.end()), default=end)

    def _round(self, text: str) -> str:
        text = self._without_known(text)
        for shape, replacement in _SHAPES:
            text = shape.sub(replacement, text)
        return text

    def _without_known(self, text: str) -> str:
        for form in self._known:
            text = text.replace(form, _MASK)
        return _LONG_WORD.sub(self._without_part, text) if self._parts else text

    def _without_part(self, word: re.Match[str]) -> str:
        lower = word[0].lower()
        return _MASK if any(part in lower for part in self._parts) else word[0]


class RedactedStream:
    """`redact` for clean text that arrives in chunks.

    Held back is what the next chunk may make a secret of: mostly a word, or a line with a header.
    """

    # `_most` is from how many held characters on they are no longer all held back.
    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held = ""
        self._most = _MOST_HELD

    def feed(self, chunk: str) -> str:
        held = self._held + chunk
        return self._let_go(held, self._redactor.safe_end(held))

    def finish(self) -> str:
        """The rest, as it is at the end of the text. The stream is then as new."""
        return self._let_go(self._held, len(self._held))

    def _let_go(self, held: str, end: int) -> str:
        redact = self._redactor.redact
        if len(held) - end > self._most:  # longer than any key: then a secret is only where it ends
            cut = len(held) - self._most // 2
            is_apart = redact(held[:cut]) + redact(held[cut:]) == redact(held)
            end, self._most = (cut, _MOST_HELD) if is_apart else (end, 2 * self._most)
        self._held = held[end:]
        return redact(held[:end])


def looks_like_key(text: str) -> bool:
    """Whether this, given as the name of an environment variable, is the key itself.

    An upper-case name with an underscore, or of at most 20 characters, is taken for a name, and
    so are lower-case words between underscores.
    """
    if _DASHED.match(text) or _KEY.match(text):
        return True
    if not _LONG_TOKEN.fullmatch(text):
        return False
    is_name = _UPPER_CASE_NAME.fullmatch(text) and ("_" in text or len(text) <= 20)
    return not (is_name or _LOWER_CASE_NAME.fullmatch(text))


def names_a_secret(name: str) -> bool:
    """Whether what goes by this name, of a variable, a header or a setting, sounds like a secret.

    `OPENAI_API_KEY`, `X-Api-Key` and `clientSecret` do. `API_KEY_FILE` does not: it says where one
    is; neither does `max_tokens`, which counts.
    """
    words = [word.lower() for word in _WORD.findall(name)]
    return any(map(_SECRET_WORD.fullmatch, words)) and words[-1] not in _ABOUT_A_SECRET


def may_name_a_variable(text: str) -> bool:
    """Whether this can be shown where the name of a variable is expected.

    Stricter than `looks_like_key`, for a short key has no shape: small letters and figures without
    an underscore between them are taken for one.
    """
    is_name = _VARIABLE_NAME.fullmatch(text) is not None and not looks_like_key(text)
    is_mixed = "_" not in text and not text.isupper() and any(map(str.isdigit, text))
    return is_name and not is_mixed


def _forms(secret: str) -> set[str]:
    if len(secret) < _SHORTEST_KNOWN:
        return set()
    raw = _bytes(secret)
    forms = {secret, *_in_base64(raw)}
    if _WRITTEN_ALIKE.fullmatch(secret):
        return forms
    import json
    from urllib.parse import quote  # both only for the rare secret that is not plain

    in_json = (json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False))
    return forms.union({quote(raw), quote(raw, safe="")}, in_json)


def _in_base64(raw: bytes) -> Iterator[str]:
    """What of it shows in the base64 of whatever it stands in, as in that of `user:password`."""
    for before in range(3):
        encoded = b2a_base64(bytes(before) + raw, newline=False).decode()
        yield encoded[(before * 8 + 5) // 6 : (before + len(raw)) * 8 // 6]


def _parts(secret: str) -> Iterator[str]:
    for word in _LONG_WORD.findall(secret.lower()):
        half = len(word) // 2
        yield from (word[:half], word[-half:]) if half >= _SHORTEST_PART else (word,)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # an environment variable can hold any bytes


_WRITTEN_ALIKE = re.compile(r"[A-Za-z0-9_.~-]*")
_LONG_WORD = re.compile(rf"[A-Za-z0-9_-]{{{_SHORTEST_PART},}}")
_LONG_TOKEN = re.compile(r"[A-Za-z0-9_.+/=-]{20,}")
_UPPER_CASE_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LOWER_CASE_NAME = re.compile(r"[a-z]+(?:_[a-z]+)+")

# What may become a secret by what follows: a word, and what the shapes below begin with.
_ONE_WORD = re.compile(r"[!-~]*")
_GOING_ON = re.compile(
    r"""(?i)(?:(?:authorization|api-key)(?:\\?["'])?[ \t]*(?:[:,][^\r\n]*)?"""
    r"""|\bbearer[ \t]*[^\s"',;<>\\]*|://[^\s/?#"<>\\]*|(?<![!-~])[!-~]++)\Z"""
)

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SECRET_WORD = re.compile(
    r".*(?:keys?|token|secrets?|password|passwd|passphrase|credentials?)"
    r"|auth|authorization|bearer|cookie|jwt|pass|pat|pwd"
)
_ABOUT_A_SECRET = frozenset(
    {"dir", "env", "file", "id", "name", "path", "sock", "type", "url", "var"}
)

# All shapes are linear: a repetition is followed by nothing that it could also have matched, or
# cannot start anew inside itself.
_DASHED = re.compile(r"(?:c?sk|xai|glpat|pplx|nvapi|xox[a-z])-")
_KEY = re.compile(
    rf"(?<![A-Za-z0-9])(?:{_DASHED.pattern}|AIza|AQ\.)[A-Za-z0-9_-]{{16,}}"
    r"|(?<![A-Za-z0-9])(?:gsk_|hf_|r8_|gh[a-z]_|github_pat_|AKIA|ASIA)[A-Za-z0-9]{16,}[A-Za-z0-9_-]*"
    r"|(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"
)
_BEARER = re.compile(r"(?i)\b(bearer[ \t]+)[^\s\"',;<>\\]{8,}")
# As it goes over the wire, and in the reprs of dicts and of pairs of bytes. The value ends with
# its line or its quotes: some schemes have blanks and commas in theirs.
_HEADER = re.compile(
    r"""(?i)((?:authorization|api-key)(?:\\?["'])?(?:[ \t]*:|(?<=["']),)[ \t]*(?:b?\\?["'])?)"""
    r"""[^\s"'\\][^"'\\\r\n]*"""
)
_USERINFO = re.compile(r'(://)[^\s/?#"<>\\]+@')
_SHAPES = (
    (_USERINFO, rf"\1{_MASK}@"),
    (_KEY, _MASK),
    (_BEARER, rf"\1{_MASK}"),
    (_HEADER, rf"\1{_MASK}"),
)
