"""No secret ever shows: a canary in every place that can hold one, looked for everywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from msgspec import Struct
from msgspec.structs import replace

from tests.config.test_rows import GOOD
from tests.drive import Terminal, vibe
from vibe.cli.main import run
from vibe.config.dotenv import Dotenv
from vibe.config.load import load_text
from vibe.config.variables import Variables
from vibe.world import World

CANARIES = {
    "vendor": "sk-canary-7f3a9c21d4e8b6a0",
    "plain": "canary7F3a9c21D4e8b6A0zz",
    "short": "canary-9c21",
    "signs": "c4n&ary!dor-x",
}
# Those that can be told from a name, wherever they stand.
TELLING = {
    "vendor": CANARIES["vendor"],
    "long": "sk-proj-canary" + "a1B2c3D4e5" * 15,
    "opaque": "canary7F3a9c21D4e8b6A0zzQ1w2E3r4",
}
COMMANDS = (
    ("config", "validate"),
    ("config", "validate", "--json"),
    ("config", "show"),
    ("config", "show", "--origin"),
    ("config", "show", "--json"),
    ("models",),
    ("models", "--json"),
    ("config", "get", "providers"),
    ("config", "get", "providers[0].api_key_env_var"),
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
        "default": GOOD.replace("MISTRAL_API_KEY", f"${{UNSET:-{secret}}}"),
        "api_key": GOOD.replace(FIELD, f'api_key = "{secret}"'),
        "unquoted": GOOD.replace(FIELD, f"api_key_env_var = {secret}"),
        "unclosed": GOOD.replace(FIELD, f'api_key = "{secret}'),
        "no-equals": GOOD.replace(FIELD, f"api_key {secret}"),
        "yaml": GOOD.replace(FIELD, f"api_key: {secret}"),
        "url": GOOD.replace(BASE, f"https://me:{secret}@api.mistral.ai/v1"),
        "url-user": GOOD.replace(BASE, f"https://{secret}@api.mistral.ai/v1"),
        "url-no-scheme": GOOD.replace(BASE, f"me:{secret}@api.mistral.ai/v1"),
        "headers": GOOD.replace(FIELD, headers(secret)),
        "bad-headers": GOOD.replace(FIELD, headers(secret).replace("Bearer ", "Bearer\\r\\n")),
        "comment": GOOD.replace(FIELD, f"{FIELD}\ntokn = 3  # api_key: {secret}"),
        "json": '{"providers": [{"name": "a", "api_key": "' + secret + '"}]}',
    }


def in_any_place(secret: str) -> dict[str, str]:
    """The file with the secret where any text goes."""
    return {
        "active": GOOD.replace('active_model = "strong"', f'active_model = "{secret}"'),
        "alias": GOOD.replace('alias = "small"', f'alias = "{secret}"'),
        "name": GOOD.replace('name = "mistral"', f'name = "{secret}"'),
        "backend": GOOD.replace('backend = "mistral"', f'backend = "{secret}"'),
        "key": GOOD.replace("weight = 70", f"{secret} = 70"),
        "weight": GOOD.replace("weight = 70", f'weight = "{secret}"'),
        "line": f"{secret}\n{GOOD}",
        "far": GOOD.replace("weight = 70", f'weight = "{"x" * 70} {secret}"'),
    }


def world(env: dict[str, str]) -> World:
    return World(
        env=env,
        cwd=Path(),
        uid=0,
        platform="linux",
        stdin=sys.stdin,
        stdout=sys.stdout,
        stderr=sys.stderr,
    )


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


@pytest.mark.parametrize("kind", TELLING)
@pytest.mark.parametrize("place", in_any_place(""))
def test_pasted_anywhere(place: str, kind: str, tmp_path: Path) -> None:
    secret = TELLING[kind]
    with_file(tmp_path, in_any_place(secret)[place])
    shown = everything_shown(tmp_path, {"MISTRAL_API_KEY": "usual-key-123"})
    assert secret not in shown
    assert secret[-12:] not in shown


@pytest.mark.parametrize("kind", TELLING)
@pytest.mark.parametrize("place", in_any_place(""))
def test_pasted_anywhere_and_shown_in_colour(place: str, kind: str, tmp_path: Path) -> None:
    secret = TELLING[kind]
    with_file(tmp_path, in_any_place(secret)[place])
    out, err = Terminal(), Terminal()
    env = {"HOME": str(tmp_path), "MISTRAL_API_KEY": "usual-key-123"}
    assert run(["config", "validate"], replace(world(env), stdout=out, stderr=err)) in (0, 2)
    assert "\x1b[" in out.getvalue()
    assert secret not in out.getvalue() + err.getvalue()


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


@pytest.mark.parametrize("secret", [*CANARIES.values(), "kcanary9aa", "/canary+9c21/x"])
def test_a_variable_in_the_place_of_its_name_is_not_followed(secret: str, tmp_path: Path) -> None:
    with_file(tmp_path, GOOD.replace("MISTRAL_API_KEY", "${MISTRAL}"))
    assert secret not in everything_shown(tmp_path, {"MISTRAL": secret})


@pytest.mark.parametrize("secret", [*CANARIES.values(), "kcanary9aa"])
def test_a_key_in_the_variable_for_its_name_is_hidden(secret: str, tmp_path: Path) -> None:
    with_file(tmp_path, GOOD)
    env = {"VIBE_PROVIDERS__0__API_KEY_ENV_VAR": secret}
    assert secret not in everything_shown(tmp_path, env)
    shown = vibe("config", "get", "providers[0].api_key_env_var", home=tmp_path, env=env)
    assert shown.out == "***\n"


@pytest.mark.parametrize("name", ["MISTRAL_API_KEY", "mistralkey2", "${MISTRAL}"])
def test_the_name_of_a_variable_is_shown(name: str, tmp_path: Path) -> None:
    with_file(tmp_path, GOOD)
    env = {"VIBE_PROVIDERS__0__API_KEY_ENV_VAR": name, "mistralkey2": "usual-key-123"}
    shown = vibe("config", "get", "providers[0].api_key_env_var", home=tmp_path, env=env)
    assert shown.out == f"{name}\n"


class Echo(BaseHTTPRequestHandler):
    """A provider that refuses every request and says which headers came with it, as some do."""

    def do_POST(self) -> None:
        sent = ", ".join(value for name, value in self.headers.items() if "auth" in name.lower())
        body = json.dumps({"error": {"message": f"Incorrect API key provided: {sent}"}}).encode()
        self.send_response(401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def provider() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


ASKING = (
    ("-p", "hello"),
    ("--verbose", "--log-file", "vibe.log", "-p", "hello"),
    ("models", "--probe"),
    ("models", "--probe", "--json"),
    ("--verbose", "--log-file", "vibe.log", "config", "set", "active_model", "small"),
)


@pytest.mark.parametrize("secret", CANARIES.values(), ids=CANARIES)
@pytest.mark.parametrize(
    ("setting", "env", "dotenv"),
    [
        (FIELD, "MISTRAL_API_KEY={}", ""),
        (FIELD, "", "MISTRAL_API_KEY={}"),
        (FIELD.replace("MISTRAL_API_KEY", "MODE"), "", "MODE='{}'"),
        (FIELD, "", "MISTRAL_API_KEY=${{MODE}}\nMODE={}"),
        ('headers = {{ X-Auth = "{}" }}', "", ""),
        ('headers = {{ X-Auth = "Token ${{MODE}}" }}', "", "MODE={}"),
    ],
    ids=["environment", "dotenv", "any name", "by another", "header", "by a header"],
)
def test_a_provider_that_repeats_the_key(
    setting: str, env: str, dotenv: str, secret: str, provider: str, tmp_path: Path
) -> None:
    text = GOOD.replace(FIELD, setting.format(secret) if "headers" in setting else setting)
    with_file(tmp_path, text.replace(BASE, provider))
    file = tmp_path / ".config" / "vibe" / ".env"
    file.write_text(dotenv.format(secret))
    file.chmod(0o600)
    variables = dict([env.format(secret).split("=")]) if env else {}
    shown = ""
    for command in ASKING:
        at = [str(tmp_path / each) if each.endswith(".log") else each for each in command]
        outcome = vibe(*at, home=tmp_path, env=variables)
        shown += outcome.out + outcome.err
    assert shown.count("Incorrect API key provided: ") == 5
    assert secret not in shown + (tmp_path / "vibe.log").read_text()


@pytest.mark.parametrize("line", ["vibe config get ", "vibe config set active_model ", "vibe -p "])
@pytest.mark.parametrize("place", ["variable", "api_key", "headers"])
def test_completion_offers_no_secret(place: str, line: str, tmp_path: Path) -> None:
    secret = CANARIES["plain"]
    with_file(tmp_path, in_the_file(secret)[place])
    done = subprocess.run(
        [sys.executable, "-m", "vibe"],
        env={
            "HOME": str(tmp_path),
            "PATH": os.environ["PATH"],
            "MISTRAL_API_KEY": secret,
            "_VIBE_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(line.count(" ")),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert secret not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "value",
    [
        Variables(environment={"A": CANARIES["plain"]}, dotenv={"B": CANARIES["plain"]}),
        Dotenv(values={"A": CANARIES["plain"]}),
        load_text(
            in_the_file(CANARIES["plain"])["headers"],
            name=CANARIES["short"],
            variables=Variables(environment={"MISTRAL_API_KEY": CANARIES["plain"]}),
        ),
        world({"A": CANARIES["plain"]}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_holds_secrets_does_not_show_them(value: Struct) -> None:
    assert CANARIES["plain"] not in f"{value!r}{value}{value.__rich_repr__()}"


def test_the_secrets_of_a_world_are_told_by_their_names_and_are_no_paths(tmp_path: Path) -> None:
    env = {
        "AWS_SECRET_ACCESS_KEY": "/wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        "DB_PASSWORD": "/correct/horse",
        "API_TOKEN": "/\0/" + "a" * 10_000,
        "SSH_KEY": str(tmp_path),
        "MODE": "failover",
    }
    secrets = (env["AWS_SECRET_ACCESS_KEY"], env["DB_PASSWORD"], env["API_TOKEN"])
    assert world(env).secrets() == secrets


def test_the_probe_would_see_a_leak(tmp_path: Path) -> None:
    with_file(tmp_path, GOOD.replace("devstral-small-latest", "canary"))
    assert "canary" in everything_shown(tmp_path, {})
