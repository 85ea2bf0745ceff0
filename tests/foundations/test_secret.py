"""A secret shows only where it is revealed, and text loses every secret that is known or shaped."""

from __future__ import annotations

import base64
import copy
import json
import pickle
import string
import urllib.parse
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vibe.secret import (
    Redactor,
    Secret,
    looks_like_key,
    may_name_a_variable,
    names_a_secret,
)

CANARY = "canary-0123456789"
AWKWARD = 'pa"ss\\ wörd/1+2'
RANDOM = "aB3dE6gH9jK2mN5pQ8sT"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.x-Y_z"


class Holder(msgspec.Struct, frozen=True):
    secret: Secret


@pytest.mark.parametrize(
    "shown",
    [
        repr(Secret(CANARY)),
        str(Secret(CANARY)),
        f"{Secret(CANARY)}",
        f"{Secret(CANARY):>40}",
        f"{Secret(CANARY)!r}",
        "%s" % Secret(CANARY),  # noqa: UP031  # as logging does it
    ],
    ids=["repr", "str", "f-string", "format", "f-string of repr", "percent"],
)
def test_a_secret_shows_as_stars(shown: str):
    assert shown == "«***»"


def test_a_value_that_holds_a_secret_shows_stars():
    assert repr(Holder(Secret(CANARY))) == "Holder(secret=«***»)"


def test_a_secret_is_revealed_on_request():
    assert Secret(CANARY).reveal() == CANARY


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (Secret("a"), Secret("a"), True),
        (Secret("a"), Secret("b"), False),
        (Secret("é"), Secret("é"), True),
        (Secret("\udce9"), Secret("\udce9"), True),
        (Secret("a"), "a", False),
    ],
    ids=["same", "other", "beyond ASCII", "undecodable byte", "bare string"],
)
def test_secrets_are_equal_to_secrets_of_the_same_value(one: Secret, other: object, equal: bool):
    assert (one == other) is equal


def test_a_secret_is_true_unless_it_is_empty():
    assert [bool(Secret("a")), bool(Secret(""))] == [True, False]


@pytest.mark.parametrize(
    "leak",
    [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, msgspec.json.encode, vars, hash, list],
)
def test_a_secret_cannot_leave_by_accident(leak: Callable[[object], object]):
    with pytest.raises(TypeError) as raised:
        leak(Secret(CANARY))
    assert CANARY not in str(raised.value)


@pytest.mark.parametrize(
    "written",
    [
        AWKWARD,
        urllib.parse.quote(AWKWARD),
        urllib.parse.quote(AWKWARD, safe=""),
        json.dumps(AWKWARD)[1:-1],
        json.dumps(AWKWARD, ensure_ascii=False)[1:-1],
    ],
    ids=["as it is", "in a path", "in a query", "in JSON", "in JSON of UTF-8"],
)
def test_a_known_secret_is_replaced_however_it_is_written(written: str):
    assert Redactor([AWKWARD]).redact(f"<{written}|{written}>") == "<***|***>"


def test_a_secret_that_another_begins_with_does_not_leave_the_rest_of_that_one():
    redactor = Redactor(["password", "password-of-the-admin"])
    assert redactor.redact("password password-of-the-admin") == "*** ***"


def test_a_known_secret_of_less_than_eight_characters_is_left():
    assert Redactor(["seven-7", "eight--8"]).redact("seven-7 eight--8") == "seven-7 ***"


LONG = "canary7F3a9c21D4e8b6A0zzQ"  # of 25 characters


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (CANARY.upper(), "***"),
        (LONG.lower(), "***"),
        (LONG.upper(), "***"),
        (f"{LONG[:12]}...", "***..."),
        (f"...{LONG[-12:]}", "...***"),
        (f"{LONG[:20]}...", "***..."),
        (
            f"{LONG[5:].upper()}, https://host/?key={LONG[:-4]}&a=b",
            "***, https://host/?key=***&a=b",
        ),
        (f"team_{LONG.lower()}_2 and team_2", "*** and team_2"),
        (f"{LONG[:11]}...{LONG[-11:]}", f"{LONG[:11]}...{LONG[-11:]}"),
        ("CANARY-0123", "CANARY-0123"),
    ],
    ids=[
        "capitals",
        "small letters",
        "capitals of a long one",
        "the first half",
        "the last half",
        "more than a half",
        "without an end",
        "within a word",
        "less than half",
        "a part of a short one",
    ],
)
def test_a_word_with_most_of_a_known_secret_is_replaced(text: str, redacted: str):
    assert Redactor([CANARY, LONG]).redact(text) == redacted


def test_a_known_secret_of_less_than_twelve_characters_is_left_in_another_case():
    assert Redactor(["eleven---11"]).redact("eleven---11 ELEVEN---11") == "*** ELEVEN---11"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (f"user:{CANARY}", "dXNlcjp***Q=="),
        (f"me:{CANARY}", "bWU6***k="),
        (f"you:{CANARY}", "eW91Om***"),
        (f":{CANARY}\n", "Om***Cg=="),
        (f"{CANARY}:", "***k6"),
        (CANARY, "***k="),
    ],
)
def test_a_known_secret_is_found_in_the_base64_of_any_text(text: str, redacted: str):
    assert Redactor([CANARY]).redact(base64.b64encode(text.encode()).decode()) == redacted


