"""A small project with a fault, and a scripted model that reads, mends and tests it.

The model goes by what the tools have brought, so a request that is sent again, or to another
provider, gets the same answer. Every command leaves a line in a log: what ran twice is seen.
"""

from __future__ import annotations

from typing import Final

import msgspec

from vibe.domain.message import Results
from vibe.testing.exchange import Answer, Asked, Behaviour, Call, text_of

WRONG: Final = "def add(a, b):\n    return a - b\n"
RIGHT: Final = "def add(a, b):\n    return a + b\n"
CHECK: Final = 'from calc import add\nassert add(2, 3) == 5, "add is wrong"\nprint("all is well")\n'
COMMAND: Final = "echo ran >> runs.log && python3 -B check.py"
FILES: Final = {"calc__py": WRONG, "check__py": CHECK}
TASK: Final = "mend the sum"
WELL: Final = {"read": "def add", "edit": "Changed", "bash": "all is well"}
DONE: Final = "calc.py:2 added the wrong way round; the check passes now."


def call(name: str, **arguments: object) -> Call:
    return Call(name=name, arguments=msgspec.json.encode(arguments).decode())


READS = call("read", path="calc.py")
EDITS = call("edit", path="calc.py", edits=[{"old": "a - b", "new": "a + b"}])
RUNS = call("bash", command=COMMAND)


def _mends(asked: Asked) -> Answer:
    """The step after the last one that went well, wherever that was in the conversation."""
    brought = {
        result.name: text_of(result.parts)
        for message in asked.messages
        if isinstance(message, Results)
        for result in message.results
        if WELL.get(result.name, "?") in text_of(result.parts)
    }
    if "bash" in brought:
        return Answer(text=DONE)
    if "edit" in brought:
        return Answer(calls=(RUNS,))
    if "read" in brought:
        return Answer(calls=(EDITS,))
    return Answer(text="I look at it first.", calls=(READS,))


MENDER: Final[Behaviour] = _mends
