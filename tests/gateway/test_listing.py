"""GET /v1/models: every name that can be given, in the form of whoever asks."""

from __future__ import annotations

import json

import pytest

from tests.gateway.rig import gateway
from tests.gateway.test_naming import names, offered
from tests.mux.pools import Line
from vibe.gateway.listing import listed, names_of, one

NAMES = names(
    offered("strong"),
    offered("small", provider="other"),
    pool=("strong",),
    big=("strong",),
    small=("small",),
)


def test_each_name_is_told_once_with_its_owner() -> None:
    told = [("auto", "vibe"), ("big", "vibe"), ("strong", "acme"), ("small", "other")]
    assert list(names_of(NAMES)) == told


def test_what_is_foreign_is_clean() -> None:
    hostile = names(offered("a\x1b]0;b\u202e", provider="p\nq"))
    body = listed(hostile, created=0, for_anthropic=False).decode()
    assert not [c for c in body + "".join(json.loads(body)["data"][1]["id"]) if c in "\x1b\u202e\n"]


def test_the_list_of_openai_and_mistral() -> None:
    found = json.loads(listed(NAMES, created=1_700_000_000, for_anthropic=False))
    assert found["object"] == "list"
    assert found["data"][2] == {
        "id": "strong",
        "object": "model",
        "created": 1_700_000_000,
        "owned_by": "acme",
        "type": "base",
        "capabilities": {
            "completion_chat": True,
            "completion_fim": False,
            "function_calling": True,
            "fine_tuning": False,
            "vision": True,
        },
    }


def test_the_list_of_anthropic() -> None:
    found = json.loads(listed(NAMES, created=1_700_000_000, for_anthropic=True))
    assert found.pop("data")[2] == {
        "type": "model",
        "id": "strong",
        "display_name": "strong",
        "created_at": "2023-11-14T22:13:20Z",
    }
    assert found == {"has_more": False, "first_id": "auto", "last_id": "small"}


def test_one_of_them_is_told_and_no_other() -> None:
    found = one(NAMES, "small", created=0, for_anthropic=False)
    assert found is not None
    assert json.loads(found)["owned_by"] == "other"
    by_its_own_name = one(NAMES, "small-model", created=0, for_anthropic=False)
    assert by_its_own_name is not None
    assert json.loads(by_its_own_name)["id"] == "small-model"
    assert one(NAMES, "nobody", created=0, for_anthropic=False) is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/models/alpha", "alpha"),
        ("/v1/models/org%2Fb%C3%A9ta", "org/béta"),
        ("/v1/models/org/béta", "org/béta"),
        ("/v1/models/alpha-model", "alpha-model"),
        ("/v1/models/?after_id=x", None),
        ("/v1/models/nobody", None),
    ],
)
async def test_a_model_is_found_by_its_path(path: str, expected: str | None) -> None:
    async with gateway(Line(alias="alpha"), Line(alias="org/béta")) as gate:
        response = await gate.client.get(path)
        assert response.json().get("id") == expected
        assert response.status_code == (200 if expected else 404)