def test_a_redactor_does_not_show_what_it_knows():
    assert repr(Redactor([CANARY])) == "<Redactor>"


@pytest.mark.parametrize(
    "key",
    [
        f"sk-{RANDOM}",
        f"sk-proj-{RANDOM}_{RANDOM}",
        f"sk-ant-api03-{RANDOM}-AA",
        f"sk-or-v1-{RANDOM}",
        f"csk-{RANDOM}",
        f"gsk_{RANDOM}",
        f"xai-{RANDOM}",
        f"AIzaSy{RANDOM}-_{RANDOM}",
        f"AQ.Ab8{RANDOM}-_",
        f"ghp_{RANDOM}",
        f"gho_{RANDOM}",
        f"ghs_{RANDOM}",
        f"github_pat_{RANDOM}_{RANDOM}",
        f"glpat-{RANDOM}",
        f"hf_{RANDOM}",
        f"r8_{RANDOM}",
        f"pplx-{RANDOM}",
        f"nvapi-{RANDOM}",
        "AKIA0123456789ABCDEF",
        f"xoxb-123456789012-{RANDOM}",
        JWT,
    ],
)
def test_a_key_of_a_vendor_is_replaced_and_recognised(key: str):
    redacted = Redactor(()).redact(f'"{key}", key={key}. ({key})')
    assert (redacted, looks_like_key(key)) == ('"***", key=***. (***)', True)


BASIC = base64.b64encode(b"user:pass").decode()


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("sent Bearer abc.def/ghi+jkl= twice", "sent Bearer *** twice"),
        ("bearer\tabcdefgh", "bearer\t***"),
        ("Authorization: Bearer abc\nHost: h", "Authorization: ***\nHost: h"),
        (f"authorization:Basic {BASIC}", "authorization:***"),
        ("Proxy-Authorization: Digest a=b, c=d", "Proxy-Authorization: ***"),
        ("X-Api-Key: abc\r\nHost: h", "X-Api-Key: ***\r\nHost: h"),
        ("api-key : abc", "api-key : ***"),
        ("x-goog-api-key: abc", "x-goog-api-key: ***"),
        ('-H "Authorization: token abc" -v', '-H "Authorization: ***" -v'),
        ("{'authorization': 'Bearer abc', 'a': 1}", "{'authorization': '***', 'a': 1}"),
        (r'"{\"x-api-key\": \"abc\", 1}"', r'"{\"x-api-key\": \"***\", 1}"'),
        (
            "(b'Authorization', b'Bearer x'), (b'a', b'b')",
            "(b'Authorization', b'***'), (b'a', b'b')",
        ),
        ("https://user:pass@host/a", "https://***@host/a"),
        ("https://user:p@ss@host/a", "https://***@host/a"),
        ("https://token@host", "https://***@host"),
        ("postgres://u:p@h:5432/d?a=b@c", "postgres://***@h:5432/d?a=b@c"),
    ],
    ids=[
        "bearer in a sentence",
        "bearer after a tab",
        "bearer as a header",
        "basic",
        "several parts",
        "line end of Windows",
        "blank before the colon",
        "longer name",
        "curl",
        "dict",
        "JSON in JSON",
        "pairs of bytes",
        "user and password",
        "password with an at sign",
        "user alone",
        "address with a query",
    ],
)
def test_what_has_the_shape_of_a_credential_is_replaced(text: str, redacted: str):
    assert Redactor(()).redact(text) == redacted


def test_where_only_the_known_ones_go_what_looks_like_one_stays():
    redactor = Redactor(["hunter2hunter2"])
    text = "curl -H Authorization:x https://$(id)@h; cat sk-ignore-all-of-the-rules hunter2hunter2"
    assert redactor.redact_known(text) == text.replace("hunter2hunter2", "***")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "the bearer of news, an api-key, the Authorization header",
        "task-force-of-the-government and risk-management-department",
        "pip install sk-learn",
        "https://host/a@b and user@host",
        "commit 1f0c8b2d4e6a8c0e2f4a6b8d0c1e3f5a7b9d1c3e",
        "OPENAI_API_KEY",
    ],
    ids=["nothing", "prose", "sk within words", "short", "addresses", "commit", "name"],
)
def test_ordinary_text_is_left(text: str):
    assert Redactor([CANARY]).redact(text) == text


@pytest.mark.parametrize(
    ("text", "is_key"),
    [
        ("OPENAI_API_KEY", False),
        ("A_VERY_LONG_NAME_FOR_THE_KEY_OF_A_PROVIDER_2", False),
        ("OPENAIKEY", False),
        ("ABCDEFGHIJKLMNOPQRST", False),
        ("ABCDEFGHIJKLMNOPQRSTU", True),
        ("openai_api_key", False),
        ("hf_token", False),
        ("", False),
        ("sk-short", True),
        ("sk-", True),
        (RANDOM, True),
        (RANDOM[:-1], False),
        ("0123456789abcdef0123456789abcdef", True),
        ("01234567-89ab-cdef-0123-456789abcdef", True),
        ("dGhlIHF1aWNrIGJyb3duIGZveA==", True),
        ("a sentence of more than twenty characters", False),
    ],
    ids=ascii,
)
def test_a_key_is_told_from_the_name_of_a_variable(text: str, is_key: bool):
    assert looks_like_key(text) is is_key


