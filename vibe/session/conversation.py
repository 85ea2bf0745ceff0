"""A transcript as it is sent to a model: the same messages each time, but for what was added.

Every call stands with a result. What is only for the person does not appear. Fitting the messages
to a dialect is not done here.
"""

from __future__ import annotations

from typing import assert_never

from vibe.domain.message import Assistant, Message, Results, Text, ToolCall, User
from vibe.session.record import Added, Compacted, Noted
from vibe.session.transcript import Transcript
from vibe.session.turn import Step, Turn


def messages(transcript: Transcript) -> tuple[Message, ...]:
    """What has been said since the last compaction, which stands for all before it."""
    said: list[Message] = []
    for turn in transcript.turns:
        said.append(_asked(turn))
        for item in turn.items:
            match item:
                case Step():
                    said += _answered(item)
                case Added(message=message):
                    said.append(message)
                case Compacted(message=message):
                    said = [message]
                case Noted():
                    pass
                case _:
                    assert_never(item)
    return tuple(said)


def _asked(turn: Turn) -> User:
    context = (Text(turn.context),) if turn.context else ()
    return User((*context, *turn.message.parts))


def _answered(step: Step) -> list[Message]:
    answer = step.answer.message
    if step.is_lost:
        answer = Assistant(parts=(*answer.parts, *(call.asked for call in step.calls)))
    elif not step.calls:  # a cut answer may hold some, which are not run
        parts = tuple(part for part in answer.parts if not isinstance(part, ToolCall))
        answer = Assistant(parts=parts, producer=answer.producer)
    said: list[Message] = [answer] if answer.parts else []
    if step.calls:
        said.append(Results(tuple(call.told for call in step.calls)))
    return said
