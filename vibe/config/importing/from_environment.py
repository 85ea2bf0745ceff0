"""The variables by which a proxy was set up before it had a providers.json.

One account, and a model for each size. Other variables of an environment are nobody's concern.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final

from vibe.config.importing.credentials import stands_for_none
from vibe.config.importing.from_providers import LONG_ANSWERS, RETRIES, SIZES
from vibe.config.importing.keys import Keys
from vibe.config.importing.plan import Plan, Settings, backend_at
from vibe.config.importing.tree import Node, Unreadable

_LINE = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=.*")
_KEYS: Final = ("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "AZURE_API_KEY")
_BASES: Final = ("OPENAI_BASE_URL", "OPENAI_API_BASE", "AZURE_OPENAI_ENDPOINT", "AZURE_API_BASE")
_VERSIONS: Final = ("AZURE_API_VERSION", "AZURE_OPENAI_API_VERSION", "OPENAI_API_VERSION")
_MODELS: Final = ("BIG_MODEL", "MIDDLE_MODEL", "SMALL_MODEL")
_USUAL = {"BIG_MODEL": "gpt-4o", "SMALL_MODEL": "gpt-4o-mini"}
_HEADER: Final = "CUSTOM_HEADER_"
_ELSEWHERE = {
    "ANTHROPIC_API_KEY": "clients sent it to that proxy; those of vibe serve send its own token",
    "MAX_RETRIES": RETRIES,
    "MIN_TOKENS_LIMIT": "a client's own bound counts",
    "LOG_LEVEL": "vibe --verbose logs more, and [gateway] log says in which form",
}


def is_environment(text: str) -> bool:
    """Whether it is made of NAME=value lines."""
    lines = [each for each in text.split("\n") if each.strip() and each.strip()[0] != "#"]
    return bool(lines) and all(map(_LINE.fullmatch, (each.rstrip("\r") for each in lines)))


def lines_of(text: str) -> Mapping[str, int]:
    """Where each variable is set, the last time."""
    found = ((at, _LINE.fullmatch(each)) for at, each in enumerate(text.split("\n"), 1))
    return {each[1]: at for at, each in found if each}


def from_environment(values: Mapping[str, str], lines: Mapping[str, int], plan: Plan) -> None:
    """`lines` are empty for the environment itself."""
    nodes = {name: Node(line=lines.get(name, 0), value=value) for name, value in values.items()}
    keys = Keys(Node(line=0, value=nodes), "the environment", plan.notes)
    if not any(name in keys for name in (*_KEYS, *_BASES, *_MODELS)):
        raise Unreadable(
            min(lines.values(), default=0),
            "it sets none of the variables of such a proxy",
            hint="it would be one such as OPENAI_API_KEY, OPENAI_BASE_URL or BIG_MODEL",
        )
    version = _first(keys, _VERSIONS)
    base, line = _address(keys)
    backend = "azure" if version else backend_at(base)
    variable = _key(keys, plan)
    settings: Settings = {
        "api_base": plan.address(base, line, backend=backend, sends_key=bool(variable)),
        "api_key_env_var": variable,
        "backend": backend,
        "api_version": version,
        "timeout_s": _timeout(keys, plan),
        "headers": _headers(keys, values, plan) or None,
    }
    provider = plan.provider("azure" if version else "openai", line, settings)
    _models(keys, provider, plan)
    _listening(keys, plan)
    keys.foreign(_ELSEWHERE)


def _first(keys: Keys, names: tuple[str, ...]) -> str | None:
    found = [keys.text(name) for name in names]
    return next((each.strip() for each in found if each and each.strip()), None)


def _key(keys: Keys, plan: Plan) -> str:
    """The first variable that is set; it may go on as it is, since no file takes its value."""
    found = [(name, keys.text(name) or "") for name in _KEYS]
    plan.credentials.secrets += [value for _, value in found]
    held = next(((name, value) for name, value in found if value), (_KEYS[0], ""))
    return "" if held[1] and stands_for_none(held[1]) else held[0]


def _address(keys: Keys) -> tuple[str, int]:
    name = next((each for each in _BASES if (keys.text(each) or "").strip()), None)
    if name is None:
        return "https://api.openai.com/v1", keys.line
    text = keys.text(name) or ""
    return re.sub(r"/openai(?:/deployments/.*)?/*$", "", text.strip()), keys.line_of(name)


def _timeout(keys: Keys, plan: Plan) -> float | None:
    line = keys.line_of("REQUEST_TIMEOUT")
    found = plan.seconds(keys.number("REQUEST_TIMEOUT"), line, "REQUEST_TIMEOUT")
    if found is not None:
        told = "REQUEST_TIMEOUT is written as timeout_s, which bounds the whole answer"
        plan.notes.say(line, told, LONG_ANSWERS)
    return found


def _headers(keys: Keys, values: Mapping[str, str], plan: Plan) -> dict[str, str]:
    """CUSTOM_HEADER_X_TEAM is the header X-TEAM; its value stays in its variable."""
    names = [name for name in values if name.startswith(_HEADER) and name != _HEADER]
    wanted = [
        (name.removeprefix(_HEADER).replace("_", "-"), f"${{{name}}}", keys.line_of(name))
        for name in names
    ]
    plan.credentials.secrets += [values[name] for name in names]
    return plan.credentials.headers(wanted, "openai")


def _models(keys: Keys, provider: str, plan: Plan) -> None:
    line = keys.line_of("MAX_TOKENS_LIMIT")
    most = plan.within(
        keys.whole("MAX_TOKENS_LIMIT"), line, "MAX_TOKENS_LIMIT", least=1, most=1_000_000_000
    )
    aliases: dict[str, str] = {}
    for size, variable in zip(SIZES, _MODELS, strict=True):
        name = plan.credentials.literal(keys.text(variable) or "", keys.line_of(variable))
        if not name and size == "middle":
            aliases[size] = aliases["big"]
            continue
        if not name:
            name = _USUAL[variable]
            plan.notes.say(None, f"{variable} is not set", f"it is {name}, as that proxy has it")
        aliases[size] = plan.model(provider, name, settings={"max_output_tokens": most})
    plan.sizes = {size: [alias] for size, alias in aliases.items()}


def _listening(keys: Keys, plan: Plan) -> None:
    host, line = (keys.text("HOST") or "").strip(), keys.line_of("HOST")
    if host and _is_address(host):
        plan.gateway["host"] = host
    elif host:
        plan.notes.say(line, "HOST is no address", "shells set it, too; it is left out")
    port = plan.within(keys.whole("PORT"), keys.line_of("PORT"), "PORT", least=0, most=65_535)
    if port is not None:
        plan.gateway["port"] = port


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return host == "localhost"
