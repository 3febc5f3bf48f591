"""The keeper of a company's tokens: renewed under a lock, saved before they are used, never lost by us."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NoReturn, Protocol

from connectors.oauth import refresh_form
from connectors.oauth_answers import AppRefusedError, GrantRefusedError, TokenServiceError, read_tokens
from connectors.oauth_wire import AnswerLostError, NothingSentError, exchange
from engine.errors import BooksUnreachableError, ConsentNeededError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import datetime

    from connectors.http_ports import TokenSource
    from connectors.oauth import App
    from connectors.oauth_answers import Tokens
    from engine.ports import Clock

# A save needs a few pages; what else is written meanwhile may need more.
ROOM_BYTES: Final = 16 * 1024 * 1024
# After the provider's grace, a refresh token whose answer was lost is posted this often again.
_MOST_REPEATS: Final = 1


class Kept(Protocol):
    """A connection as the vault holds it.

    `refresh_started_at` says that this very refresh token was posted and no answer was recorded, `refresh_repeats` how
    often it was posted again after the provider's grace. `problem` is "" or why a person must consent again.
    """

    @property
    def provider(self) -> str: ...  # noqa: D102 (said above)
    @property
    def version(self) -> int: ...  # noqa: D102 (rises with each pair of tokens)
    @property
    def access(self) -> str: ...  # noqa: D102 (said by its name)
    @property
    def refresh(self) -> str: ...  # noqa: D102 (said by its name)
    @property
    def access_expires_at(self) -> datetime: ...  # noqa: D102 (UTC)
    @property
    def refresh_started_at(self) -> datetime | None: ...  # noqa: D102 (said above)
    @property
    def refresh_repeats(self) -> int: ...  # noqa: D102 (said above)
    @property
    def problem(self) -> str: ...  # noqa: D102 (said above)


class TokenStore(Protocol):
    """Where tokens are kept; each method is one transaction that is on disk when it returns.

    Raises errors of the BooksError family. A `version` that is no longer the connection's changes nothing and raises.
    """

    def connection(self, company_id: str) -> Kept | None:
        """Give a company's connection, None where there is none."""
        ...

    def mark_refresh(self, company_id: str, version: int, *, started_at: datetime | None, repeats: int) -> None:
        """Record that the refresh token is being posted, or (None) that it was not."""
        ...

    def save_tokens(
        self,
        company_id: str,
        version: int,
        *,
        access: str,
        refresh: str,
        access_expires_at: datetime,
        refresh_expires_at: datetime,
        consent_ends_at: datetime | None,
        now: datetime,
    ) -> int:
        """Replace the pair, keep the old refresh token for half an hour, clear the mark; give the new version."""
        ...

    def needs_consent(self, company_id: str, version: int, reason: str) -> None:
        """Record that a person must consent again, and why."""
        ...


