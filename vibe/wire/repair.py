"""What to change in a request that was refused as wrong, for the one repeat that it is allowed.

The provider's sentence often names the culprit, and the rest is then sent as it was; where it does
not, all goes that the meaning of the answer does not hang on. What somebody said, tools, results
and the bound of the answer never go. What comes out is fitted to the target like any request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from vibe.domain.failure import Failure, FailureKind
from vibe.domain.message import Assistant, Text, Thinking, User
from vibe.domain.request import ModelRequest, OneTool
from vibe.domain.target import Target
from vibe.wire.codec import HttpCall
from vibe.wire.dialects import codec_for
from vibe.wire.messages_request import ONLY_JSON
from vibe.wire.portability import fitted
from vibe.wire.window import WINDOW, window_of

Sent: TypeAlias = tuple[ModelRequest, Target]
Fields: TypeAlias = Mapping[str, object]
NONE: Final[Fields] = MappingProxyType({})


def repaired(request: ModelRequest, target: Target, failure: Failure) -> Sent | None:
    """The same request, fitted, in a form that the target may take; None where none is left."""
    if FailureKind.BAD_REQUEST not in {failure.kind, failure.inner}:
        return None
    refused = _call(request, target)
    named = _named(request, target, failure.detail)
    for sent in (named,) if failure.lacks else (named, _plain(request, target)):
        if _call(*sent) != refused:
            return fitted(*sent), sent[1]
    return None


def learned(request: ModelRequest, target: Target, failure: Failure) -> Target | None:
    """The target as it is from now on, after a repair by what the sentence named has worked.

    None where nothing was learned: it named no culprit, or one that this request alone had.
    """
    sent = _named(request, target, failure.detail)
    if OF_A_CONVERSATION.search(failure.detail) or _call(*sent) == _call(request, target):
        return None
    found = sent[1]
    if OF_A_VALUE.search(failure.detail):
        kept = {name: getattr(target.quirks, name) for name in VALUED}
        found = replace(found, quirks=replace(found.quirks, **kept))
    return None if found == target else found


def _named(request: ModelRequest, target: Target, detail: str) -> Sent:
    """Without the culprits that the sentence names."""
    sent = request, target
    for cure in CURES:
        if cure.culprit.search(detail):
            sent = cure.applied(*sent, detail)
    return sent


def _call(request: ModelRequest, target: Target) -> HttpCall:
    return codec_for(target.backend).encode(fitted(request, target), target)


class Cure(Struct, frozen=True, kw_only=True):
    """What changes where the sentence names this culprit: fields of the quirks, of the request and
    of the target, and whatever else `also` does with the sentence."""

    culprit: re.Pattern[str]
    quirks: Fields = NONE
    request: Fields = NONE
    target: Fields = NONE
    also: Callable[[ModelRequest, Target, str], Sent] | None = None

    def applied(self, request: ModelRequest, target: Target, detail: str) -> Sent:
        request = replace(request, **self.request)
        target = replace(target, **self.target, quirks=replace(target.quirks, **self.quirks))
        return self.also(request, target, detail) if self.also else (request, target)


def _plain(request: ModelRequest, target: Target) -> Sent:
    """Without all that can go and leaves the answer what it was asked to be."""
    for change in (_without_thought, _in_words, _not_strict):
        request, target = change(request, target, "")
    quirks = replace(target.quirks, **PLAINEST)
    request = replace(request, parallel_calls=None, cache_key="")  # some codecs ask no quirk
    return request, replace(target, prefills=False, quirks=quirks)


def _without_seals(request: ModelRequest, target: Target, _: str) -> Sent:
    """Nothing that only its producer can read: to the target, other models wrote all of it."""
    messages = tuple(
        Assistant(parts=tuple(part for part in message.parts if not isinstance(part, Thinking)))
        if isinstance(message, Assistant)
        else message
        for message in request.messages
    )
    return replace(request, messages=messages), target


def _without_thought(request: ModelRequest, target: Target, detail: str) -> Sent:
    """Neither thought of before nor a wish for more."""
    request, target = _without_seals(request, target, detail)
    request = replace(request, effort=None)
    quirks = replace(target.quirks, effort=False)
    if quirks.thinking_required or not target.thinks:
        return request, replace(target, quirks=quirks)
    quirks = replace(quirks, sampling=False)  # a model that thinks was not sent these
    return request, replace(target, thinks=False, quirks=quirks)


def _in_words(request: ModelRequest, target: Target, _: str) -> Sent:
    """The form of the answer asked for in the system prompt, which every model takes."""
    if request.format is None:
        return request, target
    schema = request.format.schema
    asked = f"{ONLY_JSON} It has to match this schema:\n{schema}" if schema else ONLY_JSON
    system = f"{request.system}\n\n{asked}" if request.system else asked
    return replace(request, format=None, system=system), target


def _not_strict(request: ModelRequest, target: Target, _: str) -> Sent:
    tools = tuple(replace(tool, strict=False) for tool in request.tools)
    return replace(request, tools=tools), target


def _said_by_user(request: ModelRequest, target: Target, _: str) -> Sent:
    """Templates like Gemma's know no system prompt at all."""
    if not request.system:
        return request, target
    said = User((Text(f"Message from the system:\n{request.system}"),))
    return replace(request, system="", messages=(said, *request.messages)), target


def _free_choice(request: ModelRequest, target: Target, detail: str) -> Sent:
    if request.tool_choice == "required" and ANY.search(detail):
        quirks = replace(target.quirks, required_word="required")
        return request, replace(target, quirks=quirks)
    forced = request.tool_choice == "required" or isinstance(request.tool_choice, OneTool)
    return (replace(request, tool_choice="auto") if forced else request), target


