"""Where the key of the vault lies: configuration, systemd credential, environment, else a file of the user's own."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from relance.config.secrets import SecretMissingError
from state.vault_cipher import VaultKeyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relance.config.secrets import Secret

CREDENTIAL: Final = "relance-vault-key"
VARIABLE: Final = "RELANCE_VAULT_KEY"
_FILE: Final = Path("relance") / "vault.key"


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultKeys:
    """The keys, the one that encrypts first, and in words where they lie."""

    keys: tuple[bytes, ...] = field(repr=False)
    place: str


def vault_keys(configured: Secret | None, environment: Mapping[str, str]) -> VaultKeys | None:
    """Fetch the keys from the first place that is in use, None where none is; raises VaultKeyError.

    1. What the configuration says (vault.key). 2. The systemd credential. 3. The environment. 4. The user's own file.
    """
    if configured is not None:
        return _configured(configured)
    credentials = environment.get("CREDENTIALS_DIRECTORY")
    if credentials and (path := Path(credentials) / CREDENTIAL).is_file():
        # systemd opens it to the service by an access list, which shows as rights of the group.
        return VaultKeys(keys=_split(_read(path, forbidden=0o007), str(path)), place=str(path))
    if text := environment.get(VARIABLE):
        return VaultKeys(keys=_split(text, f"${VARIABLE}"), place=f"${VARIABLE}")
    own = key_file(environment)
    if own is not None and own.is_file():
        return VaultKeys(keys=_split(_read(own, forbidden=0o077), str(own)), place=str(own))
    return None


def key_file(environment: Mapping[str, str]) -> Path | None:
    """Say where the user's own key file lies, or would; None for a user without a home."""
    configured = environment.get("XDG_CONFIG_HOME", "")
    # The XDG specification has relative paths ignored.
    if configured.startswith("/"):
        return Path(configured) / _FILE
    home = environment.get("HOME", "")
    return Path(home) / ".config" / _FILE if home.startswith("/") else None


def make_key_file(environment: Mapping[str, str]) -> VaultKeys:
    """Make the user's own key file, for its owner alone; raises VaultKeyError where it cannot be made."""
    from cryptography.fernet import Fernet  # noqa: PLC0415 (slow to load, and made once in a lifetime)

    path = key_file(environment)
    if path is None:
        raise VaultKeyError(
            f"there is no place for a key of the vault: set vault.key in the configuration, or ${VARIABLE}"
        )
    key = Fernet.generate_key()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(handle, key + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise VaultKeyError(
            f"the key of the vault cannot be made at {path} ({error.strerror}): set vault.key in the configuration, or ${VARIABLE}"
        ) from None
    return VaultKeys(keys=(key,), place=str(path))


def missing_key(environment: Mapping[str, str]) -> VaultKeyError:
    """Say that the vault holds something and its key is nowhere."""
    own = key_file(environment)
    return VaultKeyError(
        f"the key of the vault is missing: looked for the credential {CREDENTIAL}, ${VARIABLE} and {own}; put it back, or say "
        "where it is by vault.key. If it is lost for good, make another (docs/configuration.md, The vault) and connect each "
        "company again"
    )


def _configured(secret: Secret) -> VaultKeys:
    if secret.exposed():
        raise VaultKeyError(f"{secret.place} can be read by other users of this machine: chmod 600")
    try:
        text = secret.reveal()
    except SecretMissingError as error:
        raise VaultKeyError(f"the key of the vault (vault.key): {error}") from None
    return VaultKeys(keys=_split(text, secret.place), place=secret.place)


def _read(path: Path, *, forbidden: int) -> str:
    try:
        if path.stat().st_mode & forbidden:
            raise VaultKeyError(f"{path} can be read by other users of this machine: chmod 600")
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise VaultKeyError(f"the key of the vault cannot be read from {path}: {error.strerror}") from None
    except ValueError:
        raise VaultKeyError(f"{path} holds no key of a vault") from None


def _split(text: str, place: str) -> tuple[bytes, ...]:
    words = text.replace(",", " ").split()
    if not words or not text.isascii():
        raise VaultKeyError(f"{place} holds no key of a vault")
    return tuple(word.encode("ascii") for word in words)
