"""Paths by their names: what holds secrets, what is protected, what lies inside."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from vibe.agent.permissions.commands import decide_command
from vibe.agent.permissions.names import is_inside, is_protected, is_secret, may_find_secrets
from vibe.agent.permissions.values import EVERY_HAZARD, Access, Decision, Hazard, Mode, Use

from .corpus import AROUND, MODES, ROOT


def access(path: str, use: Use = "read") -> Access:
    whole = path if path.startswith("/") else f"{ROOT}/{path}"
    return Access(path=whole, use=use, is_pattern="*" in path)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", True), ("x", True), ("a/../b", True), ("../project/x", True), (ROOT, True),
        ("/dev/null", True), ("*", True), (".e*", True), ("..", False), ("../x", False),
        ("a/../../x", False), ("/etc/passwd", False), (f"{ROOT}2/x", False), (".*", False),
        ("a/.*/x", False), ("//home/dev/project/x", False),
    ],
)  # fmt: skip
def test_a_path_is_inside_or_not(path: str, expected: bool) -> None:
    assert is_inside(access(path), ROOT) is expected


def test_a_path_below_a_folder_that_nobody_knows_is_not_inside() -> None:
    assert not is_inside(Access(path="x", use="read"), ROOT)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (".env", True), (".ENV.local", True), ("a/.envrc", True), ("server.pem", True),
        ("id_rsa", True), ("a/id_ed25519.pub", True), (".npmrc", True), ("deploy/.env.*", True),
        ("*.key", True), ("/home/dev/.ssh/config", True), ("/home/dev/.config/gh/x", True),
        ("/home/eve/.aws/x", True), ("/proc/self/environ", True), ("/proc/7/task/7/environ", True),
        ("environ", False), ("env.py", False), ("keys.py", False), ("secrets.py", False),
        ("tokens.txt", False), ("src/*.py", False), ("*", False), ("a.env", False),
    ],
)  # fmt: skip
def test_a_name_tells_of_secrets(path: str, expected: bool) -> None:
    assert is_secret(access(path), AROUND) is expected
    assert not is_secret(access(path, "list"), AROUND)


def test_a_project_below_a_folder_of_a_secret_name_is_no_secret() -> None:
    around = replace(AROUND, root="/x/.env/project", cwd="/x/.env/project", secrets=())
    assert not is_secret(access("/x/.env/project/a"), around)
    assert is_secret(access("/x/.env/other"), around)


@pytest.mark.parametrize(
    ("path", "use", "known", "unknown"),
    [
        (".", "tree", True, True), (".", "visible", False, True), (".", "list", False, False),
        ("deploy", "tree", True, True), ("deploy", "visible", False, True),
        ("src", "tree", False, True), ("src/app.py", "read", False, False),
        ("*", "tree", True, True), ("*", "read", False, True), ("*", "list", False, False),
        ("/", "tree", True, True), ("/home", "visible", True, True),
    ],
)  # fmt: skip
def test_secrets_may_lie_in_what_is_read_at_once(
    path: str, use: Use, known: bool, unknown: bool
) -> None:
    told = may_find_secrets(access(path, use), AROUND)
    not_told = may_find_secrets(access(path, use), replace(AROUND, secrets=None))
    assert (told, not_told) == (known, unknown)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("AGENTS.md", True), ("a/agents.MD", True), (".git/hooks/x", True), (".git/config", True),
        (".git", True), ("a/.git", True), (".vibe/config.toml", True), (".idea", True), ("*", True),
        (".", True), ("/", True), ("/home/dev", True), ("/home/dev/.bashrc", True), (".g*", True),
        ("/home/dev/.config/fish/x", True), ("/home/dev/.config", True), ("/state/x", True),
        ("x", False), (".git/index", False), ("hooks/x", False), ("build/*", False),
        (".config/x", False), ("AGENTS.md.bak", False), ("/etc/x", False),
    ],
)  # fmt: skip
def test_what_is_protected_is_so_by_name(path: str, expected: bool) -> None:
    around = replace(AROUND, protected=("/state",))
    assert is_protected(access(path, "write"), around) is expected


EVERY: tuple[Hazard, ...] = ("network", "outside", "protected")


@pytest.mark.parametrize(
    ("command", "asks_if_not_held"),
    [
        pytest.param("ls", (), id="a read"),
        pytest.param("cat /etc/hosts", (), id="a read outside"),
        pytest.param("touch x", (), id="a file inside"),
        pytest.param("touch ../x", ("outside",), id="a file outside"),
        pytest.param("ls > x", EVERY, id="more than words"),
        pytest.param("pytest", EVERY, id="anything"),
    ],
)
def test_auto_asks_for_what_the_sandbox_cannot_hold(
    command: str, asks_if_not_held: tuple[Hazard, ...]
) -> None:
    def asks(*unheld: Hazard) -> bool:
        around = replace(AROUND, unheld=frozenset(unheld))
        return decide_command(command, mode="auto", around=around).decision == "ask"

    assert not asks()
    assert tuple(hazard for hazard in EVERY if asks(hazard)) == asks_if_not_held


@pytest.mark.parametrize("mode", MODES)
def test_without_a_sandbox_auto_asks_like_the_others(mode: Mode) -> None:
    around = replace(AROUND, unheld=EVERY_HAZARD)
    expected: Decision = "deny" if mode == "plan" else "ask"
    assert decide_command("touch x", mode=mode, around=around).decision == expected
    assert decide_command("ls > x", mode=mode, around=around).decision == expected
    assert decide_command("ls", mode=mode, around=around).decision == "allow"


def test_of_git_nothing_is_proven_where_nobody_looked_at_its_configuration() -> None:
    around = replace(AROUND, git_config=None)
    assert decide_command("git status", mode="ask", around=around).decision == "ask"
    assert decide_command("git --version", mode="ask", around=around).decision == "allow"


def test_what_a_path_leads_to_is_judged_with_it() -> None:
    def follow(access: Access) -> tuple[Access, ...]:
        return (replace(access, path="/etc/b"),) if access.path.endswith("b") else ()

    def decided(command: str, mode: Mode) -> list[Decision]:
        verdict = decide_command(command, mode=mode, around=AROUND, follow=follow)
        return [verdict.decision, *(part.decision for part in verdict.parts)]

    assert decided("cat a && cat b", "ask") == ["ask", "allow", "ask"]
    assert decided("cat a && cat b", "auto") == ["allow", "allow", "allow"]
    assert decided("rm x; cat b", "plan") == ["deny", "deny", "ask"]
