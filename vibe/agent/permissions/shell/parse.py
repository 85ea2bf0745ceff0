"""A command line as the simple commands in it, if it is made of nothing else.

Two readers have to agree that it is: a grammar of bash (tree-sitter), of which only the plain kinds
of nodes are accepted, and a lexer of a few lines that knows no others. Of all else the commands are
gathered as far as they can be seen, with the reason why they are not all there is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from msgspec import Struct

from vibe.agent.permissions.shell.words import Word, Words, word
from vibe.domain.quoting import WORD

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_BYTES: Final = 8_192  # of some input the grammar takes time that grows with its square
Joint: TypeAlias = Literal[";", "|", "&&", "||"]
Span: TypeAlias = tuple[int, int]


class Step(Struct, frozen=True, kw_only=True):
    """One simple command and what stands before it, or one redirection as two words."""

    joint: Joint
    words: Words
    is_redirection: bool = False


class Script(Struct, frozen=True, kw_only=True):
    """`trouble` is None if the steps are all there is; `is_understood` if the grammar knows it."""

    steps: tuple[Step, ...]
    trouble: str | None = None
    is_understood: bool = True


class _Row(Struct, frozen=True, kw_only=True):
    joint: Joint
    spans: tuple[Span, ...]


_TOKEN = re.compile(rb"[ \t]++|(?P<joint>&&|\|\||[|;\n])|(?P<word>" + WORD + rb")")
_PLAIN_NODES = frozenset(
    {
        "program", "list", "pipeline", "command", "command_name", "word", "number",
        "concatenation", "string", "string_content", "raw_string", '"', ";", "&&", "||", "|",
        "redirected_statement",  # the redirection inside it tells more
    }
)  # fmt: skip
_COMMANDS = frozenset({"command", "declaration_command", "unset_command", "test_command"})
_ASCII = bytes(range(128)) + b"x" * 128
_PLAIN_CATEGORIES = frozenset("LMNPS")
_TROUBLES = {
    "ansi_c_string": "it has a string with escapes, $'…'",
    "arithmetic_expansion": "it calculates inside a word",
    "brace_expression": "bash makes several words of one in braces",
    "case_statement": "it is a program of its own, with case",
    "command_substitution": "it runs a command inside a word",
    "comment": "it has a comment",
    "compound_statement": "it has a block of commands",
    "declaration_command": "it sets a variable",
    "expansion": "it has a variable",
    "file_redirect": "it redirects input or output",
    "for_statement": "it is a program of its own, with a loop",
    "function_definition": "it defines a function",
    "heredoc_redirect": "it has a here-document",
    "herestring_redirect": "it has a here-string",
    "if_statement": "it is a program of its own, with if",
    "negated_command": "it turns an exit code round with !",
    "process_substitution": "it runs a command in place of a file",
    "simple_expansion": "it has a variable",
    "subshell": "it has a shell of its own",
    "test_command": "it has a test in brackets",
    "translated_string": "it has a string to be translated",
    "unset_command": "it removes a variable",
    "variable_assignment": "it sets a variable",
    "variable_assignments": "it sets variables",
    "while_statement": "it is a program of its own, with a loop",
    "$": "it has a $ that is not in single quotes",
    "&": "it leaves a command running in the background",
    "|&": "it joins two streams with |&",
}
_ELSE = "it is more than plain commands with words"
_BROKEN = "bash would not understand it"


def parse(source: str, *, home: str | None) -> Script:
    """`source` has no control characters but tabs and line ends."""
    text = source.encode()
    if len(text) > MAX_BYTES:
        return Script(steps=(), trouble="it is too long to be checked", is_understood=False)
    root = _tree(text)
    rows = _rows(text)
    trouble = _trouble_among(root) or _strange_character(source)
    if trouble is None and (rows is None or not _agree(root, rows)):
        trouble = _ELSE
    if trouble is None and rows is not None:
        return Script(steps=tuple(_step(row, text, home) for row in rows))
    steps = tuple(_gathered(root, text, home))
    return Script(steps=steps, trouble=trouble, is_understood=not root.has_error)


def _tree(text: bytes) -> Node:
    """What is not ASCII is handed over as letters: after `{` the grammar's scanner looks it up in a
    table of 384 entries, and takes the process down with it (tree-sitter-bash 0.25, November 2026).
    """
    import tree_sitter_bash  # most runs of vibe never judge a command
    from tree_sitter import Language, Parser

    ascii_text = text.translate(_ASCII)
    return Parser(Language(tree_sitter_bash.language())).parse(ascii_text).root_node


def _nodes(root: Node) -> Iterator[Node]:
    """Each node before those inside it. A loop: no nesting is too deep for it."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.children)


