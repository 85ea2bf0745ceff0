"""The golden requests: what is sent for each history, for each ordered pair of dialects.

`python -m tests.wire.portability.corpus` writes them anew, for a person to read the difference. A
file holds the bodies of all cases as they are sent, but for the line breaks between messages.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Raw

from tests.wire.portability.histories import PARTIES, histories
from vibe.domain.model import Backend
from vibe.domain.request import ModelRequest, Tool
from vibe.wire.dialects import codec_for
from vibe.wire.portability import fitted

HERE: Final = Path(__file__).parent / "requests"
PAIRS: Final = tuple(product(PARTIES, PARTIES))
TOOLS: Final = (
    Tool(name="get_weather", description="Tells the weather.", parameters='{"type":"object"}'),
)


def bodies(producer: Backend, backend: Backend) -> dict[str, bytes]:
    """What is sent to the one in each case that the other left."""
    target = PARTIES[backend].target
    requests = {
        case: ModelRequest(messages=history, system="Be brief.", tools=TOOLS)
        for case, history in histories(PARTIES[producer]).items()
    }
    return {
        case: codec_for(backend).encode(fitted(request, target), target).body
        for case, request in requests.items()
    }


def file_of(producer: Backend, backend: Backend) -> Path:
    return HERE / f"{producer}-to-{backend}.json"


def written(bodies: dict[str, bytes]) -> str:
    """A line a case, a parameter and a message."""
    cases = (f'"{case}": {_body(body)}' for case, body in bodies.items())
    return "{\n" + ",\n".join(cases) + "\n}\n"


def _body(body: bytes) -> str:
    members = msgspec.json.decode(body, type=dict[str, Raw])
    lines = (f'  "{name}": {_value(name, value)}' for name, value in members.items())
    return "{\n" + ",\n".join(lines) + "\n}"


def _value(name: str, value: Raw) -> str:
    if name not in {"messages", "input"}:
        return bytes(value).decode()
    messages = (
        f"    {bytes(each).decode()}" for each in msgspec.json.decode(value, type=list[Raw])
    )
    return "[\n" + ",\n".join(messages) + "\n  ]"


def main() -> None:
    for producer, backend in PAIRS:
        text = written(bodies(producer, backend))
        file_of(producer, backend).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
