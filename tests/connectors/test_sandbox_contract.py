"""The contract of the three cloud connectors over the sandbox, which was not written from them: real HTTP, one ledger."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import pytest
import responses

from connectors.contract import BooksContract
from connectors.http import Transport
from connectors.quickbooks.books import QuickBooksBooks
from connectors.quickbooks.manners import QuickBooksManners
from connectors.sage.books import SageBooks
from connectors.sage.manners import SageManners
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.ledger import Ledger, Organisation, Person
from connectors.sandbox.server import Sandbox
from connectors.xero.books import XeroBooks
from connectors.xero.manners import XeroManners
from tests.fakes.garbage import GARBAGE, garbage
from tests.fakes.http_calls import Budget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connectors.http import Manners
    from engine.ports import Books

START: Final = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
IDENTITIES: Final = {
    "xero": "6f0c1f6e-5b1d-4c67-9a44-3f3b0f6f2a01",
    "quickbooks": "9130357766000001",
    "sage": "0d40342d0287cd6b13555c54afca6c90",
}
PATHS: Final = {"xero": "/api.xro/2.0", "quickbooks": "", "sage": "/v3.1"}


@dataclass(slots=True, kw_only=True)
class Granted:
    """Tokens of the sandbox: a new grant wherever one has run out."""

    sandbox: Sandbox
    provider: str
    token: str = field(default="", init=False)

    def access_token(self) -> str:
        return self.token or self.renew("")

    def renew(self, refused: str) -> str:
        del refused
        granted = self.sandbox.oauth.grant(self.provider, [IDENTITIES[self.provider]])
        self.token = str(granted["access_token"])
        return self.token


@dataclass(slots=True, kw_only=True)
class Service:
    """One provider of a served sandbox with one organisation's books."""

    provider: str
    sandbox: Sandbox
    ledger: Ledger
    held: ExitStack

    def books(self, base_url: str = "", page_size: int | None = None) -> Books:
        clock, organisation = self.sandbox.clock, IDENTITIES[self.provider]
        manners: dict[str, Manners] = {
            # Far more than a provider allows: the suite asks more in its minute than a company does.
            "xero": XeroManners(per_minute=100_000),
            "quickbooks": QuickBooksManners(per_minute=100_000, per_second=0),
            "sage": SageManners(per_minute=100_000),
        }
        transport = self.held.enter_context(
            Transport(
                manners=manners[self.provider],
                tokens=Granted(sandbox=self.sandbox, provider=self.provider),
                clock=clock,
                budget=Budget(),
                wait=lambda seconds: clock.advance(timedelta(seconds=seconds)),
            )
        )
        url = base_url or self.sandbox.urls(self.provider)["base_url"]
        size = page_size or {"xero": 1000, "quickbooks": 1000, "sage": 200}[self.provider]
        made: dict[str, Callable[[], Books]] = {
            "xero": lambda: XeroBooks(
                company_id="dupont",
                organisation=organisation,
                transport=transport,
                clock=clock,
                base_url=url,
                page_size=size,
                link_host="",
            ),
            "quickbooks": lambda: QuickBooksBooks(
                company_id="dupont",
                organisation=organisation,
                transport=transport,
                clock=clock,
                base_url=url,
                page_size=size,
            ),
            "sage": lambda: SageBooks(
                company_id="dupont",
                organisation=organisation,
                transport=transport,
                clock=clock,
                base_url=url,
                page_size=size,
            ),
        }
        return made[self.provider]()

    def document(self, item_id: str) -> str:
        return item_id.partition(":")[2]

    def notes_kept(self, marker: str) -> int:
        texts = [note.text for note in self.ledger.notes]
        texts += [party.notes for party in self.ledger.parties.values()]
        return sum(text.count(marker) for text in texts)

    def void(self, item_id: str) -> None:
        self.ledger.void(self.document(item_id))

    def pay(self, item_id: str) -> None:
        identity = self.document(item_id)
        self.ledger.pay(identity, self.ledger.balance(identity), self.sandbox.clock.now().date())


def furnished(ledger: Ledger) -> None:
    """Enter everything that the books of a small firm hold: open, late, part paid, paid, void, credited, foreign."""
    parties = [
        ledger.add_party("Rowan", "ap@rowan.example"),
        ledger.add_party("Larch", "ap@larch.example", cc_people=(Person(name="Ann Ash", email="ann@larch.example"),)),
        ledger.add_party("Alder", ""),
    ]
    day = date(2026, 10, 1)
    made = [
        ledger.invoice(parties[n % 3], Decimal("100.25") + n, day + timedelta(days=n), day + timedelta(days=30 + n))
        for n in range(9)
    ]
    ledger.invoice(parties[0], Decimal("80.00"), day, None)
    ledger.pay(made[3].id, Decimal("20.25"), date(2026, 11, 2))
    ledger.pay(made[4].id, ledger.balance(made[4].id), date(2026, 11, 2))
    ledger.void(made[5].id)
    ledger.credit_note(parties[0], Decimal("15.00"), date(2026, 11, 3))
    ledger.credit_note(parties[1], Decimal("10.00"), date(2026, 11, 3), applies_to=made[7].id)
    ledger.receive(parties[1], Decimal("30.00"), date(2026, 11, 4))


# The sandbox's own tests try each dialect; over it, the contract is tried on one by default and on all as a slow proof.
TRIED = [name if name == "xero" else pytest.param(name, marks=pytest.mark.slow) for name in sorted(IDENTITIES)]


@pytest.fixture(params=TRIED)
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    provider = str(request.param)
    with ExitStack() as held:
        sandbox = Sandbox(clock=SandboxClock(START - timedelta(days=1)))
        facts = Organisation(
            id=IDENTITIES[provider], name="Example Joinery Ltd", currency="EUR", country="FR", online_payments=True
        )
        ledger = sandbox.add_organisation(provider, facts)
        furnished(ledger)
        sandbox.clock.set(START)
        held.enter_context(sandbox)
        yield Service(provider=provider, sandbox=sandbox, ledger=ledger, held=held)
    assert not sandbox.crashes, sandbox.crashes[0]


class TestBooksOnTheSandbox(BooksContract):
    @pytest.fixture
    def books(self, service: Service) -> Books:
        return service.books()

    @pytest.fixture
    def later(self, service: Service) -> Callable[[], None]:
        return lambda: service.sandbox.clock.advance(timedelta(hours=1))

    @pytest.fixture
    def void(self, service: Service) -> Callable[[str], None]:
        return service.void

    @pytest.fixture
    def pay(self, service: Service) -> Callable[[str], None]:
        return service.pay

    @pytest.fixture
    def notes_kept(self, service: Service) -> Callable[[str], int]:
        return service.notes_kept

    @pytest.fixture
    def mails_sent(self, service: Service) -> Callable[[], int]:
        return lambda: len(service.ledger.mails)

    @pytest.fixture
    def garbled(self, service: Service) -> Iterator[Callable[[bytes], Books]]:
        with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
            mock.add_passthru(service.sandbox.url)

            def made(content: bytes) -> Books:
                garbage(mock, content)
                return service.books(base_url=GARBAGE + PATHS[service.provider])

            yield made


@pytest.mark.slow
class TestBooksOnTheSandboxInSmallPages(TestBooksOnTheSandbox):
    @pytest.fixture
    def books(self, service: Service) -> Books:
        return service.books(page_size=2)