def _trouble_among(root: Node) -> str | None:
    if root.has_error:
        return _BROKEN
    kind = next((node.type for node in _nodes(root) if node.type not in _PLAIN_NODES), None)
    return None if kind is None else _TROUBLES.get(kind, _ELSE)


def _strange_character(source: str) -> str | None:
    """Letters, marks, figures, punctuation and signs are not; blanks that are not ASCII are."""
    for character in source:
        if character > "~" and unicodedata.category(character)[0] not in _PLAIN_CATEGORIES:
            return f"it has a character that looks like none or another, U+{ord(character):04X}"
    return None


def _rows(text: bytes) -> tuple[_Row, ...] | None:
    """The commands as the lexer sees them; None for what it does not know."""
    rows: list[_Row] = []
    spans: list[Span] = []
    joint: Joint = ";"
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            return None
        at = token.end()
        if token["word"] is not None:
            spans.append(token.span())
        elif found := token["joint"]:
            if spans:
                rows.append(_Row(joint=joint, spans=tuple(spans)))
                spans, joint = [], _joint(found)
            elif found != b"\n":
                return None
    if spans:
        rows.append(_Row(joint=joint, spans=tuple(spans)))
    elif joint != ";":
        return None
    return tuple(rows)


def _joint(token: bytes) -> Joint:
    match token:
        case b"|":
            return "|"
        case b"&&":
            return "&&"
        case b"||":
            return "||"
        case _:
            return ";"


def _agree(root: Node, rows: tuple[_Row, ...]) -> bool:
    """Whether the grammar sees the same words in the same commands, joined alike."""
    commands: list[tuple[Span, ...]] = []
    joints: list[str] = []
    for node in _nodes(root):
        if node.type == "command":
            commands.append(tuple((word.start_byte, word.end_byte) for word in node.children))
        elif node.type in {"|", "&&", "||"}:
            joints.append(node.type)
    return commands == [row.spans for row in rows] and joints == [
        row.joint for row in rows if row.joint != ";"
    ]


def _step(row: _Row, text: bytes, home: str | None) -> Step:
    words = tuple(word(text[start:end], home=home) for start, end in row.spans)
    return Step(joint=row.joint, words=words)


def _gathered(root: Node, text: bytes, home: str | None) -> Iterator[Step]:
    for node in _nodes(root):
        if node.type in _COMMANDS:
            parts = [part for part in node.children if not _is_beside_the_words(node, part)]
            yield Step(joint=";", words=tuple(_word(part, text, home) for part in parts))
        elif node.type == "file_redirect":
            target = node.children[-1]
            if target.is_named and target.type != "number":  # else a stream that is open already
                arrow = "<" if any(part.type == "<" for part in node.children) else ">"
                words = (Word(text=arrow), _word(target, text, home))
                yield Step(joint=";", words=words, is_redirection=True)


def _is_beside_the_words(command: Node, part: Node) -> bool:
    is_setting = part.type == "variable_assignment" and command.type == "command"
    return is_setting or part.type.endswith("redirect")


def _word(node: Node, text: bytes, home: str | None) -> Word:
    return word(text[node.start_byte : node.end_byte], home=home)
