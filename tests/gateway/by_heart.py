"""A model that says by heart what the one of tests/real does, so that both can be held to the same.

What it says hangs on what it was asked and on nothing else. Beside that it sees pictures.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Final

from vibe.domain.message import Image, User
from vibe.testing.exchange import Answer, Asked, call

GREETING: Final = "Hello."
SAYS: Final = "Oslo is cold: 3 °C."
SAYS_TOKENS: Final = 5
RIDDLE: Final = "Think."
THINKS: Final = "Let me see.\n"
THOUGHT: Final = "\nIt is cold."
FORM: Final = "Which city? Answer in JSON."
JSON: Final = '{"city": "Oslo"}'
QUESTION: Final = "Where is it warmer?"
LOOKS_UP: Final = "I look up one city and another.\n"
CITIES: Final = ("Oslo", "Rome")
CONCLUDES: Final = "Rome is warmer."
SEES: Final = "It is a picture."
PICTURE: Final = b64encode(b"no program looks into it").decode()
TOOL: Final = "get_weather"
TOOL_SAYS: Final = "How warm it is in a city."
PARAMETERS: Final[dict[str, object]] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


def by_heart(asked: Asked) -> Answer:
    if any(isinstance(message, User) and _shows(message) for message in asked.messages):
        return Answer(text=SEES)
    if asked.results:
        return Answer(text=CONCLUDES)
    if asked.tools:
        return Answer(text=LOOKS_UP, calls=tuple(call(TOOL, city=city) for city in CITIES))
    if RIDDLE in asked.last_user_text:
        return Answer(text=THOUGHT, thinking=THINKS)
    return Answer(text=JSON if "JSON" in asked.last_user_text else SAYS)


def _shows(message: User) -> bool:
    return any(isinstance(part, Image) for part in message.parts)
