"""What no repair may touch: two places, none, a file that moved on, one bad edit, no text."""

from __future__ import annotations

from tests.tools.corpus.case import Case, change, exact, refused
from vibe.tools.editing.edit import Edit

TWO_PLACES: tuple[Case, ...] = (
    refused(
        "two places: shown with their lines, Python",
        "a.py",
        b"def f():\n    return 1\n\n\ndef g():\n    return 1\n",
        change("    return 1\n", "    return 2\n"),
        says=(
            "2 times",
            "lines 2, 6",
            "1\tdef f():\n2\t    return 1",
            "5\tdef g():\n6\t    return 1",
        ),
    ),
    refused(
        "two places: as parts of words, YAML",
        "a.yaml",
        b"port: 80\nreport: 81\n",
        change("port: 8", "port: 9"),
        says=("2 times", "lines 1, 2"),
    ),
    refused(
        "two places: overlapping, Markdown",
        "a.md",
        b"-----\n",
        change("----", "***"),
        says=("2 times",),
    ),
    refused(
        "two places: but for their indentation, Go",
        "a.go",
        b"package a\n\nfunc F() {\n\tg(1)\n\th(2)\n\tfor {\n\t\tg(1)\n\t\th(2)\n\t}\n}\n",
        change("    g(1)\n    h(2)\n", "    g(1)\n    h(3)\n"),
        says=("2 times", "lines 4, 7"),
    ),
    refused(
        "two places: but for their quotes, JSON",
        "a.json",
        b'{\n  "a": "x",\n  "b": "x"\n}\n',
        change("“x”", "“y”"),
        says=("2 times", "lines 2, 3"),
    ),
    refused(
        "two places: each but for blanks of its own, TOML",
        "a.toml",
        b"[a]\nx = 1 \ny = 2\n[b]\nx = 1\t\ny = 2\n",
        change("x = 1\ny = 2\n", "x = 1\ny = 3\n"),
        says=("2 times", "lines 2, 5"),
    ),
    exact(
        "two places: one to the letter, one but for its indentation",
        "a.py",
        b"if a:\n    f(1)\n    g(2)\nf(1)\ng(2)\n",
        change("\nf(1)\ng(2)\n", "\nf(1)\ng(3)\n"),
        gives=b"if a:\n    f(1)\n    g(2)\nf(1)\ng(3)\n",
    ),
    exact(
        "all places, as asked, Markdown with CRLF",
        "a.md",
        b"one\r\ntwo\r\none\r\n",
        Edit(old="one", new="1", all=True),
        gives=b"1\r\ntwo\r\n1\r\n",
    ),
)

NO_PLACE: tuple[Case, ...] = (
    refused(
        "no place: a slip, Python",
        "a.py",
        b"def first(a):\n    return a + 1\n\n\ndef second(a):\n    return a * 2\n",
        change("def second(a):\n    return a ** 2\n", "x"),
        says=("lines 5-6:\n  def second(a):\n-     return a ** 2\n+     return a * 2", "lines 1-2"),
    ),
    refused(
        "no place: drifted context, Go",
        "a.go",
        b"package a\n\nfunc F(a, b int) int {\n\treturn a + b\n}\n",
        change("func F(a int) int {\n\treturn a + b\n}", "func F() {}"),
        says=("lines 3-5:\n- func F(a int) int {\n+ func F(a, b int) int {\n  \treturn a + b",),
    ),
    refused(
        "no place: blanks within a line, JSON",
        "a.json",
        b'{"a": 1, "b": 2}\n',
        change('"a":1', '"a":2'),
        says=('line 1:\n- "a":1\n+ {"a": 1, "b": 2}',),
    ),
    refused(
        "no place: another case, TOML",
        "a.toml",
        b"[Server]\nport = 80\n",
        change("[server]\nport = 80\n", "[server]\nport = 81\n"),
        says=("lines 1-2:\n- [server]\n+ [Server]\n  port = 80",),
    ),
    refused(
        "no place: a line is missing in between, YAML",
        "a.yaml",
        b"a:\n  b: 1\n  c: 2\n  d: 3\n",
        change("  b: 1\n  d: 3\n", "  b: 1\n"),
        says=("lines 2-3:\n    b: 1\n-   d: 3\n+   c: 2",),
    ),
    refused(
        "no place: a word that is close, Markdown",
        "a.md",
        b"# Retries\n\nThe client retries twice.\n",
        change("The client retires twice.", "x"),
        says=("line 3:\n- The client retires twice.\n+ The client retries twice.",),
    ),
    refused(
        "no place: it is done already",
        "a.py",
        b"def total(prices):\n    return sum(prices)\n",
        change("    return add(prices)\n", "    return sum(prices)\n"),
        says=("new stands in the file already, at line 2", "line 2:"),
    ),
    refused("no place: an empty file", "a.py", b"", change("a", "b"), says=("is empty",)),
    refused(
        "no place: old is empty", "a.py", b"a = 1\n", change("", "b = 2\n"), says=("old is empty",)
    ),
    refused(
        "no place: blank lines alone", "a.py", b"a = 1\n", change("\n\n\n", "\n"), says=("not in",)
    ),
    refused(
        "nothing to do", "a.py", b"a = 1\n", change("a = 1", "a = 1"), says=("change nothing",)
    ),
)

