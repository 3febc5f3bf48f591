"""Replays on cloud books: the installed command, a sandbox of the provider, a mail server, and a time that we move.

A situation takes ten lines::

    def test_a_plain_life(cloud: Cloud) -> None:
        # Due Mon 2 Mar. +5 is Sat 7: Mon 9 Mar.
        cloud.bill("F1", "Rowan", due="2026-03-02", total="1200.00")
        cloud.accept("2026-02-16")
        cloud.near("2026-03-09")
        assert cloud.sent == ["2026-03-09 Rowan first: F1 first: 1200.00 EUR"]
        assert len(cloud.notes("F1")) == 1

`Cloud` is a `Replay` (tests/e2e/replay.py) whose books are the sandbox's ledger instead of a file. Everything a command
does happens at the sandbox's own instant: `run(DAY)` moves it to that morning (08:30 UTC), `advance` moves it further,
and what would wait for a provider moves it too instead of sleeping. Nothing here looks at the program's own store: the
oracles are the ledger (`notes`, `provider_mails`, `ledger.document(...)`), the mail server's log (`letters`) and the
calls that the sandbox counted (`calls`).

`sent` names customers as the ledger does ("Rowan"), not by the provider's ids. After every run the mails that the mail
server and the provider took are counted against what the command reported.

Each provider's own names, ids and paths are in `PROVIDERS`; what a test needs besides is written by the caller.
"""

from __future__ import annotations

import email
import email.policy
import io
import json
import os
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Self
from unittest.mock import patch

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.ledger import Organisation
from connectors.sandbox.server import Sandbox
from engine.run import queue_company
from relance import opening, running
from relance.clock import SystemClock
from tests.e2e.replay import Finished, Replay, company
from tests.fakes.smtp_server import SmtpServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from email.message import EmailMessage

    from connectors.sandbox.calls import Call
    from connectors.sandbox.ledger import Document, Ledger, Party, Person, Receipt

