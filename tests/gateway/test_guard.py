"""Which heads the guard lets in: every rule by itself, next to what it must not take for that."""

from __future__ import annotations

import pytest

from vibe.config.schema import Gateway
from vibe.gateway.guard import Bounds, Head, Rules, refused, rules_of

GATEWAY = Gateway(
    host="192.0.2.7",
    allowed_hosts=("Pool.example", "::2"),
    allowed_origins=("https://Chat.example/", "null", "vscode-webview://a1"),
    max_body_mb=1,
)
RULES = rules_of(GATEWAY, port=8082)
OWN = (b"host", b"127.0.0.1:8082")
JSON = (b"content-type", b"application/json")


def told(
    *headers: tuple[bytes, bytes], method: str = "GET", target: bytes = b"/", local: str = ""
) -> str:
    """The code of the refusal, or that there is none."""
    head = Head(method=method, target=target, headers=headers, local=local)
    refusal = refused(head, RULES)
    return f"{refusal.status} {refusal.code}" if refusal else "in"


def test_the_configuration_becomes_rules() -> None:
    assert rules_of(GATEWAY, port=8082) == Rules(
        port=8082,
        hosts=frozenset({b"127.0.0.1", b"localhost", b"[::1]", b"192.0.2.7"}),
        named=frozenset({b"pool.example", b"[::2]"}),
        origins=frozenset({b"https://chat.example", b"vscode-webview://a1"}),
        bounds=Bounds(body_bytes=1024 * 1024),
    )


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        pytest.param(b"127.0.0.1:8082", "in", id="an address of this machine"),
        pytest.param(b"localhost:8082", "in", id="its name"),
        pytest.param(b"LocalHost:8082", "in", id="its name in other letters"),
        pytest.param(b"[::1]:8082", "in", id="its newer address"),
        pytest.param(b"192.0.2.7:8082", "in", id="the configured host"),
        pytest.param(b"198.51.100.4:8082", "in", id="the address at which it came in"),
        pytest.param(b"pool.example", "in", id="an allowed name"),
        pytest.param(b"POOL.EXAMPLE:443", "in", id="an allowed name with any port"),
        pytest.param(b"[::2]", "in", id="an allowed address"),
        pytest.param(b"localhost", "403 wrong_host", id="no port, which is 80"),
        pytest.param(b"localhost:8083", "403 wrong_host", id="another port"),
        pytest.param(b"localhost.:8082", "403 wrong_host", id="a dot at its end"),
        pytest.param(b"evil.example:8082", "403 wrong_host", id="a name that was rebound"),
        pytest.param(b"pool.example.evil.example", "403 wrong_host", id="an allowed beginning"),
        pytest.param(b"evil-pool.example", "403 wrong_host", id="an allowed end"),
        pytest.param(b"0.0.0.0:8082", "403 wrong_host", id="the address of all"),
        pytest.param(b"2130706433:8082", "403 wrong_host", id="the address as one number"),
        pytest.param(b"127.0.0.1:8082@evil", "400 no_host", id="a person"),
        pytest.param(b"localhost:8082, evil", "400 no_host", id="a list"),
        pytest.param(b"localhost:808200", "400 no_host", id="a port over every port"),
        pytest.param(b"localhost:", "400 no_host", id="a colon without a port"),
        pytest.param(b"http://localhost:8082", "400 no_host", id="a whole address"),
        pytest.param(b"localhost:8082/", "400 no_host", id="a path"),
        pytest.param(b"l\xc3\xb6calhost:8082", "400 no_host", id="no ASCII"),
        pytest.param(b"", "400 no_host", id="nothing"),
    ],
)
def test_a_host_is_ours_or_refused(host: bytes, expected: str) -> None:
    assert told((b"host", host), local="198.51.100.4") == expected


def test_a_request_has_exactly_one_host() -> None:
    assert told() == "400 no_host"
    assert told(OWN, OWN) == "400 repeated_header"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        pytest.param(b"origin", b"https://chat.example", "in", id="a listed page"),
        pytest.param(b"origin", b"HTTPS://CHAT.example", "in", id="in other letters"),
        pytest.param(b"origin", b"vscode-webview://a1", "in", id="a listed program"),
        pytest.param(b"origin", b"null", "403 wrong_origin", id="null, though it is listed"),
        pytest.param(b"origin", b"", "403 wrong_origin", id="an empty one"),
        pytest.param(b"origin", b"http://127.0.0.1:8082", "403 wrong_origin", id="our own"),
        pytest.param(b"origin", b"http://chat.example", "403 wrong_origin", id="another scheme"),
        pytest.param(b"origin", b"https://chat.example:1", "403 wrong_origin", id="another port"),
        pytest.param(
            b"origin", b"https://chat.example.evil", "403 wrong_origin", id="a listed beginning"
        ),
        pytest.param(b"origin", b"https://a.chat.example", "403 wrong_origin", id="a part of it"),
        pytest.param(b"origin", b"https://chat.example https://e", "403 wrong_origin", id="a list"),
        pytest.param(b"origin", b"file://", "403 wrong_origin", id="a file"),
        pytest.param(b"sec-fetch-site", b"none", "in", id="typed by a person"),
        pytest.param(b"sec-fetch-site", b"same-origin", "in", id="a page of ours"),
        pytest.param(b"sec-fetch-site", b"cross-site", "403 wrong_origin", id="an image elsewhere"),
        pytest.param(b"sec-fetch-site", b"same-site", "403 wrong_origin", id="another port here"),
    ],
)
def test_web_pages_ask_where_they_are_listed(name: bytes, value: bytes, expected: str) -> None:
    assert told(OWN, (name, value)) == expected


