"""Foreign text is harmless once cleaned, loses nothing else, and may come in any chunks."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vibe.clean import Cleaner, clean, clean_line, quote, written_out

HOSTILE = {
    # What a terminal would do with it, what it is, what is left.
    "colour": ("\x1b[31mred\x1b[0m", "red"),
    "colour of 24 bits": ("\x1b[38;2;1;2;3;48;2;4;5;6mx", "x"),
    "colour with colons": ("\x1b[4:3;58:2::1:2:3mx", "x"),
    "clear screen": ("a\x1b[2J\x1b[Hb", "ab"),
    "cursor up over the line before": ("rm -rf /\n\x1b[1A\x1b[2Kls", "rm -rf /\nls"),
    "alternate screen": ("\x1b[?1049hx\x1b[?1049l", "x"),
    "mouse tracking": ("\x1b[?1000;1006hx", "x"),
    "bracketed paste end": ("\x1b[201~x", "x"),
    "device status report": ("\x1b[6nx", "x"),
    "CSI with an intermediate": ("\x1b[1 qx", "x"),
    "CSI without parameters": ("\x1b[mx", "x"),
    "CSI of 8 bits": ("\x9b31mx", "x"),
    "CSI of 64 characters": ("\x1b[" + "1" * 63 + "mx", "x"),
    "CSI of 65 characters": ("\x1b[" + "1" * 64 + "mx", "1" * 64 + "mx"),
    "CSI at the end": ("a\x1b[31", "a31"),
    "CSI cut by a line end": ("a\x1b[3\n1mb", "a3\n1mb"),
    "CSI cut by another": ("\x1b[3\x1b[1mx", "3x"),
    "CSI cut by a letter beyond ASCII": ("\x1b[3éx", "3éx"),
    "title": ("\x1b]0;evil\x07x", "x"),
    "title ended by ST": ("\x1b]2;evil\x1b\\x", "x"),
    "title of 8 bits": ("\x9d0;evil\x9cx", "x"),
    "title of 8 bits ended by BEL": ("\x9d0;evil\x07x", "x"),
    "title ended by ST of 8 bits": ("\x1b]0;evil\x9cx", "x"),
    "clipboard": ("\x1b]52;c;cm0gLXJmIC8=\x07x", "x"),
    "clipboard read": ("\x1b]52;c;?\x1b\\x", "x"),
    "clipboard of 8 bits": ("\x9d52;c;cm0gLXJmIC8=\x9cx", "x"),
    "link": ("\x1b]8;;https://evil.test\x1b\\good.test\x1b]8;;\x1b\\", "good.test"),
    "notification": ("\x1b]9;you won\x07x", "x"),
    "image of iTerm": ("\x1b]1337;File=inline=1:AAAA\x07x", "x"),
    "empty OSC": ("\x1b]\x07x", "x"),
    "DCS": ("\x1bPq#0;2;0;0;0~-\x1b\\x", "x"),
    "DCS of 8 bits": ("\x90q~-\x9cx", "x"),
    "DCS that asks for a setting": ("\x1bP$qm\x1b\\x", "x"),
    "APC, an image of kitty": ("\x1b_Gf=24,s=1,v=1;AAAA\x1b\\x", "x"),
    "APC of 8 bits": ("\x9fa\x9cx", "x"),
    "PM": ("\x1b^a\x1b\\x", "x"),
    "PM of 8 bits": ("\x9ea\x9cx", "x"),
    "SOS": ("\x1bXa\x1b\\x", "x"),
    "SOS of 8 bits": ("\x98a\x9cx", "x"),
    "string with text beyond ASCII": ("\x1b]0;日本\x07x", "x"),
    "string of 4096 characters": ("\x1b]" + "a" * 4096 + "\x07x", "x"),
    "string of 4097 characters": ("\x1b]" + "a" * 4097 + "\x07x", "a" * 4097 + "x"),
    "string that never ends": ("a\x1b]0;the rest of the answer", "a0;the rest of the answer"),
    "string of 8 bits that never ends": ("a\x9d0;the rest", "a0;the rest"),
    "string that ends on another line": ("\x1b]0;a\nb\x07c", "0;a\nbc"),
    "string that ends after a carriage return": ("\x1b]0;a\rb\x07c", "0;a\nbc"),
    "string that was cancelled": ("\x1b]0;a\x18b\x07c", "0;abc"),
    "string within a string": ("\x1b]0;a\x1b]0;b\x07c", "0;ac"),
    "string that tmux passes on": ("\x1bPtmux;\x1b\x1b]52;c;AAAA\x07\x1b\\x", "tmux;x"),
    "string with half a terminator": ("\x1b]0;a\x1b", "0;a"),
    "colour within a string": ("\x1b]0;a\x1b[1mb\x07c", "0;abc"),
    "terminator alone": ("a\x1b\\b\x9cc", "abc"),
    "reset": ("\x1bcx", "x"),
    "keypad mode": ("\x1b=x\x1b>y", "xy"),
    "save and restore the cursor": ("\x1b7x\x1b8", "x"),
    "line drawing characters": ("\x1b(0lqk\x1b(B", "lqk"),
    "screen alignment test": ("\x1b#8x", "x"),
    "two intermediates": ("\x1b$(Cx", "x"),
    "too many intermediates": ("\x1b   x", "   x"),
    "single shift": ("\x1bNax\x1bOPy", "xy"),
    "single shift of 8 bits": ("\x8eax\x8fby", "xy"),
    "single shift of nothing": ("\x1bN\n\x8f\n", "\n\n"),
    "escape alone": ("a\x1b", "a"),
    "escape before a line end": ("a\x1b\nb", "a\nb"),
    "escape before a letter beyond ASCII": ("\x1bé", "é"),
    "escape twice": ("\x1b\x1b[31mx", "x"),
    "escape within a sequence": ("\x1b[\x1b[31m31mx", "31mx"),
    "removal that brings two halves together": ("\x1b\x00[31mx", "[31mx"),
    "bell, backspace, shift out": ("a\x07\x08\x0eb", "ab"),
    "NUL and DEL": ("a\x00b\x7fc", "abc"),
    "vertical tab and form feed": ("a\x0bb\x0cc", "abc"),
    "next line": ("a\x85b", "ab"),
    "line ends of Windows": ("a\r\nb\r\n", "a\nb\n"),
    "carriage return that overwrites": ("rm -rf /\rls      ", "rm -rf /\nls      "),
    "carriage returns before one line end": ("a\r\r\nb", "a\n\nb"),
    "line and paragraph separator": ("a\u2028b\u2029c", "a\nb\nc"),
    "bidi override": ("\u202egnp.exe\u202c", "gnp.exe"),
    "bidi isolates": ("\u2066a\u2067b\u2068c\u2069", "abc"),
    "bidi marks": ("a\u200e\u200f\u061cb", "ab"),
    "zero width space": ("pass\u200bword", "password"),
    "word joiner and invisible operators": ("a\u2060\u2061\u2062\u2063\u2064b", "ab"),
    "byte order mark": ("\ufeffa", "a"),
    "soft hyphen": ("pay\u00adpal", "paypal"),
    "tags": ("a\U000e0001\U000e0069\U000e007fb", "ab"),
    "interlinear annotation": ("\ufff9a\ufffab\ufffb", "ab"),
    "lone surrogates": ("a\ud800b\udfff", "a\ufffdb\ufffd"),
    "surrogates side by side": ("\ud83d\ude00", "\ufffd\ufffd"),
    "undecodable byte of a file name": ("caf\udce9", "caf\ufffd"),
}

HARMLESS = {
    "nothing": "",
    "code": "def f(a):\n\treturn a[0] ** 2\n",
    "what looks like the end of a sequence": "[31m ]0;title \\ 52;c;",
    "markup": "[bold]a[/bold] <b>",
    "blanks": "  a\u00a0b\u3000c  ",
    "family emoji, by ZWJ": "👩\u200d👩\u200d👧",
    "coloured heart, by a variation selector": "❤\ufe0f",
    "Persian, by ZWNJ": "می\u200cخواهم",
    "Hebrew and Arabic": "שלום مرحبا",
    "combining marks": "e\u0301",
    "ideographs beyond the first plane": "𠮷野家",
    "private use, as prompts have": "\ue0b0",
}

INVISIBLE = {
    *"\u00ad\u061c\u200b\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff\ufff9\ufffa\ufffb",
    *map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]),
    *map(chr, [0xE0001, *range(0xE0020, 0xE0080)]),
}
DANGEROUS = {
    *map(chr, [*range(0x20), *range(0x7F, 0xA0)]),
    *INVISIBLE,
    *"\u2028\u2029",
} - {"\n", "\t"}

pieces = st.one_of(
    st.characters(exclude_categories=()),  # surrogates too
    st.sampled_from([*"\x1b\x07\\[]PX^_NO()#; 0mc\r\n\t\x18\x7f\x85\x8e\x90\x9b\x9c\x9d\x9f"]),
    st.sampled_from(["\u202e", "\u200b", "\u200d", "\u2028", "\ud83d", "\ude00", "\U000e0041"]),
    st.sampled_from(["\x1b]0;", "\x1b\\", "\x1b[", "\x9b", "\x1b(", "1;2m", "\r\n"]),
    st.sampled_from(["1" * 63, "1" * 64, "a" * 4095, "a" * 4096, "a" * 4097]),
)
chunks = st.lists(pieces, max_size=12)


def cleaned_in_chunks(chunks: list[str]) -> str:
    cleaner = Cleaner()
    return "".join([*map(cleaner.feed, chunks), cleaner.finish()])


@pytest.mark.parametrize(("text", "left"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_disarmed(text: str, left: str):
    assert clean(text) == left


@pytest.mark.parametrize("text", [text for text, _ in HOSTILE.values()], ids=HOSTILE.keys())
def test_hostile_text_is_disarmed_wherever_it_is_split(text: str):
    places = range(len(text)) if len(text) < 1000 else [1, 2, 3, len(text) - 2, len(text) - 1]
    whole = clean(text)
    assert {cleaned_in_chunks([text[:at], text[at:]]) for at in places} == {whole}
    assert cleaned_in_chunks([*text]) == whole


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS.keys())
def test_harmless_text_stays_as_it_is(text: str):
    assert clean(text) == text
    assert cleaned_in_chunks([*text]) == text


def test_a_character_is_changed_only_for_being_a_control_or_invisible_or_half():
    changed: dict[str, set[str]] = {}
    for char in map(chr, range(0x110000)):
        if clean(char) != char:
            changed.setdefault(unicodedata.category(char), set()).add(char)
    # Unassigned ones stand in the middle of blocks that are invisible as a whole.
    assert changed.keys() == {"Cc", "Cf", "Cn", "Cs", "Zl", "Zp"}
    assert changed["Cc"] == {*map(chr, [*range(0x20), *range(0x7F, 0xA0)])} - {"\n", "\t"}
    assert changed["Cs"] == {*map(chr, range(0xD800, 0xE000))}
    assert changed["Cf"] >= INVISIBLE
    assert changed["Cf"].isdisjoint("\u200c\u200d\u0600\u06dd")  # two draw digits' frames


@settings(max_examples=2000, deadline=None)
@given(chunks)
def test_nothing_clean_holds_a_dangerous_character(chunks: list[str]):
    result = clean("".join(chunks))
    assert DANGEROUS.isdisjoint(result)
    result.encode()  # refuses a lone surrogate


@settings(max_examples=2000, deadline=None)
@given(chunks)
def test_cleaning_twice_changes_nothing(chunks: list[str]):
    once = clean("".join(chunks))
    assert clean(once) == once
    line = clean_line("".join(chunks))
    assert clean_line(line) == line


@settings(max_examples=2000, deadline=None)
@given(chunks)
def test_chunks_give_the_same_as_the_whole(chunks: list[str]):
    assert cleaned_in_chunks(chunks) == clean("".join(chunks))


def test_text_around_a_sequence_is_not_held_back():
    cleaner = Cleaner()
    assert [*map(cleaner.feed, ["one ", "two\x1b", "[3", "1mthree", "\r", "four"])] == [
        "one ",
        "two",
        "",
        "three",
        "",
        "\nfour",
    ]


@pytest.mark.parametrize("opening", ["\x1b]", "\x9d", "\x1b[", "\x1bP"])
def test_no_more_is_held_back_than_a_sequence_can_hold(opening: str):
    cleaner = Cleaner()
    shown = cleaner.feed(opening) + "".join(cleaner.feed("1") for _ in range(10_000))
    assert len(shown) >= 10_000 - 4096


def test_a_cleaner_starts_anew_after_its_end():
    cleaner = Cleaner()
    assert [
        cleaner.feed("a\x1b]0;b"),
        cleaner.finish(),
        cleaner.feed("c\x07"),
        cleaner.finish(),
    ] == [
        "a",
        "0;b",
        "c",
        "",
    ]


@pytest.mark.parametrize(
    "part",
    [
        "\x1b]",
        "\x9d",
        "\x1b",
        "\x1b[0",
        "\x1b]" + "a" * 4096,
        "\x1b]a\x1b",
        "\r",
        "\x1b(",
        "\u202e",
    ],
    ids=ascii,
)
def test_a_megabyte_of_unfinished_sequences_is_cleaned(part: str):
    text = part * (1_000_000 // len(part))
    assert cleaned_in_chunks([text]) == clean(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain", "plain"),
        ("a\nb\tc\rd", r"a\nb\tc\rd"),
        ("a\r\nb", r"a\r\nb"),
        ("a\u2028b", r"a\nb"),
        ("model\x1b[31m\n", r"model\n"),
        ("a\\nb", r"a\nb"),
    ],
    ids=["plain", "controls", "line end of Windows", "separator", "sequence", "backslash"],
)
def test_one_line_shows_line_ends_and_tabs(text: str, line: str):
    assert clean_line(text) == line


@pytest.mark.parametrize(
    ("text", "limit", "quoted"),
    [
        ("", 60, '""'),
        ("fast", 60, '"fast"'),
        ("a\nb\x1b[1m", 60, r'"a\nb"'),
        ("0123456789", 10, '"0123456789"'),
        ("0123456789", 9, '"0123…6789"'),
        ("0123456789", 8, '"0123…789"'),
        ("0123456789", 2, '"0…"'),
        ("0123456789", 1, '"…"'),
    ],
    ids=["empty", "short", "cleaned", "just fits", "odd", "even", "two", "one"],
)
def test_a_quote_is_one_line_and_keeps_both_ends(text: str, limit: int, quoted: str):
    assert quote(text, limit=limit) == quoted


def test_a_quote_is_of_three_hundred_characters_unless_told():
    assert quote("a" * 301) == f'"{"a" * 150}…{"a" * 149}"'


@pytest.mark.parametrize("hostile", [text for text, _ in HOSTILE.values()], ids=HOSTILE)
def test_what_is_written_out_is_harmless_and_whole(hostile: str):
    written = written_out(hostile)
    assert clean(written) == written
    assert written.count("\n") == hostile.count("\n")
    assert len(written) >= len(hostile)


def test_what_can_be_shown_is_written_as_it_is():
    assert written_out("a\tb\nc\\d é") == "a\tb\nc\\d é"
    assert written_out("a\x1b]0;rm\x07\r\u202e") == r"a\x1b]0;rm\x07\r\u202e"
