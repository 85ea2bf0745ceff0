"""Drift in what cannot be seen: trailing blanks, line ends, indentation, blank lines, last ends."""

from __future__ import annotations

from tests.tools.corpus.case import Case, change, exact, refused, repaired
from vibe.tools.editing.repair import Repair

TRAILING_BLANKS: tuple[Case, ...] = (
    repaired(
        "trailing blanks: the file has them, Python",
        "a.py",
        b"def f(a):   \n    b = a + 1\t\n    return b\n",
        change(
            "def f(a):\n    b = a + 1\n    return b\n", "def f(a):\n    b = a + 2\n    return b\n"
        ),
        gives=b"def f(a):   \n    b = a + 2\n    return b\n",
        by={Repair.TRAILING_BLANKS},
    ),
    repaired(
        "trailing blanks: the request has them, Python",
        "a.py",
        b"def f(a):\n    b = a + 1\n    return b\n",
        change("    b = a + 1  \n    return b", "    b = a + 2  \n    c = b  \n    return c"),
        gives=b"def f(a):\n    b = a + 2\n    c = b\n    return c\n",
        by={Repair.TRAILING_BLANKS},
    ),
    repaired(
        "trailing blanks: on a blank line between, Go",
        "a.go",
        b"package a\n\nfunc F() int {\n\tx := 1\n\t\n\treturn x\n}\n",
        change("\tx := 1\n\n\treturn x\n", "\tx := 2\n\n\treturn x\n"),
        gives=b"package a\n\nfunc F() int {\n\tx := 2\n\t\n\treturn x\n}\n",
        by={Repair.TRAILING_BLANKS},
    ),
    repaired(
        "trailing blanks: hard line breaks of Markdown stay on lines that stay",
        "a.md",
        b"Roses are red,  \nviolets are blue,  \nsugar is sweet.\n",
        change(
            "Roses are red,\nviolets are blue,\nsugar is sweet.",
            "Roses are red,\nviolets are blue,\nsugar is sour.",
        ),
        gives=b"Roses are red,  \nviolets are blue,  \nsugar is sour.\n",
        by={Repair.TRAILING_BLANKS},
    ),
    repaired(
        "trailing blanks: YAML",
        "a.yaml",
        b"on:  \n  push:\n    branches: [main] \n",
        change(
            "on:\n  push:\n    branches: [main]\n", "on:\n  push:\n    branches: [main, next]\n"
        ),
        gives=b"on:  \n  push:\n    branches: [main, next]\n",
        by={Repair.TRAILING_BLANKS},
    ),
    repaired(
        "trailing blanks: JSON",
        "a.json",
        b'{\n  "a": 1, \n  "b": 2\n}\n',
        change('  "a": 1,\n  "b": 2\n', '  "a": 1,\n  "b": 3\n'),
        gives=b'{\n  "a": 1, \n  "b": 3\n}\n',
        by={Repair.TRAILING_BLANKS},
    ),
    exact(
        "trailing blanks: an edit to the letter removes them",
        "a.toml",
        b"a = 1   \nb = 2\n",
        change("a = 1   \n", "a = 1\n"),
        gives=b"a = 1\nb = 2\n",
    ),
    refused(
        "trailing blanks: the repaired file would not parse",
        "a.py",
        b"def f(a):   \n    return a\n",
        change("def f(a):\n    return a\n", "def f(a:\n    return a\n"),
        says=("no longer parse",),
    ),
)

