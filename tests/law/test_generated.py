"""The pages that are made from the code say what the code says now."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vibe.config.reference import configuration_page, errors_page
from vibe.tui.reference import with_tables

from . import ROOT


@pytest.mark.parametrize(
    ("page", "made"),
    [
        pytest.param("docs/configuration.md", configuration_page, id="configuration"),
        pytest.param("docs/errors.md", errors_page, id="errors"),
    ],
)
def test_a_generated_page_is_current(page: str, made: Callable[[], str]) -> None:
    written = (ROOT / page).read_text("utf-8")
    assert written == made(), f"{page} is behind: python -m vibe.config.reference docs/"


def test_the_tables_of_the_chat_are_current() -> None:
    written = (ROOT / "docs/chat.md").read_text("utf-8")
    assert written == with_tables(written), "python -m vibe.tui.reference docs/chat.md"
    assert written.count("<!-- made: ") == 2
