"""One value against one field, at the edges of what numbers can be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.drive import vibe
from vibe.config.fields import Field, dotted_keys
from vibe.config.schema import Settings
from vibe.config.values import flaw, literal_for

FIELDS = [field for _, field in dotted_keys(Settings)]
anything = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.dates(),
    st.just(10**400), st.just(-(10**4000)), st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
)  # fmt: skip


@given(st.sampled_from(FIELDS), anything)
def test_any_value_is_taken_or_told_with_a_value_that_would_be(field: Field, value: object) -> None:
    import tomllib

    if flaw(field, value) is None:
        return
    literal = literal_for(field, value)
    if literal is None:
        assert field.is_rule
        return
    assert flaw(field, tomllib.loads(f"k = {literal}")["k"]) is None


@pytest.mark.parametrize("digits", [30, 400, 4200])
def test_a_number_of_any_length_is_a_usage_error(digits: int, tmp_path: object) -> None:
    from pathlib import Path

    home = Path(str(tmp_path))
    huge = "9" * digits
    for args, env in (
        (("config", "set", "multiplexer.max_wait_ms", huge), {}),
        (("config", "validate"), {"VIBE_MULTIPLEXER__MAX_WAIT_MS": huge}),
    ):
        outcome = vibe(*args, home=home, env=env)
        assert outcome.code == 2
        assert "from 0 to 86,400,000, not 99999999999999999999…" in outcome.out + outcome.err
