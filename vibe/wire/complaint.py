"""What is wrong with a client's request, in one sentence that names the place."""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

from vibe.clean import clean_line
from vibe.errors import UsageError

_PLACE = re.compile(r"(?P<what>.*) - at `\$\.?(?P<place>.*)`", re.DOTALL)

_MOST_TOLD = 300  # of what is wrong: a value is told as it came

_T = TypeVar("_T")


class Untold(UsageError):
    """Not sound, as far as is known here, or known to one vendor alone: an entry that speaks as the
    client does may take it all the same."""


def decoded(decoder: msgspec.json.Decoder[_T], body: bytes | msgspec.Raw, *, at: str = "") -> _T:
    """Raises `UsageError` where the body, or the part of one that stands `at` a place, is no JSON,
    `Untold` where it is not of the decoder's form."""
    try:
        if not at:
            str(body, "utf-8")  # a decoder does not look into what it passes over or keeps raw
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Untold(_complaint(str(error), at)) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise UsageError("the request is not JSON") from None
    except RecursionError:
        raise UsageError("the request is nested too deeply") from None


def _complaint(error: str, at: str) -> str:
    found = _PLACE.fullmatch(error)
    what, place = (found["what"], found["place"]) if found else (error, "")
    what = clean_line(what.replace("`", ""))
    place = ".".join(filter(None, (at, place)))
    what = what if len(what) <= _MOST_TOLD else f"{what[:_MOST_TOLD]}…"
    return f"{place or 'the request'}: {what[0].lower()}{what[1:]}"
