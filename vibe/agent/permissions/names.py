"""Which paths hold secrets, which are never written without a question, and what lies inside.

Decided by name: paths are compared as text, in normal form and without regard to case. What a link
leads to is for whoever looks at the files.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase, translate
from posixpath import join, normpath
from typing import TypeAlias

from vibe.agent.permissions.values import DEEP, Access, Doubtful, Surroundings, Use

Parts: TypeAlias = tuple[str, ...]

# A file or a folder of such a name holds secrets, wherever it is.
_SECRET_NAMES = (
    ".env*", "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "*.pem", "*.key", "*.p12", "*.pfx",
    "*.ppk", "*.jks", "*.keystore", "*.kdbx", "*.tfstate", "*.tfvars", ".netrc", "_netrc",
    ".npmrc", ".pypirc", ".pgpass", ".my.cnf", ".git-credentials", ".htpasswd", ".dockercfg",
    ".boto", ".s3cfg", ".vault-token", "kubeconfig", "credentials", "credentials.json",
    "credentials.toml", "credentials.y*ml", "secrets.json", "secrets.toml", "secrets.y*ml",
    "service-account*.json", ".*_history", ".ssh", ".aws", ".azure", ".gnupg", ".password-store",
)  # fmt: skip
_SECRET = re.compile("|".join(map(translate, _SECRET_NAMES)))
_SECRET_AT_HOME = (
    ".ssh", ".aws", ".azure", ".gnupg", ".docker", ".kube", ".netrc", ".config/gh",
    ".config/gcloud", ".config/op", ".config/google-chrome", ".mozilla", ".local/share/keyrings",
    "Library/Keychains",
)  # fmt: skip
PROTECTED_NAMES = (
    ".git/hooks", ".git/config", ".vibe", "AGENTS.md", ".mcp.json", ".vscode", ".idea",
    # What a shell, readline or git reads when it starts.
    ".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases", ".profile",
    ".zshrc", ".zshenv", ".zprofile", ".zlogin", ".zlogout", ".kshrc", ".cshrc", ".tcshrc",
    ".login", ".xprofile", ".xsessionrc", ".inputrc", ".gitconfig",
)  # fmt: skip
_PROTECTED_AT_HOME = (".config/fish", ".config/git", ".config/nushell")
# Below a `.git`, at any depth: of worktrees and submodules too. `commondir` says where the rest is.
_PROTECTED_OF_GIT = frozenset({"hooks", "config", "config.worktree", "commondir"})
_ALWAYS_FREE = frozenset({"/dev/null"})
_NO_FILES = ("/proc", "/sys", "/dev")


def is_inside(access: Access, root: str) -> bool:
    """Whether it stays in the folder `root`, read as text."""
    if access.path in _ALWAYS_FREE:
        return True
    if access.is_pattern and any(map(_may_be_the_parent, access.path.split("/"))):
        return False
    path = normpath(access.path)
    if root == "/" and path.startswith(_NO_FILES):
        return False
    return path == root or path.startswith(root.rstrip("/") + "/")


def named_secret(path: str, around: Surroundings) -> bool:
    """Whether its name says so, as that of `~/.ssh/config` or `deploy/.env.production` does."""
    parts, root = folded(path), folded(around.root)
    below = parts[len(root) :] if leads_to(root, parts) else parts
    if parts[1:2] == ("proc",) and "environ" in parts:
        return True
    if any(map(_SECRET.fullmatch, below)):
        return True
    return any(leads_to(secret, parts) for secret in _under_home(around, _SECRET_AT_HOME))


def is_name_of_secret(name: str) -> bool:
    """The same of one file or folder, wherever it is."""
    return any(map(_SECRET.fullmatch, folded(name)))


def is_secret(access: Access, around: Surroundings) -> bool:
    """Whether it would use what is known to hold secrets, for more than its name."""
    if access.use == "list":
        return False
    parts = folded(access.path)
    return named_secret(access.path, around) or any(
        leads_to(secret, parts) or (len(parts) == len(secret) and leads_to(parts, secret))
        for secret in _known(around)
    )


def may_find_secrets(access: Access, around: Surroundings) -> bool:
    """Whether secrets lie, or may lie, among the many files that it would read."""
    is_deep = access.use in DEEP
    if access.use == "list" or not (is_deep or access.is_pattern):
        return False
    if around.secrets is None:
        return True
    if access.use == "tracked":
        known = map(folded, around.tracked)
    else:
        known = (*_known(around), *_under_home(around, _SECRET_AT_HOME))
    top = folded(access.path)
    return is_deep and any(_is_read(secret, top, access.use, around) for secret in known)


def doubtful_among(access: Access, around: Surroundings) -> Iterator[Doubtful]:
    """Of the many files that it would read, those that are not read unasked."""
    if access.use not in DEEP:
        return
    top = folded(access.path)
    for each in around.doubtful:
        is_meant = each.is_tracked if access.use == "tracked" else not each.is_link
        path = folded(each.path)
        if (is_meant or access.use == "followed") and _is_read(path, top, access.use, around):
            yield each


def _is_read(path: Parts, top: Parts, use: Use, around: Surroundings) -> bool:
    """Whether it is, or lies below, `top`, and is not passed over for its name."""
    if not leads_to(top, path):
        return False
    hidden = (part for part in path[len(top) :] if part.startswith("."))
    return use != "visible" or all(
        any(fnmatchcase(part, pattern) for pattern in around.unhidden) for part in hidden
    )


def _known(around: Surroundings) -> Iterator[Parts]:
    return map(folded, (*(around.secrets or ()), *around.keyed))


def is_protected(access: Access, around: Surroundings) -> bool:
    """Whether writing there, or taking it away, would change what is never changed unasked."""
    parts = folded(access.path)
    if _is_of_git(parts, access) or any(
        _goes_through(parts, folded(each)) for each in PROTECTED_NAMES
    ):
        return True
    own = [*map(folded, around.protected), *_under_home(around, _PROTECTED_AT_HOME)]
    names = [folded(join(around.root, name)) for name in PROTECTED_NAMES]
    above = [*own, *names, folded(around.root), *_under_home(around, ("",))]
    return any(leads_to(parts, path) for path in above) or any(
        leads_to(path, parts) for path in own
    )


def leads_to(above: Parts, path: Parts) -> bool:
    """Whether `path` is `above` or below it; a part of `above` may be a pattern, as in bash."""
    return len(above) <= len(path) and all(
        part == pattern or (fnmatchcase(part, pattern) and part[:1] + pattern[:1] not in _HIDDEN)
        for part, pattern in zip(path, above, strict=False)
    )


_HIDDEN = frozenset({".*", ".?", ".["})  # a leading dot is matched by a dot alone


def _is_of_git(parts: Parts, access: Access) -> bool:
    if ".git" not in parts:
        return False
    below = parts[parts.index(".git") + 1 :]
    return not below or access.is_pattern or not _PROTECTED_OF_GIT.isdisjoint(below)


def _goes_through(parts: Parts, name: Parts) -> bool:
    return any(parts[at : at + len(name)] == name for at in range(len(parts)))


def _may_be_the_parent(pattern: str) -> bool:
    """Older bashes find `..` by `.*`."""
    return pattern.startswith(".") and pattern != ".." and fnmatchcase("..", pattern)


def _under_home(around: Surroundings, names: Iterable[str]) -> tuple[Parts, ...]:
    return () if around.home is None else tuple(folded(join(around.home, name)) for name in names)


def plain(path: str) -> str:
    """In normal form, and of letters that are made of several the one."""
    return unicodedata.normalize("NFC", normpath(path))


def folded(path: str) -> Parts:
    """Without regard to case, and to letters that a file system may take for one another."""
    if path.isascii():
        return tuple(normpath(path).rstrip("/").lower().split("/"))
    bare = "".join(each for each in normpath(path).rstrip("/") if not _is_unseen(each))
    for _ in range(2):  # what is folded may have to be put into normal form again
        bare = unicodedata.normalize("NFKC", bare).casefold()
    return tuple(bare.split("/"))


def _is_unseen(character: str) -> bool:
    return character > "~" and unicodedata.category(character) == "Cf"
