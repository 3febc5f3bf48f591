"""Connecting a company to one organisation at its provider, and taking it back."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from connectors.oauth_consent import revoke
from connectors.oauth_organisations import AccessRefusedError, list_organisations, remove_link
from connectors.tokens import ROOM_BYTES
from engine.errors import BooksError, RelanceError
from relance.connecting import app_of, cloud_books, free_bytes, keeper_of, lock_of, vault_of
from relance.installation import DATABASE
from relance.vault_key import make_key_file, missing_key, vault_keys
from state.vault import Binding
from state.vault_cipher import VaultCipher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.oauth import App
    from connectors.oauth_answers import Tokens
    from connectors.oauth_organisations import Organisation
    from relance.config import CompanyConfig
    from relance.installation import Installation
    from relance.vault_key import VaultKeys
    from state.vault import Overview, Vault

# Their ids are small numbers that every organisation begins anew: invoice 103 of one would take the history of another's.
_IDS_COUNT_UP: Final = frozenset({"quickbooks"})


class WhichOrganisationError(RelanceError):
    """The consent reaches several organisations, none, or not the one that is wanted: say which by --organisation."""


class OtherOrganisationError(RelanceError):
    """The company's stored items come from another organisation than the one it would be bound to."""


class NoRoomError(RelanceError):
    """The disk is nearly full: what a person grants now could not be kept."""


class NotConnectedError(RelanceError):
    """The company is not connected: there is nothing to take back."""


class CannotGiveBackError(RelanceError):
    """The provider cannot be told: the configuration no longer says how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consented:
    """What a person's consent brought; `organisation` is the one that QuickBooks named with it, else ""."""

    tokens: Tokens
    organisation: str = ""


class Asking(Protocol):
    """A way to a person's consent: browser, pasted address, or tokens at hand."""

    def __call__(self, app: App) -> Consented:
        """Ask, and wait for the answer."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A company and the organisation it is bound to; `key_made` is where a key was made for the vault, else ""."""

    company_id: str
    provider: str
    organisation: Organisation
    key_made: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnected:
    """What was forgotten; `remarks` say what could not be taken back at the provider."""

    company_id: str
    provider: str
    organisation: str
    remarks: tuple[str, ...]


def connect(
    installation: Installation, company: CompanyConfig, ask: Asking, *, organisation: str | None, rebind: bool
) -> Connected:
    """Connect a company, step by step; whatever fails leaves what was connected before as it was.

    1. See that what comes can be kept: the app's secret, the vault's key, the disk. 2. Ask for consent. 3. List what it
    reaches and choose exactly one organisation. 4. Refuse another one than the stored items come from, unless `rebind`.
    5. Under the connection's lock, write it into the vault.

    Raises errors of the RelanceError family.
    """
    app = app_of(installation.config, company)
    app.identify()
    keys, made = _keys(installation)
    VaultCipher(keys.keys)
    if free_bytes(installation) < ROOM_BYTES:
        raise NoRoomError("the disk is nearly full: what would be granted could not be saved; make room")
    consented = ask(app)
    reached = _reached(app, consented, organisation or company.books.organisation)  # type: ignore[union-attr]  # app_of
    chosen = choose(reached, company, organisation)
    vault = vault_of(installation, keys.keys)
    if not rebind or app.provider.name in _IDS_COUNT_UP:
        _must_be_the_same(installation, company, vault, chosen)
    tokens = consented.tokens
    with lock_of(installation, company.company_id).held():
        vault.connect(
            company.company_id,
            Binding(provider=app.provider.name, organisation_id=chosen.organisation_id, organisation=chosen.name),
            scopes=tokens.scopes or " ".join(app.scopes),
            access=tokens.access,
            refresh=tokens.refresh,
            access_expires_at=tokens.access_expires_at,
            refresh_expires_at=tokens.refresh_expires_at,
            consent_ends_at=tokens.consent_ends_at,
            now=installation.clock.now(),
        )
    return Connected(
        company_id=company.company_id,
        provider=app.provider.name,
        organisation=chosen,
        key_made=keys.place if made else "",
    )


def _keys(installation: Installation) -> tuple[VaultKeys, bool]:
    """Fetch the vault's keys; the very first company gets a new one, a vault that holds something never does."""
    found = vault_keys(installation.config.vault.key, os.environ)
    if found is not None:
        return found, False
    if vault_of(installation).companies():
        raise missing_key(os.environ)
    return make_key_file(os.environ), True


def _reached(app: App, consented: Consented, wanted: str | None) -> list[Organisation]:
    known = consented.organisation
    if app.provider.name == "quickbooks" and not known:
        known = wanted or ""
        if not known.isdigit():
            raise WhichOrganisationError("QuickBooks names no company with its tokens: give its id by --organisation")
    try:
        return list_organisations(app.provider, consented.tokens.access, known)
    except AccessRefusedError as error:
        raise WhichOrganisationError(f"{error}: get fresh ones, and hand them over before they run out") from None


