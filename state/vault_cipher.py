"""How the vault encrypts: Fernet under one key or several, each text bound to its company and provider."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from engine.errors import ConsentNeededError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class VaultKeyError(ConsentNeededError):
    """The vault's key is missing or unusable, or is not the one that encrypted this: put the right one back, or connect again."""


class VaultCipher:
    """Encrypts with the first key and decrypts with any, so that keys can be changed without connecting again.

    Keys are Fernet's: 32 bytes in URL-safe base64. Honest limit: this protects backups and copies of the file, not
    against whoever may read the key as well.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise VaultKeyError(
                "the vault's key is not usable: it must be 32 random bytes in URL-safe base64, as relance connect makes "
                "them; several are separated by spaces, the one to use first"
            ) from None
        # A key of its own for fingerprints: Fernet's is for Fernet only.
        self._marking = [hashlib.sha256(b"relance: fingerprint of a refresh token\n" + key).digest() for key in keys]

    def encrypt(self, company_id: str, provider: str, fields: Mapping[str, str]) -> bytes:
        """Encrypt fields together with whose they are."""
        plain = {**fields, "company": company_id, "provider": provider}
        return self._fernet.encrypt(json.dumps(plain).encode())

    def decrypt(self, company_id: str, provider: str, sealed: bytes) -> dict[str, str]:
        """Decrypt fields; raises VaultKeyError where the key is another or they are another company's."""
        try:
            plain = json.loads(self._fernet.decrypt(sealed))
        except InvalidToken:
            raise VaultKeyError(
                f"the access of {company_id} cannot be decrypted: put back the key of the vault that was used when it "
                f"was connected, or run: relance connect {company_id}"
            ) from None
        if plain.pop("company", None) != company_id or plain.pop("provider", None) != provider:
            raise VaultKeyError(
                f"what the vault holds for {company_id} belongs to another company or provider: the file was changed by "
                f"hand; run: relance connect {company_id}"
            )
        return {str(name): str(value) for name, value in plain.items()}

    def fingerprint(self, refresh: str) -> str:
        """Give a mark of a token that tells nothing of it."""
        return _mark(self._marking[0], refresh)

    def has_fingerprint(self, refresh: str, fingerprint: str) -> bool:
        """Tell whether a mark is this token's, under any of the keys."""
        return any(hmac.compare_digest(_mark(key, refresh), fingerprint) for key in self._marking)


def _mark(key: bytes, refresh: str) -> str:
    return hmac.new(key, refresh.encode(), hashlib.sha256).hexdigest()
