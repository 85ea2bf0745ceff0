"""Whatever is imported: a configuration that is sound, or one sentence; never anything else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vibe.config.importing.imported import imported
from vibe.config.importing.read_json import read_json
from vibe.config.importing.read_yaml import read_yaml
from vibe.config.importing.tree import Node, Unreadable
from vibe.config.load import load_text
from vibe.config.variables import Variables


def plain(node: Node) -> Any:
    match node.value:
        case tuple(items):
            return [plain(each) for each in items]
        case dict(items):
            return {name: plain(each) for name, each in items.items()}
        case scalar:
            return scalar


def block(value: Any, indent: int = 0) -> str:
    """`value` as YAML in blocks, as a person writes it."""
    pad = "\n" + " " * indent
    match value:
        case {} if value:
            return "".join(f"{pad}{json.dumps(k)}:{block(v, indent + 2)}" for k, v in value.items())
        case [_, *_]:
            return "".join(f"{pad}-{block(each, indent + 2)}" for each in value)
        case _:
            return f" {json.dumps(value)}  # as it is"


scalars: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.floats(-1e9, 1e9).map(lambda each: round(each, 3)),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
trees: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), inner),
    ),
    max_leaves=12,
)


@given(trees)
def test_json_is_read_as_json_is(value: object) -> None:
    assert plain(read_json(json.dumps(value, indent=1))) == value
    assert plain(read_json(json.dumps(value, ensure_ascii=False))) == value


@given(trees)
def test_json_is_yaml_as_well(value: object) -> None:
    assert plain(read_yaml(json.dumps(value, indent=1))) == value


@given(trees)
def test_blocks_mean_what_brackets_do(value: object) -> None:
    assert plain(read_yaml(block(value))) == value


PIECES = (
    '"', "'", "[", "]", "{", "}", ":", ": ", ",", "- ", "-", "\n", "\n  ", "\n    ", "\t", "#",
    " # ", "//", "/*", "*/", "&a", "*a", "!!str ", "|", ">", "?", "<<", "---\n", "...", "\\", "%",
    "\\u0041", "null", "true", "1e999", "NaN", "-.5", "9" * 30, "\x00", "\x1b]0;x\x07", "\ud800",
    "\ufeff", "\r", "\u2028", "é", "model_list", "providers", "model_name", "name", "${A}",
    "os.environ/A", "=", "A=b",
)  # fmt: skip
soup: st.SearchStrategy[str] = st.lists(
    st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=40
).map("".join)


def refusal(read: Callable[[str], object], text: str) -> Unreadable | None:
    try:
        read(text)
    except Unreadable as error:
        return error
    return None


READERS: tuple[Callable[[str], object], ...] = (
    read_json,
    read_yaml,
    lambda text: imported(text, env={}),
)


def holds_for_all_readers(text: str) -> None:
    for read in READERS:
        told = refusal(read, text)
        assert told is None or (told.message and told.line <= text.count("\n") + 1)


@given(soup)
@example("- " * 200)
@example("[" * 200)
@example("a:\n" + "".join(" " * n + "a:\n" for n in range(1, 200)))
@settings(max_examples=400, deadline=None)
def test_any_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    holds_for_all_readers(text)


@pytest.mark.slow
@given(soup)
@settings(max_examples=20_000, deadline=None)
def test_any_text_is_read_or_refused_with_a_sentence_at_length(text: str) -> None:
    holds_for_all_readers(text)


@pytest.mark.parametrize("part", ['{"a":', "[", '{"a": [', "- ", "a: {b: ", "'", '"', "/*", " #"])
@pytest.mark.parametrize("ending", ["", "]", "\n"])
def test_very_much_of_anything_is_no_more_than_a_sentence(part: str, ending: str) -> None:
    holds_for_all_readers((part + ending) * 200_000)


names: st.SearchStrategy[str] = st.text(min_size=1, max_size=12).filter(str.strip)
variables: st.SearchStrategy[str] = st.sampled_from(
    ["${OPENAI_API_KEY}", "${A_KEY}", "", "dummy-key", "sk-0123456789abcdef"]
)
addresses: st.SearchStrategy[str] = st.sampled_from(
    [
        "https://api.openai.com/v1",
        "https://api.mistral.ai/v1/",
        "http://localhost:11434/v1",
        "${OPENAI_BASE_URL}",
        "https://mine.openai.azure.com/",
        "http://10.0.0.1:8000",
    ]
)
models: st.SearchStrategy[list[str]] = st.lists(
    st.one_of(st.sampled_from(["gpt-4o", "GPT-4o", "a/b", "auto"]), names), max_size=3
)
providers: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"name": st.one_of(st.sampled_from(["a", "A", "a/b"]), names), "base_url": addresses},
    optional={
        "api_key": variables,
        "enabled": st.booleans(),
        "priority": st.integers(-5, 5),
        "api_version": st.sampled_from([None, "2024-10-21", "${API_VERSION}"]),
        "timeout": st.one_of(st.integers(1, 900), st.floats(0.1, 900)),
        "max_retries": st.integers(0, 5),
        "custom_headers": st.dictionaries(
            st.sampled_from(["X-Team", "Authorization", "Host", "a b", "X-Api-Key"]),
            st.one_of(st.just("Bearer ${TOKEN}"), st.text(max_size=12)),
        ),
        "models": st.dictionaries(st.sampled_from(["big", "middle", "small"]), models),
        "unknown": scalars,
    },
)
guides: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"providers": st.lists(providers, min_size=1, max_size=4)},
    optional={
        "fallback_strategy": st.sampled_from(["priority", "round_robin", "random", "fastest"]),
        "health_check_interval": st.integers(-1, 100_000),
        "circuit_breaker": st.fixed_dictionaries(
            {},
            optional={
                "failure_threshold": st.integers(-1, 2000),
                "recovery_timeout": st.one_of(st.integers(-1, 10**6), st.floats(0, 100)),
            },
        ),
    },
)
ENV = {
    "OPENAI_BASE_URL": "https://a.example/v1",
    "AZURE_API_BASE": "https://mine.openai.azure.com",
    "API_VERSION": "2024-10-21",
}


def is_sound(text: str, *, unless: str) -> None:
    """Where every variable that it names is set; the key that stands in it is nowhere."""
    if (told := refusal(lambda each: imported(each, env=ENV), text)) is not None:
        assert told.message == unless
        return
    found = imported(text, env=ENV)
    env = {**dict.fromkeys(found.variables, "k-5Rw8canary0Qz"), **ENV}
    loaded = load_text(found.toml, name="config.toml", variables=Variables(environment=env))
    assert [each.message for each in loaded.problems if each.severity == "error"] == []
    assert "sk-0123456789abcdef" not in found.toml + repr(found.notes)


@given(guides)
@settings(max_examples=200, deadline=None)
def test_whatever_a_providers_json_says_what_is_made_of_it_is_sound(guide: dict[str, Any]) -> None:
    is_sound(json.dumps(guide), unless="a provider has no name")  # none that can be seen


litellm_models: st.SearchStrategy[str] = st.sampled_from(
    [
        "openai/gpt-4o", "azure/gpt-4o", "anthropic/claude-sonnet-4-5", "mistral/mistral-large",
        "ollama/llama3.1", "ollama_chat/llama3.1", "gpt-4o-mini", "claude-3-opus", "bedrock/x",
        "*", "together_ai/openai/gpt-oss-120b", "hosted_vllm/qwen", "gemini/gemini-flash", "", "x",
    ]
)  # fmt: skip
entries: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "model_name": st.one_of(st.sampled_from(["gpt-4o", "claude", "auto", "*"]), names),
        "litellm_params": st.fixed_dictionaries(
            {"model": litellm_models},
            optional={
                "api_base": addresses,
                "api_key": st.one_of(variables, st.just("os.environ/SOME_KEY")),
                "api_version": st.just("2024-10-21"),
                "rpm": st.integers(-1, 10**7),
                "weight": st.one_of(st.integers(0, 9), st.floats(0, 1)),
                "order": st.integers(1, 3),
                "timeout": st.integers(0, 900),
                "temperature": st.floats(-1, 3),
                "max_tokens": st.integers(-1, 10**6),
                "max_parallel_requests": st.integers(-1, 10),
            },
        ),
    },
    optional={
        "model_info": st.fixed_dictionaries(
            {},
            optional={
                "mode": st.sampled_from(["chat", "embedding", "image_generation"]),
                "input_cost_per_token": st.floats(0, 1),
                "max_input_tokens": st.integers(0, 10**6),
            },
        )
    },
)
fallbacks: st.SearchStrategy[list[Any]] = st.lists(
    st.dictionaries(st.sampled_from(["gpt-4o", "claude"]), st.lists(st.just("claude"))), max_size=2
)
routers: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "routing_strategy": st.sampled_from(
            ["simple-shuffle", "least-busy", "latency-based-routing"]
        ),
        "allowed_fails": st.integers(-1, 2000),
        "cooldown_time": st.floats(-1, 10**6),
        "fallbacks": fallbacks,
        "num_retries": st.integers(0, 3),
    },
)


@given(st.lists(entries, min_size=1, max_size=5), routers)
@settings(max_examples=200, deadline=None)
def test_whatever_a_model_list_says_what_is_made_of_it_is_sound(
    listed: list[dict[str, Any]], router: dict[str, Any]
) -> None:
    text = json.dumps({"model_list": listed, "router_settings": router}, ensure_ascii=False)
    is_sound(text, unless="none of its models can be asked by vibe")
    is_sound(block(json.loads(text)), unless="none of its models can be asked by vibe")
