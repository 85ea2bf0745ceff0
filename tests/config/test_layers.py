"""defaults < user < trusted project < environment < flags, and where each value came from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.config.test_rows import GOOD, KEY
from tests.drive import vibe

PROJECT = """\
active_model = "small"

[[models]]
alias = "small"
temperature = 0.2

[[models]]
name = "local-model"
provider = "local"
alias = "local"

[[providers]]
name = "local"
api_base = "http://127.0.0.1:8080/v1"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    file = tmp_path / ".config" / "vibe" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(GOOD)
    file.chmod(0o600)
    return tmp_path


@pytest.fixture
def project(home: Path) -> Path:
    file = home / "work" / ".vibe" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(PROJECT)
    return home / "work"


def origins(home: Path, cwd: Path, **env: str) -> dict[str, tuple[object, str]]:
    shown = vibe("config", "show", "--origin", "--json", home=home, cwd=cwd, env={**KEY, **env})
    return {each["key"]: (each["value"], each["origin"]) for each in json.loads(shown.out)}


def test_an_untrusted_project_file_is_not_read_and_that_is_said(home: Path, project: Path) -> None:
    outcome = vibe("config", "validate", home=home, cwd=project, env=KEY)
    assert outcome.code == 0
    assert "note[project-untrusted]" in outcome.out
    assert "vibe config trust" in outcome.out
    assert origins(home, project)["active_model"][0] == "strong"


def test_a_trusted_project_file_merges_by_name_and_alias(home: Path, project: Path) -> None:
    assert vibe("config", "trust", home=home, cwd=project).code == 0
    user = home / ".config" / "vibe" / "config.toml"
    file = project / ".vibe" / "config.toml"
    found = origins(home, project)
    assert found["active_model"] == ("small", f"project {file}:1")
    assert found["models[1].name"] == ("devstral-small-latest", f"user {user}:16")
    assert found["models[1].temperature"] == (0.2, f"project {file}:5")
    assert found["models[2].alias"] == ("local", f"project {file}:10")
    assert found["providers[1].api_base"][1] == f"project {file}:14"
    assert found["multiplexer.mode"] == ("failover", f"user {user}:22")
    assert found["multiplexer.max_wait_ms"] == (120_000, "default")


def test_trust_ends_with_the_next_change_of_the_file(home: Path, project: Path) -> None:
    vibe("config", "trust", home=home, cwd=project)
    (project / ".vibe" / "config.toml").write_text(PROJECT + "\n# changed\n")
    assert origins(home, project)["active_model"][0] == "strong"


def test_trust_can_be_taken_back(home: Path, project: Path) -> None:
    vibe("config", "trust", home=home, cwd=project)
    assert "no longer trusted" in vibe("config", "trust", "--revoke", home=home, cwd=project).err
    assert origins(home, project)["active_model"][0] == "strong"


def test_the_home_folder_is_never_trusted(home: Path) -> None:
    (home / ".vibe").mkdir()
    (home / ".vibe" / "config.toml").write_text(PROJECT)
    outcome = vibe("config", "trust", home=home)
    assert (outcome.code, "never trusted" in outcome.err) == (2, True)


def test_the_rules_of_all_files_add_up(home: Path, project: Path) -> None:
    user = home / ".config" / "vibe" / "config.toml"
    file = project / ".vibe" / "config.toml"
    own = '[permissions]\nmode = "edits"\ndeny = ["bash(git push *)"]\nallow = ["bash(make)"]\n'
    user.write_text(f"{GOOD}\n{own}")
    file.write_text(
        '[permissions]\nmode = "plan"\ndeny = [\n"read(a)",\n"read(b)"]\nask = ["edit"]'
    )
    assert of_permissions(home, project) == {
        "permissions.mode": ("edits", f"user {user}:33"),
        "permissions.deny[0]": ("bash(git push *)", f"user {user}:34"),
        "permissions.allow[0]": ("bash(make)", f"user {user}:35"),
    }
    vibe("config", "trust", home=home, cwd=project)
    assert of_permissions(home, project) == {
        "permissions.mode": ("plan", f"project {file}:2"),
        "permissions.deny[0]": ("bash(git push *)", f"user {user}:34"),
        "permissions.deny[1]": ("read(a)", f"project {file}:4"),
        "permissions.deny[2]": ("read(b)", f"project {file}:5"),
        "permissions.ask[0]": ("edit", f"project {file}:6"),
        "permissions.allow[0]": ("bash(make)", f"user {user}:35"),
    }


