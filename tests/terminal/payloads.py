"""Texts that a terminal would obey, answer, or be deceived by, were they sent to it as they are.

Each is what a page, a file, a provider or a model might say. Some have blanks in them, at which the
fault server splits what it streams.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PAYLOADS: Final[Mapping[str, str]] = {
    "clipboard written": "\x1b]52;c;ZXZpbA==\x07",
    "clipboard written, other end": "\x1b]52;c;ZXZpbA==\x1b\\",
    "clipboard read": "\x1b]52;c;?\x07",
    "clipboard, in pieces": "\x1b]52;c; ZXZp bA== \x07",
    "clipboard, C1": "\x9d52;c;ZXZpbA==\x9c",
    "clipboard, unfinished": "\x1b]52;c;ZXZpbA==",
    "link": "\x1b]8;;http://evil.example\x1b\\here\x1b]8;;\x1b\\",
    "link, C1": "\x9d8;;http://evil.example\x9chere\x9d8;;\x9c",
    "icon and title": "\x1b]0;evil\x07",
    "title": "\x1b]2;evil title \x07",
    "title, split": "\x1b] 2;evil \x07",
    "folder told": "\x1b]7;file:///etc\x07",
    "colours asked": "\x1b]4;0;?\x07\x1b]10;?\x07\x1b]11;?\x07",
    "notification": "\x1b]9;evil\x07",
    "progress bar": "\x1b]9;4;1;50\x07",
    "notification, other": "\x1b]777;notify;evil;evil\x07",
    "notification, third": "\x1b]99;;evil\x1b\\",
    "picture": "\x1b]1337;File=inline=1:AAAA\x07",
    "prompt mark": "\x1b]133;A\x07",
    "editor's own": "\x1b]633;E;evil\x07",
    "C1 CSI": "\x9b31m",
    "C1 NEL, IND, RI": "a\x85b\x84c\x8dd",
    "C1 DCS": '\x90$q"p\x9c',
    "C1 string, unfinished": "\x9devil",
    "DCS setting asked": "\x1bP$qm\x1b\\",
    "DCS in pieces": "\x1bP $q m \x1b\\",
    "DCS terminfo asked": "\x1bP+q544e\x1b\\",
    "DCS keys defined": "\x1bP0;1|17/6576696c\x1b\\",
    "DCS sixel": "\x1bPq#0;2;0;0;0~~\x1b\\",
    "DCS multiplexer": "\x1bPtmux;\x1b\x1b]52;c;ZXZpbA==\x07\x1b\\",
    "APC": "\x1b_Gi=1,a=q;AAAA\x1b\\",
    "PM": "\x1b^evil\x1b\\",
    "SOS": "\x1bXevil\x1b\\",
    "screen's title": "\x1bkevil\x1b\\",
    "alternate screen left": "\x1b[?1049l",
    "cursor hidden, mouse on": "\x1b[?25l\x1b[?1003h",
    "paste unbracketed": "\x1b[?2004l",
    "paste ended": "\x1b[201~evil\r",
    "synchronised for good": "\x1b[?2026h",
    "keyboard mode": "\x1b[>31u\x1b[=5u",
    "modify keys": "\x1b[>4;2m",
    "erased": "\x1b[2J\x1b[3J\x1b[1;1H",
    "far away": "\x1b[999;999H",
    "scroll region": "\x1b[2;3r",
    "inserted lines": "\x1b[5L\x1b[5M",
    "hidden, blinking": "\x1b[8mevil\x1b[5mevil",
    "cursor's shape": "\x1b[5 q",
    "attributes asked": "\x1b[c\x1b[>c\x1b[=c",
    "status asked": "\x1b[5n\x1b[6n\x1b[?6n",
    "mode asked": "\x1b[?1$p",
    "title and size asked": "\x1b[21t\x1b[18t\x1b[8;1;1t",
    "repeated": "x\x1b[99999b",
    "reset": "\x1bc\x1b[!p",
    "character set": "\x1b(0evil\x1b(B\x0e",
    "keypad, save, restore": "\x1b=\x1b7\x1b8",
    "answer back, bell": "\x05\x07\x07",
    "nested": "\x1b\x1b]\x1b]52;c;\x1b[52;c;ZXZpbA==\x07",
    "spliced": "\x1b\x9b]5\x1b[m2;c;AA\x07",
    "bare escapes": "\x1b \x1b[ \x1b] \x1b",
    "bidi overrides": "a\u202eevil\u202cb\u202dc\u202a\u202b",
    "bidi isolates and marks": "\u2066a\u2067b\u2068c\u2069\u200e\u200f\u061c",
    "hidden characters": "a\u200bb\u2060c\ufeffd\u00ade\u180ef",
    "tags": "".join(chr(0xE0000 + ord(each)) for each in "evil") + "\U000e0001",
    "line and paragraph": "a\u2028b\u2029c",
    "combining flood": "e" + "\u0301" * 40,
    "overlong": "w" * 90 + "\u6f22" * 20,
    "NUL": "a\x00b\x00",
    "line overwritten": "good\revil",
    "backspaces": "good\b\b\b\bevil",
    "vertical": "a\vb\fc\x7fd",
    "shift, cancel": "a\x0eb\x0fc\x18d\x1ae",
    "overlong bytes": "\udcc0\udc9b31m",
    "lone surrogates": "\ud800\udc9b31m",
}
# All that the configuration lets be a name.
NAMES: Final = (
    "hidden characters",
    "tags",
    "combining flood",
    "overlong bytes",
    "lone surrogates",
)  # and what is overlong
HARMLESS: Final[Mapping[str, str]] = {
    name: f"good {number}" for number, name in enumerate(PAYLOADS)
}


def as_json(text: str) -> str:
    """Lone surrogates cannot be sent."""
    return text.encode("utf-8", "replace").decode()


def as_toml(text: str) -> str:
    """A string of it, with everything strange written as an escape."""
    plain = (each if each.isalnum() and each.isascii() else f"\\U{ord(each):08x}" for each in text)
    return f'"{"".join(plain)}"'


def as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape" if "\ud800" not in text else "surrogatepass")


def as_name(text: str) -> bytes:
    """A file may be called so."""
    return as_bytes(text).replace(b"/", b"|").replace(b"\x00", b"")[:200]
