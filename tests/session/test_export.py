"""A session as one text: for people, for a browser, for programs."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest
from hypothesis import given

from tests.session.samples import (
    CUT,
    HISTORIES,
    NOON,
    OPENED,
    PLAIN,
    answer,
    call,
    key,
    result,
    said,
    session,
    whole_turn,
)
from vibe.domain.message import Document, Image, Text, Thinking, User
from vibe.domain.turn import TurnEnd
from vibe.session.export import Form, export
from vibe.session.record import (
    Added,
    Answered,
    Compacted,
    Finished,
    Noted,
    Record,
    TurnBegan,
    TurnEnded,
)
from vibe.session.transcript import Transcript

EVIL = "</pre><script>alert(1)</script>\x1b[2J\u202e"
PNG = Image(media_type="image/png", data=b"\x89PNG")


def exported(form: Form, *records: Record) -> str:
    return export(OPENED.session, Transcript().applied(records), form, redactor=PLAIN)


def test_markdown_reads_like_the_conversation():
    assert exported(Form.MARKDOWN, *session()) == (
        """\
# question 1

20261121-120000-abcd · /work/shop · 2026-11-21 12:00 UTC · 1 turn · $0.00001 · strong

## Turn 1

### You

question 1

### strong

let me look

### Tool: bash

```
{"command": "make test"}
```

```
done
```

### strong

answer 1
"""
    )


def test_markdown_shows_whatever_else_happened_in_a_turn():
    asked = call(arguments="````\nhidden")
    attached = User((Text("look"), PNG, Document(media_type="text/plain", data=b"", name="a.txt")))
    turn = (
        TurnBegan(turn=1, message=attached, at=NOON),
        Answered(turn=1, number=0, answer=answer("", asked)),
        Finished(call=key(1, 0), result=result(asked, "no such file", is_error=True)),
        Added(turn=1, message=said("faster")),
        Compacted(turn=1, message=said("so far")),
        Noted(turn=1, text="a\nnote"),
        Answered(turn=1, number=1, answer=answer("half", cut=CUT)),
        TurnEnded(turn=1, end=TurnEnd.LIMITED, detail="cost", at=NOON),
    )
    assert exported(Form.MARKDOWN, *turn).partition("## Turn 1\n\n")[2] == (
        """\
### You

look

[image: image/png]

[document: a.txt]

### Tool: bash (failed)

`````
````
hidden
`````

```
no such file
```

### You

faster

### Summary of what came before

so far

> *Note:* a
> note

### strong

half

> *Note:* The answer was cut here.

> *Note:* limited: cost
"""
    )


class Page(HTMLParser):
    """The tags and the text of a page; what it would load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "srcset")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_page_shows_the_conversation_and_its_images():
    page = Page(exported(Form.HTML, TurnBegan(turn=1, message=User((Text("look"), PNG)), at=NOON)))
    assert page.loads == ["data:image/png;base64,iVBORw=="]
    assert "look" in page.text


@pytest.mark.parametrize(
    "image",
    [
        Image(media_type="image/svg+xml", data=b"<svg/>"),
        Image(media_type='"><script>', data=b"x"),
        Image(url="https://tracker.example/pixel.png"),
    ],
    ids=["svg", "a foreign type", "an address"],
)
def test_a_page_loads_nothing_and_shows_only_plain_images(image: Image):
    page = Page(exported(Form.HTML, TurnBegan(turn=1, message=User((image,)), at=NOON)))
    assert (page.loads, set(page.tags) & {"img", "script"}) == ([], set())


def evil_turn() -> tuple[Record, ...]:
    asked = call(name=EVIL, arguments=EVIL)
    thought = Thinking(text=EVIL, producer=answer().pieces[0].producer)
    spoken = answer(EVIL, asked)
    return (
        TurnBegan(turn=1, message=said(EVIL), at=NOON),
        Answered(turn=1, number=0, answer=type(spoken)(parts=(thought, *spoken.parts), pieces=())),
        Finished(call=key(1, 0), result=result(asked, EVIL)),
        Compacted(turn=1, message=said(EVIL)),
        Noted(turn=1, text=EVIL),
    )


def test_whatever_was_said_a_page_runs_none_of_it():
    text = exported(Form.HTML, *evil_turn())
    assert "script" not in Page(text).tags
    assert Page(text).text.count("alert(1)") == 10


@pytest.mark.parametrize("form", Form)
def test_no_control_comes_through(form: Form):
    text = exported(form, *evil_turn())
    assert not [each for each in text if each in "\x1b\u202e"]


def test_json_tells_everything():
    data = json.loads(exported(Form.JSON, *session(), *whole_turn(2)[:1]))
    assert list(data) == ["schema_version", "summary", "usage", "turns"]
    assert data["summary"]["title"] == "question 1"
    assert data["usage"][0]["cost_uusd"] == 14
    first, second = data["turns"]
    assert [item["type"] for item in first["items"]] == ["answer", "answer"]
    (known,) = first["items"][0]["calls"]
    assert (known["key"], known["state"]) == ([1, 0, 0], "finished")
    assert (first["ended"]["end"], second["ended"]) == ("finished", None)


@pytest.mark.parametrize("form", Form)
@given(records=HISTORIES)
def test_any_session_can_be_exported(form: Form, records: list[Record]):
    assert exported(form, *records).endswith("\n")
