"""What a person can do about a failure, in one sentence."""

from __future__ import annotations

from typing import assert_never

from vibe.domain.failure import FailureKind


def remedy(kind: FailureKind) -> str:  # noqa: C901 - one exhaustive match, a line a kind
    match kind:
        case FailureKind.BAD_REQUEST:
            return "see whether the model knows what was asked of it: vibe models --probe"
        case FailureKind.CONTEXT_TOO_LONG:
            return "send less, or use a model with a larger window"
        case FailureKind.REFUSED:
            return "put it in other words, or ask another model"
        case FailureKind.AUTH:
            return "check the key and its rights, then: vibe models --probe"
        case FailureKind.NO_CREDIT:
            return "add credit at the provider, or use another one"
        case FailureKind.NOT_FOUND:
            return (
                "check the model's name and the api_base: vibe models --probe lists what is there"
            )
        case FailureKind.RATE_LIMITED:
            return "wait, or put a second model into the pool"
        case FailureKind.OVERLOADED | FailureKind.SERVER:
            return "try again soon, or put a second model into the pool"
        case FailureKind.UNREACHABLE:
            return "check the network, the api_base and whether the server runs"
        case FailureKind.STALLED:
            return "try again; a slower model may need a larger first_token_timeout_s"
        case FailureKind.BROKEN_STREAM:
            return "try again; what came so far is above"
        case FailureKind.EMPTY:
            return "try again, or ask another model"
        case FailureKind.CANCELLED:
            return ""
    assert_never(kind)
