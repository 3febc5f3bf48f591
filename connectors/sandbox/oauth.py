"""Consents and tokens, for each provider by its own rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import NAMESPACE_URL, uuid5

from connectors.sandbox.consent import Connection, Consent
from connectors.sandbox.dialect import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.sandbox.clock import SandboxClock


class OAuthError(Exception):
    """A token endpoint says no: the code of RFC 6749 section 5.2 is the message."""

    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How one provider deals with tokens."""

    access: timedelta
    # How long a refresh token lives that nobody uses.
    refresh: timedelta
    code: timedelta
    # grace: a new one each time, the old one may be tried again for a while; daily: a new value once in 24 hours,
    # the one before stays valid; single: a new one each time, the old one is void.
    rotation: Literal["grace", "daily", "single"]
    old_valid: timedelta
    client_auth: Literal["basic_or_pkce", "basic", "form"]
    scopes: str
    # Characters that tokens are padded to: some are longer than a careless column.
    length: int
    several_organisations: bool
    authorize_path: str
    token_path: str
    revoke_path: str


RULES: Final[Mapping[str, Rules]] = {
    # developer.xero.com/faq/oauth2
    "xero": Rules(
        access=timedelta(minutes=30),
        refresh=timedelta(days=60),
        code=timedelta(minutes=5),
        rotation="grace",
        old_valid=timedelta(minutes=30),
        client_auth="basic_or_pkce",
        scopes=(
            "offline_access accounting.invoices accounting.payments.read accounting.contacts.read"
            " accounting.settings.read"
        ),
        length=1200,
        several_organisations=True,
        authorize_path="/identity/connect/authorize",
        token_path="/connect/token",  # noqa: S106 (a path)
        revoke_path="/connect/revocation",
    ),
    # developer.intuit.com OAuth 2.0 FAQ
    "quickbooks": Rules(
        access=timedelta(hours=1),
        refresh=timedelta(days=100),
        code=timedelta(minutes=5),
        rotation="daily",
        old_valid=timedelta(hours=24),
        client_auth="basic",
        scopes="com.intuit.quickbooks.accounting",
        length=50,
        several_organisations=False,
        authorize_path="/connect/oauth2",
        token_path="/oauth2/v1/tokens/bearer",  # noqa: S106 (a path)
        revoke_path="/v2/oauth2/tokens/revoke",
    ),
    # developer.sage.com authentication
    "sage": Rules(
        access=timedelta(minutes=5),
        refresh=timedelta(seconds=2_678_400),
        code=timedelta(seconds=60),
        rotation="single",
        old_valid=timedelta(0),
        client_auth="form",
        scopes="full_access",
        length=2048,
        several_organisations=True,
        authorize_path="/oauth2/auth/central",
        token_path="/token",  # noqa: S106 (a path)
        revoke_path="/revoke",
    ),
}


@dataclass(slots=True, kw_only=True)
class Code:
    """An authorization code that waits to be exchanged."""

    consent: Consent
    redirect_uri: str
    challenge: str | None
    until: datetime


@dataclass(slots=True, kw_only=True)
class _Refresh:
    consent: Consent
    since: datetime
    # Set when a newer one took its place and it has only its grace left.
    old_until: datetime | None = None
    newer: str | None = None


