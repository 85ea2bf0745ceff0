"""A foreign configuration as vibe's own: text in, TOML and notes out.

Tells the formats apart by what they hold. Reads no file and prints nothing; that what comes out is
sound is for load.py to say.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from vibe.config.dotenv import parse_dotenv
from vibe.config.importing.credentials import Credentials
from vibe.config.importing.from_environment import from_environment, is_environment, lines_of
from vibe.config.importing.from_litellm import from_litellm
from vibe.config.importing.from_providers import from_providers
from vibe.config.importing.keys import Keys, Note, Notes
from vibe.config.importing.plan import Plan
from vibe.config.importing.read_json import read_json
from vibe.config.importing.read_yaml import read_yaml
from vibe.config.importing.tree import Unreadable


class Imported(Struct, frozen=True, kw_only=True):
    """`variables` are those that the configuration needs, `secrets` what must not be shown."""

    toml: str
    notes: tuple[Note, ...]
    variables: tuple[str, ...]
    secrets: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Imported with {len(self.notes)} notes>"


def imported(text: str, *, env: Mapping[str, str]) -> Imported:
    """What `text` says in whichever of the known formats; raises `Unreadable`."""
    plan = _plan(env, text)
    if is_environment(text):
        from_environment(parse_dotenv(text, name="").values, lines_of(text), plan)
        return _done(plan)
    is_json = text.lstrip("\ufeff \t\r\n").startswith(("{", "//", "/*"))
    root = Keys(read_json(text) if is_json else read_yaml(text), "the file", plan.notes)
    if "model_list" in root:
        from_litellm(root, plan)
    elif "providers" in root:
        from_providers(root, plan)
    else:
        raise Unreadable(
            root.line,
            "this is none of the configurations that can be imported",
            hint="providers.json has providers, LiteLLM's config.yaml model_list, .env NAME=value",
        )
    return _done(plan)


def imported_environment(env: Mapping[str, str]) -> Imported:
    """What the variables of a proxy say that are set now; raises `Unreadable`."""
    plan = _plan(env, "")
    from_environment(env, {}, plan)
    return _done(plan)


def _plan(env: Mapping[str, str], text: str) -> Plan:
    notes = Notes()
    return Plan(notes=notes, credentials=Credentials(notes, env=env, text=text))


def _done(plan: Plan) -> Imported:
    return Imported(
        toml=plan.toml(),
        notes=plan.notes.told(),
        variables=plan.variables(),
        secrets=tuple(plan.credentials.secrets),
    )
