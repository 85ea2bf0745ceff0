"""Questions that a model asks the person: shown as an event, answered by its id."""

from __future__ import annotations

from collections.abc import Sequence

from vibe.agent.outlet import Outlet
from vibe.agent.questions import Questions, Said
from vibe.domain.turn import QuestionAsked

NOBODY = "nobody is here: decide yourself, and say in your answer what you decided"
NO_ANSWER = "the person did not answer: decide yourself"


class Asking:
    def __init__(self, questions: Questions, outlet: Outlet, *, is_attended: bool) -> None:
        self._questions = questions
        self._outlet = outlet
        self._is_attended = is_attended

    async def __call__(self, question: str, *, choices: Sequence[str]) -> str:
        if not self._is_attended:
            return NOBODY
        asked = self._questions.new()
        self._outlet.tell(QuestionAsked(id=asked, question=question, choices=tuple(choices)))
        reply = await self._questions.answered(asked)
        return reply.text if isinstance(reply, Said) and reply.text else NO_ANSWER
