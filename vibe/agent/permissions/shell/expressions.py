"""Arguments that are small languages: which expressions, scripts and formats only look.

`find` and `test` are read here as a whole; the checks take what `usage.py` has read of a program
and say what is wrong with it, None if nothing is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from vibe.agent.permissions.shell.usage import Reading, Role, Unproven
from vibe.agent.permissions.shell.words import Word, Words
from vibe.clean import quote

Check: TypeAlias = Callable[[Reading], str | None]

# Brackets are closed before a slash: where they are not, seds differ about where it ends.
_REGEX = r"/(?:[^/\\\[\n]|\\[^\n]|\[[^\]/\\\n]+\])*/"
_ADDRESS = rf"(?:\d+|\$|{_REGEX})"
_PRINT = rf" *{_ADDRESS}(?: *, *(?:{_ADDRESS}|\+\d+))? *p *"
_SED = re.compile(rf"(?:p|{_PRINT}(?:;{_PRINT})*)")
_JQ_BEYOND_ITS_INPUT = re.compile(r"\b(?:import|include|env|ENV)\b")
_PRINTF = re.compile(r"[^%]|%%|%[-+ #0]*\d*(?:\.\d+)?[sbqdiouxXfeEgGc]")
# These make git ask gpg about a signature.
_SIGNATURE = re.compile(r"%[-+ ]?G|signature")

# -delete, -exec, -fprint and their like do not stand here, nor does what follows links.
_FIND_ALONE: Final = frozenset(
    {
        "(", ")", "!", ",", "-not", "-a", "-and", "-o", "-or", "-true", "-false", "-print",
        "-print0", "-ls", "-prune", "-quit", "-empty", "-depth", "-daystart", "-mount", "-xdev",
        "-nouser", "-nogroup", "-executable", "-readable", "-writable", "-noleaf",
        "-ignore_readdir_race", "-warn", "-nowarn",
    }
)  # fmt: skip
_FIND_OF_A_TEXT: Final = frozenset(
    {
        "-name", "-iname", "-path", "-ipath", "-wholename", "-iwholename", "-regex", "-iregex",
        "-regextype", "-type", "-xtype", "-maxdepth", "-mindepth", "-size", "-perm", "-printf",
        "-atime", "-amin", "-ctime", "-cmin", "-mtime", "-mmin", "-used", "-newermt", "-newerct",
        "-user", "-group", "-uid", "-gid", "-links", "-inum", "-fstype", "-lname", "-ilname",
    }
)  # fmt: skip
_FIND_OF_A_FILE: Final = frozenset({"-newer", "-anewer", "-cnewer", "-samefile"})
_TEST_OF_A_FILE: Final = frozenset(f"-{letter}" for letter in "abcdefghkprsuwxGLNOS")
_TEST_OF_FILES: Final = frozenset({"-nt", "-ot", "-ef"})
_TEST_OF_TEXTS: Final = frozenset({"=", "==", "!=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge"})


def find(words: Words) -> tuple[tuple[Word, Role], ...]:
    """The folders that it goes through, and the files that it compares with."""
    for word in words:
        if word.shape == "unknown" or (word.shape == "pattern" and word.text[0] in "*?[-"):
            raise Unproven(f"{quote(word.text)} may stand for an option; put it in quotes")
    starts = tuple(_starts(words))
    compared = tuple(_compared(iter(words[len(starts) :])))
    places = starts or (Word(text="."),)
    return tuple((word, "list") for word in (*places, *compared))


def _starts(words: Words) -> Iterator[Word]:
    for word in words:
        if word.text.startswith("-") or word.text in {"(", ")", "!", ","}:
            return
        yield word


def _compared(words: Iterator[Word]) -> Iterator[Word]:
    for word in words:
        if word.text in _FIND_OF_A_FILE:
            yield _after(word, words)
        elif word.text in _FIND_OF_A_TEXT:
            _after(word, words)
        elif word.text not in _FIND_ALONE:
            raise Unproven(f"what {quote(word.text)} does is not known")


def _after(word: Word, words: Iterator[Word]) -> Word:
    value = next(words, None)
    if value is None or value.shape != "plain":
        raise Unproven(f"what follows {quote(word.text)} is not known")
    return value


def test(words: Words) -> tuple[tuple[Word, Role], ...]:
    """The files that it looks at. `-v` and `-R` are not known: bash calculates their operand."""
    if any(word.shape != "plain" for word in words):
        raise Unproven("what its words stand for is not known")
    if words and words[0].text == "!":
        words = words[1:]
    match words:
        case () | (_,):
            return ()
        case (sign, operand) if sign.text in _TEST_OF_A_FILE:
            return ((operand, "list"),)
        case (sign, _) if sign.text in {"-n", "-z"}:
            return ()
        case (left, sign, right) if sign.text in _TEST_OF_FILES:
            return ((left, "list"), (right, "list"))
        case (_, sign, _) if sign.text in _TEST_OF_TEXTS:
            return ()
        case _:
            raise Unproven("its expression is not one of the simple ones")


def sed(reading: Reading) -> str | None:
    if not reading.has("-n --quiet --silent"):
        return "only printing with -n is known to do no more"
    scripts = reading.values("-e --expression") or reading.texts()
    strange = next((script for script in scripts if not _SED.fullmatch(script)), None)
    if strange is not None or not scripts:
        return f"its script {quote(strange or '')} is not only addresses and p"
    return None


def jq(reading: Reading) -> str | None:
    filters = reading.texts()
    if not filters or _JQ_BEYOND_ITS_INPUT.search(filters[0]):
        return "its filter may read more than its input"
    return None


def date(reading: Reading) -> str | None:
    if any(not text.startswith("+") for text in reading.texts()):
        return "a word without + before it would set the clock"
    return None


def strings(reading: Reading) -> str | None:
    if any(word.text.startswith("@") for word, _ in reading.operands):
        return "it takes further options from a file after @"
    return None


def printf(reading: Reading) -> str | None:
    shape = reading.texts()[:1]
    if not shape or not re.fullmatch(rf"(?:{_PRINTF.pattern})*", shape[0], re.DOTALL):
        return "its format may do more than print"
    return None


def git(reading: Reading) -> str | None:
    if any(word.text.startswith("-") and word.text != "-" for word, _ in reading.operands):
        return "a word that begins with - may be an option"
    values = (option.value for option in reading.options if option.value)
    if any(map(_SIGNATURE.search, (*values, *reading.texts()))):
        return "signatures are checked by another program"
    return None


def git_list(reading: Reading) -> str | None:
    if reading.operands and not reading.has("--list"):
        return "a name without --list would be made"
    return git(reading)


CHECKS: Final[Mapping[str, Check]] = {
    "sed": sed,
    "jq": jq,
    "date": date,
    "strings": strings,
    "printf": printf,
    "git branch": git_list,
    "git tag": git_list,
}
