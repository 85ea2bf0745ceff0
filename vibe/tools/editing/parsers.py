"""The parsers at hand, by the names of files.

Python, JSON and TOML by the standard library; others by tree-sitter, where it and the grammar are
installed. Nothing is made of what they find.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import PurePath

MOST_PARSED = 1_000_000  # characters; a parser takes a second and a gigabyte for a few times that
Parser = Callable[[str], None]

_GRAMMARS = {
    ".bash": "tree_sitter_bash",
    ".c": "tree_sitter_c",
    ".css": "tree_sitter_css",
    ".go": "tree_sitter_go",
    ".html": "tree_sitter_html",
    ".java": "tree_sitter_java",
    ".js": "tree_sitter_javascript",
    ".rb": "tree_sitter_ruby",
    ".rs": "tree_sitter_rust",
    ".sh": "tree_sitter_bash",
    ".yaml": "tree_sitter_yaml",
    ".yml": "tree_sitter_yaml",
}


def parser_of(path: str) -> Parser | None:
    """What raises ValueError or SyntaxError for a file of this name that does not parse."""
    suffix = PurePath(path).suffix.lower()
    match suffix:
        case ".py" | ".pyi":
            return _python
        case ".json":
            return _json
        case ".toml":
            return _toml
        case _:
            return _grammar(_GRAMMARS.get(suffix, ""))


def fault(parse: Parser, body: str) -> str | None:
    """Why the text does not parse; None if it does."""
    try:
        parse(body)
    except SyntaxError as error:
        return f"{error.msg}, line {error.lineno}"
    except ValueError as error:
        return str(error)
    except (RecursionError, MemoryError):
        return "nested too deeply to be parsed"
    return None


def _python(body: str) -> None:
    import ast  # the parsers stay off the path of an assistant that edits nothing

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ast.parse(body)


def _json(body: str) -> None:
    import json

    json.loads(body)


def _toml(body: str) -> None:
    import tomllib

    tomllib.loads(body)


def _grammar(module: str) -> Parser | None:
    if not module or find_spec("tree_sitter") is None or find_spec(module) is None:
        return None
    tree_sitter = import_module("tree_sitter")
    language = tree_sitter.Language(import_module(module).language())

    def parse(body: str) -> None:
        root = tree_sitter.Parser(language).parse(body.encode()).root_node
        if root.has_error:
            raise ValueError("it has a syntax error")

    return parse