class Lock(Protocol):
    """The lock of one connection, across processes."""

    def held(self) -> AbstractContextManager[None]:
        """Hold it; raises BooksUnreachableError where another does not let go."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """An access token in memory."""

    access: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unsaved:
    """A pair that the provider gave and the vault could not take yet."""

    version: int
    tokens: Tokens


class TokenKeeper:
    """Gives the access token of one company, renewed when it runs out (the TokenSource of a transport).

    A renewal, step by step (the provider may take a refresh token only once, so the order is all that protects it):

    1. Hold the connection's lock: one renewal at a time, whatever processes there are.
    2. Read the connection again. Another process may have renewed it meanwhile: then its token is used.
    3. See that the disk has room, then record that this refresh token is being posted, with its fingerprint.
    4. Post it, once. Nothing below this repeats it or follows a redirect.
    5. Save the whole new pair, on disk.
    6. Only then use it.

    An answer that is lost between 4 and 5 is asked for once more where the provider takes the same token again for a
    while: whoever runs once a day would come back too late for that.

    Killed between 4 and 5, the mark of 3 is what the next start finds. It posts the same refresh token again: Xero takes
    it for half an hour, QuickBooks usually for a day, Sage perhaps not; the answer decides. An answer that is lost
    again, after the provider's grace, ends in a person's consent. `invalid_grant` is final, trouble of the network or of
    the provider never is.
    """

    def __init__(
        self,
        *,
        company_id: str,
        app: App,
        store: TokenStore,
        lock: Lock,
        clock: Clock,
        free_bytes: Callable[[], int],
    ) -> None:
        self._company_id = company_id
        self._app = app
        self._store = store
        self._lock = lock
        self._clock = clock
        self._free_bytes = free_bytes
        self._spare = timedelta(seconds=app.provider.spare_seconds)
        self._held: _Held | None = None
        self._unsaved: _Unsaved | None = None

    def access_token(self) -> str:
        """Give a token that is good now; raises ConsentNeededError or BooksUnreachableError."""
        held = self._held
        if held is not None and self._lasts(held.expires_at):
            return held.access
        return self._settled(lambda kept: not self._lasts(kept.access_expires_at))

    def renew(self, refused: str) -> str:
        """Give another token than the refused one; raises ConsentNeededError or BooksUnreachableError."""
        return self._settled(lambda kept: kept.access == refused or not self._lasts(kept.access_expires_at))

    def _settled(self, is_due: Callable[[Kept], bool]) -> str:
        """Go through the steps; `is_due` says whether what the vault holds must be renewed."""
        self._held = None
        with self._lock.held():  # 1
            kept = self._read()  # 2
            if is_due(kept):
                tokens = self._renewed(kept)
                self._held = _Held(access=tokens.access, expires_at=tokens.access_expires_at)
            else:
                self._held = _Held(access=kept.access, expires_at=kept.access_expires_at)
            return self._held.access  # 6

    def _read(self) -> Kept:
        kept = self._store.connection(self._company_id)
        if kept is not None and self._unsaved is not None:
            unsaved, self._unsaved = self._unsaved, None
            if unsaved.version == kept.version:
                self._save(kept.version, unsaved.tokens)
                kept = self._store.connection(self._company_id)
        title = self._app.provider.title
        if kept is None:
            raise ConsentNeededError(f"{self._company_id} is not connected to {title}; {self._advice}")
        if kept.provider != self._app.provider.name:
            raise ConsentNeededError(
                f"{self._company_id} is connected to {kept.provider}, and its configuration says "
                f"{self._app.provider.name}; {self._advice}"
            )
        if kept.problem:
            raise ConsentNeededError(f"{self._company_id}: {kept.problem}; {self._advice}")
        return kept

    def _renewed(self, kept: Kept, *, last_try: bool = False) -> Tokens:
        now = self._clock.now()
        started_at, repeats = self._repeat(kept, now)
        authorization, identity = self._app.identify()
        free = self._free_bytes()
        if free < ROOM_BYTES:
            raise BooksUnreachableError(
                f"the disk is nearly full ({free // 1_048_576} MiB left): the access of {self._company_id} is not renewed, "
                "because what could not be saved would be lost; make room"
            )
        self._store.mark_refresh(self._company_id, kept.version, started_at=started_at, repeats=repeats)  # 3
        try:
            answer = exchange(
                "POST",
                self._app.provider.token_url,
                authorization=authorization,
                form=refresh_form(kept.refresh) | identity,
            )  # 4
            tokens = read_tokens(answer, self._app.provider, asked_at=now, refresh=kept.refresh)
        except (NothingSentError, TokenServiceError) as error:
            self._unmark(kept)
            raise BooksUnreachableError(f"{error}; {self._company_id} is tried again later") from None
        except AppRefusedError as error:
            self._unmark(kept)
            raise ConsentNeededError(f"{self._company_id}: {error}") from None
        except AnswerLostError as error:
            # The mark stays: the provider may have given another pair.
            if now - started_at < self._app.provider.lost_grace and not last_try:
                return self._renewed(self._read(), last_try=True)
            raise BooksUnreachableError(f"{error}; {self._company_id} is tried again later") from None
        except GrantRefusedError as error:
            self._give_up(kept, str(error))
        self._save(kept.version, tokens)  # 5
        return tokens

    def _repeat(self, kept: Kept, now: datetime) -> tuple[datetime, int]:
        """Say since when this refresh token is being posted and how often again; gives up where it was enough."""
        started_at, repeats = kept.refresh_started_at, kept.refresh_repeats
        if started_at is None:
            return now, 0
        if now - started_at <= self._app.provider.lost_grace:
            return started_at, repeats
        if repeats >= _MOST_REPEATS:
            title = self._app.provider.title
            self._give_up(kept, f"{title} was asked to renew the access, and its answers never came")
        return started_at, repeats + 1

    def _unmark(self, kept: Kept) -> None:
        self._store.mark_refresh(
            self._company_id, kept.version, started_at=kept.refresh_started_at, repeats=kept.refresh_repeats
        )

    def _save(self, version: int, tokens: Tokens) -> None:
        self._unsaved = _Unsaved(version=version, tokens=tokens)
        self._store.save_tokens(
            self._company_id,
            version,
            access=tokens.access,
            refresh=tokens.refresh,
            access_expires_at=tokens.access_expires_at,
            refresh_expires_at=tokens.refresh_expires_at,
            consent_ends_at=tokens.consent_ends_at,
            now=self._clock.now(),
        )
        self._unsaved = None

    def _give_up(self, kept: Kept, reason: str) -> NoReturn:
        self._store.needs_consent(self._company_id, kept.version, reason)
        raise ConsentNeededError(f"{self._company_id}: {reason}; {self._advice}")

    def _lasts(self, expires_at: datetime) -> bool:
        return expires_at - self._clock.now() > self._spare

    @property
    def _advice(self) -> str:
        return f"run: relance connect {self._company_id}"


if TYPE_CHECKING:
    _: type[TokenSource] = TokenKeeper
