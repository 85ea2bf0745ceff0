"""Files that vibe's own tools use: each mode, each kind of file, and the rules about them."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from vibe.agent.permissions.files import Target, decide_file, may_be_searched
from vibe.agent.permissions.values import Decision
from vibe.domain.rule import FileTool, rules

from .corpus import AROUND, MODES, ROOT

MARKS: dict[str, Decision] = {"+": "allow", "?": "ask", "-": "deny"}
LINKED = "it has several names"


def target(path: str, *, leads_to: str | None = None, doubt: str | None = None) -> Target:
    asked, real = (
        each if each.startswith("/") else f"{ROOT}/{each}" for each in (path, leads_to or path)
    )
    return Target(asked=asked, path=real, doubt=doubt)


def decided(tool: FileTool, to: Target) -> str:
    """One mark for each mode, as in `commands.txt`."""
    given = [decide_file(tool, to, mode=mode, around=AROUND).decision for mode in MODES]
    return "".join(mark for each in given for mark in MARKS if MARKS[mark] == each)


@pytest.mark.parametrize(
    ("to", "reading", "writing"),
    [
        pytest.param(target("src/app.py"), "++++", "-?++", id="a file inside"),
        pytest.param(target("new.py"), "++++", "-?++", id="a new one"),
        pytest.param(target("/etc/hosts"), "????", "-???", id="outside"),
        pytest.param(target("/home/dev/project-two/a"), "????", "-???", id="beside"),
        pytest.param(target("x", leads_to="/etc/hosts"), "????", "-???", id="a link out"),
        pytest.param(target("/home/dev/x", leads_to="src/x"), "++++", "-?++", id="a link in"),
        pytest.param(target("x", leads_to="src/y"), "++++", "-?++", id="a link within"),
        pytest.param(target("x", doubt=LINKED), "????", "-???", id="more names"),
        pytest.param(target(".env"), "????", "-???", id="a secret"),
        pytest.param(target("notes", leads_to=".env"), "????", "-???", id="a link to a secret"),
        pytest.param(target(".env", leads_to="notes"), "????", "-???", id="a secret's name"),
        pytest.param(target("/home/dev/.ssh/config"), "????", "-???", id="a key"),
        pytest.param(target("/proc/self/environ"), "????", "-???", id="an environment"),
        pytest.param(target("AGENTS.md"), "++++", "-???", id="protected"),
        pytest.param(target("sub/agents.MD"), "++++", "-???", id="protected, in any letters"),
        pytest.param(target("AGENTS.md", leads_to="a.md"), "++++", "-???", id="a protected name"),
        pytest.param(target("a.md", leads_to="AGENTS.md"), "++++", "-???", id="a link to it"),
        pytest.param(target(".git/hooks/pre-commit"), "++++", "-???", id="a hook"),
        pytest.param(target(".GIT/CONFIG"), "++++", "-???", id="git's configuration"),
        pytest.param(target(".g\u200cit/config"), "++++", "-???", id="with a letter unseen"),
        pytest.param(target("\uff0egit/config"), "++++", "-???", id="with a letter alike"),
        pytest.param(target(".git/modules/a/hooks/x"), "++++", "-???", id="a submodule's hook"),
        pytest.param(target(".git/commondir"), "++++", "-???", id="where the repository is"),
        pytest.param(target(".git/index"), "++++", "-?++", id="git's own"),
        pytest.param(target(".vibe/config.toml"), "++++", "-???", id="vibe's own"),
        pytest.param(target(".bash_aliases"), "++++", "-???", id="what a shell reads"),
        pytest.param(target("a\x00b"), "----", "----", id="a NUL byte"),
        pytest.param(target("a\u202eb"), "----", "----", id="what hides its name"),
        pytest.param(target("x", leads_to="a\x1bb"), "----", "----", id="a link to such a name"),
    ],
)  # fmt: skip
def test_each_mode_decides_by_what_a_path_leads_to(to: Target, reading: str, writing: str) -> None:
    assert {tool: decided(tool, to) for tool in ("read", "grep")} == dict.fromkeys(
        ("read", "grep"), reading
    )
    assert {tool: decided(tool, to) for tool in ("edit", "write")} == dict.fromkeys(
        ("edit", "write"), writing
    )


def given_rules(tool: FileTool, to: Target, **given: str) -> Decision:
    read = rules(**{name: [text] for name, text in given.items()})
    return decide_file(tool, to, mode="ask", around=AROUND, rules=read).decision


DOC = target("docs/a.md")


@pytest.mark.parametrize(
    ("tool", "to", "given", "expected"),
    [
        pytest.param("write", DOC, {"allow": "write(docs/**)"}, "allow", id="allowed"),
        pytest.param("edit", DOC, {"allow": "write(docs/**)"}, "allow", id="edit is write"),
        pytest.param("write", DOC, {"allow": "edit(docs/**)"}, "allow", id="write is edit"),
        pytest.param("write", DOC, {"allow": "read(docs/**)"}, "ask", id="reading is not"),
        pytest.param("write", DOC, {"allow": "bash(docs/a.md)"}, "ask", id="a command is not"),
        pytest.param("write", DOC, {"allow": "write"}, "allow", id="all"),
        pytest.param(
            "write", DOC, {"allow": "write", "ask": "edit(docs)"}, "ask", id="ask before allow"
        ),
        pytest.param(
            "write", DOC, {"allow": "write", "deny": "write(*.md)"}, "deny", id="deny before all"
        ),
        pytest.param("read", DOC, {"deny": "read(docs/**)"}, "deny", id="reading denied"),
        pytest.param("grep", DOC, {"deny": "read(docs/**)"}, "deny", id="searching is reading"),
        pytest.param("read", DOC, {"deny": "grep(docs/**)"}, "allow", id="reading is no search"),
        pytest.param("read", target("DOCS/A.MD"), {"deny": "read(docs)"}, "deny", id="any letters"),
        pytest.param(
            "read", target("x", leads_to="docs/a"), {"deny": "read(docs)"}, "deny", id="a link"
        ),
        pytest.param(
            "read", target("docs/a", leads_to="x"), {"deny": "read(docs)"}, "deny", id="by its name"
        ),
        pytest.param(
            "write", target("docs/a", leads_to="src/a"), {"allow": "write(docs)"}, "ask",
            id="no leave by a link",
        ),
        pytest.param("write", target("DOCS/a"), {"allow": "write(docs)"}, "ask", id="by letter"),
        pytest.param("read", target("/etc/hosts"), {"allow": "read(/etc)"}, "allow", id="outside"),
        pytest.param("read", target(".env"), {"allow": "read"}, "ask", id="no secret by a pattern"),
        pytest.param("read", target(".env"), {"allow": "read(./.env)"}, "allow", id="by its name"),
        pytest.param("read", target("x", doubt=LINKED), {"allow": "read"}, "ask", id="more names"),
        pytest.param("read", target("x", doubt=LINKED), {"allow": "read(./x)"}, "allow", id="one"),
        pytest.param("write", target("AGENTS.md"), {"allow": "write(./AGENTS.md)"}, "ask", id="no"),
    ],
)  # fmt: skip
def test_deny_then_ask_then_allow(
    tool: FileTool, to: Target, given: dict[str, str], expected: Decision
) -> None:
    assert given_rules(tool, to, **given) == expected


def test_no_rule_makes_plan_mode_write() -> None:
    allowed = rules(allow=["write"])
    verdict = decide_file("write", DOC, mode="plan", around=AROUND, rules=allowed)
    assert (verdict.decision, verdict.reason) == ("deny", "plan mode only reads; write writes")


@pytest.mark.parametrize(
    ("tool", "to", "always"),
    [
        pytest.param("write", DOC, "write(docs/a.md)", id="inside"),
        pytest.param("edit", target("a.md"), "edit(./a.md)", id="at the top, and not elsewhere"),
        pytest.param("read", target("/etc/a*b?"), r"read(/etc/a\*b\?)", id="signs in a name"),
        pytest.param("write", target("~/x"), "write(./~/x)", id="a folder called ~"),
        pytest.param("write", target("..x/a"), "write(..x/a)", id="a folder with dots"),
        pytest.param("write", target("x", leads_to="/etc/y"), "write(/etc/y)", id="the real one"),
        pytest.param("write", target("a "), None, id="a blank at its end"),
        pytest.param("write", target("AGENTS.md"), None, id="never what is protected"),
        pytest.param("read", target(".env"), "read(./.env)", id="a secret by its name"),
    ],
)
def test_always_is_about_this_very_file(tool: FileTool, to: Target, always: str | None) -> None:
    (part,) = decide_file(tool, to, mode="ask", around=AROUND).parts
    assert part.always == always
    if always is not None:
        assert given_rules(tool, to, allow=always) == "allow"
        other = target(f"{to.path}x")
        assert given_rules(tool, other, allow=always) == given_rules(tool, other)


@pytest.mark.parametrize(
    ("pattern", "covered", "not_covered"),
    [
        ("docs/**", "docs/a docs/a/b docs", "docsa x/docs/a"),
        ("docs/*", "docs/a docs/a/b", "docs x/docs/a"),
        ("docs/*.md", "docs/a.md", "docs/a.py docs/a/b.md"),
        ("docs/**/a", "docs/a docs/x/a docs/x/y/a", "docs/xa a"),
        ("a?c", "abc x/abc", "ac a/c"),
        ("*.md", "a.md x/a.md", "a.mdx"),
        ("./*.md", "a.md", "x/a.md"),
        ("docs", "docs docs/a x/docs/a", "docsa"),
        ("docs/", "docs docs/a", "a"),
        ("/etc/*", "/etc/x", "etc/x /etcx"),
        ("~/x/**", "/home/dev/x/a", "x/a"),
        ("[a].py", "[a].py", "a.py"),
        (r"b\*", "b*", "bc"),
        ("a/../b", "b", "a/b"),
    ],
)
def test_a_rule_is_about_the_paths_of_its_pattern(
    pattern: str, covered: str, not_covered: str
) -> None:
    def allowed(path: str) -> bool:
        return given_rules("write", target(path), allow=f"write({pattern})") == "allow"

    assert {path: allowed(path) for path in covered.split()} == dict.fromkeys(covered.split(), True)
    assert [path for path in not_covered.split() if allowed(path)] == []
    assert given_rules("write", target(covered.split()[0]), deny=f"write({pattern})") == "deny"


def test_names_of_several_letters_are_those_of_one() -> None:
    assert given_rules("write", target("gru\u0308n/a"), allow="write(gr\u00fcn/**)") == "allow"
    assert given_rules("read", target("gr\u00fcn/a"), deny="read(gru\u0308n/**)") == "deny"


@pytest.mark.parametrize(
    ("path", "expected"),
    [("src/app.py", True), (".env", False), ("deploy/.env.production", False), ("docs/a", False)],
)
def test_a_search_through_folders_passes_over_what_would_be_asked(
    path: str, expected: bool
) -> None:
    limits = rules(deny=["read(docs)"])
    assert may_be_searched(f"{ROOT}/{path}", around=AROUND, rules=limits) is expected


def test_in_the_root_of_all_what_is_no_file_is_not_inside() -> None:
    whole = replace(AROUND, root="/", cwd="/")
    decisions = [
        decide_file("read", target(path), mode="ask", around=whole).decision
        for path in ("/etc/hosts", "/proc/1/maps", "/dev/sda", "/sys/x")
    ]
    assert decisions == ["allow", "ask", "ask", "ask"]


def test_a_verdict_tells_all_as_json() -> None:
    verdict = decide_file("write", target("x", leads_to="/etc/x"), mode="edits", around=AROUND)
    assert msgspec.to_builtins(verdict) == {
        "decision": "ask",
        "reason": '"/etc/x" is outside the folder',
        "parts": (
            {
                "argv": ("write", "/etc/x"),
                "decision": "ask",
                "reason": '"/etc/x" is outside the folder',
                "paths": (
                    {"path": f"{ROOT}/x", "use": "write", "is_pattern": False, "doubt": None},
                    {"path": "/etc/x", "use": "write", "is_pattern": False, "doubt": None},
                ),
                "always": "write(/etc/x)",
            },
        ),
    }
