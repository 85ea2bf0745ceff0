"""A script answers by what stands in the conversation, so it can be sent again and elsewhere."""

from __future__ import annotations

import pytest

from vibe.domain.message import CallId, Message, Results, Text, ToolResult, User
from vibe.domain.model import Backend
from vibe.testing.dialects import DIALECTS
from vibe.testing.exchange import Answer, Asked, call
from vibe.testing.script import (
    NoRuleFits,
    Scripted,
    calls,
    otherwise,
    says,
    when_asked,
    when_result,
)

READ = call("read", path="a.py")
EDIT = call("edit", path="a.py", old="1", new="2")
TEST = call("bash", command="pytest")
MEND = Scripted(
    when_asked("mend a.py", calls(READ, text="I look.")),
    when_result("read", calls(EDIT), holds="x = 1"),
    when_result("read", says("There is nothing to mend.")),
    when_result("edit", calls(TEST)),
    when_result("bash", calls(EDIT), holds="1 failed"),
    when_result("bash", says("Mended.")),
)
PERSON = User((Text("Please mend a.py."),))


def after(*results: tuple[str, str], dialect: Backend = "generic") -> Asked:
    messages: list[Message] = [PERSON]
    for number, (tool, text) in enumerate(results):
        result = ToolResult(call=CallId(f"c{number}"), name=tool, parts=(Text(text),))
        messages.append(Results((result,)))
    return Asked(dialect=dialect, messages=tuple(messages))


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("results", "expected"),
    [
        pytest.param([], Answer(text="I look.", calls=(READ,)), id="first it reads"),
        pytest.param([("read", "x = 1")], Answer(calls=(EDIT,)), id="then it edits"),
        pytest.param(
            [("read", "y = 0")], Answer(text="There is nothing to mend."), id="or leaves it"
        ),
        pytest.param([("read", "x = 1"), ("edit", "ok")], Answer(calls=(TEST,)), id="then tests"),
        pytest.param([("bash", "1 failed")], Answer(calls=(EDIT,)), id="and edits again"),
        pytest.param([("bash", "3 passed")], Answer(text="Mended."), id="until it is done"),
    ],
)
def test_a_plan_goes_by_what_the_tools_have_brought(
    results: list[tuple[str, str]], expected: Answer, dialect: Backend
) -> None:
    asked = after(*results, dialect=dialect)
    assert [MEND(asked), MEND(asked)] == [expected, expected]


def test_results_from_before_the_person_spoke_again_count_no_more() -> None:
    earlier = after(("bash", "3 passed")).messages
    assert MEND(Asked(dialect="generic", messages=(*earlier, PERSON))).text == "I look."


def test_a_rule_for_all_else_comes_last() -> None:
    script = Scripted(when_asked("mend", says("Yes.")), otherwise(says("No.", thinking="Hm.")))
    asked = Asked(dialect="generic", messages=(User((Text("Sing."),)),))
    assert script(asked) == Answer(text="No.", thinking="Hm.")


def test_a_script_without_a_fitting_rule_says_what_it_was_asked() -> None:
    with pytest.raises(NoRuleFits, match=r"^'Please mend a.py.', and grep has brought a result$"):
        MEND(after(("grep", "x")))
