"""No secret ever shows: a canary in every place that can hold one, looked for everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.test_rows import GOOD
from tests.drive import vibe

CANARIES = {
    "vendor": "sk-canary-7f3a9c21d4e8b6a0",
    "plain": "canary7F3a9c21D4e8b6A0zz",
    "short": "canary-9c21",
}
COMMANDS = (
    ("config", "validate"),
    ("config", "validate", "--json"),
    ("config", "show"),
    ("config", "show", "--origin"),
    ("config", "show", "--json"),
    ("config", "get", "providers"),
    ("config", "get", "providers[0]", "--json"),
    ("config", "get", "providers[0].headers"),
    ("config", "get", "providers[0].headers.Authorization"),
    ("config", "set", "active_model", "small"),
    ("config", "init"),
    ("config", "trust"),
    ("config", "path", "--json"),
    (),
)
FIELD = 'api_key_env_var = "MISTRAL_API_KEY"'
BASE = "https://api.mistral.ai/v1"


def headers(secret: str) -> str:
    return f'{FIELD}\nheaders = {{ Authorization = "Bearer {secret}", "X-Api-Key" = "{secret}" }}'


def in_the_file(secret: str) -> dict[str, str]:
    """The file with the secret in one wrong place each."""
    return {
        "variable": GOOD.replace("MISTRAL_API_KEY", secret),
        "api_key": GOOD.replace(FIELD, f'api_key = "{secret}"'),
        "unquoted": GOOD.replace(FIELD, f"api_key_env_var = {secret}"),
        "unclosed": GOOD.replace(FIELD, f'api_key = "{secret}'),
        "yaml": GOOD.replace(FIELD, f"api_key: {secret}"),
        "url": GOOD.replace(BASE, f"https://me:{secret}@api.mistral.ai/v1"),
        "url-user": GOOD.replace(BASE, f"https://{secret}@api.mistral.ai/v1"),
        "url-no-scheme": GOOD.replace(BASE, f"me:{secret}@api.mistral.ai/v1"),
        "headers": GOOD.replace(FIELD, headers(secret)),
        "bad-headers": GOOD.replace(FIELD, headers(secret).replace("Bearer ", "Bearer\\r\\n")),
        "comment": GOOD.replace(FIELD, f"{FIELD}\ntokn = 3  # api_key: {secret}"),
        "json": '{"providers": [{"name": "a", "api_key": "' + secret + '"}]}',
    }


def everything_shown(home: Path, env: dict[str, str]) -> str:
    shown = ""
    for command in COMMANDS:
        outcome = vibe(*command, home=home, env=env)
        shown += f"\n== {command}\n{outcome.out}{outcome.err}"
    for file in (home / ".local").rglob("*"):
        if file.is_file():
            shown += file.read_text()
    return shown


def with_file(home: Path, text: str) -> None:
    file = home / ".config" / "vibe" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    file.chmod(0o600)


@pytest.mark.parametrize("kind", CANARIES)
@pytest.mark.parametrize("place", in_the_file(""))
def test_pasted_into_the_file(place: str, kind: str, tmp_path: Path) -> None:
    secret = CANARIES[kind]
    with_file(tmp_path, in_the_file(secret)[place])
    assert secret not in everything_shown(tmp_path, {"MISTRAL_API_KEY": "usual-key-123"})


@pytest.mark.parametrize("kind", CANARIES)
def test_in_the_environment_and_dotenv(kind: str, tmp_path: Path) -> None:
    secret = CANARIES[kind]
    with_file(tmp_path, GOOD.replace(FIELD, headers("${TEAM_TOKEN}")))
    dotenv = tmp_path / ".config" / "vibe" / ".env"
    dotenv.write_text(f"TEAM_TOKEN={secret}\nthis line is wrong {secret}\nX='{secret}\n")
    dotenv.chmod(0o644)
    for value in (secret, f"{secret}\n", f'"{secret}"', f" {secret} "):
        assert secret not in everything_shown(tmp_path, {"MISTRAL_API_KEY": value})


def test_a_variable_pasted_into_a_url_is_hidden(tmp_path: Path) -> None:
    with_file(tmp_path, GOOD.replace(BASE, "https://${GATEWAY_TOKEN}.example.com/v1"))
    secret = CANARIES["plain"]
    env = {"MISTRAL_API_KEY": "usual-key-123", "GATEWAY_TOKEN": secret}
    assert secret not in everything_shown(tmp_path, env)


def test_the_probe_would_see_a_leak(tmp_path: Path) -> None:
    with_file(tmp_path, GOOD.replace("devstral-small-latest", "canary"))
    assert "canary" in everything_shown(tmp_path, {})
