"""GET /metrics: what Prometheus reads, and that nothing a client sends becomes a label."""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx
import pytest
from msgspec import Struct
from msgspec.structs import replace

from tests.gateway.rig import chat_body, gateway
from tests.gateway.test_health import WELL, told
from tests.mux.pools import Line
from vibe.domain.event import FailedOver, Seam
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import Alias
from vibe.gateway.metrics import Metrics
from vibe.gateway.record import Record, Switched
from vibe.mux.entry import Rules
from vibe.testing.faults import play

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = r'(?:[^"\\\n]|\\["\\n])*'
_SAMPLE = re.compile(rf'({_NAME})(?:\{{((?:{_NAME}="{_LABEL}",?)*)\}})? (\S+)')
_LABELS = re.compile(rf'({_NAME})="({_LABEL})"')
_SUFFIX = re.compile(r"_(bucket|sum|count)$")


class Sample(Struct, frozen=True):
    name: str
    labels: Mapping[str, str]
    value: float

    def __hash__(self) -> int:
        return hash((self.name, *sorted(self.labels.items())))


class Read(Struct, frozen=True):
    kinds: dict[str, str]
    samples: tuple[Sample, ...]

    def value(self, name: str, **labels: str) -> float:
        (found,) = [s.value for s in self.samples if (s.name, s.labels) == (name, labels)]
        return found


def read(text: str) -> Read:
    """As the text format of Prometheus has it, and no more lenient."""
    assert text.endswith("\n")
    kinds: dict[str, str] = {}
    helped: list[str] = []
    samples: list[Sample] = []
    for line in text.removesuffix("\n").split("\n"):
        if line.startswith("# HELP "):
            helped.append(line.split(" ")[2])
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert kind in {"counter", "gauge", "histogram"}
            assert name not in kinds
            kinds[name] = kind
        else:
            found = _SAMPLE.fullmatch(line)
            assert found, line
            labels = dict(_LABELS.findall(found[2] or ""))
            sample = Sample(found[1], labels, float(found[3]))
            family = sample.name
            if family not in kinds:
                family = _SUFFIX.sub("", family)
                assert kinds[family] == "histogram"
            assert family == list(kinds)[-1], "the samples of a family stand together"
            samples.append(sample)
    assert helped == list(kinds)
    keys = [(each.name, tuple(sorted(each.labels.items()))) for each in samples]
    assert len(set(keys)) == len(keys), "no series is told twice"
    return Read(kinds, tuple(samples))


RECORD = Record(id="1", path="/v1/messages", status=200, end="ok", took_s=0.3, note="")
FAILURE = Failure(kind=FailureKind.SERVER)


def test_requests_are_counted_by_path_status_and_end() -> None:
    metrics = Metrics(("/v1/messages",))
    for record in (
        RECORD,
        replace(RECORD, took_s=0.1),
        replace(RECORD, took_s=1e9),
        replace(RECORD, path="/v1/\nfoo", asked="evil", note="evil", id="evil"),
        replace(RECORD, status=401, end="refused"),
    ):
        metrics.note(record)
    found = read(metrics.text(told(), under_way=2).decode())
    own = {"path": "/v1/messages"}
    assert found.value("vibe_requests_total", **own, status="200", end="ok") == 3
    assert found.value("vibe_requests_total", **own, status="401", end="refused") == 1
    assert found.value("vibe_requests_total", path="other", status="200", end="ok") == 1
    buckets = {
        sample.labels["le"]: sample.value
        for sample in found.samples
        if sample.name == "vibe_request_duration_seconds_bucket"
        and sample.labels["path"] == "/v1/messages"
    }
    assert [buckets[le] for le in ("0.05", "0.1", "0.25", "0.5", "300.0", "+Inf")] == [
        0, 1, 1, 2, 2, 3,
    ]  # fmt: skip
    assert found.value("vibe_request_duration_seconds_count", **own) == 3
    assert found.value("vibe_request_duration_seconds_sum", **own) == pytest.approx(1e9 + 0.4)
    assert found.value("vibe_requests_under_way") == 2


