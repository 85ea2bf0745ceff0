"""A session as one text to keep or to hand on: Markdown, HTML or JSON, without known secrets."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Final, assert_never

import msgspec
from msgspec import Struct

from vibe.secret import Redactor
from vibe.session.export_html import as_html
from vibe.session.export_markdown import as_markdown
from vibe.session.record import SessionId
from vibe.session.redacted import redacted
from vibe.session.spent import Spent
from vibe.session.summary import Summary, summary_of
from vibe.session.transcript import Transcript
from vibe.session.turn import Turn

SCHEMA: Final = 1


class Form(StrEnum):
    MARKDOWN = "md"
    HTML = "html"
    JSON = "json"


class _Exported(Struct, frozen=True, kw_only=True):
    """Its fields are a promise to programs."""

    schema_version: int = SCHEMA
    summary: Summary
    usage: tuple[Spent, ...]
    turns: tuple[Turn, ...]


def export(session: SessionId, transcript: Transcript, form: Form, *, redactor: Redactor) -> str:
    transcript = msgspec.convert(redacted(transcript, redactor), Transcript)
    summary = summary_of(session, transcript, redactor=redactor)
    match form:
        case Form.MARKDOWN:
            return as_markdown(summary, transcript.turns)
        case Form.HTML:
            return as_html(summary, transcript.turns)
        case Form.JSON:
            whole = _Exported(summary=summary, usage=transcript.spent, turns=transcript.turns)
            return json.dumps(msgspec.to_builtins(whole), indent=1) + "\n"
    assert_never(form)