@pytest.mark.parametrize("rules", ["[]", '["bash(make)"]', '["bash(git push *)"]', "7"])
def test_no_project_takes_a_denial_away(rules: str, home: Path, project: Path) -> None:
    user = home / ".config" / "vibe" / "config.toml"
    user.write_text(f'{GOOD}\n[permissions]\ndeny = ["bash(git push *)"]\n')
    (project / ".vibe" / "config.toml").write_text(f"permissions.deny = {rules}\n")
    vibe("config", "trust", home=home, cwd=project)
    found = of_permissions(home, project)
    assert found["permissions.deny[0]"] == ("bash(git push *)", f"user {user}:33")


def of_permissions(home: Path, cwd: Path) -> dict[str, tuple[object, str]]:
    found = origins(home, cwd)
    return {key: each for key, each in found.items() if key.startswith("permissions.")}


def test_half_a_list_of_rules_is_none(home: Path) -> None:
    user = home / ".config" / "vibe" / "config.toml"
    user.write_text(f'{GOOD}\n[permissions]\ndeny = ["bash(git push *)", "bsh(x)"]\n')
    shown = vibe("config", "show", home=home, env=KEY)
    assert (shown.code, "deny" in shown.out) == (2, False)


def test_variables_override_files_and_flags_override_variables(home: Path) -> None:
    env = {
        "VIBE_ACTIVE_MODEL": "small",
        "VIBE_MULTIPLEXER__MODE": "load_balance",
        "VIBE_MULTIPLEXER__POOL__0__WEIGHT": "7",
        "VIBE_MULTIPLEXER__ENABLED": "",
    }
    found = origins(home, home, **env)
    assert found["active_model"] == ("small", "environment VIBE_ACTIVE_MODEL")
    assert found["multiplexer.mode"] == ("load_balance", "environment VIBE_MULTIPLEXER__MODE")
    assert found["multiplexer.pool[0].weight"][0] == 7
    assert found["multiplexer.enabled"][0] is True
    shown = vibe("config", "show", "--model", "strong", "--origin", home=home, env={**KEY, **env})
    assert 'active_model = "strong"' in shown.out
    assert "# flag --model" in shown.out


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("VIBE_ACTVE_MODEL", "x", "did you mean VIBE_ACTIVE_MODEL?"),
        ("VIBE_MULTIPLEXER__MODE", "both", 'unknown mode "both"'),
        ("VIBE_MULTIPLEXER__ENABLED", "maybe", "enabled must be true or false"),
        ("VIBE_MULTIPLEXER__POOL__0__WEIGHT", "-3", "from 0 to 1,000,000"),
        ("VIBE_MULTIPLEXER__POOL__9__WEIGHT", "3", "there is no multiplexer.pool[9]"),
        ("VIBE_ACTIVE_MODEL", "nobody", "unknown model alias"),
        ("VIBE_PERMISSIONS__MODE", "all", "mode must be one of"),
        ("VIBE_PERMISSIONS__DENY", "bash", "a list cannot be set by a variable"),
        ("VIBE_PERMISSIONS__DENY__0", "bash", "a list cannot be set by a variable"),
        ("VIBE_PERMISSIONS__DNEY", "bash", "error[environment-unknown]"),
    ],
)
def test_a_wrong_variable_is_named(name: str, value: str, says: str, home: Path) -> None:
    outcome = vibe("config", "validate", home=home, env={**KEY, name: value})
    assert f"{name}: " in outcome.out
    assert says in outcome.out