def test_fallbacks_are_counted_by_kind() -> None:
    metrics = Metrics(())
    a, b = Alias("a"), Alias("b")
    over = FailedOver(from_alias=a, to_alias=b, failure=FAILURE, delay_s=0.0)
    for event in (over, over, Seam(from_alias=a, to_alias=b, failure=FAILURE, tokens=1)):
        metrics.note(Switched(id="1", event=event))
    found = read(metrics.text(told(), under_way=0).decode())
    assert found.value("vibe_fallbacks_total", kind="failover") == 2
    assert found.value("vibe_fallbacks_total", kind="seam") == 1


def test_each_model_is_told_with_its_numbers() -> None:
    entry = replace(
        WELL, state="half_open", requests=7, ok=4, limited=1, failed=2, cost_uusd=1_500_000,
        input_tokens=10, output_tokens=20, unpriced=3, estimated=2, busy=1,
    )  # fmt: skip
    found = read(Metrics(()).text(told(entry), under_way=0).decode())
    of = {"model": "a", "provider": "acme"}
    names = {
        "attempts_total": 7, "attempts_ok_total": 4, "attempts_limited_total": 1,
        "attempts_failed_total": 2, "cost_usd_total": 1.5, "input_tokens_total": 10,
        "output_tokens_total": 20, "unpriced_total": 3, "attempts_estimated_total": 2, "busy": 1,
    }  # fmt: skip
    assert {name: found.value(f"vibe_model_{name}", **of) for name in names} == names
    states = {s: found.value("vibe_model_state", **of, state=s) for s in ("closed", "half_open")}
    assert states == {"closed": 0, "half_open": 1}
    assert all(kind == "counter" for name, kind in found.kinds.items() if name.endswith("_total"))


@pytest.mark.parametrize(
    "alias", ['a"b', "a\\", 'a\\"} 1', "a\nb 1", "a\x1b[2J", "\u202eé", "{,}="]
)
def test_a_hostile_alias_stays_one_label(alias: str) -> None:
    found = read(Metrics(()).text(told(replace(WELL, alias=Alias(alias))), under_way=0).decode())
    labels = {s.labels["model"] for s in found.samples if "model" in s.labels}
    assert len(labels) == 1
    assert "".join(labels).isprintable()


async def test_nothing_that_a_client_sends_becomes_a_label() -> None:
    lines = (Line(alias="alpha", faults=play("server_error")), Line(alias="beta"))
    async with gateway(*lines, rules=Rules(error_s=60.0)) as gate:
        await gate.client.get("/metrics")
        before = {(s.name, *sorted(s.labels)) for s in await _samples(gate.client)}
        await gate.chat("canary-model", user="canary-user")
        await gate.client.post("/v1/canary-path", json={})
        await gate.client.put("/v1/messages", json={"canary": 1})
        canary = {"x-request-id": "canary-id", "anthropic-version": "canary-version"}
        await gate.client.post("/v1/messages", json=chat_body("canary"), headers=canary)
        text = (await gate.client.get("/metrics")).text
        found = read(text)
    assert "canary" not in text
    assert before <= {(s.name, *sorted(s.labels)) for s in found.samples}
    ends = {
        tuple(s.labels.values()): s.value for s in found.samples if s.name == "vibe_requests_total"
    }
    assert ends == {
        ("/v1/chat/completions", "200", "ok"): 1,
        ("/v1/messages", "400", "refused"): 1,
        ("/v1/messages", "405", "refused"): 1,
        ("other", "404", "refused"): 1,
    }
    assert found.value("vibe_fallbacks_total", kind="failover") == 1


async def _samples(client: httpx.AsyncClient) -> tuple[Sample, ...]:
    response = await client.get("/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return read(response.text).samples
