"""A failure in a person's words: what it means, and what can be done about it."""

from __future__ import annotations

from typing import assert_never

from vibe.domain.failure import FailureKind


def meaning(kind: FailureKind) -> str:  # noqa: C901 - one exhaustive match, a line a kind
    match kind:
        case FailureKind.BAD_REQUEST:
            return "the provider does not take the request as it is"
        case FailureKind.CONTEXT_TOO_LONG:
            return "the conversation does not fit into the model's window"
        case FailureKind.REFUSED:
            return "the provider's filter or the model itself declined"
        case FailureKind.AUTH:
            return "the key is wrong, or may not do this"
        case FailureKind.NO_CREDIT:
            return "the credit, or the quota of a day, is used up"
        case FailureKind.NOT_FOUND:
            return "there is no such model or deployment, or the address is wrong"
        case FailureKind.RATE_LIMITED:
            return "too many requests or tokens in a short time"
        case FailureKind.OVERLOADED:
            return "the provider, or its model, has no room right now"
        case FailureKind.SERVER:
            return "something went wrong at the provider"
        case FailureKind.UNREACHABLE:
            return "no connection: name, route, encryption, or nothing listens there"
        case FailureKind.STALLED:
            return "the answer did not begin, or stopped coming"
        case FailureKind.BROKEN_STREAM:
            return "the answer was cut, or an error came in the middle of it"
        case FailureKind.EMPTY:
            return "a whole answer with nothing in it"
        case FailureKind.CANCELLED:
            return "you stopped it"
    assert_never(kind)


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
            return "wait, or add a model to the pool"
        case FailureKind.OVERLOADED | FailureKind.SERVER:
            return "try again soon, or add a model to the pool"
        case FailureKind.UNREACHABLE:
            return "check the network, the api_base and whether the server runs"
        case FailureKind.STALLED:
            return "try again; a slow model may need a larger first_token_timeout_s or timeout_s"
        case FailureKind.BROKEN_STREAM:
            return "try again"
        case FailureKind.EMPTY:
            return "try again, or ask another model"
        case FailureKind.CANCELLED:
            return ""
    assert_never(kind)
