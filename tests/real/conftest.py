"""A llama.cpp of the tests' own, on a loopback port, with a model that is made on the spot."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.law import ROOT
from tests.real.tiny_model import write
from vibe.assemble import Line
from vibe.domain.model import Alias, ProviderName
from vibe.domain.provider import Provider
from vibe.domain.target import Target
from vibe.wire.presets import LLAMA_CPP, quirks_for


@pytest.fixture(scope="session")
def api_base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the server is reached, in every dialect."""
    folder = tmp_path_factory.mktemp("llama")
    model, log = folder / "tiny.gguf", folder / "log"
    write(model)
    command = [sys.executable, "-m", "tests.real.llama_server", str(model)]
    with (
        log.open("w") as noise,
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=noise
        ) as server,
    ):
        assert server.stdout
        address = server.stdout.readline().decode().strip()
        assert address, log.read_text()
        yield f"{address}/v1"


@pytest.fixture(params=["generic", "anthropic", "responses"])
def line(request: pytest.FixtureRequest, api_base: str) -> Line:
    """The server, to be spoken to in one dialect."""
    name, dialect = ProviderName("llama"), request.param
    # Presets go by the port, and this one is none that is known.
    quirks = LLAMA_CPP if dialect == "generic" else quirks_for(api_base, dialect)
    return Line(
        alias=Alias("tiny"),
        provider=Provider(name=name, api_base=api_base, backend=dialect),
        target=Target(
            provider=name, model="tiny", backend=dialect, quirks=quirks, sees_images=False
        ),
    )


@pytest.fixture(params=[True, False], ids=["streamed", "whole"])
def stream(request: pytest.FixtureRequest) -> bool:
    return request.param