def test_a_file_named_by_hand_must_exist(home: Path) -> None:
    for args, env in (
        (("--config", "nowhere.toml", "config", "validate"), KEY),
        (("config", "validate"), {**KEY, "VIBE_CONFIG": "nowhere.toml"}),
    ):
        outcome = vibe(*args, home=home, env=env)
        assert (outcome.code, "nowhere.toml: error[file-missing]" in outcome.out) == (2, True)


def test_keys_may_stand_in_dotenv_beside_the_file(home: Path) -> None:
    dotenv = home / ".config" / "vibe" / ".env"
    dotenv.write_text("# keys\nexport MISTRAL_API_KEY='canary-from-dotenv'\n")
    dotenv.chmod(0o600)
    assert vibe("config", "validate", "--strict", home=home).code == 0
    dotenv.chmod(0o644)
    outcome = vibe("config", "validate", home=home)
    assert "warning[dotenv-exposed]" in outcome.out
    assert "canary" not in outcome.out


def test_the_environment_goes_before_dotenv(home: Path) -> None:
    dotenv = home / ".config" / "vibe" / ".env"
    dotenv.write_text("MISTRAL_API_KEY=good-key-123\n")
    dotenv.chmod(0o600)
    outcome = vibe("config", "validate", home=home, env={"MISTRAL_API_KEY": "your-key-here"})
    assert "Missing API key" in outcome.out


KEYLESS = """
[[providers]]
name = "llamacpp"
api_base = "http://127.0.0.1:8080/v1"

[[models]]
name = "local-model"
provider = "llamacpp"
alias = "here"

[[multiplexer.pool]]
model = "here"
is_fallback = true
"""


def test_missing_keys_of_the_pool_can_be_allowed(home: Path) -> None:
    strict = vibe("config", "validate", home=home)
    assert (strict.code, "--allow-missing-keys" in strict.out) == (2, False)  # who would answer?
    file = home / ".config" / "vibe" / "config.toml"
    file.write_text(f"{GOOD}{KEYLESS}")
    strict = vibe("config", "validate", home=home)
    assert (strict.code, "--allow-missing-keys starts without it" in strict.out) == (2, True)
    allowed = vibe("config", "validate", "--allow-missing-keys", home=home)
    assert (allowed.code, "warning[api-key-missing]: Missing API key" in allowed.out) == (0, True)


def test_a_missing_key_of_the_active_model_is_never_allowed(home: Path) -> None:
    file = home / ".config" / "vibe" / "config.toml"
    file.write_text(GOOD.replace("enabled = true", "enabled = false"))
    outcome = vibe("config", "validate", "--allow-missing-keys", home=home)
    assert (outcome.code, "error[api-key-missing]" in outcome.out) == (2, True)


def test_quirks_are_what_a_person_wrote_and_nothing_else(home: Path) -> None:
    file = home / ".config" / "vibe" / "config.toml"
    file.write_text(
        GOOD.replace("\n[[models]]", "\n[providers.quirks]\nprefill = true\n\n[[models]]", 1)
    )
    shown = vibe("config", "show", home=home, env=KEY)
    assert "[providers.quirks]\nprefill = true\n\n[[models]]" in shown.out
    assert json.loads(vibe("config", "get", "providers", home=home, env=KEY).out)[0]["quirks"] == {
        "prefill": True
    }
    file.write_text(
        GOOD.replace("\n[[models]]", "\n[providers.quirks]\nprefil = 1\n\n[[models]]", 1)
    )
    outcome = vibe("config", "validate", home=home, env=KEY)
    assert (outcome.code, 'did you mean "prefill"?' in outcome.out) == (0, True)
