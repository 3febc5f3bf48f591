"""Mail addresses as the wire takes them: one address each, ASCII only, a domain in its DNS form."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from engine.errors import RenderError

# RFC 5321 §4.1.2 dot-string; quoted local parts are refused: no desk of a company has one, and they hide tricks.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_LONGEST_LOCAL = 64
_LONGEST_DOMAIN = 253
_LONGEST_NAME = 120
_WITH_NAME = re.compile(r'\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<name>[^<>"@]*?))\s*<(?P<address>[^<>]*)>\s*')
# The characters that IDNA 2003 (which Python knows) and IDNA 2008 (which registries use) send to different domains.
_AMBIGUOUS_IN_DOMAINS = frozenset("ßς\u200c\u200d")


class UnusableAddressError(RenderError):
    """This address cannot be written to as it stands; correct it in the books or on the customer."""

    def __init__(self, address: str, why: str) -> None:
        super().__init__(f"the address {address!r} cannot be used: {why}")
        self.address = address


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """One address and the name shown beside it."""

    address: str
    name: str = ""

    def __str__(self) -> str:
        """Give it as `parse_mailbox` reads it."""
        if not self.name:
            return self.address
        quoted = self.name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{self.address}>'


def parse_mailbox(text: str) -> Mailbox:
    """Read ``Name <address>`` or a bare address; exactly one.

    Raises UnusableAddressError.
    """
    found = _WITH_NAME.fullmatch(text)
    if found is None:
        return Mailbox(address=wire_address(text.strip()))
    name = found["name"] if found["quoted"] is None else re.sub(r"\\(.)", r"\1", found["quoted"])
    return Mailbox(address=wire_address(found["address"].strip()), name=clean_line(name, _LONGEST_NAME))


def wire_address(address: str) -> str:
    """Give an address in the form that SMTP takes, its domain in punycode.

    Raises UnusableAddressError where it is not exactly one address, or its local part is not ASCII (SMTPUTF8 is not
    used: many hosts still cannot receive it, and would bounce after we recorded the reminder as sent).
    """
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain:
        raise UnusableAddressError(address, "it needs one @ between a name and a domain")
    if not local.isascii():
        raise UnusableAddressError(address, "letters with accents before the @ cannot be delivered everywhere")
    if len(local) > _LONGEST_LOCAL or not _LOCAL.fullmatch(local):
        raise UnusableAddressError(address, "what stands before the @ is not a mailbox name (RFC 5321)")
    return f"{local}@{_wire_domain(address, domain)}"


def _wire_domain(address: str, domain: str) -> str:
    if _AMBIGUOUS_IN_DOMAINS & set(domain):
        raise UnusableAddressError(address, "its domain has a letter that leads to two domains; write its xn-- form")
    if domain.isascii():
        wire = domain
    else:
        try:
            wire = domain.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise UnusableAddressError(address, "its domain is not a domain name") from error
    labels = wire.split(".")
    whole = len(labels) > 1 or wire.lower() == "localhost"
    if not whole or len(wire) > _LONGEST_DOMAIN or not all(_LABEL.fullmatch(label) for label in labels):
        raise UnusableAddressError(address, "its domain is not a domain name")
    return wire


def is_wire_address(address: str) -> bool:
    """Tell whether an address is already as the wire takes it."""
    try:
        return wire_address(address) == address
    except UnusableAddressError:
        return False


def clean_line(text: str, longest: int) -> str:
    """Make one line of a text from the books: no line ends, control, direction or unassigned characters.

    Line ends become spaces, so that two words stay two; what is longer than `longest` characters ends in an ellipsis.
    """
    spaced = "".join(
        " " if char.isspace() or unicodedata.category(char) in {"Zl", "Zp", "Cc"} else char for char in text
    )
    # Cf holds the direction marks that make a name read backwards, Cs lone surrogates that no encoding takes.
    kept = "".join(char for char in spaced if unicodedata.category(char) not in {"Cf", "Cs", "Co", "Cn"})
    line = unicodedata.normalize("NFC", " ".join(kept.split(" "))).strip()
    line = re.sub(" {2,}", " ", line)
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
