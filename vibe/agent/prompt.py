"""What models are told before anything is said: who they are, and where they work.

The first never changes, so that providers can keep it; the second goes before the first message.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

BRANCH: Final = "ref: refs/heads/"
FOLDER: Final = "Folder: "


def system() -> str:
    return _prompt("system.md")


def init() -> str:
    """What asks for an AGENTS.md."""
    return _prompt("init.md")


def context(root: Path, *, date: str, platform: str, instructions: str) -> str:
    """`date` as YYYY-MM-DD. Nothing of it is asked of a program: git may run what it is told to."""
    branch = branch_of(root)
    lines = [
        f"Date: {date}",
        f"{FOLDER}{root}",
        f"System: {platform}",
        f"Git branch: {branch}" if branch else "No git repository",
    ]
    around = "\n".join(lines)
    told = f"<surroundings>\n{around}\n</surroundings>"
    return f"{told}\n\n{instructions}\n" if instructions else f"{told}\n"


def folder_in(context: str) -> str:
    """The line of it that tells of the folder, "" where none does."""
    return next((line for line in context.splitlines() if line.startswith(FOLDER)), "")


def branch_of(root: Path) -> str | None:
    """None outside of a repository; a commit's name where no branch is checked out."""
    for folder in (root, *root.parents):
        git = folder / ".git"
        try:
            if git.is_file():  # a worktree names its folder there
                named = git.read_text("utf-8")[:4096].removeprefix("gitdir:").strip()
                git = folder / named
            head = (git / "HEAD").read_text("utf-8")[:4096].strip()
        except (OSError, UnicodeDecodeError):
            continue
        return head.removeprefix(BRANCH)
    return None


def _prompt(name: str) -> str:
    return (Path(__file__).parent / "prompts" / name).read_text("utf-8").strip()
