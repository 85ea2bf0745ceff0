"""Serves a model by llama.cpp until stdin ends: python -m tests.real.llama_server FILE.GGUF

Prints its address once it listens. It is a program because llama.cpp ends only with its process.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from tests.real.tiny_model import CONTEXT_TOKENS


def main(model: str) -> None:
    xllamacpp: Any = import_module("xllamacpp")  # the extra `real` alone brings it
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.model_alias = {"tiny"}
    params.n_ctx = CONTEXT_TOKENS
    params.cpuparams.n_threads = 1
    params.warmup = False
    params.embedding = True
    params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)  # noqa: T201  what the tests read
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