def _bounded(request: ModelRequest, target: Target, detail: str) -> Sent:
    """The bound by its other name, or the largest that is told to be taken."""
    if not (told := MOST.search(detail)):
        is_new = "instead" in detail or "max_completion_tokens" not in detail
        key = "max_completion_tokens" if is_new else "max_tokens"
        return request, replace(target, quirks=replace(target.quirks, max_tokens_key=key))
    most = window_of(told[told.lastindex or 0])
    if most is None:
        return request, target
    most -= "exclusive" in told[0]
    return request, replace(target, max_output_tokens=min(target.max_output_tokens or most, most))


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE | re.ASCII)


ANY: Final = _any(r"\bany\b")
MOST: Final = _any(
    rf"at most {WINDOW} (?:completion |output )?tokens",
    rf"less than or equal to `?{WINDOW}",
    rf"should be \[1, {WINDOW}\]",
    rf"\(inclusive\) to {WINDOW} \(exclusive\)",
    rf"> {WINDOW}, which is the maximum",
)

OF_A_VALUE: Final = _any(
    r"\bmust be\b|\bbetween\b|\brange\b|\b(?:less|greater|more) than\b|\bat (?:most|least)\b",
    r"[<>]=?|\bboth\b|\blevels?\b",
)
OF_A_CONVERSATION: Final = _any(r"expected `thinking`")
VALUED: Final = ("sampling", "seed_key", "effort")

PLAINEST: Final[Fields] = MappingProxyType({
    "stream_options": False, "parallel_calls": False, "seed_key": "", "cache_key": False,
    "sampling": False, "call_ids": "alnum9", "mid_system": False,
})  # fmt: skip

# All that are found count, in this order. tests/wire/test_repair_wordings.py holds the sentences.
CURES: Final = (
    Cure(culprit=_any(r"stream_options|include_usage"), quirks={"stream_options": False}),
    Cure(
        culprit=_any(r"verified to stream|'stream' (?:does|is) not|tools with stream"),
        request={"stream": False},
    ),
    Cure(
        culprit=_any(r"parallel[_ ]tool[_ ](?:calls?|use)"),
        quirks={"parallel_calls": False},
        request={"parallel_calls": None},
    ),
    Cure(culprit=_any(r"\b(?:random_)?seed\b"), quirks={"seed_key": ""}),
    Cure(culprit=_any(r"prompt_cache_key"), quirks={"cache_key": False}, request={"cache_key": ""}),
    Cure(culprit=_any(r"\btemperature\b|\btop_p\b"), quirks={"sampling": False}),
    Cure(culprit=_any(r"['`\"]stop['`\"]|\bstop_sequences\b"), request={"stop": ()}),
    Cure(culprit=_any(r"max_?(?:completion_?|output_?)?tokens"), also=_bounded),
    Cure(
        culprit=_any(r"response_format|json_(?:schema|object)|output_config\.format|text\.format"),
        also=_in_words,
    ),
    Cure(culprit=_any(r"\bstrict\b|additionalProperties"), also=_not_strict),
    Cure(culprit=_any(r"tool_choice"), also=_free_choice),
    Cure(
        culprit=_any(
            r"tool[_ ](?:call|use)[_ ]?ids?\b|\bcall_id\b|tool_calls?\[[0-9]+\]\.id|tool_use\.id"
        ),
        quirks={"call_ids": "alnum9"},
    ),
    # How hard to think, and whether: the codec of the Messages API asks for both by one quirk.
    Cure(
        culprit=_any(r"reasoning[_.]effort|effort (?:parameter|level)"),
        quirks={"effort": False},
        request={"effort": None},
    ),
    Cure(culprit=_any(r"adaptive thinking is not supported"), quirks={"effort": False}),
    Cure(culprit=_any(r"use .thinking\.type\.adaptive"), quirks={"effort": True}),
    Cure(
        culprit=_any(
            r"not support thinking|expected `thinking`",
            r"reasoning summar|'reasoning\.[a-z]+' is not supported",
        ),
        also=_without_thought,
    ),
    # Thought of before: corrupted, foreign, in a place that is not known, or missing.
    Cure(
        culprit=_any(
            r"\bsignature\b|thought_signature|encrypted[_ ]content|of type 'reasoning'",
            r"`thinking` or `redacted_thinking` blocks",
        ),
        also=_without_seals,
    ),
    Cure(
        culprit=_any(r"reasoning(?:_content|_details)?['`\"]? is (?:not supported|unsupported)"),
        quirks={"thinking": "none"},
    ),
    Cure(
        culprit=_any(r"reasoning_content\b.{0,40}(?:must be passed back|is missing)"),
        quirks={"thinking": "reasoning_content", "thinking_required": True},
        target={"thinks": True},
    ),
    # Who may speak after whom.
    Cure(
        culprit=_any(r"\bprefill|must end with a user message|expected (?:the )?last role"),
        target={"prefills": False},
    ),
    Cure(
        culprit=_any(r"system message must be|role 'system' after|must alternate"),
        quirks={"mid_system": False},
    ),
    Cure(
        culprit=_any(r"role 'user' after role 'tool'|must alternate"),
        quirks={"user_after_tool": False},
    ),
    Cure(
        culprit=_any(r"system role not supported|not support 'system'"),
        quirks={"mid_system": False},
        also=_said_by_user,
    ),
    Cure(culprit=_any(r"function_response\.name"), quirks={"tool_names": True}),
)