# Any 32 bytes; it protects tokens that the sandbox alone takes.
VAULT_KEY: Final = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
SECRET: Final = "an-app-secret"
CLIENT_ID: Final = "an-app"
# Before the first day of most situations, and not by much: a consent that nobody uses lasts 31 days at Sage.
BEGINNING: Final = datetime(2026, 2, 14, 8, 0, tzinfo=UTC)
MORNING: Final = timedelta(hours=8, minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """What differs from provider to provider, as far as a test must know it.

    Paths are regular expressions as `Sandbox.faults` and `calls` take them. `lists` are those of one sync; `invoices`
    the list of invoices; `note` and `mail` what a write is addressed to ("" where there is none). `quiet` is how many
    calls a sync costs in which nothing changed. `parks`: a limit of the day says how long it lasts. `one_refresh`: a
    refresh token is void once it was used, even where the answer got lost.
    """

    name: str
    organisations: tuple[str, str]
    timezone: str
    lists: str
    invoices: str
    note: str
    note_method: str
    mail: str = ""
    pdf: str = ""
    link: str = ""
    quiet: int
    parks: bool = True
    one_refresh: bool = False


PROVIDERS: Final[Mapping[str, Provider]] = {
    "xero": Provider(
        name="xero",
        organisations=("6f0c1f6e-5b1d-4c67-9a44-3f3b0f6f2a01", "6f0c1f6e-5b1d-4c67-9a44-3f3b0f6f2a02"),
        timezone="Europe/London",
        lists=r"/(Contacts|Invoices|CreditNotes|Payments|Overpayments|Prepayments)$",
        invoices=r"/Invoices$",
        note=r"/Invoices/[^/]+/History$",
        note_method="PUT",
        mail=r"/Invoices/[^/]+/Email$",
        pdf=r"/Invoices/[0-9a-f-]+$",
        link="https://in.xero.example/",
        quiet=7,
    ),
    "quickbooks": Provider(
        name="quickbooks",
        organisations=("9130357766000001", "9130357766000002"),
        timezone="America/Los_Angeles",
        lists=r"/(query|cdc)$",
        invoices=r"/(query|cdc)$",
        note=r"/attachable$",
        note_method="POST",
        mail=r"/invoice/[^/]+/send$",
        pdf=r"/invoice/[^/]+/pdf$",
        quiet=5,
        parks=False,
    ),
    "sage": Provider(
        name="sage",
        organisations=("0d40342d0287cd6b13555c54afca6c90", "0d40342d0287cd6b13555c54afca6c91"),
        timezone="Europe/London",
        lists=r"/v3\.1/[a-z_]+$",
        invoices=r"/sales_invoices$",
        note=r"/contacts/[^/]+$",
        note_method="PUT",
        pdf=r"/sales_invoices/[^/]+$",
        quiet=9,
        one_refresh=True,
    ),
}


@dataclass(slots=True, kw_only=True)
class Cloud(Replay):
    """An installation whose companies keep their books at one provider; see the module's docstring.

    `companies` maps the ids of the companies to their organisations. `page_size` is what the connector asks of a list
    (None: its own). With `following` all time is the machine's, so that a process of its own can take part.
    """

    provider: Provider
    following: bool = False
    page_size: int | None = None
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    companies: dict[str, str] = field(default_factory=dict)
    smtp: SmtpServer = field(default_factory=SmtpServer)
    sandbox: Sandbox = field(init=False)
    _held: ExitStack = field(default_factory=ExitStack)
    _between: list[Callable[[], object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        clock = SandboxClock(now=SystemClock().now) if self.following else SandboxClock(BEGINNING)
        self.sandbox = Sandbox(clock=clock)
        self.environment |= {
            "RELANCE_VAULT_KEY": VAULT_KEY,
            "APP_SECRET": SECRET,
            "HOME": str(self.folder),
            "CREDENTIALS_DIRECTORY": "",
        }

    def __enter__(self) -> Self:
        self._held.enter_context(self.sandbox)
        self._held.enter_context(self.smtp)
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()
        assert not self.sandbox.crashes, self.sandbox.crashes[0]

    # -- setting up ---------------------------------------------------------------------------------------------------

    def company(self, company_id: str = "dupont", **settings: Any) -> dict[str, Any]:
        """Build a company on the sandbox; its organisation is opened with it. `books` are added to the usual ones."""
        name = self.provider.name
        if company_id not in self.companies:
            identity = self.provider.organisations[len(self.companies)]
            self.companies[company_id] = identity
            self.sandbox.add_organisation(
                name,
                Organisation(
                    id=identity,
                    name=f"{company_id.title()} Menuiserie SARL",
                    country="FR",
                    currency="EUR",
                    timezone=self.provider.timezone,
                    online_payments=True,
                ),
            )
        usual = {
            "provider": name,
            "organisation": self.companies[company_id],
            "client_id": CLIENT_ID,
            "client_secret": {"env": "APP_SECRET"},
            **self.sandbox.urls(name),
        }
        mail = {
            "from": f"Compta <compta@{company_id}.example>",
            "smtp": {"host": "127.0.0.1", "port": self.smtp.port, "security": "none"},
        }
        books = usual | settings.pop("books", {})
        return company(company_id, **{"books": books, "mail": mail} | settings)

    def configure(self, *companies: dict[str, Any], plans: Mapping[str, Any] | None = None, **more: Any) -> None:
        """Write config.yaml: these companies, or the usual one."""
        # Explicitly: a dataclass with slots is another class than the one that `super()` would look for.
        Replay.configure(self, *(companies or (self.company(),)), plans=plans, **more)

    def connect(self, *company_ids: str) -> None:
        """Connect companies (all of them) by a token answer of the sandbox."""
        for company_id in company_ids or tuple(self.companies):
            done = self.hand_tokens(company_id)
            assert done.code == 0, done.err

    def hand_tokens(self, company_id: str, *arguments: str, organisations: Sequence[str] = ()) -> Finished:
        """Run `relance connect COMPANY --tokens -` on a fresh grant, of other organisations where some are named."""
        own = self.companies[company_id]
        granted = self.sandbox.oauth.grant(self.provider.name, list(organisations) or [own], client_id=CLIENT_ID)
        self.tokens[company_id] = granted
        typed = io.TextIOWrapper(io.BytesIO(json.dumps(granted).encode()), "utf-8")
        with patch.object(sys, "stdin", typed):
            return self.command("connect", company_id, "--tokens", "-", "--json", *arguments)

    def revoke(self, company_id: str) -> None:
        """Let somebody take a company's consent back on the provider's own pages."""
        assert self.sandbox.oauth.revoke(self.provider.name, self.tokens[company_id]["access_token"])

    def ready(self, *companies: dict[str, Any], plans: Mapping[str, Any] | None = None, **more: Any) -> Self:
        """Write the configuration and connect every company in it."""
        self.configure(*companies, plans=plans, **more)
        self.connect()
        return self

    def accept(self, day: str, *more: str, company_id: str = "dupont") -> None:
        """Read the books, and accept what was open before Relance came; nothing may have left until then."""
        before = self.run(day)
        assert before.code == 1, "a backlog that nobody accepted needs a person"
        assert not self.smtp.accepted
        for one in self.companies if len(self.companies) > 1 else [company_id]:
            self.do("accept", one, "--backlog", *more)

    # -- time ---------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The instant it is, everywhere."""
        return self.sandbox.clock.now()

    def advance(self, **by: float) -> None:
        """Let time pass: minutes=31, hours=6, days=1."""
        self.sandbox.clock.advance(timedelta(**by))

    def morning_of(self, day: str) -> None:
        """Go on to a morning; where that is past, time goes on by a minute instead."""
        morning = datetime.combine(date.fromisoformat(day), datetime.min.time(), tzinfo=UTC) + MORNING
        self.sandbox.clock.set(max(morning, self.now + timedelta(minutes=1)))

    # -- the books ----------------------------------------------------------------------------------------------------

    @property
    def ledger(self) -> Ledger:
        """The books of the first company."""
        return self.ledger_of(next(iter(self.companies)))

    def ledger_of(self, company_id: str) -> Ledger:
        """The books of a company."""
        return self.sandbox.books(self.provider.name, self.companies[company_id])

    def party(self, name: str, address: str | None = None, *, ledger: Ledger | None = None, **more: Any) -> Party:
        """Find a customer by its name, or enter it: ap@name.example."""
        books = ledger or self.ledger
        found = next((one for one in books.parties.values() if one.name == name), None)
        if found is not None:
            return found
        usual = f"ap@{name.lower().replace(' ', '-')}.example"
        return books.add_party(name, usual if address is None else address, **more)

    def bill(
        self,
        number: str,
        customer: str,
        *,
        total: str,
        due: str | None,
        issued: str = "",
        company_id: str = "",
        **more: Any,
    ) -> str:
        """Write an invoice, issued thirty days before it is due unless told otherwise; give its id at the provider."""
        ledger = self.ledger_of(company_id) if company_id else self.ledger
        due_on = None if due is None else date.fromisoformat(due)
        issued_on = date.fromisoformat(issued) if issued else (due_on or self.now.date()) - timedelta(days=30)
        party = self.party(customer, ledger=ledger)
        return ledger.invoice(party, Decimal(total), issued_on, due_on, number=number, **more).id

    def document(self, number: str, company_id: str = "") -> Document:
        """Find a document by its number."""
        ledger = self.ledger_of(company_id) if company_id else self.ledger
        return next(one for one in ledger.documents.values() if one.number == number)

    def id_of(self, number: str, company_id: str = "") -> str:
        """Give a document's id at the provider."""
        return self.document(number, company_id).id

    def pay(self, number: str, amount: str | None = None, *, company_id: str = "") -> Receipt:
        """Pay an invoice, whole unless an amount is given, now."""
        ledger = self.ledger_of(company_id) if company_id else self.ledger
        identity = self.id_of(number, company_id)
        owed = ledger.balance(identity) if amount is None else Decimal(amount)
        return ledger.pay(identity, owed, self.now.date())

    # -- what goes wrong ----------------------------------------------------------------------------------------------

    def fault(self, name: str, *, times: int = 1, path: str = "", method: str | None = None, **more: Any) -> None:
        """Switch a fault of the sandbox on; `path` is a regular expression, searched in the path with its prefix."""
        self.sandbox.faults.add(name, times=times, path=path, method=method, **more)

    def calls(self, path: str = "", method: str | None = None) -> list[Call]:
        """Give the calls to the provider's API whose path holds a regular expression, without those for tokens."""
        found = self.sandbox.calls.of(self.provider.name, path, method)
        return [one for one in found if not one.path.endswith(("/token", "/bearer", "/revoke", "/connections"))]

    def meanwhile(self, change: Callable[[], object]) -> None:
        """Let something happen in the next run, after it has decided what to send and before anything leaves."""
        self._between.append(change)

    @contextmanager
    def watching(self) -> Iterator[list[Call]]:
        """Give the calls that were made inside the block, once it is left."""
        before = len(self.calls())
        made: list[Call] = []
        yield made
        made.extend(self.calls()[before:])

    # -- what came of it ----------------------------------------------------------------------------------------------

    def letters(self) -> list[EmailMessage]:
        """Parse what the mail server took, in its order."""
        return [email.message_from_bytes(one.content, policy=email.policy.default) for one in self.smtp.accepted]

    def recipients(self) -> list[tuple[str, ...]]:
        """Give to whom the mail server was told to bring each mail."""
        return [one.recipients for one in self.smtp.accepted]

    def provider_mails(self, company_id: str = "") -> list[tuple[str, tuple[str, ...]]]:
        """Give number and recipients of each mail that the provider itself sent."""
        ledger = self.ledger_of(company_id) if company_id else self.ledger
        return [(ledger.document(one.document_id).number, one.recipients) for one in ledger.mails]

    def notes(self, number: str, company_id: str = "") -> list[str]:
        """Give the notes about an invoice, oldest first: its own, or at Sage the lines about it with its customer."""
        ledger = self.ledger_of(company_id) if company_id else self.ledger
        document = self.document(number, company_id)
        if self.provider.name != "sage":
            return [one.text for one in ledger.notes_of(document.id)]
        lines = ledger.party(document.party_id).notes.splitlines()
        return [line for line in reversed(lines) if number in line and "[rem:" in line]

    def items(self) -> list[dict[str, Any]]:
        """Give what `items --json` lists, by number."""
        found = self.do("items", "--json").data["items"]
        return sorted(found, key=lambda item: str(item["number"]))

    def stored(self) -> list[dict[str, Any]]:
        """Give what the books said of each open item, without what depends on the day it is asked."""
        passing = {"days_late", "level", "next_action_on"}
        return [{name: value for name, value in item.items() if name not in passing} for item in self.items()]

    def balances(self) -> dict[str, str]:
        """Give the balance of each open item as `items` lists it."""
        return {item["number"]: item["balance"] for item in self.items()}

    def history(self, number: str) -> list[str]:
        """Give the history of an item as `explain` tells it: kind and text of each entry."""
        told = self.command("explain", number, "--json").data
        return [f"{entry['kind']} {entry['text']}" for entry in told["history"]]

    # -- running ------------------------------------------------------------------------------------------------------

    def whole_environment(self) -> dict[str, str]:
        """Give the environment for a process of its own."""
        return {**os.environ, **self.environment}

    @contextmanager
    def at_its_instant(self) -> Iterator[None]:
        """Let Relance's own code run at the sandbox's instant, for what no command reaches."""
        with ExitStack() as held:
            held.enter_context(patch.dict(os.environ, self.environment))
            held.enter_context(patch.object(SystemClock, "now", lambda _: self.now))
            held.enter_context(patch.object(opening, "_pause", lambda _, seconds: self.advance(seconds=seconds)))
            for name in ("_xero", "_quickbooks", "_sage"):
                held.enter_context(patch.object(opening, name, self._with_pages(getattr(opening, name))))
            held.enter_context(patch.object(running, "queue_company", self._interrupted(queue_company)))
            yield
        assert not self.sandbox.crashes, self.sandbox.crashes[0]

    def command(self, *arguments: str) -> Finished:
        """Run the command at the sandbox's instant; with --json its standard output must be one JSON document."""
        with self.at_its_instant():
            return Replay.command(self, *arguments)

    def run(self, day: str, *arguments: str) -> Finished:
        """Run the tool as of a day, in its morning, and note what it sent and thanked."""
        self.morning_of(day)
        done = self.command(*arguments, "run", "--today", day, "--json")
        assert done.data is not None, f"run --today {day} ended {done.code}: {done.err or done.out}"
        for reminder in done.data["reminders"]:
            self._note(day, {**reminder, "customer_id": self._name(reminder)})
        assert self._left() == len(self.sent) + len(self.thanked) - self._letters, (
            f"{day}: {self._left()} mails left, reported are {self.sent} and {self.thanked}"
        )
        return done

    def sync(self) -> dict[str, Any]:
        """Sync the first company; give its part of the report."""
        done = self.command("sync", "--json")
        assert done.data is not None, done.err
        found: dict[str, Any] = done.data["companies"][0]
        return found

    def problems(self, done: Finished) -> str:
        """Give the sentences for a person that a run ended with, as one text."""
        return "\n".join(f"{one['company']}: {one['message']}" for one in done.data["problems"])

    def _left(self) -> int:
        mails = sum(len(self.ledger_of(one).mails) for one in self.companies)
        return len(self.smtp.accepted) + mails

    def _name(self, reminder: Mapping[str, Any]) -> str:
        ledger = self.ledger_of(reminder["company"])
        identity = str(reminder["customer_id"])
        return next((one.name for one in ledger.parties.values() if identity.endswith(one.id)), identity)

    def _interrupted(self, queue: Callable[..., Any]) -> Callable[..., Any]:
        def queued(*arguments: Any) -> Any:
            done = queue(*arguments)
            while self._between:
                self._between.pop(0)()
            return done

        return queued

    def _with_pages(self, make: Callable[..., Any]) -> Callable[..., Any]:
        def made(*arguments: Any) -> Any:
            books = make(*arguments)
            if self.page_size is not None:
                books.page_size = self.page_size
            return books

        return made


def person(name: str, address: str, *, role: str = "accounts", include: bool = True) -> Person:
    """Build somebody at a customer who gets copies."""
    from connectors.sandbox.ledger import Person as Made  # noqa: PLC0415 (one name for the type and its making)

    return Made(name=name, email=address, role=role, include=include)
