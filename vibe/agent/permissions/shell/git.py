"""What git only reads: its subcommands, their options, and configurations that run no program.

git takes the start of a long option for the whole, and an option's value from the next word for
some options only. So a value in the next word is read here as one more word, which may be no
option, and nothing that begins with `-` is taken for anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import dropwhile
from typing import Final

from vibe.agent.permissions.shell.expressions import CHECKS, git
from vibe.agent.permissions.shell.programs import by_name
from vibe.agent.permissions.shell.usage import Reading, Role, Unproven, Usage, read
from vibe.agent.permissions.shell.words import Word, Words
from vibe.clean import quote

# What these change is in `.git/config`, unless they are told to read.
_CONFIGURES: Final = frozenset(
    {"config", "remote add", "remote rename", "remote remove", "remote rm", "remote set-url"}
)
_READS_CONFIGURATION: Final = frozenset({"--get", "--get-all", "--get-regexp", "--list", "-l"})
_SHOWS_ADDRESSES: Final = frozenset({"config", "remote -v", "remote --verbose", "remote get-url"})
_BEFORE: Final = frozenset({"--no-pager", "-P", "--no-optional-locks"})  # the subcommand

# What prints contents, and which of these do so only when asked to.
_SHOWS: Final = frozenset({"grep", "diff", "show", "stash show", "log", "reflog", "stash list"})
_LOGS: Final = frozenset({"log", "reflog", "stash list"})
_PATCH: Final = re.compile(r"-[a-zA-Z]*[puLUWGSc]|--(?:p|u|full-d|cc|w|col|fun|int|bi|text)")

_DIFF = """
    -puswbRaWzrt -UMCBSGX? --patch --no-patch --stat? --numstat --shortstat --dirstat? --summary
    --compact-summary --name-only --name-status --raw --cached --staged --merge-base --color?
    --no-color --word-diff? --color-words? --minimal --patience --histogram --diff-algorithm?
    --ignore-all-space --ignore-space-change --ignore-space-at-eol --ignore-blank-lines
    --unified? --function-context --find-renames? --find-copies? --no-renames --diff-filter?
    --exit-code --quiet --check --full-index --abbrev? --pickaxe-regex --pickaxe-all
    --no-ext-diff --no-textconv --text --ignore-submodules? --inter-hunk-context? --relative?
    """
_LOG = (
    _DIFF
    + """
    -giEFPcm -nL? -# --oneline --graph --all --decorate? --no-decorate --author? --committer?
    --since? --until? --after? --before? --grep? --follow --merges --no-merges --first-parent
    --reverse --date? --format? --pretty? --abbrev-commit --no-abbrev-commit --max-count? --skip?
    --branches? --tags? --remotes? --topo-order --date-order --author-date-order --left-right
    --cherry-pick --cherry-mark --full-history --simplify-by-decoration --simplify-merges --source
    --parents --children --boundary --no-walk? --walk-reflogs --all-match --invert-grep
    --extended-regexp --fixed-strings --perl-regexp --regexp-ignore-case --relative-date --cc
    """
)
_LIST = "--sort? --format? --contains? --no-contains? --merged? --no-merged? --points-at?"

_SUBCOMMANDS: Final = by_name(
    [
        ("status", Usage(
            options="""-sbvz -u? --short --branch --porcelain? --long --untracked-files? --ignored?
            --verbose --ahead-behind --no-ahead-behind --show-stash --renames --no-renames""",
            operands="touch...")),
        ("diff", Usage(options=_DIFF, operands="touch...")),
        ("log,show,reflog show", Usage(options=_LOG, operands="touch...")),
        ("reflog,stash list", Usage(options=_LOG)),
        ("stash show", Usage(
            options=f"{_DIFF} --include-untracked --only-untracked", operands="touch...")),
        ("shortlog", Usage(
            options="-snec -# --numbered --summary --email --all --no-merges --since? --until?",
            operands="touch...")),
        ("branch", Usage(
            options=f"""-arvi {_LIST} --all --remotes --verbose --show-current --list --color?
            --no-color --column? --no-column --abbrev? --no-abbrev --ignore-case""",
            operands="text...")),
        ("tag", Usage(
            options=f"-i -n? {_LIST} --list --column? --no-column --color? --ignore-case",
            operands="text...")),
        ("remote", Usage(options="-v --verbose")),
        ("remote get-url", Usage(options="--all --push", operands="text")),
        ("config", Usage(
            options="-lz --get --get-all --get-regexp --list --null --local --name-only",
            operands="text")),
        ("rev-parse", Usage(
            options="""-q --show-toplevel --abbrev-ref? --short? --verify --quiet --git-dir
            --absolute-git-dir --git-common-dir --is-inside-work-tree --is-inside-git-dir
            --is-bare-repository --is-shallow-repository --show-prefix --show-cdup
            --show-superproject-working-tree --symbolic-full-name --all --branches? --tags?""",
            operands="touch...")),
        ("rev-list", Usage(
            options="""-n? -# --count --all --max-count? --skip? --since? --until? --author?
            --grep? --oneline --merges --no-merges --left-right --first-parent --reverse
            --parents --topo-order --date-order --branches? --tags?""",
            operands="touch...")),
        ("ls-files", Usage(
            options="""-cdmosutvzik -x? --cached --deleted --modified --others --stage --unmerged
            --killed --ignored --exclude-standard --exclude? --full-name --error-unmatch
            --directory --deduplicate --abbrev?""",
            operands="list...")),
        ("ls-tree", Usage(
            options="""-drtlz --name-only --name-status --long --full-name --full-tree
            --object-only --abbrev?""",
            operands="touch...")),
        ("blame", Usage(
            options="""-lstnfewbpc -LMC? --porcelain --line-porcelain --show-email --show-name
            --show-number --root --date? --since? --first-parent --abbrev?""",
            operands="touch...")),
        ("describe", Usage(
            options="""--tags --all --always --long --abbrev? --match? --exclude?
            --exact-match --contains --first-parent --candidates?""",
            operands="touch...")),
        ("grep", Usage(
            options="""-nHhiwvlLcoEFGPpWIaqzr -ABCem? -# --line-number --column --ignore-case
            --word-regexp --invert-match --files-with-matches --files-without-match --name-only
            --count --only-matching --extended-regexp --fixed-strings --basic-regexp
            --perl-regexp --heading --break --show-function --function-context --and --or --not
            --cached --all-match --text --quiet --full-name --null --recursive --color?
            --no-color --max-depth? --max-count? --after-context? --before-context? --context?""",
            operands="touch...")),
        ("cat-file", Usage(options="-ptse", operands="touch...")),
        ("merge-base", Usage(
            options="-a --all --is-ancestor --octopus --independent --fork-point",
            operands="touch...")),
        ("for-each-ref", Usage(options=f"{_LIST} --count? --color?", operands="text...")),
        ("show-ref", Usage(
            options="-qd -s? --heads --branches --tags --head --verify --quiet --hash? --abbrev?",
            operands="text...")),
        ("symbolic-ref", Usage(options="-q --short --quiet", operands="text")),
        ("worktree list", Usage(options="-vz --porcelain --verbose")),
        ("count-objects", Usage(options="-vH --verbose --human-readable")),
        ("check-ignore", Usage(
            options="-vnqz --verbose --non-matching --quiet --no-index", operands="list...")),
        ("version", Usage()),
    ]
)  # fmt: skip

# Where a path begins in `HEAD:src/x`, `:(top)src/x` and `:!src/x`.
_BEFORE_PATH = re.compile(r"(?:[^:]*:)+(?:\([^)]*\)|[/!^]+)?")

# Settings that run no program and reach no other place. Whatever else the configuration of a
# repository says, `core.fsmonitor` or `diff.x.textconv`, a question is asked.
_SECTION = re.compile(r'\[([\w.-]+)(?:[ \t]+"((?:[^"\\]|\\.)*)")?\]')
_SETTING = re.compile(r"([A-Za-z][\w-]*)[ \t]*(?:=[ \t]*(.*))?")
_HARMLESS = re.compile(
    r"core\.(?:repositoryformatversion|filemode|bare|logallrefupdates|ignorecase|precomposeunicode"
    r"|symlinks|autocrlf|eol|safecrlf|quotepath|abbrev|untrackedcache|preloadindex|longpaths)"
    r"|remote\.(?:url|pushurl|fetch|push|tagopt|prune|mirror|skipdefaultupdate)"
    r"|branch\.(?:remote|merge|rebase|description|pushremote|vscode-merge-base|gh-merge-base)"
    r"|user\.(?:name|email)|push\.\w+|pull\.\w+|fetch\.prune\w*|init\.defaultbranch"
    r"|color\.\w+|gui\.\w+|rerere\.enabled|extensions\.objectformat"
    r"|lfs\.(?:repositoryformatversion|access)"
)


def read_by_git(arguments: Words) -> Iterator[tuple[Word, Role]]:
    """What it reads, in a repository whose configuration `runs_nothing`."""
    rest = tuple(dropwhile(lambda word: word.text in _BEFORE, arguments))
    name = next((each for each in _subcommands(rest) if each in _SUBCOMMANDS), None)
    if name is None:
        raise Unproven(f"{quote(' '.join(_subcommands(rest)[-1:]))} is not known to only read")
    reading = read(rest[len(name.split()) :], _SUBCOMMANDS[name])
    check = _config if name == "config" else CHECKS.get(f"git {name}", git)
    if problem := check(reading):
        raise Unproven(problem)
    for word, role in reading.operands:
        for text in _paths_in(word.text) if role == "touch" else (word.text,):
            yield Word(text=text, shape=word.shape), role
    for value in filter(None, (option.value for option in reading.options)):
        for text in _paths_in(value):
            yield Word(text=text), "touch"


def shows_contents(arguments: Words) -> bool:
    """Whether it prints what files hold that nobody has named."""
    rest = tuple(dropwhile(lambda word: word.text in _BEFORE, arguments))
    if _SHOWS.isdisjoint(_subcommands(rest)):
        return False
    is_log = not _LOGS.isdisjoint(_subcommands(rest))
    return not is_log or any(_PATCH.match(word.text) for word in rest)


def shows_addresses(arguments: Words) -> bool:
    """Whether it prints the addresses of remotes, which may have passwords in them."""
    rest = tuple(dropwhile(lambda word: word.text in _BEFORE, arguments))
    return not _SHOWS_ADDRESSES.isdisjoint(_subcommands(rest))


def configures(arguments: Words) -> bool:
    """Whether it writes `.git/config`."""
    is_read = any(word.text in _READS_CONFIGURATION for word in arguments)
    return not is_read and not _CONFIGURES.isdisjoint(_subcommands(arguments))


def _config(reading: Reading) -> str | None:
    if reading.has("-l --list --get-regexp"):
        return None if reading.has("--local") else "without --local it shows your own configuration"
    if not reading.has("--get --get-all"):
        return "it may write"
    section, _, rest = "".join(reading.texts()).partition(".")
    setting = f"{section}.{rest.rpartition('.')[2]}".lower()
    return None if _HARMLESS.fullmatch(setting) else f"what {quote(setting)} holds is not known"


def _subcommands(words: Words) -> tuple[str, ...]:
    """The first two words, and the first."""
    texts = [word.text for word in words]
    return (" ".join(texts[:2]), *texts[:1])


def _paths_in(word: str) -> tuple[str, ...]:
    """What it may stand for: as it is, and behind a commit or a magic sign."""
    begins = _BEFORE_PATH.match(word)
    return (word, word[begins.end() :]) if begins else (word,)


def runs_nothing(configuration: str) -> bool:
    """Whether git, reading, starts no program that this configuration of a repository names."""
    section = ""
    for line in (each.strip(" \t\r") for each in configuration.split("\n")):
        if not line or line[0] in "#;":
            continue
        if line.endswith("\\"):
            return False
        if head := _SECTION.fullmatch(line):
            section = head[1].lower()
            continue
        setting = _SETTING.fullmatch(line)
        if not setting or not _HARMLESS.fullmatch(f"{section}.{setting[1].lower()}"):
            return False
    return True
