"""Secrets: the configuration says where one is kept, never what it is."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from engine.errors import RelanceError

KEYRING_SERVICE: Final = "relance"
HOW_TO: Final = (
    "a secret is never written in the configuration: use {env: NAME} for an environment variable, {file: PATH} for a "
    "file that only you can read, or {keyring: NAME} for the desktop's keyring"
)

_ENV_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# Directories that the service manager or the container makes private to the service, whatever the file's own mode says.
_PRIVATE: Final = ("/run/secrets/", "/run/credentials/")


class SecretMissingError(RelanceError):
    """A secret is not where the configuration says it is kept."""


class SecretSource(StrEnum):
    """Where a secret is kept."""

    ENV = "env"
    FILE = "file"
    KEYRING = "keyring"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A reference to a secret; it is looked up only by `reveal`, and never shown."""

    source: SecretSource
    name: str

    @property
    def place(self) -> str:
        """Where it is kept, in words."""
        return {
            SecretSource.ENV: f"the environment variable {self.name}",
            SecretSource.FILE: f"the file {self.name}",
            SecretSource.KEYRING: f"the keyring entry {self.name} (service {KEYRING_SERVICE})",
        }[self.source]

    def reveal(self) -> str:
        """Fetch the secret; raise SecretMissingError when it is not there or empty."""
        value = {
            SecretSource.ENV: self._from_environment,
            SecretSource.FILE: self._from_file,
            SecretSource.KEYRING: self._from_keyring,
        }[self.source]()
        if not value:
            raise SecretMissingError(f"{self.place} is empty")
        return value

    def exposed(self) -> bool:
        """Tell whether a secret file can be read by other users of the machine."""
        if self.source is not SecretSource.FILE or self.name.startswith(_PRIVATE):
            return False
        try:
            return bool(Path(self.name).stat().st_mode & 0o077)
        except OSError:
            return False

    def _from_environment(self) -> str:
        value = os.environ.get(self.name)
        if value is None:
            raise SecretMissingError(f"{self.place} is not set")
        return value

    def _from_file(self) -> str:
        try:
            return Path(self.name).read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise SecretMissingError(f"{self.place} cannot be read: {error.strerror}") from None
        except ValueError:
            raise SecretMissingError(f"{self.place} is not UTF-8 text") from None

    def _from_keyring(self) -> str:
        try:
            import keyring  # noqa: PLC0415 (an optional library, and slow to load)
        except ImportError:
            raise SecretMissingError(
                f"{self.place} needs the extra `keyring`: pip install 'relance[keyring]'"
            ) from None
        try:
            value = keyring.get_password(KEYRING_SERVICE, self.name)
        except keyring.errors.KeyringError as error:
            raise SecretMissingError(f"{self.place} cannot be opened: {type(error).__name__}") from None
        if value is None:
            raise SecretMissingError(f"{self.place} does not exist")
        return value


def parse_secret(value: object, base: Path) -> Secret:
    """Read `{env: NAME}`, `{file: PATH}` or `{keyring: NAME}`; raise ValueError with the advice, which never repeats the value."""
    if not isinstance(value, dict) or len(value) != 1:
        raise ValueError(HOW_TO)
    ((source, name),) = value.items()
    if source not in list(SecretSource) or not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise ValueError(HOW_TO)
    if source == SecretSource.ENV and not _ENV_NAME.fullmatch(name):
        raise ValueError(HOW_TO)
    if source == SecretSource.FILE:
        name = str(base / name)
    return Secret(source=SecretSource(source), name=name)
