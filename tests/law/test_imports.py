"""The import law of the architecture: each layer knows only the layers before it.

`violations` judges one file by its text alone, so it is itself tried on samples that break each
rule. Imports inside functions and under TYPE_CHECKING count like any other.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from . import ROOT

RANK = {
    "vibe.__version__": 0,
    "vibe.clock": 0,
    "vibe.secret": 0,
    "vibe.errors": 0,
    "vibe.clean": 0,
    "vibe.log": 0.5,  # layer 0 as well, on top of the rest: it writes only what they made safe
    "vibe.domain": 1,
    "vibe.config": 2,
    "vibe.wire": 3,
    "vibe.testing": 3.5,  # knows 0 to 3; who knows it is said in `may_import`
    "vibe.transport": 4,
    "vibe.mux": 5,
    "vibe.tools": 6,
    "vibe.session": 6,
    "vibe.sandbox": 6,
    "vibe.agent": 7,
    "vibe.tui": 8,
    "vibe.headless": 8,
    "vibe.gateway": 8,
    "vibe.plain": 8.5,  # layer 8 as well: what `tui` shows and `headless` writes, line by line
    "vibe.cli": 9,
    "vibe.assemble": 9,
    "vibe.world": 9,
    "vibe.library": 9,
    "vibe.__main__": 9,
    "vibe": 9,  # the library surface: reaches everything, lazily
}

ENVIRONMENT_READERS = ("vibe.world", "vibe.cli.main", "vibe.__main__")
ONLY_IN = {
    "httpx": ("vibe.transport",),
    "aiohttp": ("vibe.transport",),
    "yarl": ("vibe.transport",),
    "httptools": ("vibe.gateway.connection",),
    "uvicorn": ("vibe.gateway.connection", "vibe.gateway.server"),
    "uvloop": ("vibe.gateway.server",),
    "textual": ("vibe.tui",),
    "tomlkit": ("vibe.config.edit",),
    "time": ("vibe.clock",),
    "random": ("vibe.assemble", "vibe.mux.simulate"),
    "os.environ": ENVIRONMENT_READERS,
    "os.environb": ENVIRONMENT_READERS,
    "os.getenv": ENVIRONMENT_READERS,
    "os.getenvb": ENVIRONMENT_READERS,
}


def may_import(importer: str, imported: str) -> bool:
    if importer == imported:
        return True
    if imported == "vibe.testing":
        return importer == "vibe.cli"
    if importer == "vibe.gateway" and RANK[imported] in {6, 7}:
        return False
    return RANK[imported] < RANK[importer] or RANK[imported] == RANK[importer] == 9


def violations(file: str, source: str) -> list[str]:
    """What breaks the law in one file, named by its path from the root of the checkout."""
    module = file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    unit = unit_of(module)
    if unit is None or (unit == "vibe") != (module == "vibe"):
        return [f"{file}:1: {module} belongs to no layer"]
    package = module if file.endswith("/__init__.py") else module.rpartition(".")[0]
    found: list[tuple[int, str]] = []
    for line, name in sorted(set(names_used(ast.parse(source), package))):
        owners = next((ONLY_IN[rare] for rare in ONLY_IN if is_within(name, rare)), None)
        if owners is not None and not any(is_within(module, owner) for owner in owners):
            found.append((line, f"{name}, which is for {' '.join(owners) or 'nobody'}"))
        imported = unit_of(name)
        if imported is not None and not may_import(unit, imported):
            found.append((line, name))
    return [f"{file}:{line}: {module} uses {what}" for line, what in found]


def names_used(tree: ast.Module, package: str) -> Iterator[tuple[int, str]]:
    """Each imported name, made absolute, and each attribute of `os`, with its line."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    called_os = {
        name.asname or "os" for node in imports for name in node.names if name.name == "os"
    }
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, name.name) for name in names)
            case ast.ImportFrom(module=base, names=names, level=level):
                start = absolute(base or "", package=package, level=level)
                yield from ((node.lineno, f"{start}.{name.name}") for name in names)
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in called_os:
                yield node.lineno, f"os.{attribute}"
            case _:
                pass


def absolute(base: str, *, package: str, level: int) -> str:
    for _ in range(level - 1):
        package = package.rpartition(".")[0]
    return f"{package}.{base}".rstrip(".") if level else base


def unit_of(name: str) -> str | None:
    """The longest key of RANK that holds `name`: the layer's part that it belongs to."""
    units = [unit for unit in RANK if is_within(name, unit)]
    return max(units, key=len, default=None)


