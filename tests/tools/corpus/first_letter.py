"""Text copied from the first letter of a line on, or with a part of the blanks before it."""

from __future__ import annotations

from tests.tools.corpus.case import Case, change, exact, refused, repaired
from vibe.tools.editing.repair import Repair

_BODY = (
    b"def f(a):\n    for x in a:\n        if x:\n            use(x)\n        log(x)\n    return a\n"
)
_UNSURE = ("send whole lines",)

FIRST_LETTER: tuple[Case, ...] = (
    exact(
        "first letter: a whole line goes with its blanks, Python",
        "a.py",
        _BODY,
        change("log(x)\n", ""),
        gives=_BODY.replace(b"        log(x)\n", b""),
    ),
    exact(
        "first letter: a whole line goes with its blanks, YAML",
        "a.yaml",
        b"a:\n  b:\n    c: 1\n    d: 2\n  e: 3\n",
        change("d: 2\n", ""),
        gives=b"a:\n  b:\n    c: 1\n  e: 3\n",
    ),
    refused(
        "first letter: further lines at the edge, Python",
        "a.py",
        _BODY + b"\n",
        change("return a\n\n", "b = 1\nreturn a\n\n"),
        says=_UNSURE,
    ),
    refused(
        "first letter: of new lines the further ones lack as much, Python",
        "a.py",
        _BODY,
        change("if x:\n            use(x)\n", "if y:\n    use(x)\n"),
        says=_UNSURE,
    ),
    refused(
        "first letter: a further line is less deep than any in old, Python",
        "a.py",
        _BODY,
        change("use(x)\n        log(x)", "use(x)\nlog(x)\nb = 1"),
        says=_UNSURE,
    ),
    exact(
        "first letter: further lines as they stand, Python",
        "a.py",
        _BODY,
        change("log(x)\n    return a\n", "log(y)\n    return b\n"),
        gives=_BODY.replace(b"log(x)", b"log(y)").replace(b"return a", b"return b"),
    ),
    repaired(
        "first letter: half of the blanks, Python",
        "a.py",
        _BODY,
        change("    if x:\n", "    if y:\n        z()\n    if x:\n"),
        gives=_BODY.replace(b"        if x:\n", b"        if y:\n            z()\n        if x:\n"),
        by={Repair.INDENTATION},
    ),
    refused(
        "numbers: in the one line of new alone, YAML",
        "a.yaml",
        b"a: 1\nb: 2\nc: 3\n",
        change("b: 2", "     2\tb: 5"),
        says=("line numbers",),
    ),
    refused(
        "numbers: in new alone, behind colons, C",
        "a.c",
        b"int x;\nint y;\nint z;\n",
        change("int y;", "2: int y;\n3: int w;"),
        says=("line numbers",),
    ),
    refused(
        "numbers: of another line, Python",
        "a.py",
        b"x = 1\ny = 2\nz = 3\n",
        change("y = 2", "     7\ty = 5"),
        says=("line numbers",),
    ),
    refused(
        "numbers: the signs of a diff, Python",
        "a.py",
        b"def f():\n    x = 1\n    return x\n",
        change("    x = 1\n", "-    x = 1\n+    x = 2\n"),
        says=("no longer parse",),
    ),
    exact(
        "numbers: a text that begins with one, Markdown",
        "a.md",
        b"one\ntwo\nthree\n",
        change("two", "7: two"),
        gives=b"one\n7: two\nthree\n",
    ),
    refused(
        "escapes: behind the end of a statement, C",
        "a.c",
        b"int f() {\n    int x = 1;\n}\n",
        change("    int x = 1;", r"    int x = 1;\n    int y = 2;"),
        says=("as two characters",),
    ),
    refused(
        "escapes: before an indented line, shell",
        "a.sh",
        b"if true; then\n  echo a\nfi\n",
        change("  echo a", r"  echo a\n  echo b"),
        says=("as two characters",),
    ),
    refused(
        "escapes: among several lines, Python",
        "a.py",
        b"x = 1\ny = 2\n",
        change("x = 1\ny = 2\n", "x = 1\nz = 3\\ny = 2\n"),
        says=("no longer parse",),
    ),
    exact(
        "escapes: in a regular expression, JavaScript",
        "a.js",
        b"const a = b;\n",
        change("const a = b;", r"const a = b.split(/\n/);"),
        gives=b"const a = b.split(/\\n/);\n",
    ),
    refused(
        "line ends: new lacks the one that old has, Python",
        "a.py",
        b"x = 1\ny = 2\n",
        change("x = 1\n", "x = 3"),
        says=("no longer parse",),
    ),
)
