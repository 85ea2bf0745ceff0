"""Makes text that vibe did not write safe to show: model text, tool output, names, error bodies.

The result holds no terminal control, nothing that reorders or hides text, and no lone surrogate.
It loses sequences, never words: what is not surely a complete escape sequence stays, as text.
Every sequence starts with a character that no result contains; so a removal cannot splice a new
one together, and cleaning twice changes nothing. Nothing here escapes for a markup language,
measures widths or wraps lines.
"""

from __future__ import annotations

import re

# C0 but for \t and \n, DEL, C1; bidi controls and U+2028/2029; format characters that draw nothing
# (soft hyphen, zero width space, invisible operators, shorthand and musical ones, tags), but for
# ZWNJ and ZWJ, which Persian and emoji need; lone surrogates, which no terminal can be sent.
_UNSAFE = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f"
    r"\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    r"\xad\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f"
    r"\ud800-\udfff"
)

# Escape sequences without their last part. None has an introducer inside it (another escape ends
# a string in a terminal too), so however they are nested no character is scanned more than twice.
_STRING = (  # DCS, OSC, SOS, PM, APC
    r"(?:\x1b[P\]X^_]|[\x90\x98\x9d-\x9f])"
    r"[^\x07\n\r\x18\x1a\x1b\x80-\x9f\u2028\u2029]{0,4096}+"
)
_CSI = r"(?:\x1b\[|\x9b)[ -?]{0,63}+"
_SINGLE_SHIFT = r"(?:\x1b[NO]|[\x8e\x8f])"
_ESCAPE = r"\x1b[ -/]{0,2}+"

_SUSPECT = re.compile(f"[{_UNSAFE}]")
# The last two but one also take the introducer of a sequence that did not complete.
_REMOVED = re.compile(
    rf"{_STRING}(?:\x07|\x1b\\|\x9c)|{_CSI}[@-~]|{_SINGLE_SHIFT}[ -~]|{_ESCAPE}[0-~]"
    rf"|\r\n?|[{_UNSAFE}]"
)
_UNFINISHED = re.compile(rf"(?:{_STRING}\x1b?|{_CSI}|{_SINGLE_SHIFT}|{_ESCAPE}|\r)\Z")

_LINE_ENDS = frozenset({"\r", "\r\n", "\u2028", "\u2029"})


def clean(text: str) -> str:
    """The text as it may be shown in a place of many lines. Every line end becomes `\\n`."""
    if _SUSPECT.search(text) is None:
        return text
    return _REMOVED.sub(_replacement, text)


def clean_line(text: str) -> str:
    """The text as it may be shown within one line; line ends and tabs become visible escapes."""
    shown = clean(text.replace("\r", "\\r"))
    return shown.replace("\n", "\\n").replace("\t", "\\t")


def written_out(text: str) -> str:
    """All of it: what `clean` would leave out is written as an escape. A text so shown has as many
    lines as it had."""
    if _SUSPECT.search(text) is None:
        return text
    return _SUSPECT.sub(lambda found: found[0].encode("unicode-escape").decode(), text)


def quote(text: str, *, limit: int = 300) -> str:
    """The text as one line in double quotes, at most `limit` characters between them.

    Half a key could not be told from other text, so the limit is longer than keys are.
    """
    line = clean_line(text)
    if len(line) > limit:
        kept = limit - 1
        line = f"{line[: kept - kept // 2]}…{line[len(line) - kept // 2 :]}"
    return f'"{line}"'


class Cleaner:
    """`clean` for text that arrives in chunks; any split of a text gives the same result.

    Held back is a sequence that the next chunk may complete: a few characters, seldom any.
    """

    # "" or the start of one unfinished sequence, to the end of what was fed: at most
    # 2 + 4096 + 1 characters. What came before it has been returned.
    _held: str

    def __init__(self) -> None:
        self._held = ""

    def feed(self, chunk: str) -> str:
        text = self._held + chunk
        if _SUSPECT.search(text) is None:
            return text
        unfinished = _UNFINISHED.search(text)
        end = unfinished.start() if unfinished else len(text)
        self._held = text[end:]
        return clean(text[:end])

    def finish(self) -> str:
        """The rest, as it is at the end of the text. The cleaner is then as new."""
        held, self._held = self._held, ""
        return clean(held)


def _replacement(removed: re.Match[str]) -> str:
    piece = removed[0]
    if piece in _LINE_ENDS:
        return "\n"
    return "\N{REPLACEMENT CHARACTER}" if "\ud800" <= piece <= "\udfff" else ""