def test_a_listed_page_may_be_elsewhere() -> None:
    assert (
        told(OWN, (b"origin", b"https://chat.example"), (b"sec-fetch-site", b"cross-site")) == "in"
    )


LENGTH = (b"content-length", b"2")
CHUNKED = (b"transfer-encoding", b"chunked")


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [
        pytest.param("POST", (LENGTH, JSON), "in", id="JSON"),
        pytest.param("POST", (CHUNKED, JSON), "in", id="JSON in chunks"),
        pytest.param(
            "POST",
            (LENGTH, (b"content-type", b"Application/JSON ; charset=utf-8")),
            "in",
            id="with parameters",
        ),
        pytest.param("POST", ((b"content-length", b"0"),), "in", id="nothing"),
        pytest.param("POST", (), "in", id="nothing, and no length"),
        pytest.param("POST", (LENGTH,), "415 not_json", id="no type"),
        pytest.param("PUT", (CHUNKED,), "415 not_json", id="no type, in chunks"),
        *(
            pytest.param("POST", (LENGTH, (b"content-type", kind)), "415 not_json", id=str(kind))
            for kind in (
                b"text/plain",
                b"text/plain; application/json",
                b"application/x-www-form-urlencoded",
                b"multipart/form-data; boundary=a",
                b"application/problem+json",
                b"application/jsonl",
                b"application/json, text/plain",
            )
        ),
        pytest.param(
            "POST", (LENGTH, JSON, (b"content-encoding", b"gzip")), "415 compressed", id="gzip"
        ),
        pytest.param(
            "POST", (LENGTH, JSON, (b"content-encoding", b"identity")), "in", id="identity"
        ),
        pytest.param("GET", (LENGTH, JSON), "400 needless_body", id="GET"),
        pytest.param("DELETE", (CHUNKED,), "400 needless_body", id="DELETE"),
        pytest.param("GET", ((b"content-length", b"000"),), "in", id="GET of zeros"),
        pytest.param("POST", (LENGTH, CHUNKED, JSON), "400 two_lengths", id="both"),
        pytest.param("POST", (LENGTH, LENGTH, JSON), "400 repeated_header", id="two lengths"),
        pytest.param("POST", (CHUNKED, CHUNKED, JSON), "400 repeated_header", id="two codings"),
        pytest.param("POST", (LENGTH, JSON, JSON), "400 repeated_header", id="two types"),
        pytest.param(
            "POST", ((b"transfer-encoding", b"gzip, chunked"),), "501 transfer_coding", id="codings"
        ),
        *(
            pytest.param("POST", ((b"content-length", length),), "400 no_length", id=str(length))
            for length in (b"", b"-1", b"+1", b"1,1", b"0x1", b"1 ", "١".encode(), b"1" * 16)
        ),
        pytest.param(
            "POST", ((b"content-length", b"1048577"), JSON), "413 body_too_large", id="a byte more"
        ),
        pytest.param("POST", ((b"content-length", b"1048576"), JSON), "in", id="just as large"),
    ],
)
def test_a_body_is_json_of_one_length(
    method: str, headers: tuple[tuple[bytes, bytes], ...], expected: str
) -> None:
    assert told(OWN, *headers, method=method) == expected


def test_a_head_has_its_bounds() -> None:
    many = ((b"x", b"y"),) * 99
    assert told(OWN, *many) == "in"
    assert told(OWN, *many, (b"x", b"y")) == "431 too_many_headers"
    assert told(OWN, (b"x", b"y" * 33_000)) == "431 headers_too_large"
    assert told(OWN, target=b"/" + b"a" * 4095) == "in"
    assert told(OWN, target=b"/" + b"a" * 4096) == "414 path_too_long"


@pytest.mark.parametrize("name", [b"authorization", b"x-api-key", b"api-key", b"origin"])
def test_what_could_be_read_in_two_ways_is_there_once(name: bytes) -> None:
    assert told(OWN, (name, b"a"), (name, b"a")) == "400 repeated_header"
