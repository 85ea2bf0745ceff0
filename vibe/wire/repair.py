"""What to change in a request that was refused as wrong, for the one repeat that it is allowed.

Where the provider names the culprit, that alone goes; where it names none, everything goes that the
answer does not hang on. What somebody said, tools, results and the bound of the answer never go:
where these are wrong, nobody here can know what was meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from vibe.domain.failure import Failure, FailureKind
from vibe.domain.message import Assistant, Message, Thinking
from vibe.domain.request import ModelRequest
from vibe.domain.target import Target
from vibe.wire.dialects import codec_for
from vibe.wire.portability import fitted

Sent: TypeAlias = tuple[ModelRequest, Target]


class Cure(Struct, frozen=True):
    """`named` finds the culprit in the provider's sentence."""

    named: re.Pattern[str]
    applied: Callable[[ModelRequest, Target], Sent]


def repaired(request: ModelRequest, target: Target, failure: Failure) -> Sent | None:
    """The same request in a form that this provider may take; None where nothing is left to try."""
    if failure.lacks or FailureKind.BAD_REQUEST not in {failure.kind, failure.inner}:
        return None
    named = [cure for cure in (*CURES, RENAMED) if cure.named.search(failure.detail)]
    for cures in (named, CURES):
        sent = request, target
        for cure in cures:
            sent = cure.applied(*sent)
        if _body(*sent) != _body(request, target):
            return fitted(*sent), sent[1]
    return None


def _body(request: ModelRequest, target: Target) -> bytes:
    return codec_for(target.backend).encode(fitted(request, target), target).body


def _quirk(**changed: object) -> Callable[[ModelRequest, Target], Sent]:
    def apply(request: ModelRequest, target: Target) -> Sent:
        return request, replace(target, quirks=replace(target.quirks, **changed))

    return apply


def _parameter(**changed: object) -> Callable[[ModelRequest, Target], Sent]:
    def apply(request: ModelRequest, target: Target) -> Sent:
        return replace(request, **changed), target

    return apply


def _without_sampling(request: ModelRequest, target: Target) -> Sent:
    quirks = replace(target.quirks, sampling=False)
    bare = replace(request, temperature=None, top_p=None)
    return bare, replace(target, quirks=quirks, temperature=None)


def _without_thought(request: ModelRequest, target: Target) -> Sent:
    """Nor with what sealed it: a signature that is not the reader's own is the usual culprit."""
    messages = tuple(_unsealed(message) for message in request.messages)
    return replace(request, messages=messages), target


def _unsealed(message: Message) -> Message:
    if not isinstance(message, Assistant):
        return message
    parts = [part for part in message.parts if not isinstance(part, Thinking)]
    return replace(message, parts=tuple(parts), producer=None)


def _cure(words: str, applied: Callable[[ModelRequest, Target], Sent]) -> Cure:
    return Cure(re.compile(words, re.IGNORECASE), applied)


# Wordings: OpenAI "Unrecognized request argument supplied: stream_options", Mistral "Extra inputs
# are not permitted", Anthropic "Invalid `signature` in `thinking` block", Gemini "Corrupted thought
# signature", Mistral "Tool call id was … but must be a-z, A-Z, 0-9, with a length of 9".
CURES: Final = (
    _cure(r"stream_options", _quirk(stream_options=False)),
    _cure(r"parallel_tool_calls", _quirk(parallel_calls=False)),
    _cure(r"\b(?:random_)?seed\b", _quirk(seed_key="")),
    _cure(r"prompt_cache_key", _quirk(cache_key=False)),
    _cure(r"reasoning(?:_effort)?\b|\beffort\b|budget_tokens", _parameter(effort=None)),
    _cure(r"temperature|top_p", _without_sampling),
    _cure(r"signature|thinking|thought", _without_thought),
    _cure(r"tool[ _]?(?:call|use)[ _.]*id|call_id", _quirk(call_ids="alnum9")),
)
# Only where it is named: nothing is left out by it.
RENAMED: Final = _cure(
    r"use ['`\"]?max_completion_tokens", _quirk(max_tokens_key="max_completion_tokens")
)