CHANGED: tuple[Case, ...] = (
    Case(
        name="changed since: elsewhere, in as many lines, Python",
        path="a.py",
        seen=b"a = 1\nb = 2\n",
        content=b"a = 100\nb = 2\n",
        edits=(change("b = 2", "b = 3"),),
        result=b"a = 100\nb = 3\n",
    ),
    refused(
        "changed since: the part moved, Python",
        "a.py",
        b"import os\na = 1\nb = 2\n",
        change("b = 2", "b = 3"),
        seen=b"a = 1\nb = 2\n",
        says=("changed since you read it", "at line 3 now", "at 2 then"),
    ),
    refused(
        "changed since: the part differs, Go",
        "a.go",
        b"package a\n\nvar A = 5\n",
        change("var A = 1", "var A = 2"),
        seen=b"package a\n\nvar A = 1\n",
        says=("changed since you read it", "line 3:\n- var A = 1\n+ var A = 5"),
    ),
    refused(
        "changed since: the part came to be, YAML",
        "a.yaml",
        b"a: 1\nb: 2\n",
        change("b: 2", "b: 3"),
        seen=b"a: 1\n",
        says=("changed since you read it", "nowhere"),
    ),
    refused(
        "changed since: two places now, TOML",
        "a.toml",
        b"[a]\nx = 1\n[b]\nx = 1\n",
        change("x = 1", "x = 2"),
        seen=b"[a]\nx = 1\n",
        says=("changed since you read it", "2 times"),
    ),
    refused(
        "changed since: one place more for all, Markdown",
        "a.md",
        b"one\none\n",
        Edit(old="one", new="two", all=True),
        seen=b"one\n",
        says=("changed since you read it",),
    ),
    refused(
        "changed since: its indentation, Python",
        "a.py",
        b"if x:\n        a = 1\n        b = 2\n",
        change("a = 1\nb = 2\n", "a = 1\nb = 3\n"),
        seen=b"if x:\n    a = 1\n    b = 2\n",
        says=("changed since you read it",),
    ),
)

SEVERAL: tuple[Case, ...] = (
    exact(
        "several: in any order, JSON",
        "a.json",
        b'{\n  "a": 1,\n  "b": 2\n}\n',
        change('"b": 2', '"b": 20'),
        change('"a": 1', '"a": 10'),
        gives=b'{\n  "a": 10,\n  "b": 20\n}\n',
    ),
    exact(
        "several: side by side, lines added between, Python",
        "a.py",
        b"a = 1\nb = 2\n",
        change("b = 2\n", "x = 8\nb = 2\n"),
        change("a = 1\n", "a = 1\ny = 9\n"),
        gives=b"a = 1\ny = 9\nx = 8\nb = 2\n",
    ),
    refused(
        "several: one is bad, Python",
        "a.py",
        b"a = 1\nb = 2\nc = 3\n",
        change("a = 1", "a = 10"),
        change("b = 7", "b = 70"),
        change("c = 3", "c = 30"),
        says=("edit 2 of 3: old is not in the file", "line 2:\n- b = 7\n+ b = 2"),
    ),
    refused(
        "several: two are bad, and both are told, YAML",
        "a.yaml",
        b"a: 1\nb: 1\n",
        change("c: 5", "x"),
        change("1", "2"),
        change("a: 1", "a: 3"),
        says=("edit 1 of 3: old is not", "edit 2 of 3: old stands 2 times"),
    ),
    refused(
        "several: overlapping, Go",
        "a.go",
        b"package a\n\nvar A, B = 1, 2\n",
        change("var A, B", "var B, A"),
        change("B = 1, 2", "B = 3, 4"),
        says=("two of the edits change the same text",),
    ),
    refused(
        "several: the same twice, Markdown",
        "a.md",
        b"one\n",
        change("one", "two"),
        change("one", "two"),
        says=("two of the edits change the same text",),
    ),
    refused(
        "several: one for what another one brings, TOML",
        "a.toml",
        b"a = 1\n",
        change("a = 1", "b = 1"),
        change("b = 1", "c = 1"),
        says=("edit 2 of 2: old is not in the file",),
    ),
    refused("several: none", "a.py", b"a = 1\n", says=("there are no edits",)),
)

NO_TEXT: tuple[Case, ...] = (
    refused(
        "no text: Latin-1, Python",
        "a.py",
        b"a = 1\nb = '\xe9t\xe9'\n",
        change("a = 1", "a = 2"),
        says=("byte 0xE9 in line 2 is not UTF-8",),
    ),
    refused(
        "no text: Latin-1 behind a mark at the start, Markdown",
        "a.md",
        b"\xef\xbb\xbfone\ntwo \xfc\n",
        change("one", "two"),
        says=("byte 0xFC in line 2 is not UTF-8",),
    ),
    refused(
        "no text: UTF-16",
        "a.json",
        '{"a": 1}\n'.encode("utf-16"),
        change('"a": 1', '"a": 2'),
        says=("it is UTF-16",),
    ),
    refused(
        "no text: binary",
        "a.bin",
        b"one\ntwo\0three\n",
        change("one", "two"),
        says=("NUL byte in line 2",),
    ),
    refused("no text: NUL in new", "a.md", b"one\n", change("one", "\0"), says=("NUL character",)),
    refused(
        "no text: half of a character in new",
        "a.md",
        b"one\n",
        change("one", "\ud83d"),
        says=("half of a character",),
    ),
    exact(
        "a mark at the start stays, Markdown",
        "a.md",
        b"\xef\xbb\xbf# Title\n",
        change("# Title", "# A title — “new”"),
        gives="\ufeff# A title — “new”\n".encode(),
    ),
    exact(
        "characters that look like line ends are none, Python",
        "a.py",
        "a = 'x\u2028y'\x0c\nb = 2\n".encode(),
        change("b = 2", "b = 3"),
        gives="a = 'x\u2028y'\x0c\nb = 3\n".encode(),
    ),
)