def choose(reached: Sequence[Organisation], company: CompanyConfig, named: str | None) -> Organisation:
    """Choose exactly one organisation: the one that is named, here and in the configuration, or the only one there is."""
    configured = cloud_books(company).organisation
    if not reached:
        raise WhichOrganisationError("the consent reaches no organisation: choose one on the provider's page")
    fitting = [one for one in reached if all(_is(one, word) for word in (named, configured) if word)]
    if len(fitting) == 1:
        return fitting[0]
    listed = "\n".join(f"  {one.organisation_id}  {one.name}" for one in fitting or reached)
    if fitting:
        raise WhichOrganisationError(
            f"the consent reaches several organisations; choose one by --organisation:\n{listed}"
        )
    wanted = " and ".join(
        f"{place} {word!r}" for place, word in (("--organisation", named), ("books.organisation", configured)) if word
    )
    raise WhichOrganisationError(f"no organisation that the consent reaches is {wanted}; it reaches:\n{listed}")


def _is(one: Organisation, word: str) -> bool:
    return word == one.organisation_id or " ".join(word.split()).casefold() == one.name.casefold()


def _must_be_the_same(installation: Installation, company: CompanyConfig, vault: Vault, chosen: Organisation) -> None:
    bound = vault.binding(company.company_id)
    if bound is None or (bound.provider, bound.organisation_id) == (company.books.provider, chosen.organisation_id):
        return
    if not (installation.data_dir / DATABASE).exists():
        return
    with installation.store() as store:
        state = store.company_state(company.company_id)
    if state.synced_at is None and not state.cursor:
        return
    raise OtherOrganisationError(
        f"the stored items of {company.company_id} come from {bound.organisation} ({bound.organisation_id}), and this "
        f"consent is for {chosen.name} ({chosen.organisation_id}); nothing was changed. A company of its own keeps the two "
        f"apart{'' if company.books.provider in _IDS_COUNT_UP else '; --rebind binds this one anyway'}"
    )


def disconnect(installation: Installation, company: CompanyConfig) -> Disconnected:
    """Give a company's access back and forget it; what the provider does not take back is told, and forgotten as well.

    Raises NotConnectedError, and BooksUnreachableError where the vault itself cannot be written.
    """
    vault = vault_of(installation)
    kept = vault.overview(company.company_id)
    if kept is None:
        raise NotConnectedError(f"{company.company_id} is not connected")
    remarks: list[str] = []
    try:
        _give_back(installation, company, vault, kept, remarks)
    except RelanceError as error:
        remarks.append(f"the access could not be taken back at the provider ({error}): remove the app there")
    with lock_of(installation, company.company_id).held():
        vault.forget(company.company_id)
    return Disconnected(
        company_id=company.company_id, provider=kept.provider, organisation=kept.organisation, remarks=tuple(remarks)
    )


def _give_back(
    installation: Installation, company: CompanyConfig, vault: Vault, kept: Overview, remarks: list[str]
) -> None:
    app = app_of(installation.config, company)
    if app.provider.name != kept.provider:
        raise CannotGiveBackError(f"the configuration says {app.provider.name}, the connection is to {kept.provider}")
    if app.provider.connections_url and app.provider.name == "xero":
        try:
            _remove_link(installation, company, app, kept)
        except BooksError as error:
            remarks.append(f"{kept.organisation} could not be taken away from the app ({error}): do it at the provider")
    if app.provider.revokes_all and (others := _others(installation, company, vault)):
        remarks.append(
            f"the consent itself was not revoked: at {app.provider.title} that may end the connection of "
            f"{', '.join(others)} as well"
        )
        return
    if not app.provider.revoke_url:
        raise CannotGiveBackError("token_url is set and revoke_url is not")
    connection = vault.connection(company.company_id)
    if connection is not None:
        revoke(app, connection.refresh)


def _remove_link(installation: Installation, company: CompanyConfig, app: App, kept: Overview) -> None:
    access = keeper_of(installation, company).access_token()
    for one in list_organisations(app.provider, access):
        if one.organisation_id == kept.organisation_id and one.link:
            remove_link(app.provider, access, one.link)


def _others(installation: Installation, company: CompanyConfig, vault: Vault) -> list[str]:
    """List the other connected companies that share this one's app."""
    connected = set(vault.companies())
    own = cloud_books(company)
    return [
        other.company_id
        for other in installation.config.companies
        if other.company_id in connected
        and other.company_id != company.company_id
        and other.books.provider == own.provider
        and cloud_books(other).client_id == own.client_id
    ]