LINE_ENDS: tuple[Case, ...] = (
    repaired(
        "line ends: CRLF, Python",
        "a.py",
        b"def f(a):\r\n    return a\r\n",
        change("def f(a):\n    return a\n", "def f(a):\n    a += 1\n    return a\n"),
        gives=b"def f(a):\r\n    a += 1\r\n    return a\r\n",
        by={Repair.LINE_ENDS},
    ),
    repaired(
        "line ends: CRLF, new lines for a part of one",
        "a.yaml",
        b"a: 1\r\nb: 2\r\n",
        change("b: 2", "b: 2\nc: 3"),
        gives=b"a: 1\r\nb: 2\r\nc: 3\r\n",
        by={Repair.LINE_ENDS},
    ),
    exact(
        "line ends: CRLF, as it was asked for",
        "a.toml",
        b"a = 1\r\nb = 2\r\n",
        change("a = 1\r\nb = 2\r\n", "a = 1\r\nb = 3\r\n"),
        gives=b"a = 1\r\nb = 3\r\n",
    ),
    exact(
        "line ends: CRLF and a mark at the start, within one line",
        "a.json",
        b'\xef\xbb\xbf{\r\n  "a": 1\r\n}\r\n',
        change('"a": 1', '"a": 2'),
        gives=b'\xef\xbb\xbf{\r\n  "a": 2\r\n}\r\n',
    ),
    repaired(
        "line ends: CRLF was asked for in a file of LF",
        "a.go",
        b"package a\n\nvar A = 1\n",
        change("package a\r\n\r\nvar A = 1\r\n", "package a\r\n\r\nvar A = 2\r\nvar B = 3\r\n"),
        gives=b"package a\n\nvar A = 2\nvar B = 3\n",
        by={Repair.LINE_ENDS},
    ),
    repaired(
        "line ends: a file of both keeps each where it is",
        "a.md",
        b"one\r\ntwo\nthree\r\nfour\n",
        change("one\ntwo\nthree\n", "one\ntwo and a half\nthree\n"),
        gives=b"one\r\ntwo and a half\nthree\r\nfour\n",
        by={Repair.LINE_ENDS},
    ),
    repaired(
        "line ends: CRLF and trailing blanks and tabs together",
        "a.py",
        b"class A:\r\n\tdef f(self):  \r\n\t\treturn 1\r\n",
        change(
            "    def f(self):\n        return 1\n",
            "    def f(self):\n        if self:\n            return 2\n        return 1\n",
        ),
        gives=b"class A:\r\n\tdef f(self):  \r\n\t\tif self:\r\n\t\t\treturn 2\r\n\t\treturn 1\r\n",
        by={Repair.LINE_ENDS, Repair.TRAILING_BLANKS, Repair.INDENTATION},
    ),
    repaired(
        "line ends: lone CR",
        "a.md",
        b"one\rtwo\rthree\r",
        change("one\ntwo\n", "one\ntwo\nand more\n"),
        gives=b"one\rtwo\rand more\rthree\r",
        by={Repair.LINE_ENDS},
    ),
)

TABS: tuple[Case, ...] = (
    repaired(
        "tabs: asked for with spaces, Go",
        "a.go",
        b"package a\n\nfunc F(a int) int {\n\tif a > 0 {\n\t\treturn 1\n\t}\n\treturn 0\n}\n",
        change(
            "    if a > 0 {\n        return 1\n    }\n    return 0\n",
            "    if a > 0 {\n        for {\n            a--\n        }\n    }\n    return 0\n",
        ),
        gives=(
            b"package a\n\nfunc F(a int) int {\n\tif a > 0 {\n\t\tfor {\n\t\t\ta--\n\t\t}\n\t}\n"
            b"\treturn 0\n}\n"
        ),
        by={Repair.INDENTATION},
    ),
    repaired(
        "tabs: asked for with two spaces, JSON",
        "a.json",
        b'{\n\t"a": {\n\t\t"b": 1\n\t}\n}\n',
        change(
            '  "a": {\n    "b": 1\n  }\n',
            '  "a": {\n    "b": 1,\n    "c": {\n      "d": 2\n    }\n  }\n',
        ),
        gives=b'{\n\t"a": {\n\t\t"b": 1,\n\t\t"c": {\n\t\t\t"d": 2\n\t\t}\n\t}\n}\n',
        by={Repair.INDENTATION},
    ),
    repaired(
        "spaces: asked for with tabs, Python",
        "a.py",
        b"class A:\n    def f(self):\n        return 1\n",
        change(
            "\tdef f(self):\n\t\treturn 1\n",
            "\tdef f(self):\n\t\tif self:\n\t\t\treturn 2\n\t\treturn 1\n",
        ),
        gives=(
            b"class A:\n    def f(self):\n"
            b"        if self:\n            return 2\n        return 1\n"
        ),
        by={Repair.INDENTATION},
    ),
    repaired(
        "spaces: asked for with tabs, YAML",
        "a.yml",
        b"a:\n  b:\n    c: 1\n  d: 2\n",
        change("\tb:\n\t\tc: 1\n", "\tb:\n\t\tc: 1\n\t\te:\n\t\t\tf: 3\n"),
        gives=b"a:\n  b:\n    c: 1\n    e:\n      f: 3\n  d: 2\n",
        by={Repair.INDENTATION},
    ),
    repaired(
        "tabs: one line of a Makefile, asked for with spaces",
        "Makefile",
        b"all:\n\tgo build ./...\n\nclean:\n\trm -f a\n",
        change("    rm -f a\n", "    rm -f a\n    rm -f b\n"),
        gives=b"all:\n\tgo build ./...\n\nclean:\n\trm -f a\n\trm -f b\n",
        by={Repair.INDENTATION},
    ),
    refused(
        "tabs: the new depth is no whole tab, Go",
        "a.go",
        b"package a\n\nfunc F() {\n\tg(1)\n\th(2)\n}\n",
        change("    g(1)\n    h(2)\n", "    g(1,\n      2)\n    h(2)\n"),
        says=("not indented as the file is", "4\t\tg(1)"),
    ),
    refused(
        "tabs: lines of one depth stand at two, Go",
        "a.go",
        b"package a\n\nfunc F() {\n\tif x {\n\t\tg(1)\n\t}\n}\n",
        change("    if x {\n    g(1)\n    }\n", "    if x {\n    g(2)\n    }\n"),
        says=("not indented to one another", "4\t\tif x {"),
    ),
)

