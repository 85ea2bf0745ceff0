"""The demo model: a program in the place of a model, for trying vibe out without key or network.

It understands a handful of sentences, acts on them by the tools that it is offered, and reports
what these really brought. It has no intelligence, says so, and pretends nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, TypeAlias, assert_never, cast

import msgspec
from msgspec import Struct

from vibe.domain.message import ToolResult
from vibe.domain.request import Tool
from vibe.testing.exchange import Answer, Asked, Call, call, text_of

INTRODUCTION: Final = (
    "I am vibe's demo model: a small program without any intelligence, there to show how things"
    " work. I can read a file (“read README.md”), replace words in one (“replace old with new in"
    " notes.txt”) and run a command (“run ls”)."
)
SHOWN_LINES: Final = 20
SHOWN_CHARS: Final = 200
HEARD_CHARS: Final = 2_000  # a wish stands at the beginning, or is none

_READERS: Final = ("read", "read_file", "view", "cat")
_EDITORS: Final = ("edit", "edit_file", "search_replace", "str_replace")
_SHELLS: Final = ("bash", "shell", "run", "terminal")
_PATH_KEYS: Final = ("path", "file_path", "file", "filename")
_OLD_KEYS: Final = ("old", "old_string", "old_str", "old_text", "search")
_NEW_KEYS: Final = ("new", "new_string", "new_str", "new_text", "replace")
_COMMAND_KEYS: Final = ("command", "cmd", "script")

_QUOTED = r"\"[^\"]+\"|'[^']+'|`[^`]+`|“[^”]+”"
_FILE = rf"(?P<file>{_QUOTED}|@?[\w./~-]*[./][\w./~-]*|README|LICENSE|Makefile|Dockerfile)"
_READ = re.compile(
    r"\b(?:read|explain|summari[sz]e|describe|show|open|look at|what is in|what's in)\s+"
    rf"(?:me\s+)?(?:the\s+)?(?:file\s+)?{_FILE}",
    re.IGNORECASE,
)
_REPLACE = re.compile(
    rf"\b(?:replace|change)\s+(?P<old>{_QUOTED}|.{{1,200}}?)\s+(?:with|by|to)\s+(?P<new>{_QUOTED}|.{{1,200}}?)"
    rf"\s+in\s+(?:the\s+)?(?:file\s+)?{_FILE}",
    re.IGNORECASE | re.DOTALL,
)
_RUN = re.compile(r"\s*(?:please\s+)?(?:run|execute)\s+(?P<command>.+)", re.IGNORECASE)
_LINE_NUMBER = re.compile(r"^ *\d+[\t→|:] ?", re.MULTILINE)
_DEFINES = re.compile(
    r"^[ \t]*(?:async def|def|class|function|fn|func|struct|type|#+)[ \t]+([^\n({:]+)", re.MULTILINE
)
_FAILED = re.compile(
    r"\s*(?:<?(?:tool_)?error\b|(?:there is )?no such\b|there is no\b|cannot\b|could not\b"
    r"|permission denied|refused\b|denied\b|nobody is here|it is not allowed|the person does not"
    r"|[^\n]{1,200} was not (?:read|changed|written))",
    re.IGNORECASE,
)
_AROUND = re.compile(r".*</(?:surroundings|instructions)>\s*", re.DOTALL)
_WORD = re.compile(r"\w+(?:[’'-]\w+)*")


class _Read(Struct, frozen=True):
    file: str


class _Replace(Struct, frozen=True):
    file: str
    old: str
    new: str


class _Run(Struct, frozen=True):
    command: str


_Wish: TypeAlias = _Read | _Replace | _Run


def demo(asked: Asked) -> Answer:
    """The behaviour. What it does next hangs on the person's last words and what came of them."""
    said = _AROUND.sub("", asked.last_user_text)  # what an assistant puts before a person's words
    wish = _wish(said[:HEARD_CHARS])
    match wish:
        case None:
            return Answer(text=_chat(said))
        case _Read():
            return _read(asked, wish)
        case _Replace():
            return _replace(asked, wish)
        case _Run():
            return _run(asked, wish)
        case _:
            assert_never(wish)


def _wish(text: str) -> _Wish | None:
    if found := _REPLACE.search(text):
        return _Replace(_file(found), _bare(found["old"]), _bare(found["new"]))
    if found := _RUN.match(text):
        return _Run(_bare(found["command"].strip()))
    if found := _READ.search(text):
        return _Read(_file(found))
    return None


def _file(found: re.Match[str]) -> str:
    return _bare(found["file"]).removeprefix("@").rstrip(".") or "."


def _bare(words: str) -> str:
    return words[1:-1] if re.fullmatch(_QUOTED, words) else words


def _chat(text: str) -> str:
    words = _WORD.findall(text)
    if not words:
        return f"{INTRODUCTION} You have said nothing in words yet."
    longest = _cut(max(words, key=len))
    size = _count(words, "word") + (f", the longest is “{longest}”" if words[1:] else "")
    said = _cut(text.strip())
    return f"{INTRODUCTION} You said “{said}”: {size}. To count them is all that I can do with it."


