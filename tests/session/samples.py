"""Records of a small session, and any records at all."""

from __future__ import annotations

from hypothesis import strategies as st

from vibe.domain.answer import Answer, Piece
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.message import (
    CallId,
    Image,
    Producer,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    User,
)
from vibe.domain.model import Alias, ProviderName
from vibe.domain.turn import CallKey, TurnEnd
from vibe.domain.usage import Usage
from vibe.secret import Redactor
from vibe.session.record import (
    Added,
    Answered,
    Approved,
    Arrived,
    BlobId,
    Changed,
    Compacted,
    File,
    Finished,
    Forked,
    Gap,
    NoFile,
    Noted,
    Opened,
    Record,
    Restored,
    Rewound,
    SessionId,
    Started,
    TurnBegan,
    TurnEnded,
    Unknown,
    Used,
)

NOON = 1_795_262_400.0  # 2026-11-21 12:00 UTC
SESSION = SessionId("20261121-120000-abcd")
STRONG = Alias("strong")
PRODUCER = Producer(provider=ProviderName("acme"), model="model-1")
PLAIN = Redactor()
CUT = Failure(kind=FailureKind.BROKEN_STREAM)


def said(text: str) -> User:
    return User((Text(text),))


def call(name: str = "bash", number: int = 0, arguments: str = "{}") -> ToolCall:
    return ToolCall(id=CallId(f"call-{number}"), name=name, arguments=arguments)


def answer(text: str = "", *calls: ToolCall, cut: Failure | None = None) -> Answer:
    parts = (*((Text(text),) if text else ()), *calls)
    return Answer(
        parts=parts,
        pieces=(Piece(alias=STRONG, producer=PRODUCER, characters=len(text)),),
        usage=Usage(input=100, output=10),
        cost_uusd=7,
        cut=cut,
    )


def arrived(text: str, *, turn: int = 1, number: int = 0, by: Alias = STRONG) -> Arrived:
    return Arrived(
        turn=turn,
        number=number,
        alias=by,
        producer=PRODUCER,
        text=text,
        usage=Usage(input=100, output=len(text)),
        cost_uusd=5,
    )


def key(turn: int, number: int, position: int = 0) -> CallKey:
    return CallKey(turn=turn, answer=number, position=position)


def result(asked: ToolCall, text: str = "done", *, is_error: bool = False) -> ToolResult:
    return ToolResult(call=asked.id, name=asked.name, parts=(Text(text),), is_error=is_error)


OPENED = Opened(session=SESSION, folder="/work/shop", at=NOON, vibe="1.0")


def whole_turn(number: int = 1) -> tuple[Record, ...]:
    """A question, a call that runs, and a last answer."""
    asked = call(number=number, arguments='{"command": "make test"}')
    began = NOON + 60.0 * number
    return (
        TurnBegan(turn=number, message=said(f"question {number}"), at=began, context="today"),
        Answered(turn=number, number=0, answer=answer("let me look", asked)),
        Approved(call=key(number, 0), by="the person"),
        Started(call=key(number, 0)),
        Finished(call=key(number, 0), result=result(asked), details="{}", took_s=0.5),
        Answered(turn=number, number=1, answer=answer(f"answer {number}")),
        TurnEnded(turn=number, end=TurnEnd.FINISHED, at=began + 30.0),
    )


def session(turns: int = 1) -> tuple[Record, ...]:
    return (OPENED, *(record for number in range(turns) for record in whole_turn(number + 1)))


# Any records: numbers are small, so that they meet.

_SMALL = st.integers(0, 3)
_TURNS = st.integers(1, 4)
_TEXTS = st.text(max_size=20)
_KEYS = st.builds(CallKey, turn=_TURNS, answer=_SMALL, position=_SMALL)
_CALLS = st.builds(call, name=st.sampled_from(["bash", "edit"]), number=_SMALL, arguments=_TEXTS)
_IMAGES = st.builds(Image, media_type=st.just("image/png"), data=st.binary(max_size=5))
_USERS = st.builds(User, st.tuples(st.builds(Text, _TEXTS), _IMAGES))
_THOUGHTS = st.builds(Thinking, text=_TEXTS, producer=st.just(PRODUCER), seal=_TEXTS)
_ANSWERS = st.builds(
    Answer,
    parts=st.lists(st.builds(Text, _TEXTS) | _THOUGHTS | _CALLS, max_size=4).map(tuple),
    pieces=st.just((Piece(alias=STRONG, producer=PRODUCER, characters=1),)),
    cost_uusd=st.none() | st.integers(0, 99),
    cut=st.none() | st.just(CUT),
)
_RESULTS = st.builds(result, _CALLS, _TEXTS)
_FILES = st.builds(File, digest=_TEXTS.map(BlobId), mode=st.just(0o644)) | st.just(NoFile())
RECORDS: st.SearchStrategy[Record] = st.one_of(
    st.just(OPENED),
    st.builds(TurnBegan, turn=_TURNS, message=_USERS, at=st.floats(0, 9), context=_TEXTS),
    st.builds(Answered, turn=_TURNS, number=_SMALL, answer=_ANSWERS),
    st.builds(arrived, _TEXTS, turn=_TURNS, number=_SMALL),
    st.builds(Added, turn=_TURNS, message=_USERS),
    st.builds(Compacted, turn=_TURNS, message=_USERS),
    st.builds(Noted, turn=_TURNS, text=_TEXTS),
    st.builds(Used, turn=_TURNS, alias=st.just(STRONG), usage=st.just(Usage(input=1))),
    st.builds(TurnEnded, turn=_TURNS, end=st.sampled_from(TurnEnd), at=st.floats(0, 9)),
    st.builds(Approved, call=_KEYS, by=_TEXTS),
    st.builds(Started, call=_KEYS),
    st.builds(Finished, call=_KEYS, result=_RESULTS, details=_TEXTS),
    st.builds(Unknown, call=_KEYS),
    st.builds(Changed, turn=_TURNS, path=_TEXTS, before=_FILES, after=_FILES),
    st.builds(Restored, _TURNS),
    st.builds(Rewound, _TURNS),
    st.just(Gap()),
    st.just(Forked(origin=SESSION)),
)
HISTORIES = st.lists(RECORDS, max_size=30)