DE_INDENTED: tuple[Case, ...] = (
    repaired(
        "de-indented: a method, Python",
        "a.py",
        b"class A:\n    def f(self):\n        return 1\n\n    def g(self):\n        return 2\n",
        change(
            "def g(self):\n    return 2\n",
            "def g(self):\n    if self:\n        return 3\n    return 2\n",
        ),
        gives=(
            b"class A:\n    def f(self):\n        return 1\n\n    def g(self):\n"
            b"        if self:\n            return 3\n        return 2\n"
        ),
        by={Repair.INDENTATION},
    ),
    repaired(
        "de-indented: a new method with a docstring, Python",
        "a.py",
        b"class A:\n    def f(self):\n        return 1\n",
        change(
            "def f(self):\n    return 1\n",
            "def f(self):\n    return 1\n\n"
            'def g(self):\n    """One.\n\n    Two.\n    """\n    return 2\n',
        ),
        gives=(
            b'class A:\n    def f(self):\n        return 1\n\n    def g(self):\n        """One.\n\n'
            b'        Two.\n        """\n        return 2\n'
        ),
        by={Repair.INDENTATION},
    ),
    refused(
        "de-indented: a string of several lines would change, Python",
        "a.py",
        b"class A:\n    def f(self):\n        x = 1\n        return x\n",
        change(
            "def f(self):\n    x = 1\n    return x\n",
            'def f(self):\n    x = """\none\n"""\n    return x\n',
        ),
        says=("string of several lines",),
    ),
    repaired(
        "de-indented: a mapping, YAML",
        "a.yaml",
        b"jobs:\n  test:\n    runs-on: linux\n    steps:\n      - run: make\n"
        b"  lint:\n    runs-on: mac\n",
        change(
            "runs-on: linux\nsteps:\n  - run: make\n",
            "runs-on: linux\nsteps:\n  - run: make\n  - uses: upload\n    with:\n      path: out\n",
        ),
        gives=(
            b"jobs:\n  test:\n    runs-on: linux\n    steps:\n      - run: make\n"
            b"      - uses: upload\n        with:\n          path: out\n  lint:\n    runs-on: mac\n"
        ),
        by={Repair.INDENTATION},
    ),
    repaired(
        "de-indented: with spaces where the file has tabs, Go",
        "a.go",
        b"package a\n\nfunc F() {\n\tfor {\n\t\tg()\n\t}\n}\n",
        change("for {\n    g()\n}\n", "for {\n    if x {\n        g()\n    }\n}\n"),
        gives=b"package a\n\nfunc F() {\n\tfor {\n\t\tif x {\n\t\t\tg()\n\t\t}\n\t}\n}\n",
        by={Repair.INDENTATION},
    ),
    repaired(
        "de-indented: a list, Markdown",
        "a.md",
        b"- one\n  - two\n  - three\n- four\n",
        change("- two\n- three\n", "- two\n- two and a half\n- three\n"),
        gives=b"- one\n  - two\n  - two and a half\n  - three\n- four\n",
        by={Repair.INDENTATION},
    ),
    repaired(
        "de-indented: an array, TOML",
        "a.toml",
        b"[a]\nb = [\n    1,\n    2,\n]\n",
        change("1,\n2,\n", "1,\n2,\n3,\n"),
        gives=b"[a]\nb = [\n    1,\n    2,\n    3,\n]\n",
        by={Repair.INDENTATION},
    ),
    repaired(
        "indented too far, JSON",
        "a.json",
        b'{\n  "a": 1,\n  "b": 2\n}\n',
        change(
            '      "a": 1,\n      "b": 2\n', '      "a": 1,\n      "b": [\n        3\n      ]\n'
        ),
        gives=b'{\n  "a": 1,\n  "b": [\n    3\n  ]\n}\n',
        by={Repair.INDENTATION},
    ),
    repaired(
        "de-indented: only the first line, with trailing blanks, Python",
        "a.py",
        b"class A:\n    def f(self):  \n        return 1\n",
        change("def f(self):\n        return 1\n", "def f(self, a):\n        return a\n"),
        gives=b"class A:\n    def f(self, a):\n        return a\n",
        by={Repair.TRAILING_BLANKS},
    ),
    refused(
        "de-indented: the lines behind a part of one, Python",
        "a.py",
        b"def f(x):\n    return x\n",
        change("return x", "y = x\nreturn y"),
        says=("begins behind the indentation", "whole lines"),
    ),
    exact(
        "the lines behind a part of one are indented, Python",
        "a.py",
        b"def f(x):\n    return x\n",
        change("return x", "y = x\n    return y"),
        gives=b"def f(x):\n    y = x\n    return y\n",
    ),
    refused(
        "another step than the file's, and a depth that it does not have, Python",
        "a.py",
        b"class A:\n    def f(self):\n        return 1\n",
        change(
            "  def f(self):\n      return 1\n", "  def f(self):\n    if self:\n      return 1\n"
        ),
        says=("not indented as the file is",),
    ),
)

