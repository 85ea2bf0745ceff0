"""A session as one page of HTML that needs nothing but itself.

Every text is escaped and shown as it was written. The page runs nothing and loads nothing, and
forbids itself to: its images are those that the session holds.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from html import escape
from typing import Final

from vibe.clean import clean, clean_line
from vibe.domain.message import Image
from vibe.session.blocks import Block, blocks, facts
from vibe.session.summary import Summary
from vibe.session.turn import Turn

_IMAGES: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")
_PAGE: Final = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }}
body {{ max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }}
.facts, .note, .thinking {{ opacity: 0.7; }}
.text {{ white-space: pre-wrap; overflow-wrap: anywhere; margin: 0.3rem 0 1rem; }}
.person {{ border-left: 3px solid; padding-left: 0.8rem; }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.85rem; }}
img {{ max-width: 100%; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p class="facts">{facts}</p>
{turns}
</body>
</html>
"""


def as_html(summary: Summary, turns: Iterable[Turn]) -> str:
    return _PAGE.format(
        title=_line(summary.title or summary.session),
        facts=_line(facts(summary)),
        turns="\n".join(map(_turn, turns)),
    )


def _turn(turn: Turn) -> str:
    return "\n".join([f"<h2>Turn {turn.number}</h2>", *map(_block, blocks(turn))])


def _block(block: Block) -> str:
    title, text = _line(block.title), _text(block.text.strip())
    images = "".join(map(_image, block.images))
    match block.kind:
        case "person" | "answer" | "summary":
            said = f'<h3>{title}</h3>\n<div class="text">{text}</div>{images}'
        case "thinking":
            said = f'<details><summary>{title}</summary><div class="text">{text}</div></details>'
        case "note":
            said = f"<p>{text}</p>"
        case "call":
            result = _text(block.result)
            shown = f"<pre>{text}</pre>\n<pre>{result}</pre>{images}"
            said = f"<details><summary>Tool: {title}</summary>\n{shown}\n</details>"
    return f'<section class="{block.kind}">\n{said}\n</section>'


def _image(image: Image) -> str:
    if image.media_type not in _IMAGES or not image.data:
        return ""
    return f'<img alt="" src="data:{image.media_type};base64,{b64encode(image.data).decode()}">'


def _line(text: str) -> str:
    return escape(clean_line(text))


def _text(text: str) -> str:
    return escape(clean(text))
