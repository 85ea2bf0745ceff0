"""The laws of the code base as tests: who may import whom, what an import may do, what is written.

Holds what the laws share: where the checkout is and which files belong to it. Judges nothing.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
GENERATED = {".git", ".venv", ".hypothesis", "__pycache__", "build", "dist"}


def project_files() -> list[Path]:
    """Every file of the project, those not yet added too; nothing ignored or generated."""
    names = names_by_git() or [
        name
        for name in (str(file.relative_to(ROOT)) for file in ROOT.rglob("*"))
        if not any(part in GENERATED or part.endswith("_cache") for part in Path(name).parts)
    ]
    return sorted(file for file in (ROOT / name for name in names) if file.is_file())


def names_by_git() -> list[str]:
    """None without git, in an unpacked archive, or where git distrusts the folder's owner."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        return []
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    return listing.stdout.split("\0")[:-1]