BLANK_LINES: tuple[Case, ...] = (
    repaired(
        "blank lines around: too many before and behind, Python",
        "a.py",
        b"import os\n\nA = 1\n\nB = 2\n",
        change("\n\n\nA = 1\n\n\n", "\n\n\nA = 3\n\n\n"),
        gives=b"import os\n\nA = 3\n\nB = 2\n",
        by={Repair.BLANK_LINES},
    ),
    repaired(
        "blank lines around: none in the file, TOML",
        "a.toml",
        b"[a]\nb = 1\nc = 2\n[d]\n",
        change("\nb = 1\nc = 2\n\n", "b = 1\nc = 3\n"),
        gives=b"[a]\nb = 1\nc = 3\n[d]\n",
        by={Repair.BLANK_LINES},
    ),
    repaired(
        "blank lines around: at the start of the file, Markdown",
        "a.md",
        b"# Title\n\nText.\n",
        change("\n# Title\n\nText.\n", "\n# A title\n\nText.\n"),
        gives=b"# A title\n\nText.\n",
        by={Repair.BLANK_LINES},
    ),
    repaired(
        "blank lines around: an edit that deletes, Go",
        "a.go",
        b"package a\n\nvar a = 1\nvar b = 2\nvar c = 3\n",
        change("\n\nvar b = 2\n", ""),
        gives=b"package a\n\nvar a = 1\nvar c = 3\n",
        by={Repair.BLANK_LINES},
    ),
    refused(
        "blank lines around: how many are meant is not sure, Python",
        "a.py",
        b"import os\n\nA = 1\n\nB = 2\n",
        change("\n\n\nA = 1\n", "A = 1\nC = 3\n"),
        says=("1 before and 1 behind",),
    ),
)

LAST_LINE_END: tuple[Case, ...] = (
    repaired(
        "no last line end: it stays so, Python",
        "a.py",
        b"def f():\n    return 1",
        change("    return 1\n", "    return 2\n"),
        gives=b"def f():\n    return 2",
        by={Repair.LAST_LINE_END},
    ),
    repaired(
        "no last line end: more lines at the end, YAML with CRLF",
        "a.yaml",
        b"a: 1\r\nb: 2",
        change("a: 1\nb: 2\n", "a: 1\nb: 2\nc: 3\n"),
        gives=b"a: 1\r\nb: 2\r\nc: 3",
        by={Repair.LAST_LINE_END, Repair.LINE_ENDS},
    ),
    repaired(
        "no last line end: the last line is deleted, TOML",
        "a.toml",
        b"a = 1\nb = 2",
        change("a = 1\nb = 2\n", "a = 1\n"),
        gives=b"a = 1",
        by={Repair.LAST_LINE_END},
    ),
    exact(
        "no last line end: asked for without one, JSON",
        "a.json",
        b'{\n  "a": 1\n}',
        change('  "a": 1\n}', '  "a": 2\n}'),
        gives=b'{\n  "a": 2\n}',
    ),
    exact(
        "no last line end: one is added to the letter",
        "a.md",
        b"one\ntwo",
        change("two", "two\n"),
        gives=b"one\ntwo\n",
    ),
    refused(
        "a line end on one side alone, where blanks differ too",
        "a.py",
        b"a = 1  \nb = 2\nc = 3\n",
        change("a = 1\nb = 2\n", "a = 1\nb = 3"),
        says=("only one ends with a line end",),
    ),
)