@dataclass(slots=True, kw_only=True)
class OAuth:
    """All consents of the sandbox. Each of the tokens and codes is looked up as it was given out."""

    clock: SandboxClock
    # Which applications there are, by provider: id to secret. Where none is named any well-formed client may come.
    clients: dict[str, dict[str, str]] = field(default_factory=dict)
    # Which organisations the next consent reaches, by provider; all where none is named.
    offer: dict[str, list[str]] = field(default_factory=dict)
    # Xero applications made since March 2026 may not ask for the old broad scopes.
    granular_scopes: bool = True
    # How often tokens were refreshed with success, by provider.
    refreshes: dict[str, int] = field(default_factory=dict)
    # (provider, grant type, error or "ok") of every request to a token endpoint.
    exchanges: list[tuple[str, str, str]] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    _codes: dict[str, Code] = field(default_factory=dict)
    _access: dict[str, tuple[Consent, datetime]] = field(default_factory=dict)
    _refresh: dict[str, _Refresh] = field(default_factory=dict)
    _lose: set[str] = field(default_factory=set)
    _sequence: int = 0
    _lock: RLock = field(default_factory=RLock)

    def grant(
        self, provider: str, organisations: Sequence[str], *, scopes: str | None = None, client_id: str = "sandbox"
    ) -> dict[str, Any]:
        """Consent without a browser; give the answer of the token endpoint."""
        with self._lock:
            consent = self.consent(provider, organisations, scopes=scopes, client_id=client_id)
            return self._answer(consent, self._new_refresh(consent))

    def consent(self, provider: str, organisations: Sequence[str], *, scopes: str | None, client_id: str) -> Consent:
        """Record what a person allows."""
        with self._lock:
            now = self.clock.now()
            made = Consent(
                id=self._id(provider, "consent"),
                provider=provider,
                client_id=client_id,
                scopes=tuple((scopes or RULES[provider].scopes).split()),
                connections=[
                    Connection(id=self._id(provider, organisation), organisation=organisation, at=now)
                    for organisation in organisations
                ],
                at=now,
            )
            self.consents.append(made)
            return made

    def new_code(self, consent: Consent, redirect_uri: str, challenge: str | None) -> str:
        """Give out an authorization code for a consent."""
        with self._lock:
            code = self._token(consent.provider, "code", 40)
            until = self.clock.now() + RULES[consent.provider].code
            self._codes[code] = Code(consent=consent, redirect_uri=redirect_uri, challenge=challenge, until=until)
            return code

    def take_code(self, provider: str, code: str) -> Code:
        """Use up a code; raise OAuthError invalid_grant when it is unknown, used or too old."""
        with self._lock:
            found = self._codes.pop(code, None)
            if found is None or found.consent.provider != provider or self.clock.now() >= found.until:
                raise OAuthError("invalid_grant")
            return found

    def redeem(self, code: Code) -> dict[str, Any]:
        """Give the tokens for a code that was taken."""
        with self._lock:
            return self._answer(code.consent, self._new_refresh(code.consent))

    def refresh(self, provider: str, token: str, client_id: str) -> dict[str, Any]:
        """Give new tokens for a refresh token, rotated as the provider does; raise OAuthError invalid_grant."""
        rules = RULES[provider]
        with self._lock:
            now = self.clock.now()
            held = self._refresh.get(token)
            if (
                held is None
                or held.consent.provider != provider
                or held.consent.revoked
                or held.consent.client_id not in {client_id, "sandbox"}
                or now - held.since >= rules.refresh
                or (held.old_until is not None and now >= held.old_until)
            ):
                raise OAuthError("invalid_grant")
            self.refreshes[provider] = self.refreshes.get(provider, 0) + 1
            if rules.rotation == "daily":
                newest = token
                if held.newer is not None:
                    newest = held.newer
                elif now - held.since >= timedelta(hours=24):
                    newest = held.newer = self._new_refresh(held.consent)
                    held.old_until = now + rules.old_valid
                return self._answer(held.consent, newest)
            if held.old_until is None:
                held.old_until = now + rules.old_valid
            return self._answer(held.consent, self._new_refresh(held.consent))

    def door(self, provider: str, token: str | None) -> Consent | Refusal:
        """Give the consent behind an access token, or why there is none."""
        with self._lock:
            found = self._access.get(token or "")
            if found is None or found[0].provider != provider or found[0].revoked:
                return Refusal.NO_TOKEN
            return found[0] if self.clock.now() < found[1] else Refusal.EXPIRED_TOKEN

    def revoke(self, provider: str, token: str) -> bool:
        """Revoke the consent that a token belongs to; say whether there was one."""
        with self._lock:
            held = self._refresh.get(token)
            consent = held.consent if held is not None else self._access.get(token, (None,))[0]
            if consent is None or consent.provider != provider:
                return False
            consent.revoked = True
            return True

    def revoke_all(self, provider: str) -> None:
        """Take every consent at a provider back, as its users can in the provider's own pages."""
        with self._lock:
            for consent in self.consents:
                if consent.provider == provider:
                    consent.revoked = True

    def lose_next_token_answer(self, provider: str) -> None:
        """Rotate at the next request for tokens, and close the connection instead of answering."""
        with self._lock:
            self._lose.add(provider)

    def loses_answer(self, provider: str) -> bool:
        """Say once whether this answer is lost."""
        with self._lock:
            if provider not in self._lose:
                return False
            self._lose.remove(provider)
            return True

    def _new_refresh(self, consent: Consent) -> str:
        token = self._token(consent.provider, "refresh", RULES[consent.provider].length)
        self._refresh[token] = _Refresh(consent=consent, since=self.clock.now())
        return token

    def _answer(self, consent: Consent, refresh: str) -> dict[str, Any]:
        rules = RULES[consent.provider]
        now = self.clock.now()
        access = self._token(consent.provider, "access", rules.length)
        self._access[access] = (consent, now + rules.access)
        answer: dict[str, Any] = {
            "access_token": access,
            "expires_in": int(rules.access.total_seconds()),
            "token_type": "Bearer" if consent.provider == "xero" else "bearer",
            "refresh_token": refresh,
        }
        left = int((self._refresh[refresh].since + rules.refresh - now).total_seconds())
        if consent.provider == "quickbooks":
            answer["x_refresh_token_expires_in"] = left
        else:
            answer["scope"] = " ".join(consent.scopes)
        if consent.provider == "sage":
            answer["refresh_token_expires_in"] = left
            answer["requested_by_id"] = consent.id
        return answer

    def _id(self, *parts: str) -> str:
        self._sequence += 1
        return str(uuid5(NAMESPACE_URL, "/".join((*parts, str(self._sequence)))))

    def _token(self, provider: str, kind: str, length: int) -> str:
        self._sequence += 1
        stem = f"{provider}-{kind}-{self._sequence}-"
        return (stem + sha256(stem.encode()).hexdigest() * (length // 64 + 1))[: max(length, len(stem) + 16)]
