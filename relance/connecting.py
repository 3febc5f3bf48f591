"""The connections of an installation: a company's app at its provider, the vault, the keeper of its tokens."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

from connectors.oauth import PROVIDERS, App
from connectors.oauth_lock import FileLock
from connectors.tokens import TokenKeeper
from engine.errors import ConsentNeededError, RelanceError
from engine.kinds import Channel
from relance.config.schema_books import CsvBooks, FecBooks, QuickBooksBooks, SageBooks, XeroBooks
from relance.config.secrets import SecretMissingError
from relance.vault_key import missing_key, vault_keys
from state.vault import VAULT, Vault

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from connectors.tokens import TokenStore
    from relance.config import CompanyConfig, Config
    from relance.config.schema_books import CloudBooks
    from relance.config.secrets import Secret
    from relance.installation import Installation
    from state.vault import Overview


class NotConnectableError(RelanceError):
    """The company's books are a file, or of a connector that keeps its own keys: there is nothing to connect."""


def cloud_books(company: CompanyConfig) -> CloudBooks:
    """Give what the configuration says of a company's books at a provider; raises NotConnectableError for a file."""
    if isinstance(company.books, XeroBooks | QuickBooksBooks | SageBooks):
        return company.books
    what = "files" if isinstance(company.books, FecBooks | CsvBooks) else "books, whose connector keeps its own keys"
    raise NotConnectableError(
        f"the books of {company.company_id} are {company.books.provider} {what}: there is nothing to connect"
    )


def app_of(config: Config, company: CompanyConfig) -> App:
    """Give a company's app at its provider, with the addresses and scopes of the configuration."""
    books = cloud_books(company)
    own = PROVIDERS[books.provider]
    # A stand-in's tokens are none of the provider's business.
    revoke_url = books.revoke_url or ("" if books.token_url else own.revoke_url)
    provider = replace(
        own,
        authorize_url=books.authorize_url or own.authorize_url,
        token_url=books.token_url or own.token_url,
        revoke_url=revoke_url,
        base_url=books.base_url or own.base_url,
        connections_url=books.connections_url or own.connections_url,
    )
    usual = own.scopes if books.notes or _mails_by_provider(config) else own.read_only_scopes
    return App(
        provider=provider,
        client_id=books.client_id,
        client_secret=_revealing(company, books.client_secret) if books.client_secret is not None else None,
        redirect_uri=books.redirect_uri,
        scopes=books.scopes or usual,
    )


def vault_of(installation: Installation, keys: Sequence[bytes] | None = None) -> Vault:
    """Give the vault of an installation; its key is looked for when something must be decrypted."""

    def fetched() -> Sequence[bytes]:
        if keys is not None:
            return keys
        found = vault_keys(installation.config.vault.key, os.environ)
        if found is None:
            raise missing_key(os.environ)
        return found.keys

    return Vault(installation.data_dir / VAULT, fetched)


def lock_of(installation: Installation, company_id: str, wait: Callable[[float], object] | None = None) -> FileLock:
    """Give the lock of a company's connection; `wait` pauses for a number of seconds."""
    return FileLock(installation.data_dir / "locks" / f"{company_id}.lock", wait or Event().wait)


def keeper_of(
    installation: Installation, company: CompanyConfig, wait: Callable[[float], object] | None = None
) -> TokenKeeper:
    """Give the keeper of a company's tokens (the TokenSource of its transport); raises NotConnectableError."""
    return TokenKeeper(
        company_id=company.company_id,
        app=app_of(installation.config, company),
        store=vault_of(installation),
        lock=lock_of(installation, company.company_id, wait),
        clock=installation.clock,
        free_bytes=lambda: free_bytes(installation),
    )


def organisation_of(installation: Installation, company: CompanyConfig) -> str:
    """Give the id of the organisation that a company is bound to; raises ConsentNeededError where it is not connected."""
    return connection_of(installation, company).organisation_id


def connection_of(installation: Installation, company: CompanyConfig) -> Overview:
    """Give what a company's connection was made for; raises ConsentNeededError where it is not connected."""
    found = vault_of(installation).overview(company.company_id)
    books = cloud_books(company)
    if found is None or found.provider != books.provider:
        title = PROVIDERS[books.provider].title
        raise ConsentNeededError(
            f"{company.company_id} is not connected to {title}; run: relance connect {company.company_id}"
        )
    return found


def free_bytes(installation: Installation) -> int:
    """Give the free space of the disk that the vault lies on."""
    installation.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return shutil.disk_usage(installation.data_dir).free


def _mails_by_provider(config: Config) -> bool:
    return any(level.channel is Channel.PROVIDER for plan in config.plans.values() for level in plan.levels)


def _revealing(company: CompanyConfig, secret: Secret) -> Callable[[], str]:
    def reveal() -> str:
        try:
            return secret.reveal()
        except SecretMissingError as error:
            raise ConsentNeededError(f"{company.company_id}: books.client_secret: {error}") from None

    return reveal


if TYPE_CHECKING:
    _: type[TokenStore] = Vault