def _read(asked: Asked, wish: _Read) -> Answer:
    tool = _offered(asked, _READERS)
    if tool is None:
        return _would(f"read {wish.file}")
    result = _last(asked)
    if result is None:
        arguments = {_key(tool, _PATH_KEYS): wish.file}
        return _acts(f"I read {wish.file}.", call(tool.name, **arguments))
    if _has_failed(result):
        return _failed(f"read {wish.file}", result)
    return Answer(text=_summary(wish.file, _content(result)))


def _replace(asked: Asked, wish: _Replace) -> Answer:
    """Reads first where it can: an edit of what nobody has looked at is a guess."""
    reader, editor = _offered(asked, _READERS), _offered(asked, _EDITORS)
    if editor is None:
        return _would(f"replace “{wish.old}” with “{wish.new}” in {wish.file}")
    result = _last(asked)
    edit = _edit(editor, wish)
    if result is None and reader is not None:
        arguments = {_key(reader, _PATH_KEYS): wish.file}
        return _acts(f"I read {wish.file} first.", call(reader.name, **arguments))
    if result is not None and _has_failed(result):
        return _failed(f"change {wish.file}", result)
    if result is not None and result.name == editor.name:
        text = f"In {wish.file}, “{wish.old}” is now “{wish.new}”. {_shown(_content(result))}"
        return Answer(text=text.strip())
    if result is not None and wish.old not in _content(result):
        return Answer(text=f"There is no “{wish.old}” in {wish.file}, so I have changed nothing.")
    return _acts(f"I change {wish.file}.", call(editor.name, **edit))


def _edit(tool: Tool, wish: _Replace) -> dict[str, object]:
    """Some take one change, some a list of them."""
    path: dict[str, object] = {_key(tool, _PATH_KEYS): wish.file}
    change: dict[str, object] = {
        _key(tool, _OLD_KEYS): wish.old,
        _key(tool, _NEW_KEYS): wish.new,
    }
    return path | {"edits": [change]} if "edits" in _properties(tool) else path | change


def _run(asked: Asked, wish: _Run) -> Answer:
    tool = _offered(asked, _SHELLS)
    if tool is None:
        return _would(f"run `{wish.command}`")
    result = _last(asked)
    if result is None:
        arguments = {_key(tool, _COMMAND_KEYS): wish.command}
        return _acts(f"I run `{wish.command}`.", call(tool.name, **arguments))
    if result.is_error:
        return _failed(f"run `{wish.command}` without an error", result)
    output = _content(result)
    if not output.strip():
        return Answer(text=f"`{wish.command}` has run and printed nothing.")
    return Answer(text=f"`{wish.command}` printed:\n\n{_shown(output)}")


def _acts(text: str, wanted: Call) -> Answer:
    return Answer(text=text, calls=(wanted,))


def _would(deed: str) -> Answer:
    text = f"I would {deed}, but I am offered no tool for it. I am vibe's demo model."
    return Answer(text=text)


def _has_failed(result: ToolResult) -> bool:
    """Only some dialects have a flag for it; elsewhere the words have to tell."""
    return result.is_error or _FAILED.match(_content(result)) is not None


def _failed(deed: str, result: ToolResult) -> Answer:
    return Answer(text=f"I could not {deed}. The tool says:\n\n{_shown(_content(result))}")


def _last(asked: Asked) -> ToolResult | None:
    return asked.results[-1] if asked.results else None


def _content(result: ToolResult) -> str:
    """Without the numbers that a tool may put before the lines."""
    return _LINE_NUMBER.sub("", text_of(result.parts))


def _summary(file: str, content: str) -> str:
    lines = content.splitlines()
    if not content.strip():
        return f"{file} is empty."
    begins = _cut(next(line.strip() for line in lines if line.strip()))
    told = f"{file} has {_count(lines, 'line')} and {_count(content.split(), 'word')}."
    told += f" It begins with “{begins}”."
    if names := [_cut(name.strip()) for name in _DEFINES.findall(content)]:
        told += f" I see these definitions or headings: {', '.join(names[:8])}."
    return told + " More than that a demo model cannot tell."


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"


def _count(things: Sequence[str], name: str) -> str:
    return f"1 {name}" if len(things) == 1 else f"{len(things)} {name}s"


def _shown(output: str) -> str:
    lines = output.strip("\n").splitlines()
    if len(lines) <= SHOWN_LINES:
        return "\n".join(lines)
    rest = len(lines) - SHOWN_LINES
    return "\n".join((*lines[:SHOWN_LINES], f"… and {rest} more lines"))


def _offered(asked: Asked, names: tuple[str, ...]) -> Tool | None:
    tools = {tool.name: tool for tool in asked.tools}
    return next((tools[name] for name in names if name in tools), None)


def _key(tool: Tool, names: tuple[str, ...]) -> str:
    """How this tool calls an argument, by the schema that it is offered with."""
    known = _properties(tool)
    return next((name for name in names if name in known), names[0])


def _properties(tool: Tool) -> dict[str, object]:
    try:
        schema = msgspec.json.decode(tool.parameters, type=dict[str, object])
    except msgspec.DecodeError:
        return {}
    properties = schema.get("properties")
    return cast("dict[str, object]", properties) if isinstance(properties, dict) else {}
