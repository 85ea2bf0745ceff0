"""A file while it is edited: values in, text out, the way back, and the disk that has moved on."""

from __future__ import annotations

from pathlib import Path as File

import pytest

from tests.config.test_rows import GOOD, KEY
from vibe.config import draft
from vibe.config.draft import POOL, Draft, Moved
from vibe.config.keypath import children_of
from vibe.config.load import load_text
from vibe.config.scan import Path
from vibe.config.variables import Variables

TEXT = """\
# mine
active_model = "devstrall"

[[models]]
name = "m"
provider = "acme"
alias = "devstral"
"""
MODELS = """\
[[providers]]
name = "acme"
api_base = "http://127.0.0.1:9/v1"

[[models]]
name = "m"
provider = "acme"
alias = "devstral"
"""


def drawn(text: str) -> Draft:
    return draft.opened(text.encode())


def test_a_change_can_be_undone_and_then_nothing_is_unsaved() -> None:
    first = drawn(TEXT)
    second = draft.edited(first, ("active_model",), "devstral")
    third = draft.removed(second, ("models", 0, "alias"))
    assert (first.is_unsaved, third.is_unsaved) == (False, True)
    assert third.text == TEXT.replace("devstrall", "devstral").replace('alias = "devstral"\n', "")
    assert draft.undone(third) == second
    assert draft.undone(draft.undone(draft.undone(third))) == first


def test_letters_typed_one_after_another_are_undone_together() -> None:
    typed = draft.edited(drawn(TEXT), ("active_model",), "d")
    more = draft.edited(typed, ("active_model",), "de", joins=True)
    assert draft.undone(more) == drawn(TEXT)


@pytest.mark.parametrize(
    ("path", "settings"),
    [
        pytest.param(POOL, {"model": "devstral"}, id="the model that is not in it yet"),
        pytest.param(("models",), {"name": "", "provider": "acme"}, id="a model of the last"),
        pytest.param(
            ("providers",), {"name": "", "api_base": "", "api_key_env_var": ""}, id="a provider"
        ),
    ],
)
def test_what_is_added_has_what_it_must_have(path: Path, settings: dict[str, str]) -> None:
    more, here = draft.added(drawn(MODELS), path)
    found: object = more.values
    for step in here:
        found = children_of(found)[step]
    assert found == settings


def test_a_problem_mends_itself_with_what_it_proposes() -> None:
    broken = drawn(GOOD.replace('model = "small"', 'model = "smal"'))
    loaded = load_text(broken.text, name="config.toml", variables=Variables(environment=KEY))
    problem = next(each for each in loaded.problems if each.edits)
    assert draft.mended(broken, problem).text == GOOD


def test_saving_keeps_what_stands_before_the_text_and_who_may_read_it(tmp_path: File) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    file.chmod(0o640)
    changed = draft.edited(draft.opened(file.read_bytes()), ("active_model",), "devstral")
    saved = draft.save(changed, file)
    assert file.read_bytes() == b"\xef\xbb\xbf" + TEXT.replace("devstrall", "devstral").encode()
    assert (saved.is_unsaved, file.stat().st_mode & 0o777) == (False, 0o640)


def test_a_file_that_somebody_else_has_written_is_saved_over_only_when_that_is_meant(
    tmp_path: File,
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(TEXT)
    changed = draft.edited(draft.opened(file.read_bytes()), ("active_model",), "devstral")
    file.write_text("# another\n")
    with pytest.raises(Moved):
        draft.save(changed, file)
    assert file.read_text() == "# another\n"
    draft.save(changed, file, over=True)
    assert file.read_text() == changed.text


def test_a_file_that_is_new_is_written_where_there_still_is_none(tmp_path: File) -> None:
    file = tmp_path / "vibe" / "config.toml"
    draft.save(draft.edited(draft.opened(None), ("active_model",), "a"), file)
    assert file.read_text() == 'active_model = "a"\n'


def test_while_it_is_no_toml_it_has_no_values() -> None:
    assert drawn("mode = failover\n").values is None
