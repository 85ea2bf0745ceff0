"""Every key of config.toml: its type, range, default and meaning, in the order of the file.

This is the one table that decoding, the JSON schema, the reference page, shell completion and
`vibe config set` read. A key that no code reads does not stand here.
"""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from msgspec import Meta, Struct, defstruct

from vibe.domain.keys import KEYS
from vibe.domain.model import (
    Affinity,
    Alias,
    Approval,
    Backend,
    BrokenStream,
    Confinement,
    LogForm,
    Mode,
    Overflow,
    ProviderName,
    Strategy,
    Theme,
)
from vibe.domain.quirks import Quirks

DAY_MS = 86_400_000
Seconds: TypeAlias = Annotated[float, Meta(gt=0, le=86_400)]
Duration: TypeAlias = Annotated[int, Meta(ge=0, le=DAY_MS)]
Price: TypeAlias = Annotated[float, Meta(ge=0, le=1_000_000)]
Tokens: TypeAlias = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Rank: TypeAlias = Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]


RuleTexts: TypeAlias = Annotated[tuple[str, ...], Meta(extra={"is_rule": True})]


class Provider(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account at an API base: where requests go, and which key they carry."""

    name: Annotated[ProviderName, Meta(description="How models refer to this provider.")]
    api_base: Annotated[
        str, Meta(description="The address that the API's paths are appended to, with its `/v1`.")
    ]
    api_key_env_var: Annotated[
        str,
        Meta(description='The variable that holds the key, never the key itself; `""` for none.'),
    ] = ""
    backend: Annotated[
        Backend,
        Meta(description="The dialect spoken there. `generic` is OpenAI's chat completions."),
    ] = "generic"
    enabled: Annotated[
        bool, Meta(description="`false` keeps the provider in the file, unused.")
    ] = True
    headers: Annotated[
        dict[str, str], Meta(description="Further headers, sent with every request.")
    ] = {}
    api_version: Annotated[
        str | None, Meta(description="The `api-version` parameter that Azure requires.")
    ] = None
    timeout_s: Annotated[
        Seconds | None, Meta(description="The longest that one whole answer may take.")
    ] = None
    first_token_timeout_s: Annotated[
        Seconds | None, Meta(description="The longest wait for the first piece of an answer.")
    ] = None
    idle_timeout_s: Annotated[
        Seconds | None, Meta(description="The longest silence inside an answer.")
    ] = None
    max_retries: Annotated[
        Annotated[int, Meta(ge=0, le=1000)] | None,
        Meta(
            description="How often one request may ask a model of this provider again. Left out, "
            "others are asked first, and it is asked again while nobody else can answer."
        ),
    ] = None
    priority: Annotated[
        Rank | None, Meta(description="Order among providers; the lowest number goes first.")
    ] = None
    quirks: Annotated[
        dict[str, bool | float | str],
        Meta(
            description="How this provider differs, where its address does not tell.",
            extra={"overrides": Quirks},
        ),
    ] = {}


class Model(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provider's model, under the alias that is its name everywhere in vibe."""

    name: Annotated[str, Meta(description="The provider's own name of the model.")]
    provider: Annotated[ProviderName, Meta(description="The `name` of one of the `[[providers]]`.")]
    alias: Annotated[
        Alias, Meta(description="The model's name everywhere in vibe; the `name` where left out.")
    ] = Alias("")
    input_price: Annotated[
        Price | None, Meta(description="Dollars per million tokens sent. Unknown is not free.")
    ] = None
    output_price: Annotated[
        Price | None, Meta(description="Dollars per million tokens received.")
    ] = None
    cached_input_price: Annotated[
        Price | None, Meta(description="Dollars per million tokens read from the prompt cache.")
    ] = None
    context_window: Annotated[
        Tokens | None, Meta(description="Tokens that a request and its answer may fill together.")
    ] = None
    max_output_tokens: Annotated[
        Tokens | None, Meta(description="The longest answer to ask for.")
    ] = None
    temperature: Annotated[
        Annotated[float, Meta(ge=0, le=2)] | None,
        Meta(description="Sampling temperature; the provider's own where left out."),
    ] = None
    thinking: Annotated[
        bool | None, Meta(description="Whether the model thinks before it answers.")
    ] = None
    supports_tools: Annotated[
        bool | None, Meta(description="Whether it can call tools; assumed where left out.")
    ] = None
    supports_images: Annotated[
        bool | None, Meta(description="Whether it can see images; doubted where left out.")
    ] = None
    supports_prefill: Annotated[
        bool | None, Meta(description="Whether it can go on from the start of an answer.")
    ] = None


class PoolEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the pool."""

    model: Annotated[Alias, Meta(description="The alias of one of the `[[models]]`.")]
    weight: Annotated[
        Annotated[int, Meta(ge=0, le=1_000_000)],
        Meta(description="Share of the traffic against the other weights; only ratios count."),
    ] = 1
    max_concurrent: Annotated[
        Annotated[int, Meta(ge=1, le=100_000)] | None,
        Meta(description="Requests under way at once; unlimited where left out."),
    ] = None
    is_fallback: Annotated[
        bool, Meta(description="Kept in reserve: used while no other entry can be.")
    ] = False
    priority: Annotated[
        Rank | None,
        Meta(description="Order of failover; the lowest goes first, else the file's order."),
    ] = None


class Multiplexer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the models of the pool share the work. Off unless `enabled` says otherwise."""

    enabled: Annotated[
        bool, Meta(description="`false`: `active_model` answers alone, as if this table were not.")
    ] = False
    mode: Annotated[
        Mode,
        Meta(
            description="`single`: the active model alone. `failover`: the pool in order. "
            "`load_balance`: the pool by weight."
        ),
    ] = "single"
    rate_limit_disable_duration_ms: Annotated[
        Duration,
        Meta(description="How long a rate-limited entry rests, where the provider does not say."),
    ] = 60_000
    persistent_error_disable_duration_ms: Annotated[
        Duration, Meta(description="How long an entry rests after an error that may pass.")
    ] = 15_000
    affinity: Annotated[
        Affinity | None,
        Meta(
            description="What stays with one entry: each `request`, a `turn`, or a `conversation`. "
            "Left out, the chat and `-p` keep a turn together, the library each request."
        ),
    ] = None
    on_broken_stream: Annotated[
        BrokenStream,
        Meta(description="When an answer is cut: another model goes on, starts again, or none."),
    ] = "continue"
    overflow: Annotated[
        Overflow, Meta(description="What a full pool does before a fallback is used.")
    ] = "wait"
    strategy: Annotated[
        Strategy, Meta(description="How `load_balance` chooses among the entries.")
    ] = "weighted"
    failure_threshold: Annotated[
        Annotated[int, Meta(ge=1, le=1000)],
        Meta(description="Failures in a row after which an entry rests."),
    ] = 1
    max_wait_ms: Annotated[
        Duration, Meta(description="How long a request waits when no entry can be used.")
    ] = 120_000
    hedge_after_ms: Annotated[
        Duration | None,
        Meta(description="Ask a second entry when the first is silent so long; off if left out."),
    ] = None
    hedge_priced: Annotated[
        bool, Meta(description="Let `hedge_after_ms` ask entries that have a price, too.")
    ] = False
    health_check_interval_s: Annotated[
        Seconds | None,
        Meta(description="Check resting entries so often, spending no tokens; off if left out."),
    ] = None
    allow_missing_keys: Annotated[
        bool, Meta(description="Start although keys are missing; their entries are unusable.")
    ] = False
    pool: Annotated[
        tuple[PoolEntry, ...], Meta(description="The entries, in the order of failover.")
    ] = ()


class Permissions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is done without a question. Rules that deny go first, then those that ask or allow."""

    mode: Annotated[
        Approval,
        Meta(
            description="`plan`: nothing but reading. `ask`: all else is asked about. `edits`: "
            "files of the folder are changed unasked. `auto`: commands run inside the sandbox "
            "unasked, too. `--approve` goes before it."
        ),
    ] = "ask"
    deny: Annotated[RuleTexts, Meta(description="What is never done.")] = ()
    ask: Annotated[RuleTexts, Meta(description="What is always asked about.")] = ()
    allow: Annotated[RuleTexts, Meta(description="What is done unasked.")] = ()


class Sandbox(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What holds the commands that the assistant runs, so that they do nothing else than meant."""

    mode: Annotated[
        Confinement,
        Meta(
            description="`bwrap`: bubblewrap. `landlock`: landlock with seccomp, which holds less. "
            "`auto`: the first of these that works here, else none, with a warning. `off`: none."
        ),
    ] = "auto"
    network: Annotated[bool, Meta(description="Whether commands may use the network.")] = False


def _sentence(does: str) -> str:
    return f"{does[0].upper()}{does[1:]}."


# One key for each action of the chat, as the table of them has it.
Keys: Final = defstruct(
    "Keys",
    [
        (
            action.name,
            Annotated[str, Meta(description=_sentence(action.does), extra={"are_keys": True})],
            ", ".join(action.keys),
        )
        for action in KEYS
    ],
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    namespace={
        "__doc__": "Which keys do what in the chat: one, several with commas between them, or "
        '`""` for none. `/keys` in the chat shows them as they are.'
    },
)


class Ui(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the chat looks and is used."""

    theme: Annotated[
        Theme,
        Meta(description="The colours; `ansi` are the terminal's own. `/theme` changes them once."),
    ] = "dark"
    keys: Annotated[
        dict[str, str],
        Meta(description="The keys that you have otherwise.", extra={"overrides": Keys}),
    ] = {}


Aliases: TypeAlias = tuple[Alias, ...]


class Sizes(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who answers a client that names a model by its family: aliases, tried in the order written.
    Where `load_balance` is on, those of several providers share the work instead."""

    big: Annotated[Aliases, Meta(description="For opus, and any name that is not known.")] = ()
    middle: Annotated[Aliases, Meta(description="For sonnet.")] = ()
    small: Annotated[Aliases, Meta(description="For haiku, and names with mini or nano.")] = ()


class Gateway(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How `vibe serve` offers the pool to other programs."""

    host: Annotated[
        str, Meta(description="The address to listen on. All but this machine's own need care.")
    ] = "127.0.0.1"
    port: Annotated[
        Annotated[int, Meta(ge=0, le=65_535)],
        Meta(description="The port to listen on; 0 for any that is free."),
    ] = 8082
    allowed_hosts: Annotated[
        tuple[str, ...],
        Meta(description="Further names that clients may call the gateway by, with no port."),
    ] = ()
    allowed_origins: Annotated[
        tuple[str, ...],
        Meta(description="Web pages that may ask, such as `https://chat.example.com`."),
    ] = ()
    on_broken_stream: Annotated[
        BrokenStream,
        Meta(
            description="As that of the multiplexer, for clients of the gateway: `stop` tells them "
            "by an error of their protocol."
        ),
    ] = "stop"
    max_body_mb: Annotated[
        Annotated[int, Meta(ge=1, le=1024)], Meta(description="The largest request that is taken.")
    ] = 32
    max_requests: Annotated[
        Annotated[int, Meta(ge=1, le=100_000)],
        Meta(description="Requests under way at once; further ones are told to come again."),
    ] = 512
    log: Annotated[
        LogForm, Meta(description="A line for each request: to be read, or one JSON object.")
    ] = "text"
    models: Annotated[Sizes, Meta(description="Who answers for big, middle and small models.")] = (
        Sizes()
    )


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of config.toml."""

    active_model: Annotated[
        Alias | None, Meta(description="The alias of the model that answers when alone.")
    ] = None
    providers: Annotated[tuple[Provider, ...], Meta(description="Accounts at API bases.")] = ()
    models: Annotated[
        tuple[Model, ...], Meta(description="Models of these providers, each under an alias.")
    ] = ()
    multiplexer: Annotated[Multiplexer, Meta(description="How the pool shares the work.")] = (
        Multiplexer()
    )
    permissions: Annotated[Permissions, Meta(description="What is done without a question.")] = (
        Permissions()
    )
    sandbox: Annotated[Sandbox, Meta(description="What holds the commands that are run.")] = (
        Sandbox()
    )
    ui: Annotated[Ui, Meta(description="How the chat looks and is used.")] = Ui()
    gateway: Annotated[
        Gateway, Meta(description="How `vibe serve` offers the pool to other programs.")
    ] = Gateway()