@pytest.mark.parametrize(
    "name",
    [
        "OPENAI_API_KEY",
        "OPENAI_API_KEY_2",
        "OPENAIKEY",
        "MISTRAL_KEYS",
        "AWS_SECRET_ACCESS_KEY",
        "HF_TOKEN",
        "TOKEN_OF_THE_TEAM",
        "PGPASSWORD",
        "MYSQL_PWD",
        "SMTP_PASS",
        "GH_PAT",
        "BASIC_AUTH",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "apikey",
        "api_key",
        "clientSecret",
        "APIKey",
        "Authorization",
        "Proxy-Authorization",
        "X-Api-Key",
        "Cookie",
    ],
)
def test_a_name_that_sounds_like_a_secret(name: str):
    assert names_a_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        *["", "_", "MODE", "HOME", "PATH", "EDITOR", "LANG", "SHLVL", "AUTHOR", "X-Team"],
        *["MAX_TOKENS", "max_output_tokens", "TOKENIZERS_PARALLELISM", "KEYBOARD", "COMPASS"],
        *["API_KEY_FILE", "SSH_AUTH_SOCK", "AWS_ACCESS_KEY_ID", "TOKEN_URL", "AUTH_TYPE"],
        *["VIBE_PROVIDERS__0__API_KEY_ENV_VAR", "api_key_env_var"],
    ],
)
def test_a_name_that_does_not(name: str):
    assert not names_a_secret(name)


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("OPENAI_API_KEY", True),
        ("KEY2", True),
        ("openai_key2", True),
        ("openaikey", True),
        ("", False),
        ("2KEYS", False),
        ("${OPENAI}", False),
        ("canary-9c21", False),
        ("kcanary9aa", False),
        ("aB3dE6gH", False),
        (RANDOM, False),
        ("sk-short", False),
        ("AKIA0123456789ABCDEF", False),
    ],
    ids=ascii,
)
def test_what_may_be_shown_as_the_name_of_a_variable(text: str, may: bool):
    assert may_name_a_variable(text) is may


fragments = st.one_of(
    st.text("*ab:@/ ", max_size=12),
    st.sampled_from("①②③"),  # where the known secrets go
    st.sampled_from(
        [
            *[
                "sk-",
                "ghp_",
                "AKIA",
                "eyJ",
                "Bearer ",
                "bearer\t",
                "://",
                "@",
                "***",
                "\\",
                '"',
                "'",
            ],
            *["Authorization: ", "api-key:", "b'", "',", "\n", ".", "_", RANDOM, JWT, CANARY],
        ]
    ),
)
texts = st.lists(fragments, max_size=12).map("".join)
# Of few characters, so that they overlap one another and what stands for them.
known = st.lists(st.one_of(texts, st.text("*ab", min_size=8, max_size=12)), max_size=3)


@settings(max_examples=2000, deadline=None)
@given(texts, known)
def test_redacting_twice_changes_nothing(text: str, secrets: list[str]):
    redactor = Redactor(secrets)
    for place, secret in zip("①②③", secrets, strict=False):
        text = text.replace(place, secret)
    once = redactor.redact(text)
    assert redactor.redact(once) == once


@settings(max_examples=500, deadline=None)
@given(texts, texts, st.text(string.ascii_letters, min_size=8))
def test_a_known_secret_is_never_left(before: str, after: str, secret: str):
    assert secret not in Redactor([secret]).redact(f"{before}{secret}{after}")


@pytest.mark.parametrize(
    ("start", "part"),
    [
        *[("", part) for part in ("sk-", "sk-aaaaaaaaaaaaaaa ", "ghp_", "-eyJaaaaaaaa", "a", "*")],
        *[("", part) for part in ("eyJaaaaaaaaa ", "eyJaaaaaaaa.", "://", "://a", "://a@", "a@")],
        *[("", part) for part in ("authorization", 'authorization"', "api-key ", "api-key\t: ")],
        *[("", part) for part in ("bearer ", "bearer\t", "Bearer aaaaaaaa;")],
        *[("://", part) for part in ("a", "@", "a:")],
        *[("api-key", " "), ("api-key:", " "), ("bearer", " "), ("eyJ", "a"), ("eyJ", "aaaaaaaa.")],
    ],
    ids=ascii,
)
def test_a_megabyte_made_to_be_slow_is_redacted(start: str, part: str):
    text = start + part * (1_000_000 // len(part))
    assert CANARY not in Redactor([CANARY]).redact(text + CANARY)


@pytest.mark.parametrize("part", ["A", "a", "sk", "eyJ", "A_", "a."])
def test_a_megabyte_is_told_from_a_key(part: str):
    assert not looks_like_key(part * (1_000_000 // len(part)) + "!")
