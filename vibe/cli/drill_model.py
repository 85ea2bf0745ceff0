"""The one model of all drills, and how to tell that an answer of it came whole.

Where tools are offered it calls two of them, else it tells a story. Like every behaviour it looks
at the conversation alone, so all servers of a drill have the same to say.
"""

from __future__ import annotations

from typing import Final

from vibe.domain.answer import Answer as Sealed
from vibe.domain.message import Assistant, Text, User
from vibe.domain.model import Backend
from vibe.domain.request import ModelRequest, Tool
from vibe.testing.dialects import stream_of
from vibe.testing.exchange import Answer, Asked, call, text_of

STORY: Final = (  # of few and long words: each is an event of the stream, and costs its time
    "Monday: departure before sunrise, northwesterly headwinds, foresails reefed. "
    "Tuesday: coastline disappeared, provisions inventoried, saltwater underneath floorboards. "
    "Wednesday: Norwegian whalers alongside, exchanging newspapers against tobacco. "
    "Thursday: mainsail splintered, everybody stitching throughout nightfall. "
    "Friday: icebergs surrounding everything, bluish, unexpectedly thunderous. "
    "Saturday: impenetrable fogbanks, foghorns answering somewhere northward. "
    "Sunday: straits discovered, celebrations, remaining champagne distributed."
)
LOOK: Final = "I will look into both logs."
CALLS: Final = (call("read", path="logs/harbour.txt"), call("read", path="logs/strait.txt"))
_READ: Final = Tool(
    name="read",
    description="Read a file.",
    parameters='{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}',
)
_TOLD: Final = Answer(text=STORY)
_CALLED: Final = Answer(text=LOOK, calls=CALLS)


def request(*, calls: bool) -> ModelRequest:
    asked = User((Text("What do the logs say?" if calls else "Tell me how it went."),))
    return ModelRequest(messages=(asked,), tools=(_READ,) if calls else ())


def tells(asked: Asked) -> Answer:
    """Asked for the rest of the story, it goes on where that was cut, as a good model does."""
    if asked.tools:
        return _CALLED
    last = asked.messages[-1]
    begun = [text_of(each.parts) for each in asked.messages if isinstance(each, Assistant)]
    if not begun or isinstance(last, Assistant):  # its server sees to the latter
        return _TOLD
    return Answer(text=STORY.removeprefix(begun[-1]))


def events(dialect: Backend, *, calls: bool) -> int:
    """After how many events of its answer one can be cut."""
    asked = Asked(dialect=dialect, stream=True)
    return stream_of(asked, _CALLED if calls else _TOLD).whole_at


def is_whole(answer: Sealed, *, calls: bool) -> bool:
    """Of two calls the first is enough: it runs, and the model then makes the other."""
    if not calls:
        return answer.parts == (Text(STORY),) and answer.reason == "end"
    return answer.parts[:1] == (Text(LOOK),) and bool(answer.calls) and not has_broken_call(answer)


def has_broken_call(answer: Sealed) -> bool:
    """Whether a call would be run that the model did not make, or not so."""
    made = [(each.name, each.arguments) for each in CALLS]
    return [(each.name, each.arguments) for each in answer.calls] != made[: len(answer.calls)]
