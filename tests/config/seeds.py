"""The configurations of the documents that vibe was ordered from, as they were written there."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "examples"
EXAMPLES = {file.stem: file.read_text() for file in sorted(FOLDER.glob("*.toml"))}
KEYS: tuple[str, ...] = ("MISTRAL_API_KEY", "CUSTOM_API_KEY", "MY_API_KEY")
