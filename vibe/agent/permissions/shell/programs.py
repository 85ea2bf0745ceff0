"""The table of programs that only read, with the options that leave it so, and of a few that write.

An option stands here if neither it nor what follows it can write, run a program, follow the links
below a folder or talk to a network, in GNU, BSD and busybox alike. One left out costs a question.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from vibe.agent.permissions.shell.usage import Usage


def by_name(table: Iterable[tuple[str, Usage]]) -> Mapping[str, Usage]:
    return {name: usage for names, usage in table for name in names.split(",")}


_GREP = Usage(
    options="""
    -nrhHiyIwxvclLoqsEFPGabTZz -ABCme: -f< -#
    --recursive --line-number --no-filename --with-filename --ignore-case --no-ignore-case
    --word-regexp --line-regexp --invert-match --count --files-with-matches
    --files-without-match --only-matching --quiet --silent --no-messages --extended-regexp
    --fixed-strings --perl-regexp --basic-regexp --text --byte-offset --initial-tab --null
    --after-context: --before-context: --context: --max-count: --regexp: --file<
    --include: --exclude: --exclude-dir: --binary-files: --color? --colour?
    """,
    operands="text read...",
    deep="-r --recursive",
    instead="-e --regexp -f --file",
    leading="tree",
)
_RG = Usage(
    options="""
    -cFHIilnNopPqsSUvwxau0. -ABCmegtTrMjdE: -f<
    --files --type-list --hidden --no-ignore --no-ignore-vcs --unrestricted --count
    --count-matches --files-with-matches --files-without-match --json --stats --heading
    --no-heading --line-number --no-line-number --no-filename --with-filename --column --trim
    --multiline --multiline-dotall --pcre2 --vimgrep --smart-case --ignore-case
    --case-sensitive --fixed-strings --word-regexp --line-regexp --only-matching
    --invert-match --text --null --crlf --pretty --passthru --quiet --no-config --no-messages
    --max-columns-preview --glob: --iglob: --type: --type-not: --after-context:
    --before-context: --context: --max-count: --regexp: --file< --sort: --sortr: --color:
    --colors: --max-depth: --replace: --max-columns: --threads: --engine: --max-filesize:
    """,
    operands="text visible...",
    default="visible",
    deep="-u -. --unrestricted --hidden",
    instead="-e --regexp -f --file --files --type-list",
)
_FD = Usage(
    options="""
    -HIsigFap0u1 -tedEcj: --hidden --no-ignore --case-sensitive --ignore-case --glob
    --fixed-strings --absolute-path --full-path --print0 --unrestricted --type: --extension:
    --max-depth: --exclude: --color: --threads:
    """,
    operands="text list...",
    default="list",
)
_DIFF = Usage(
    options="""
    -abBcdeiNnpqstTuwyZE -CUWIxF: --unified? --context? --brief --new-file
    --report-identical-files --ignore-all-space --ignore-space-change --ignore-blank-lines
    --ignore-case --ignore-trailing-space --ignore-tab-expansion --side-by-side --minimal
    --suppress-common-lines --strip-trailing-cr --text --expand-tabs --width: --color?
    --exclude: --label: --show-function-line: --show-c-function --ignore-matching-lines:
    """,
    operands="followed followed",  # of folders it compares the files, and what links lead to
)
_LS = Usage(
    options="""
    -aAbBcCdfFgGhHiklmnNopqQrRsStuUvxXZ1 --all --almost-all --author --escape --directory
    --human-readable --inode --no-group --numeric-uid-gid --literal --quote-name --reverse
    --recursive --size --full-time --group-directories-first --si --context --classify?
    --color? --file-type --hyperlink? --format: --sort: --time: --time-style: --hide:
    --ignore: --indicator-style: --quoting-style: --width: --block-size:
    """,
    operands="list...",
    default="list",
    leading="list",
)
_SORT = Usage(
    options="""
    -bdfghimMnRrVcCsuz -kt: --ignore-leading-blanks --dictionary-order --ignore-case
    --general-numeric-sort --ignore-nonprinting --month-sort --human-numeric-sort
    --numeric-sort --random-sort --reverse --version-sort --check? --debug --merge --stable
    --unique --zero-terminated --key: --field-separator: --sort:
    """,
    operands="read...",
)
_DU = Usage(
    options="""
    -0abchHklmsSx -dtB: --all --apparent-size --bytes --total --human-readable --si
    --count-links --null --separate-dirs --summarize --one-file-system --max-depth:
    --threshold: --block-size: --exclude: --time? --time-style:
    """,
    operands="list...",
    default="list",
    leading="tree",
)
_JQ = Usage(
    options="""
    -rcsnSejaMC --raw-output --compact-output --slurp --null-input --sort-keys --exit-status
    --join-output --ascii-output --monochrome-output --color-output --tab --raw-input
    --indent+
    """,
    operands="text read...",
)
_SUMS = Usage(options="-bt --binary --text --tag --zero", operands="read...")

READERS: Final = by_name(
    [
        ("cat", Usage(
            options="""-AbeEnstTuv --number --number-nonblank --show-all --show-ends --show-tabs
            --show-nonprinting --squeeze-blank""",
            operands="read...", leading="read")),
        ("head,tail", Usage(
            options="-qvz -cn: -# --lines: --bytes: --quiet --silent --verbose --zero-terminated",
            operands="read...", leading="read")),
        ("wc", Usage(
            options="-clmLw --bytes --chars --lines --words --max-line-length",
            operands="read...", leading="tree")),
        ("nl", Usage(
            options="""-p -bdfhilnsvw: --body-numbering: --header-numbering: --number-format:
            --number-separator: --number-width: --starting-line-number: --no-renumber""",
            operands="read...")),
        ("tac", Usage(options="-br -s: --before --regex --separator:", operands="read...")),
        ("rev", Usage(operands="read...")),
        ("cut", Usage(
            options="""-nsz -bcdf: --bytes: --characters: --delimiter: --fields: --complement
            --only-delimited --output-delimiter: --zero-terminated""",
            operands="read...")),
        ("tr", Usage(
            options="-cCdst --complement --delete --squeeze-repeats --truncate-set1",
            operands="text text")),
        ("sort", _SORT),
        ("uniq", Usage(
            options="""-cdDuiz -fsw: --count --repeated --all-repeated? --unique --ignore-case
            --skip-fields: --skip-chars: --check-chars: --group? --zero-terminated""",
            operands="read", in_order=True)),  # the second would be written
        ("comm", Usage(
            options="-123z --check-order --nocheck-order --output-delimiter: --total",
            operands="read read")),
        ("paste", Usage(options="-sz -d: --delimiters: --serial", operands="read...")),
        ("fold", Usage(options="-bs -w: --bytes --spaces --width:", operands="read...")),
        ("expand,unexpand", Usage(options="-ai -t: --tabs: --initial", operands="read...")),
        ("column", Usage(options="-tx -sc: --table --separator:", operands="read...")),
        ("od", Usage(
            options="""-abcdfilosxv -AjNt: -w? --address-radix: --format: --read-bytes:
            --skip-bytes: --output-duplicates --width?""",
            operands="read...")),
        ("hexdump,hd", Usage(options="-bcCdovx -ns:", operands="read...")),
        ("xxd", Usage(options="-abeEipu -cglos:", operands="read", in_order=True)),  # likewise
        ("strings", Usage(options="-a -ntT: -# --all --bytes: --radix:", operands="read...")),
        ("file", Usage(
            options="""-bhikLN0 -F: --brief --mime --mime-type --mime-encoding --dereference
            --no-dereference --keep-going --separator:""",
            operands="read...")),
        ("stat", Usage(
            options="-Lft -c: --format: --printf: --dereference --terse --file-system",
            operands="list...", leading="list")),
        ("readlink", Usage(
            options="""-fenmqsvz --canonicalize --canonicalize-existing --canonicalize-missing
            --no-newline --quiet --silent --verbose --zero""",
            operands="list...")),
        ("realpath", Usage(
            options="""-emLPqsz --canonicalize-existing --canonicalize-missing --logical
            --physical --quiet --no-symlinks --strip --zero --relative-to: --relative-base:""",
            operands="list...")),
        ("basename", Usage(options="-az -s: --multiple --suffix: --zero", operands="text...")),
        ("dirname", Usage(options="-z --zero", operands="text...")),
        ("df", Usage(
            options="""-ahHikPT -Bt: --all --human-readable --si --inodes --local --portability
            --print-type --total --output? --type: --block-size:""",
            operands="list...")),
        ("tree", Usage(  # it reads on in the same word after an option with a value
            options="""-adfpshugDFiNQrtUvxACSJX -LPI+ --dirsfirst --noreport --prune --gitignore
            --du --inodes --device --si""",
            operands="list...", default="list")),
        ("du", _DU),
        ("md5sum,sha1sum,sha224sum,sha256sum,sha384sum,sha512sum,b2sum", _SUMS),
        ("cmp", Usage(
            options="-bls -in: --print-bytes --verbose --quiet --silent --bytes: --ignore-initial:",
            operands="read read text text")),
        ("diff", _DIFF),
        ("sed", Usage(
            options="""-nEr -e: --quiet --silent --regexp-extended --expression:""",
            operands="text read...", instead="-e --expression")),
        ("grep,egrep,fgrep", _GREP),
        ("rg", _RG),
        ("fd,fdfind", _FD),
        ("ls", _LS),
        ("jq", _JQ),
        ("pwd", Usage(options="-LP")),
        ("which", Usage(options="-as", operands="text...")),
        ("type", Usage(options="-aftpP", operands="text...")),
        ("seq", Usage(
            options="-w -fs: -# --equal-width --format: --separator:", operands="text text text")),
        ("date", Usage(
            options="-uR -I? -d: --date: --utc --universal --iso-8601? --rfc-3339: --rfc-email",
            operands="text")),
        ("uname", Usage(
            options="""-asnrvmpio --all --kernel-name --nodename --kernel-release
            --kernel-version --machine --processor --operating-system""")),
        ("id", Usage(options="-unGgrz --user --group --groups --name --real --zero")),
        ("nproc", Usage(options="--all --ignore:")),
        ("uptime", Usage(options="-ps --pretty --since")),
        ("free", Usage(options="-bkmghtwl --human --total --wide --mebi --gibi --kibi")),
        ("whoami,arch,tty,hostname", Usage()),
        ("true,false,:,echo", Usage(operands="text...", free=True)),
        ("printf", Usage(operands="text...")),
        ("command", Usage(options="-vV", operands="text...")),  # without these it is a wrapper
    ]
)  # fmt: skip

# Nothing else is known of these, not even what they do without a word.
VERSIONED: Final = frozenset({"python", "python3", "node", "gcc", "g++", "make", "git"})

WRITERS: Final = by_name(
    [
        ("mkdir", Usage(
            options="-pv -m: --parents --verbose --mode:", operands="write...")),
        ("touch", Usage(
            options="-acm -dt: --no-create --date: --time:", operands="write...")),
        ("rm", Usage(
            options="""-dfirRvI --force --recursive --dir --verbose --interactive?
            --one-file-system --preserve-root?""",
            operands="write...")),
        ("rmdir", Usage(
            options="-pv --parents --verbose --ignore-fail-on-non-empty", operands="write...")),
        ("tee", Usage(options="-ai --append --ignore-interrupts", operands="write...")),
        ("cp", Usage(
            options="""-aflnpPrRTuvx --archive --force --no-clobber --recursive --update?
            --verbose --preserve? --no-target-directory --no-dereference --link""",
            operands="tree...")),
        ("mv", Usage(
            options="-finTuv --force --no-clobber --interactive --update? --verbose",
            operands="write...")),
    ]
)  # fmt: skip
