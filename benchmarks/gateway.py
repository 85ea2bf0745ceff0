"""What a gateway costs: requests and streams a second, CPU of each, side by side in one run.

    python benchmarks/gateway.py [SECONDS] [IN_FLIGHT] [--others FOLDER]

FOLDER holds a virtualenv `litellm` with LiteLLM's proxy, and `portkey` with Portkey's gateway;
nginx is measured where it is installed. The provider and the clients are processes of their own,
and not counted; the provider is there once by itself, to show how much it could do. Prints a
Markdown table; judges nothing.
"""

from __future__ import annotations

import json
import os
import platform
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

HERE: Final = Path(__file__).parent
ROUNDS: Final = 3
START_S: Final = 90.0
TICK: Final = os.sysconf("SC_CLK_TCK")


class Contestant(Struct, frozen=True, kw_only=True):
    name: str
    port: int
    token: str = ""
    pid: int | None = None
    headers: str = ""


class Result(Struct, frozen=True, kw_only=True):
    a_second: float
    cpu_us: float | None
    p50_ms: float
    p99_ms: float


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def begun(stack: ExitStack, *command: str, env: dict[str, str] | None = None) -> int:
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=env)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    return process.pid


def until(is_so: Callable[[], bool]) -> None:
    """Raises where that does not come: a program that has refused to start never listens."""
    latest_s = time.monotonic() + START_S
    while not is_so():
        if time.monotonic() > latest_s:
            raise TimeoutError
        time.sleep(0.05)


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def vibe(stack: ExitStack, upstream: int, *, passes_on: bool) -> Contestant:
    home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    config = home / "config.toml"
    broken = "stop" if passes_on else "continue"
    config.write_text(
        f'active_model = "m"\nproviders = [{{ name = "one", api_base = '
        f'"http://127.0.0.1:{upstream}/v1" }}]\nmodels = [{{ name = "m", provider = "one" }}]\n'
        f'gateway = {{ on_broken_stream = "{broken}" }}\n',
        encoding="utf-8",
    )
    port = free_port()
    env = {"HOME": str(home), "PATH": os.environ["PATH"]}
    command = (sys.executable, "-m", "vibe", "serve", "--config", str(config), "--port", str(port))
    pid = begun(stack, *command, env=env)
    kept = home / ".local/state/vibe/gateway.token"
    until(lambda: kept.exists() and accepts(port))
    token = kept.read_text(encoding="utf-8").strip()
    name = "vibe serve, the provider's own bytes" if passes_on else "vibe serve, translated"
    return Contestant(name=name, port=port, token=token, pid=pid)


def nginx(stack: ExitStack, upstream: int) -> Contestant | None:
    """One process that keeps its connections, and looks at nothing."""
    program = shutil.which("nginx")
    if program is None:
        return None
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    port = free_port()
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;\n"
        f"events {{ worker_connections 1024; }}\nhttp {{ access_log off; {places}\n"
        f"upstream u {{ server 127.0.0.1:{upstream}; keepalive 64; }}\n"
        f"server {{ listen 127.0.0.1:{port}; keepalive_requests 1000000; location / {{ "
        f'proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection ""; '
        f"proxy_buffering off; }} }} }}\n",
        encoding="utf-8",
    )
    pid = begun(stack, program, "-c", str(config))
    until(lambda: accepts(port))
    return Contestant(name="nginx", port=port, pid=pid)


def litellm(stack: ExitStack, upstream: int, folder: Path) -> Contestant | None:
    program = folder / "litellm/bin/litellm"
    if not program.exists():
        return None
    home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    config = home / "config.yaml"
    config.write_text(
        "model_list:\n  - model_name: m\n    litellm_params:\n      model: openai/m\n"
        f"      api_base: http://127.0.0.1:{upstream}/v1\n      api_key: none\n",
        encoding="utf-8",
    )
    port = free_port()
    env = {"HOME": str(home), "PATH": f"{program.parent}:{os.environ['PATH']}"}
    token = f"sk-{secrets.token_hex(32)}"
    env |= {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
    env |= {"LITELLM_MASTER_KEY": token}
    command = (str(program), "--config", str(config), "--host", "127.0.0.1", "--port", str(port))
    pid = begun(stack, *command, "--telemetry", "False", env=env)
    until(lambda: accepts(port))
    return Contestant(name="LiteLLM's proxy", port=port, token=token, pid=pid)


def portkey(stack: ExitStack, upstream: int, folder: Path) -> Contestant | None:
    program = folder / "portkey/node_modules/@portkey-ai/gateway/build/start-server.js"
    node = shutil.which("node")
    if node is None or not program.exists():
        return None
    port = free_port()
    pid = begun(stack, node, str(program), "--headless", f"--port={port}")
    until(lambda: accepts(port))
    headers = (
        f"x-portkey-provider: openai\r\nx-portkey-custom-host: http://127.0.0.1:{upstream}/v1\r\n"
    )
    return Contestant(name="Portkey", port=port, pid=pid, headers=headers)


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found[1]) / 1024 if found else 0.0


