"""Who is measured, and in which process: a row of a table is a `Contestant` and what it is told.

Those of vibe share one process, so that their ratios hold; each of the others has a virtualenv of
its own, which is made where `--others` says. Judges nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Final

from msgspec import Struct
from mux_host import Endpoint, Pool, Took
from mux_server import Served, serving

HOST: Final = str(Path(__file__).with_name("mux_host.py"))
OTHERS: Final = ("multiplexer-llm", "litellm")
# LiteLLM would ask the network for prices when it is imported.
ENVIRONMENT: Final = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}


class Contestant(Struct, frozen=True):
    """`home` is the package in whose virtualenv it runs; `over` the label of what it adds to.

    `stores`: its processes share a store.
    """

    label: str
    where: str
    home: str = "vibe"
    over: str = ""
    stores: bool = False


BARE: Final = Contestant("httpx and json", "mux_vibe:bare")
ALONE: Final = Contestant("vibe, one model", "mux_vibe:alone", over=BARE.label)
FITTED: Final = Contestant("the same, fitting what it sends", "mux_vibe:fitting", over=ALONE.label)
POOL: Final = Contestant("vibe's pool", "mux_vibe:pooled", over=ALONE.label)
STORED: Final = Contestant(
    "vibe's pool with the shared store", "mux_vibe:pooled", over=ALONE.label, stores=True
)
LIBRARY: Final = Contestant("vibe's library", "mux_vibe:library", over=ALONE.label)
SDK: Final = Contestant("openai SDK", "mux_others:openai", OTHERS[0])
MLLM: Final = Contestant("multiplexer-llm", "mux_others:multiplexer_llm", OTHERS[0], SDK.label)
MLLM_AT_ONCE: Final = Contestant(
    "multiplexer-llm, its SDK's retries off", "mux_others:multiplexer_llm_at_once", OTHERS[0]
)
LITELLM: Final = Contestant("LiteLLM, one model", "mux_others:litellm", OTHERS[1], SDK.label)
ROUTER: Final = Contestant("LiteLLM Router", "mux_others:router", OTHERS[1], SDK.label)
ROUTER_AT_ONCE: Final = Contestant(
    "LiteLLM Router, its retries off", "mux_others:router_at_once", OTHERS[1]
)


class Calls(Struct, frozen=True):
    """What a batch of calls cost in CPU, all in all, and how each of them went."""

    cpu_s: float
    took: list[Took]

    @property
    def said(self) -> list[str]:
        """The answers in the order in which they came."""
        return [each.said for each in sorted(self.took, key=lambda each: each.until)]


class Host:
    """A process that measures; see mux_host.py."""

    def __init__(self, orders: IO[str], told: IO[str]) -> None:
        self._orders = orders
        self._told = told

    def order(self, name: str, **arguments: Any) -> Any:
        self._orders.write(json.dumps([name, arguments]) + "\n")
        self._orders.flush()
        return json.loads(self._told.readline())

    def calls(
        self,
        contestant: Contestant,
        pool: Pool,
        *,
        times: int = 1,
        streamed: bool = False,
        at_once: int = 1,
    ) -> Calls:
        told = self.order(
            "calls",
            who=contestant.where,
            pool=pool,
            times=times,
            streamed=streamed,
            at_once=at_once,
        )
        return Calls(told["cpu_s"], [Took(*each) for each in told["took"]])

    def forget(self) -> None:
        self.order("forget")


class Field:
    """The endpoints, and the processes of those contestants that take part."""

    def __init__(
        self, served: Served, hosts: Mapping[str, Host], *, versions: str, folder: Path
    ) -> None:
        self.served = served
        self.versions = versions
        self.store = str(folder / "mux.db")
        self._hosts = hosts

    def present(self, *contestants: Contestant) -> list[Contestant]:
        return [each for each in contestants if each.home in self._hosts]

    def of(self, contestant: Contestant) -> Host:
        return self._hosts[contestant.home]

    def calls(self, contestant: Contestant, pool: Pool, **how: Any) -> Calls:
        if contestant.stores:
            pool = pool._replace(store=self.store)
        return self.of(contestant).calls(contestant, pool, **how)

    def pool(self, *kinds: str, model: str = "0/10", mode: str = "failover") -> Pool:
        """Endpoints such as "says/a", in this order."""
        addresses = [self.served.at(*kind.split("/")) for kind in kinds]
        endpoints = [Endpoint(base, f"{model}#{index}") for index, base in enumerate(addresses)]
        return Pool(tuple(endpoints), mode=mode)


@contextmanager
def field(others: Path | None) -> Generator[Field]:
    pythons = {"vibe": sys.executable}
    if others is not None:
        pythons |= {name: virtualenv(others / name, name) for name in OTHERS}
    with TemporaryDirectory() as folder, serving() as served, ExitStack() as stack:
        hosts = {name: stack.enter_context(host(python)) for name, python in pythons.items()}
        yield Field(served, hosts, versions=versions(pythons), folder=Path(folder))


@contextmanager
def host(python: str) -> Generator[Host]:
    with subprocess.Popen(
        [python, HOST],
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        if process.stdin and process.stdout:
            yield Host(process.stdin, process.stdout)


def virtualenv(folder: Path, package: str) -> str:
    """Its Python; the package is installed there unless it is already."""
    python = folder / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", package], check=True)
    return str(python)


def versions(pythons: Mapping[str, str]) -> str:
    told = [f"httpx {version_of(pythons['vibe'], 'httpx')}"]
    for package in OTHERS:
        if python := pythons.get(package):
            own, sdk = version_of(python, package), version_of(python, "openai")
            told.append(f"{package} {own} (openai {sdk})")
    return ", ".join(told)


def version_of(python: str, package: str) -> str:
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    return subprocess.check_output([python, "-c", code], text=True).strip()