def is_within(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(f"{prefix}.")


def case(label: str, file: str, source: str, *expected: str) -> object:
    return pytest.param(file, source, list(expected), id=label)


@pytest.mark.parametrize(
    ("file", "source", "expected"),
    [
        case("an earlier layer", "vibe/mux/mux.py", "from vibe.domain.event import Event"),
        case("the same package", "vibe/mux/mux.py", "from .entry import Entry"),
        case("the package itself", "vibe/mux/mux.py", "from . import entry"),
        case("the version", "vibe/wire/chat.py", "from vibe import __version__"),
        case("the last layer", "vibe/cli/main.py", "from vibe import Multiplexer, assemble"),
        case("the demo model", "vibe/cli/drill.py", "from vibe.testing.demo import Demo"),
        case("the fakes' own imports", "vibe/testing/server.py", "import vibe.wire.sse"),
        case("their owners", "vibe/transport/client.py", "import httpx, aiohttp.client"),
        case("the gateway's server", "vibe/gateway/server.py", "import uvicorn, uvloop"),
        case("the log's guards", "vibe/log.py", "from vibe.secret import Redactor"),
        case("the clock", "vibe/clock.py", "from time import monotonic"),
        case("the environment", "vibe/world.py", "import os\nenv = os.environ"),
        case("the rest of os", "vibe/tools/bash.py", "import os\nos.getpid()"),
        case(
            "a later layer",
            "vibe/domain/event.py",
            "import vibe.mux.entry",
            "vibe/domain/event.py:1: vibe.domain.event uses vibe.mux.entry",
        ),
        case(
            "a later layer, relatively",
            "vibe/wire/sse.py",
            "from ..mux import entry\nfrom .. import agent",
            "vibe/wire/sse.py:1: vibe.wire.sse uses vibe.mux.entry",
            "vibe/wire/sse.py:2: vibe.wire.sse uses vibe.agent",
        ),
        case(
            "a later layer, from a package",
            "vibe/wire/__init__.py",
            "from ..mux import entry",
            "vibe/wire/__init__.py:1: vibe.wire uses vibe.mux.entry",
        ),
        case(
            "inside a function",
            "vibe/mux/mux.py",
            "def late():\n    from vibe.agent import loop",
            "vibe/mux/mux.py:2: vibe.mux.mux uses vibe.agent.loop",
        ),
        case(
            "for types alone",
            "vibe/mux/mux.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import vibe.agent",
            "vibe/mux/mux.py:3: vibe.mux.mux uses vibe.agent",
        ),
        case(
            "a sibling",
            "vibe/tui/app.py",
            "import vibe.headless.text",
            "vibe/tui/app.py:1: vibe.tui.app uses vibe.headless.text",
        ),
        case(
            "a sibling of layer 6",
            "vibe/tools/bash.py",
            "from vibe.sandbox import probe",
            "vibe/tools/bash.py:1: vibe.tools.bash uses vibe.sandbox.probe",
        ),
        case(
            "a sibling of layer 0",
            "vibe/secret.py",
            "from vibe.errors import VibeError",
            "vibe/secret.py:1: vibe.secret uses vibe.errors.VibeError",
        ),
        case(
            "the agent from the gateway",
            "vibe/gateway/app.py",
            "import vibe.agent, vibe.session, vibe.mux",
            "vibe/gateway/app.py:1: vibe.gateway.app uses vibe.agent",
            "vibe/gateway/app.py:1: vibe.gateway.app uses vibe.session",
        ),
        case(
            "the fakes from the product",
            "vibe/assemble.py",
            "import vibe.testing",
            "vibe/assemble.py:1: vibe.assemble uses vibe.testing",
        ),
        case(
            "the pool from the fakes",
            "vibe/testing/demo.py",
            "import vibe.mux",
            "vibe/testing/demo.py:1: vibe.testing.demo uses vibe.mux",
        ),
        case(
            "the library surface from below",
            "vibe/agent/loop.py",
            "from vibe import Multiplexer",
            "vibe/agent/loop.py:1: vibe.agent.loop uses vibe.Multiplexer",
        ),
        case(
            "a library of another's",
            "vibe/mux/mux.py",
            "import httpx",
            "vibe/mux/mux.py:1: vibe.mux.mux uses httpx, which is for vibe.transport",
        ),
        case(
            "the server of the gateway",
            "vibe/cli/serve.py",
            "import uvloop\nfrom uvicorn import Config",
            "vibe/cli/serve.py:1: vibe.cli.serve uses uvloop, which is for vibe.gateway.server",
            "vibe/cli/serve.py:2: vibe.cli.serve uses uvicorn.Config, "
            "which is for vibe.gateway.connection vibe.gateway.server",
        ),
        case(
            "a clock of one's own",
            "vibe/mux/mux.py",
            "import random\nfrom time import monotonic",
            "vibe/mux/mux.py:1: vibe.mux.mux uses random, which is for "
            "vibe.assemble vibe.mux.simulate",
            "vibe/mux/mux.py:2: vibe.mux.mux uses time.monotonic, which is for vibe.clock",
        ),
        case(
            "the environment by any name",
            "vibe/cli/models.py",
            "import os as system\nfrom os import getenv\nsystem.environ",
            "vibe/cli/models.py:2: vibe.cli.models uses os.getenv, "
            "which is for vibe.world vibe.cli.main vibe.__main__",
            "vibe/cli/models.py:3: vibe.cli.models uses os.environ, "
            "which is for vibe.world vibe.cli.main vibe.__main__",
        ),
        case(
            "a file without a layer",
            "vibe/helpers.py",
            "",
            "vibe/helpers.py:1: vibe.helpers belongs to no layer",
        ),
    ],
)
def test_the_law_tells_what_it_allows_from_what_it_forbids(
    file: str, source: str, expected: list[str]
) -> None:
    assert violations(file, source) == expected


def test_every_file_of_vibe_keeps_the_law() -> None:
    files = sorted((ROOT / "vibe").rglob("*.py"))
    assert [
        violation
        for file in files
        for violation in violations(file.relative_to(ROOT).as_posix(), file.read_text("utf-8"))
    ] == []