def measured(who: Contestant, in_flight: int, seconds: float, *, stream: bool) -> Result | None:
    """None where it failed."""
    before_s = cpu_s(who.pid) if who.pid else 0.0
    command = [sys.executable, str(HERE / "gateway_load.py"), str(who.port), who.token or "none"]
    command += [str(in_flight), str(seconds), *(["stream"] if stream else [])]
    env = {**os.environ, "FURTHER_HEADERS": who.headers}
    done = subprocess.run(command, capture_output=True, check=False, env=env)
    if done.returncode:
        return None
    told: dict[str, Any] = json.loads(done.stdout)
    used_s = cpu_s(who.pid) - before_s if who.pid else None
    return Result(
        a_second=told["a_second"],
        cpu_us=None if used_s is None else used_s / told["requests"] * 1e6,
        p50_ms=told["p50_ms"],
        p99_ms=told["p99_ms"],
    )


NOTHING: Final = Result(a_second=0.0, cpu_us=None, p50_ms=0.0, p99_ms=0.0)


def best(results: list[Result]) -> Result:
    """Of several, the one that other work on the machine disturbed least."""
    return max(results, key=lambda result: result.a_second)


def main(seconds: float, in_flight: int, others: Path | None) -> None:
    with ExitStack() as stack:
        upstream, bare = free_port(), free_port()
        begun(stack, sys.executable, str(HERE / "gateway_upstream.py"), str(upstream))
        bare_pid = begun(
            stack, sys.executable, str(HERE / "gateway_bare.py"), str(bare), str(upstream)
        )
        until(lambda: accepts(upstream) and accepts(bare))
        known = (
            Contestant(name="the provider itself", port=upstream),
            Contestant(name="bare uvicorn and aiohttp", port=bare, pid=bare_pid),
            vibe(stack, upstream, passes_on=True),
            vibe(stack, upstream, passes_on=False),
            nginx(stack, upstream),
            litellm(stack, upstream, others) if others else None,
            portkey(stack, upstream, others) if others else None,
        )
        field = [who for who in known if who is not None]
        found: dict[tuple[str, bool], list[Result]] = {}
        for _ in range(ROUNDS):
            for who in field:
                for stream in (False, True):
                    if result := measured(who, in_flight, seconds, stream=stream):
                        found.setdefault((who.name, stream), []).append(result)
        print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python", end=" ")
        print(f"{platform.python_version()}, {in_flight} in flight\n")
        print("| | requests/s | CPU µs | p50 ms | p99 ms | streams/s | CPU µs | memory |")
        print("|---|---:|---:|---:|---:|---:|---:|---:|")
        for who in field:
            whole, streamed = (
                best(found.get((who.name, stream), [NOTHING])) for stream in (False, True)
            )
            memory = f"{resident_mb(who.pid):.0f} MB" if who.pid else ""
            print(
                f"| {who.name} | {whole.a_second:,.0f} | {told(whole.cpu_us)} | {whole.p50_ms:.1f}"
                f" | {whole.p99_ms:.1f} | {streamed.a_second:,.0f} | {told(streamed.cpu_us)}"
                f" | {memory} |"
            )


def told(cpu_us: float | None) -> str:
    return "" if cpu_us is None else f"{cpu_us:,.0f}"


if __name__ == "__main__":
    words = sys.argv[1:]
    beside: Path | None = None
    if "--others" in words:
        at = words.index("--others")
        beside = Path(words[at + 1])
        del words[at : at + 2]
    main(float(words[0]) if words else 5.0, int(words[1]) if words[1:] else 16, beside)
