"""The address of each provider, judged letter by letter: HTTP libraries accept most mistakes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from vibe.clean import quote
from vibe.config.checks.subject import Subject
from vibe.config.codes import Code
from vibe.config.malformed import quoted
from vibe.config.nearest import nearest
from vibe.config.problem import Problem, problem
from vibe.config.scan import Path
from vibe.domain.model import Backend

_PARTS = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):)?(?P<slashes>/*)(?:(?P<user>[^/?#]*)@)?"
    r"(?P<host>\[[^\]/?#]*\]|[^:/?#]*)(?::(?P<port>[^/?#]*))?(?P<path>[^?#]*)(?P<query>[?#].*)?",
    re.DOTALL,
)
_LABEL = r"(?!-)[A-Za-z0-9_\u00a1-\uffff-]{1,63}(?<!-)"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9A-Fa-f:.]+(?:%25[\w.-]+)?\]")
_SLIP = re.compile(r"(?:(https?)(?:[:;]+/*|/+))+", re.IGNORECASE)
_ENDPOINT = re.compile(r"/(?:chat/completions|completions|messages|responses|embeddings|models)/*$")
_LOOPBACK = re.compile(r"localhost|127(?:\.\d{1,3}){3}|\[::1\]|.*\.localhost", re.IGNORECASE)


class Address(Struct, frozen=True, kw_only=True):
    """The parts of an address, as written."""

    scheme: str
    user: str | None
    host: str
    port: str | None
    path: str
    query: str

    @property
    def is_loopback(self) -> bool:
        return _LOOPBACK.fullmatch(self.host) is not None

    def text(self) -> str:
        """The address without what does not belong into one."""
        port = f":{self.port}" if self.port and _valid_port(self.port) else ""
        return f"{self.scheme}://{self.host}{port}{_ENDPOINT.sub('', self.path)}"


class AddressFlaw(Struct, frozen=True, kw_only=True):
    code: Code
    message: str
    help: str
    corrected: str | None


def check_addresses(subject: Subject) -> Iterator[Problem]:
    for index, provider in enumerate(subject.settings.providers):
        path: Path = ("providers", index, "api_base")
        if not provider.api_base or not subject.holds(path):
            continue
        flaws = judge(
            provider.api_base, backend=provider.backend, sends_key=bool(provider.api_key_env_var)
        )
        for flaw in flaws:
            yield problem(
                flaw.code,
                subject.spot(path),
                flaw.message,
                help=flaw.help,
                edits=subject.rewritten(path, quoted(flaw.corrected)) if flaw.corrected else (),
            )


def judge(text: str, *, backend: Backend, sends_key: bool) -> Iterator[AddressFlaw]:
    """What is wrong with the address `text`: the first error, or else every warning."""
    address, flaw = _read(text)
    if flaw is not None:
        yield flaw
        return
    base = address.text()
    if backend != "azure" and address.path in ("", "/"):
        corrected = base.rstrip("/") + "/v1"
        yield AddressFlaw(
            code=Code.URL_NO_VERSION,
            message=f"api_base usually ends in /v1: {quote(corrected)}",
            help="leave it so only if the server has its API at the root",
            corrected=corrected,
        )
        base = corrected
    if address.scheme == "http" and sends_key and not address.is_loopback:
        yield AddressFlaw(
            code=Code.URL_UNENCRYPTED,
            message=f"the key would be sent unencrypted to {quote(address.host)}",
            help="use https://",
            corrected="https" + base.removeprefix("http"),
        )


def is_on_this_machine(text: str) -> bool:
    address, _ = _read(text)
    return address.is_loopback


def _read(text: str) -> tuple[Address, AddressFlaw | None]:
    compact = re.sub(r"[\s\\]+", lambda found: "/" if "\\" in found[0] else "", text)
    slip = _SLIP.match(compact)
    if slip and slip[0].lower() not in ("http://", "https://"):
        straight = f"{slip[1].lower()}://{compact[slip.end() :]}"
        address, flaw = _read(straight)
        return address, flaw or _broken_start(straight)
    found = _PARTS.fullmatch(compact)
    parts = found.groupdict() if found else {}
    scheme = parts.get("scheme")
    if scheme is not None and not parts.get("slashes"):
        # "localhost:8080/v1" reads as a scheme called localhost, "me:word@host" as one called me
        return _read("//" + compact)[0], _no_scheme(text, compact)
    address = Address(
        scheme=(scheme or "").lower(),
        user=parts.get("user"),
        host=parts.get("host") or "",
        port=parts.get("port"),
        path=parts.get("path") or "",
        query=parts.get("query") or "",
    )
    if scheme is None:
        return address, _no_scheme(text, compact)
    return address, _flaw(address, is_compact=compact == text)


def _broken_start(straight: str) -> AddressFlaw:
    return AddressFlaw(
        code=Code.URL_SCHEME,
        message="the https:// at the start of api_base is not written rightly",
        help=f"write {quote(straight)}",
        corrected=straight,
    )


def _no_scheme(text: str, compact: str) -> AddressFlaw:
    rest = compact.lstrip("/")
    host = re.split(r"[:/]", rest)[0]
    corrected = ("http://" if _LOOPBACK.fullmatch(host) else "https://") + rest
    hidden = "@" in rest
    return AddressFlaw(
        code=Code.URL_SCHEME,
        message="api_base must begin with https:// or http://"
        + ("" if hidden else f", not {quote(text)}"),
        help="" if hidden else f"write {quote(corrected)}",
        corrected=re.sub(r"//[^/]*@", "//", corrected),
    )


def _flaw(address: Address, *, is_compact: bool) -> AddressFlaw | None:
    """The first mistake in the parts of an address."""
    base = address.text()
    if address.user is not None:
        return AddressFlaw(
            code=Code.URL_CREDENTIALS,
            message="api_base contains a user name or password; value hidden",
            help=f"write {quote(base)}; the key goes into the variable of api_key_env_var",
            corrected=base,
        )
    if address.scheme not in ("http", "https"):
        return _foreign_scheme(address)
    if not is_compact or not _is_host(address.host):
        return AddressFlaw(
            code=Code.URL_INVALID,
            message="api_base names no valid host"
            if is_compact
            else "api_base holds a blank or a backslash",
            help="write the whole address, as https://api.mistral.ai/v1",
            corrected=None if is_compact else base,
        )
    if address.port is not None and not _valid_port(address.port):
        return AddressFlaw(
            code=Code.URL_PORT,
            message=f"{quote(address.port)} is no port; ports go from 1 to 65535",
            help=f"write {quote(base)}, or the right port after the colon",
            corrected=base,
        )
    if address.query:
        return AddressFlaw(
            code=Code.URL_QUERY,
            message=f"api_base may not contain {address.query[0]}…: paths are appended to it",
            help=f"write {quote(base)}; Azure's version goes into api_version",
            corrected=base,
        )
    if _ENDPOINT.search(address.path):
        return AddressFlaw(
            code=Code.URL_ENDPOINT,
            message="api_base is the address of one endpoint; vibe appends such paths itself",
            help=f"write {quote(base)}",
            corrected=base,
        )
    return None


def _foreign_scheme(address: Address) -> AddressFlaw:
    is_slip = nearest(address.scheme, ("https", "http")) is not None
    scheme = "http" if address.is_loopback else "https"
    corrected = f"{scheme}{address.text()[len(address.scheme) :]}" if is_slip else None
    return AddressFlaw(
        code=Code.URL_SCHEME,
        message=f"api_base must begin with https:// or http://, not {quote(address.scheme)}:",
        help=f"write {quote(corrected)}" if corrected else "name the API of a server",
        corrected=corrected,
    )


def _is_host(host: str) -> bool:
    if re.fullmatch(r"[0-9.]+", host):
        numbers = host.split(".")
        return len(numbers) == 4 and all(each and int(each[:4]) <= 255 for each in numbers)
    return _HOST.fullmatch(host) is not None


def _valid_port(port: str) -> bool:
    return port.isascii() and port.isdigit() and len(port) <= 5 and 1 <= int(port) <= 65_535
