"""How providers that speak the same dialect differ: named flags, never a provider's name in code.

The presets by host stand in wire/presets.py; a provider's `quirks` table overrides them one by one.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

CallIdForm: TypeAlias = Literal["any", "alnum9", "anthropic"]
MaxTokensKey: TypeAlias = Literal["max_tokens", "max_completion_tokens"]
RequiredWord: TypeAlias = Literal["required", "any"]
ThinkingForm: TypeAlias = Literal["none", "reasoning_content", "reasoning", "chunks"]
RateScope: TypeAlias = Literal["entry", "key"]


class Quirks(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one provider does in its own way. The defaults are OpenAI's chat completions."""

    stream_options: Annotated[
        bool, Meta(description="Takes `stream_options`, with which a stream tells its usage.")
    ] = True
    max_tokens_key: Annotated[
        MaxTokensKey, Meta(description="How the bound of the answer is called.")
    ] = "max_tokens"
    max_tokens_required: Annotated[
        bool, Meta(description="Refuses, or never ends, a request without such a bound.")
    ] = False
    call_ids: Annotated[
        CallIdForm, Meta(description="The form that ids of tool calls must have.")
    ] = "any"
    required_word: Annotated[
        RequiredWord,
        Meta(description="The word of `tool_choice` for “some tool has to be called”."),
    ] = "required"
    tool_names: Annotated[bool, Meta(description="Tool messages repeat the name of the tool.")] = (
        False
    )
    user_after_tool: Annotated[
        bool, Meta(description="Takes a user message straight after a tool message.")
    ] = True
    mid_system: Annotated[
        bool, Meta(description="Takes a system message in the middle of a conversation.")
    ] = True
    prefix_flag: Annotated[
        bool, Meta(description="Goes on from an assistant message that says `prefix: true`.")
    ] = False
    prefill: Annotated[bool, Meta(description="Goes on from an assistant message at the end.")] = (
        False
    )
    thinking: Annotated[ThinkingForm, Meta(description="Where the dialect carries thinking.")] = (
        "none"
    )
    thinking_required: Annotated[
        bool, Meta(description="Refuses earlier answers without the thinking that led to them.")
    ] = False
    foreign_seal: Annotated[
        str,
        Meta(description="Stands for the seal of calls that another model made, where one is due."),
    ] = ""
    parallel_calls: Annotated[
        bool, Meta(description="Knows the parameter `parallel_tool_calls`.")
    ] = True
    seed_key: Annotated[
        Literal["seed", "random_seed", ""],
        Meta(description='How the seed is called; `""`: not taken.'),
    ] = "seed"
    json_schema: Annotated[bool, Meta(description="Takes a JSON schema as `response_format`.")] = (
        True
    )
    effort: Annotated[
        bool,
        Meta(description="Takes `reasoning_effort`; of the Messages API: no budget for thinking."),
    ] = False
    cache_key: Annotated[bool, Meta(description="Takes `prompt_cache_key`.")] = False
    images: Annotated[bool, Meta(description="Messages can hold images.")] = True
    documents: Annotated[bool, Meta(description="Messages can hold documents.")] = False
    image_urls: Annotated[bool, Meta(description="Fetches images by their address itself.")] = True
    truncates_silently: Annotated[
        bool, Meta(description="Cuts a request that is too long without saying so.")
    ] = False
    limits_by: Annotated[
        RateScope,
        Meta(description="What a rate limit is counted by: the `entry` or the whole `key`."),
    ] = "entry"
    sampling: Annotated[bool, Meta(description="Takes `temperature` and `top_p`.")] = True
    min_temperature: Annotated[float, Meta(description="The lowest temperature taken.")] = 0.0
    max_temperature: Annotated[float, Meta(description="The highest temperature taken.")] = 2.0
    dimensions_key: Annotated[
        Literal["dimensions", "output_dimension"],
        Meta(description="How the length of an embedding is called."),
    ] = "dimensions"
