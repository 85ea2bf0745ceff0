"""What becomes of a request before an attempt, one thing at a time; pairs are in portability/."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from vibe.domain.message import (
    Assistant,
    AssistantPart,
    CallId,
    Document,
    Image,
    Message,
    Producer,
    Results,
    System,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    User,
    UserPart,
)
from vibe.domain.model import ProviderName
from vibe.domain.quirks import Quirks
from vibe.domain.request import ModelRequest, Tool
from vibe.domain.target import Target
from vibe.wire.dialects import codec_for
from vibe.wire.portability import continued, fitted

TARGET = Target(provider=ProviderName("own"), model="model", backend="generic")
OWN = TARGET.producer
OTHER = Producer(provider=ProviderName("other"), model="model")
OTHER_MODEL = Producer(provider=OWN.provider, model="other")
CLAUDE = replace(TARGET, backend="anthropic")
DEEPSEEK = replace(TARGET, quirks=Quirks(thinking="reasoning_content"))
READ = Tool(name="read", description="", parameters="")
PICTURE = Image(media_type="image/png", data=b"1")
LINK = Image(url="https://example.org/1.png")
PDF = Document(media_type="application/pdf", data=b"%PDF")
UNSEEN = Text("(Something was attached here that you cannot be shown.)")
LOST = Text("interrupted: outcome unknown")
BEGIN = User((Text("Begin."),))
OK = Assistant(parts=(Text("OK."),))


def said(*texts: str) -> User:
    return User(tuple(Text(text) for text in texts))


def answer(*parts: AssistantPart | str, producer: Producer | None = None) -> Assistant:
    parts_of = (Text(part) if isinstance(part, str) else part for part in parts)
    return Assistant(parts=tuple(parts_of), producer=producer)


def call(name: str, arguments: str = "{}", *, seal: str = "", tool: str = "read") -> ToolCall:
    return ToolCall(id=CallId(name), name=tool, arguments=arguments, seal=seal)


def result(name: str, *parts: UserPart, is_error: bool = False, tool: str = "read") -> ToolResult:
    return ToolResult(call=CallId(name), name=tool, parts=parts, is_error=is_error)


def thought(text: str, seal: str = "", *, producer: Producer = OWN) -> Thinking:
    return Thinking(text=text, seal=seal, producer=producer)


def messages(*history: Message, target: Target = TARGET) -> tuple[Message, ...]:
    return fitted(ModelRequest(messages=history), target).messages


def case(label: str, *history: Message, fit: tuple[Message, ...]) -> object:
    return pytest.param(history, fit, id=label)


ASKED, NEXT = said("Read a."), said("Go on.")
A, B = call("a"), call("b")
OF_A, OF_B = result("a", Text("1")), result("b", Text("2"))


@pytest.mark.parametrize(
    ("history", "fit"),
    [
        case("nothing", fit=(BEGIN,)),
        case("an answer first", answer("Hi."), NEXT, fit=(BEGIN, answer("Hi."), NEXT)),
        case("one role", said("1"), said("2"), fit=(said("1", "2"),)),
        case(
            "one role, of an answer",
            ASKED, answer("1"), answer("2"), NEXT,
            fit=(ASKED, answer("1", "2"), NEXT),
        ),
        case("blank texts", said("", "1", " \n"), fit=(said("1"),)),
        case("blank messages", ASKED, answer(" "), said(""), fit=(ASKED,)),
        case("a lone surrogate", said("caf\udce9"), fit=(said("caf?"),)),
        case(
            "results in the order of the calls",
            ASKED, answer(A, B), Results((OF_B, OF_A)),
            fit=(ASKED, answer(A, B), Results((OF_A, OF_B))),
        ),
        case(
            "results that come late",
            ASKED, answer(A), NEXT, answer(B), NEXT, Results((OF_B, OF_A)),
            fit=(ASKED, answer(A), Results((OF_A,)), NEXT, answer(B), Results((OF_B,)), NEXT),
        ),
        case(
            "no result",
            ASKED, answer(A, B), Results((OF_B,)), NEXT,
            fit=(
                ASKED,
                answer(A, B),
                Results((result("a", LOST, is_error=True), OF_B)),
                NEXT,
            ),
        ),
        case(
            "no result, at the end",
            ASKED, answer(A),
            fit=(ASKED, answer(A), Results((result("a", LOST, is_error=True),))),
        ),
        case(
            "no call",
            ASKED, Results((OF_A,)),
            fit=(said("Read a.", "Result of the tool read, without its call:", "1"),),
        ),
        case(
            "a call after its result",
            ASKED, Results((OF_A,)), answer(A),
            fit=(
                said("Read a.", "Result of the tool read, without its call:", "1"),
                answer(A),
                Results((result("a", LOST, is_error=True),)),
            ),
        ),
        case(
            "two results of a call",
            ASKED, answer(A), Results((OF_A, result("a", Text("3")))),
            fit=(
                ASKED,
                answer(A),
                Results((OF_A,)),
                said("Result of the tool read, without its call:", "3"),
            ),
        ),
        case(
            "an empty result",
            ASKED, answer(A), Results((result("a", Text(" ")),)),
            fit=(ASKED, answer(A), Results((result("a", Text("(no output)")),))),
        ),
        case(
            "an image in a result",
            ASKED, answer(A, B), Results((result("a", PICTURE), OF_B)), NEXT,
            fit=(
                ASKED,
                answer(A, B),
                Results((result("a", Text("(shown below)")), OF_B)),
                User((Text("From the tool read:"), PICTURE, *NEXT.parts)),
            ),
        ),
    ],
)  # fmt: skip
def test_the_order_of_messages(history: tuple[Message, ...], fit: tuple[Message, ...]) -> None:
    assert messages(*history) == fit


def test_an_image_stays_in_a_result_that_can_hold_it() -> None:
    history = (ASKED, answer(A), Results((result("a", PICTURE),)))
    assert messages(*history, target=CLAUDE) == history


def test_an_id_that_is_used_again_means_the_newer_call() -> None:
    again = CallId("call_8mo9xpUja")
    assert messages(ASKED, answer(A), NEXT, answer(A), Results((OF_A,))) == (
        ASKED,
        answer(A),
        Results((result("a", LOST, is_error=True),)),
        NEXT,
        answer(replace(A, id=again)),
        Results((replace(OF_A, call=again),)),
    )


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        pytest.param('{ "path": "a" }', '{ "path": "a" }', id="an object, as it was written"),
        pytest.param("", "{}", id="nothing"),
        pytest.param('{"path": "a', r'{"_invalid":"{\"path\": \"a"}', id="cut"),
        pytest.param('["a"]', r'{"_invalid":"[\"a\"]"}', id="no object"),
        pytest.param("{}{}", '{"_invalid":"{}{}"}', id="two objects"),
        pytest.param("caf\udce9", '{"_invalid":"caf?"}', id="a lone surrogate"),
        pytest.param('{"a":' * 65 + "0" + "}" * 65, None, id="too deep"),
    ],
)
def test_arguments_are_sent_as_an_object(written: str, sent: str | None) -> None:
    sent = sent or f'{{"_invalid":"{written.replace(chr(34), chr(92) + chr(34))}"}}'
    history = (ASKED, answer(call("a", written)), Results((OF_A,)))
    assert messages(*history) == (ASKED, answer(call("a", sent)), Results((OF_A,)))


@pytest.mark.parametrize(
    ("invented", "sent"),
    [
        pytest.param("mcp__files__read-2", "mcp__files__read-2", id="legal"),
        pytest.param("functions.read file", "functions_read_file", id="other characters"),
        pytest.param("r" * 65, "r" * 64, id="too long"),
        pytest.param("", "unnamed", id="none"),
        pytest.param("files.read", "files.read", id="the name of a tool that is offered"),
    ],
)
def test_an_invented_name_of_a_tool_is_made_legal(invented: str, sent: str) -> None:
    history = (ASKED, answer(call("a", tool=invented)), Results((result("a", tool=invented),)))
    request = ModelRequest(messages=history, tools=(replace(READ, name="files.read"),))
    assert fitted(request, TARGET).messages == (
        ASKED,
        answer(call("a", tool=sent)),
        Results((result("a", Text("(no output)"), tool=sent),)),
    )


SEALED = thought("Hm", "seal")


@pytest.mark.parametrize(
    ("target", "parts", "kept"),
    [
        pytest.param(CLAUDE, (SEALED, Text("1")), (SEALED, Text("1")), id="its own"),
        pytest.param(CLAUDE, (SEALED, A), (SEALED, A), id="its own, before a call"),
        pytest.param(CLAUDE, (thought("Hm"), Text("1")), (Text("1"),), id="its own, unsealed"),
        pytest.param(CLAUDE, (Text("1"), SEALED), (Text("1"),), id="its own, that led to nothing"),
        pytest.param(
            replace(CLAUDE, thinks=False), (SEALED, Text("1")), (Text("1"),), id="no longer thinks"
        ),
        pytest.param(
            CLAUDE,
            (thought("Hm", "seal", producer=OTHER), Text("1")),
            (Text("1"),),
            id="another provider's",
        ),
        pytest.param(
            CLAUDE,
            (thought("Hm", "seal", producer=OTHER_MODEL), Text("1")),
            (Text("1"),),
            id="another model's",
        ),
        pytest.param(
            DEEPSEEK, (thought("Hm"), Text("1")), (thought("Hm"), Text("1")), id="unsealed, in chat"
        ),
        pytest.param(DEEPSEEK, (A, SEALED), (A, SEALED), id="after its call, in chat"),
        pytest.param(TARGET, (SEALED, Text("1")), (Text("1"),), id="no place for it, in chat"),
    ],
)
def test_thought_goes_back_to_its_producer(
    target: Target, parts: tuple[AssistantPart, ...], kept: tuple[AssistantPart, ...]
) -> None:
    sent = messages(ASKED, answer(*parts, producer=OWN), NEXT, target=target)
    assert sent[1] == answer(*kept, producer=OWN)


@pytest.mark.parametrize("target", [CLAUDE, DEEPSEEK], ids=["in blocks", "in chat"])
def test_an_answer_of_thought_alone_is_left_out(target: Target) -> None:
    assert messages(ASKED, answer(SEALED, producer=OWN), target=target) == (ASKED,)


WANTS_THOUGHT = replace(
    DEEPSEEK, quirks=Quirks(thinking="reasoning_content", thinking_required=True)
)


@pytest.mark.parametrize(
    ("parts", "made_up"),
    [
        pytest.param((Text("1"),), "I answer: 1", id="a text"),
        pytest.param((Text("1"), A, B), "I call read with {}", id="calls"),
        pytest.param((Text("x" * 300),), "I answer: " + "x" * 190, id="a long text"),
        pytest.param((SEALED, Text("1")), None, id="its own"),
        pytest.param((A, SEALED), None, id="its own, after a call"),
    ],
)
def test_thought_is_made_up_where_an_answer_without_is_refused(
    parts: tuple[AssistantPart, ...], made_up: str | None
) -> None:
    sent = messages(ASKED, answer(*parts, producer=OWN), NEXT, target=WANTS_THOUGHT)
    thoughts = (thought(made_up),) if made_up else ()
    assert sent[1] == answer(*thoughts, *parts, producer=OWN)


def test_no_thought_is_made_up_for_a_model_that_does_not_think() -> None:
    history = (ASKED, answer("1"), NEXT)
    assert messages(*history, target=replace(WANTS_THOUGHT, thinks=False)) == history


@pytest.mark.parametrize(
    ("producer", "quirks", "seal"),
    [
        pytest.param(OWN, Quirks(), "seal", id="its own"),
        pytest.param(OTHER, Quirks(), "", id="another's"),
        pytest.param(None, Quirks(), "", id="nobody's"),
        pytest.param(OTHER, Quirks(foreign_seal="stand-in"), "stand-in", id="another's, if due"),
        pytest.param(OWN, Quirks(foreign_seal="stand-in"), "seal", id="its own, if due"),
    ],
)
def test_the_seal_of_a_call_goes_back_to_its_producer(
    producer: Producer | None, quirks: Quirks, seal: str
) -> None:
    history = (ASKED, answer(call("a", seal="seal"), producer=producer), Results((OF_A,)))
    sent = messages(*history, target=replace(TARGET, quirks=quirks))
    assert sent[1] == answer(call("a", seal=seal), producer=OWN if producer == OWN else None)


def test_a_seal_survives_that_its_answer_is_joined_to_another() -> None:
    own, other = answer(call("a", seal="seal"), producer=OWN), answer("Well.", producer=OTHER)
    joined = answer("Well.", call("a", seal="seal"), producer=OWN)
    assert messages(ASKED, other, own, Results((OF_A,))) == (ASKED, joined, Results((OF_A,)))


@pytest.mark.parametrize(
    ("part", "target", "sent"),
    [
        pytest.param(PICTURE, TARGET, PICTURE, id="an image"),
        pytest.param(PICTURE, replace(TARGET, sees_images=False), UNSEEN, id="a blind model"),
        pytest.param(PICTURE, replace(TARGET, quirks=Quirks(images=False)), UNSEEN, id="no images"),
        pytest.param(LINK, TARGET, LINK, id="an address"),
        pytest.param(
            LINK, replace(TARGET, quirks=Quirks(image_urls=False)), UNSEEN, id="no addresses"
        ),
        pytest.param(replace(PICTURE, url=LINK.url), TARGET, PICTURE, id="both"),
        pytest.param(PDF, TARGET, UNSEEN, id="no documents"),
        pytest.param(PDF, replace(TARGET, quirks=Quirks(documents=True)), PDF, id="a document"),
        pytest.param(
            replace(PDF, name="caf\udce9"),
            replace(TARGET, quirks=Quirks(documents=True)),
            replace(PDF, name="caf?"),
            id="a name that UTF-8 cannot hold",
        ),
    ],
)
def test_attachments_are_sent_or_their_place_is_marked(
    part: UserPart, target: Target, sent: UserPart
) -> None:
    assert messages(User((Text("Look."), part)), target=target) == (User((Text("Look."), sent)),)


@pytest.mark.parametrize("target", [TARGET, CLAUDE, DEEPSEEK], ids=["plain", "claude", "deepseek"])
def test_what_utf_8_cannot_hold_is_sent_to_nobody(target: Target) -> None:
    history = (
        User((Text("Look."), Image(url="https://example.org/caf\udce9"))),
        answer(thought("caf\udce9", "seal\udce9"), "Hi."),
        NEXT,
    )
    tools = (replace(READ, description="caf\udce9", parameters='{"title":"caf\udce9"}'),)
    fit = fitted(ModelRequest(messages=history, tools=tools), target)
    assert r"\udce9" not in repr(fit)
    assert codec_for(target.backend).encode(fit, target).body


def test_an_attachment_without_content_is_left_out() -> None:
    assert messages(User((Image(), Text("Look."), replace(PDF, data=b"")))) == (said("Look."),)


@pytest.mark.parametrize(
    ("mid_system", "fit"),
    [
        pytest.param(True, (ASKED, System("2\n\n3"), answer("Hi."), NEXT), id="taken"),
        pytest.param(
            False,
            (
                said("Read a.", "Message from the system:\n2", "Message from the system:\n3"),
                answer("Hi."),
                NEXT,
            ),
            id="not taken",
        ),
    ],
)
def test_instructions_in_the_middle(*, mid_system: bool, fit: tuple[Message, ...]) -> None:
    history = (ASKED, System("2"), System(" "), System("3"), answer("Hi."), NEXT)
    assert messages(*history, target=replace(TARGET, quirks=Quirks(mid_system=mid_system))) == fit


def test_instructions_at_the_beginning_join_the_systems() -> None:
    request = ModelRequest(messages=(System("2"), said(""), System("3"), ASKED), system="1")
    assert fitted(request, TARGET) == ModelRequest(messages=(ASKED,), system="1\n\n2\n\n3")


@pytest.mark.parametrize(
    ("after", "fit"),
    [
        pytest.param((NEXT,), (OK, NEXT), id="a user's message"),
        pytest.param((System("2"),), (OK, System("2")), id="an instruction"),
        pytest.param((answer("Hi."), NEXT), (answer("Hi."), NEXT), id="an answer"),
        pytest.param((), (), id="nothing"),
    ],
)
def test_what_may_not_stand_straight_after_results(
    after: tuple[Message, ...], fit: tuple[Message, ...]
) -> None:
    history = (ASKED, answer(A), Results((OF_A,)))
    target = replace(TARGET, quirks=Quirks(user_after_tool=False))
    assert messages(*history, *after, target=target) == (*history, *fit)


PREFILLS = replace(TARGET, quirks=Quirks(prefill=True))
TOLD_TO_GO_ON = said(
    "Your answer was cut off. It ended with:\n\nOnce upon\n\nGo on from exactly there. "
    "Repeat nothing of it, and say nothing about the interruption."
)


@pytest.mark.parametrize(
    ("target", "is_told"),
    [
        pytest.param(TARGET, True, id="not known"),
        pytest.param(PREFILLS, False, id="by the dialect"),
        pytest.param(replace(TARGET, quirks=Quirks(prefix_flag=True)), False, id="by a flag"),
        pytest.param(replace(TARGET, prefills=True), False, id="by configuration"),
        pytest.param(replace(PREFILLS, prefills=False), True, id="not by configuration"),
        pytest.param(replace(PREFILLS, thinks=True), True, id="thinks"),
    ],
)
def test_an_answer_is_gone_on_from_or_quoted(target: Target, *, is_told: bool) -> None:
    told = (TOLD_TO_GO_ON,) if is_told else ()
    sent = (ASKED, answer("Once upon"), *told)
    assert messages(ASKED, answer("Once upon"), target=target) == sent
    assert continued(ModelRequest(messages=(ASKED,)), "Once upon", target).messages == sent


def test_the_beginning_that_a_client_wrote_and_the_part_that_followed_are_one_text() -> None:
    request = ModelRequest(messages=(ASKED, answer("Once")))
    assert continued(request, " upon", PREFILLS).messages == (ASKED, answer("Once upon"))


def test_a_part_after_calls_without_results_follows_their_outcome() -> None:
    request = ModelRequest(messages=(ASKED, answer(A, "I wait.")))
    lost = Results((result("a", LOST, is_error=True),))
    assert continued(request, "Well", PREFILLS).messages == (
        ASKED, answer(A, "I wait."), lost, answer("Well"),
    )  # fmt: skip


def test_only_the_end_of_a_long_part_is_quoted() -> None:
    sent = continued(ModelRequest(messages=(ASKED,)), "start" + "x" * 200, TARGET).messages[-1]
    assert isinstance(sent, User)
    quoted = sent.parts[0]
    assert isinstance(quoted, Text)
    assert "\n" + "x" * 200 + "\n" in quoted.text


def test_an_empty_part_asks_anew() -> None:
    assert continued(ModelRequest(messages=(ASKED,)), "", TARGET).messages == (ASKED,)


def test_an_answer_to_go_on_from_holds_no_thought() -> None:
    target = replace(CLAUDE, quirks=Quirks(prefill=True))
    assert messages(ASKED, answer(SEALED, "Once", producer=OWN), target=target) == (
        ASKED, answer("Once", producer=OWN),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "target", "sent"),
    [
        pytest.param(None, TARGET, None, id="nobody said"),
        pytest.param(None, replace(TARGET, temperature=0.2), 0.2, id="the model's"),
        pytest.param(0.5, replace(TARGET, temperature=0.2), 0.5, id="the request's"),
        pytest.param(1.8, replace(TARGET, quirks=Quirks(max_temperature=1.5)), 1.5, id="too high"),
        pytest.param(0.0, replace(TARGET, quirks=Quirks(min_temperature=0.1)), 0.1, id="too low"),
    ],
)
def test_the_temperature_is_one_that_is_taken(
    asked: float | None, target: Target, sent: float | None
) -> None:
    assert fitted(ModelRequest(messages=(ASKED,), temperature=asked), target).temperature == sent


def bounded(
    most: int | None = None, window: int | None = None, *, required: bool = False
) -> Target:
    quirks = Quirks(max_tokens_required=required)
    return replace(TARGET, max_output_tokens=most, context_window=window, quirks=quirks)


@pytest.mark.parametrize(
    ("asked", "target", "sent"),
    [
        pytest.param(None, bounded(), None, id="nobody said"),
        pytest.param(9_000, bounded(), 9_000, id="the request's"),
        pytest.param(None, bounded(8_000), 8_000, id="the model's"),
        pytest.param(9_000, bounded(8_000), 8_000, id="the model's is lower"),
        pytest.param(7_000, bounded(8_000), 7_000, id="the request's is lower"),
        pytest.param(9_000, bounded(window=6_000), 4_998, id="what the window leaves"),
        pytest.param(9_000, bounded(window=500), 1_024, id="hardly anything left, it seems"),
        pytest.param(5, bounded(window=500), 5, id="enough left"),
        pytest.param(None, bounded(window=6_000), None, id="nobody needs one"),
        pytest.param(None, bounded(window=6_000, required=True), 4_998, id="one is required"),
        pytest.param(None, bounded(window=99_000, required=True), None, id="room for any"),
        pytest.param(0, bounded(), 1, id="no answer at all"),
    ],
)
def test_the_answer_is_bounded_by_what_the_target_allows(
    asked: int | None, target: Target, sent: int | None
) -> None:
    request = ModelRequest(messages=(said("word" * 1_000),), max_output_tokens=asked)
    assert fitted(request, target).max_output_tokens == sent
