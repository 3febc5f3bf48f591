"""The provider's own mail: what is certain before and after the barrier, and what evidence there is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.channels.provider import ProviderChannel
from engine.errors import (
    BooksBusyError,
    BooksError,
    BooksRefusedError,
    BooksUnreachableError,
    ConsentNeededError,
    DefinitelyRefusedError,
    DeliveryError,
    NotHandedOverError,
    NotSupportedError,
    OutcomeUnknownError,
    TemporarilyRefusedError,
    WriteUnknownError,
)
from engine.kinds import Channel
from engine.records import Envelope, ProviderMail, Receipt

NOW = datetime(2026, 3, 9, 8, 30, tzinfo=UTC)
BUSY = BooksBusyError("the day is used up", retry_at=NOW + timedelta(hours=7))
ENVELOPE = Envelope(
    reminder_id="r1",
    company_id="dupont",
    customer_id="C1",
    channel=Channel.PROVIDER,
    sender="",
    recipients=("ap@client.example",),
    title="Facture F1",
    text="",
    message_id="<r1@dupont.example>",
)


@dataclass(slots=True)
class Provider:
    """A provider that fails before or after the barrier, or sends."""

    before: BooksError | None = None
    after: BooksError | None = None
    evidence: bool | BooksError | None = None
    asked: list[ProviderMail] = field(default_factory=list)
    since: list[datetime] = field(default_factory=list)

    def send_mail(self, mail: ProviderMail, barrier: object) -> Receipt:
        assert callable(barrier)
        if self.before:
            raise self.before
        barrier("api.xero.example")
        self.asked.append(mail)
        if self.after:
            raise self.after
        return Receipt(server="api.xero.example", reply="204")

    def mail_evidence(self, item_id: str, since: datetime) -> bool | None:
        assert item_id == "invoice:1"
        self.since.append(since)
        if isinstance(self.evidence, BooksError):
            raise self.evidence
        return self.evidence


def channel(provider: Provider, handed_over_at: datetime | None = None) -> ProviderChannel:
    return ProviderChannel(provider, item_id="invoice:1", key="k", handed_over_at=handed_over_at)


def test_the_provider_is_asked_once_after_the_barrier_for_one_invoice_and_one_address() -> None:
    provider, servers = Provider(), list[str]()
    receipt = channel(provider).deliver(ENVELOPE, servers.append)
    assert servers == ["api.xero.example"]
    assert provider.asked == [ProviderMail(item_id="invoice:1", to="ap@client.example", key="k")]
    assert receipt.reply == "204"


@pytest.mark.parametrize(
    ("error", "expected", "whole_company"),
    [
        (BooksUnreachableError("no route"), NotHandedOverError, True),
        (BUSY, NotHandedOverError, True),
        (ConsentNeededError("connect again"), NotHandedOverError, True),
        (BooksRefusedError("no address"), DefinitelyRefusedError, None),
        (NotSupportedError("no mail"), DefinitelyRefusedError, None),
    ],
)
def test_what_goes_wrong_before_the_barrier_sent_nothing(
    error: BooksError, expected: type[DeliveryError], whole_company: bool | None
) -> None:
    passed: list[str] = []
    with pytest.raises(expected, match=str(error)) as raised:
        channel(Provider(before=error)).deliver(ENVELOPE, passed.append)
    assert passed == []
    assert getattr(raised.value, "company_wide", None) is whole_company


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (WriteUnknownError("the answer never came"), OutcomeUnknownError),
        (BUSY, TemporarilyRefusedError),
        (BooksUnreachableError("no route"), TemporarilyRefusedError),
        (ConsentNeededError("connect again"), TemporarilyRefusedError),
        (BooksRefusedError("validation"), DefinitelyRefusedError),
    ],
)
def test_after_the_barrier_only_a_lost_answer_is_uncertain(error: BooksError, expected: type[DeliveryError]) -> None:
    passed: list[str] = []
    with pytest.raises(expected, match=str(error)):
        channel(Provider(after=error)).deliver(ENVELOPE, passed.append)
    assert passed == ["api.xero.example"]


def test_a_barrier_that_refuses_stops_the_mail() -> None:
    provider = Provider()

    def refuse(server: str) -> None:
        raise NotHandedOverError(server)

    with pytest.raises(NotHandedOverError):
        channel(provider).deliver(ENVELOPE, refuse)
    assert provider.asked == []


@pytest.mark.parametrize(
    "envelope",
    [
        replace(ENVELOPE, recipients=()),
        replace(ENVELOPE, recipients=("a@client.example", "b@client.example")),
        replace(ENVELOPE, channel=Channel.EMAIL),
        replace(ENVELOPE, content=b"Subject: x"),
    ],
    ids=["nobody", "two people", "another channel", "worded by us"],
)
def test_anything_but_one_provider_mail_to_one_address_goes_nowhere(envelope: Envelope) -> None:
    provider = Provider()
    with pytest.raises(NotHandedOverError):
        channel(provider).deliver(envelope, lambda _: None)
    assert provider.asked == []


@pytest.mark.parametrize("evidence", [True, False, None])
def test_evidence_is_what_the_provider_shows_since_the_handing_over(*, evidence: bool | None) -> None:
    provider = Provider(evidence=evidence)
    assert channel(provider, NOW).delivered("<x>") is evidence
    assert provider.since == [NOW]


def test_without_the_instant_or_out_of_reach_there_is_no_evidence() -> None:
    provider = Provider(evidence=True)
    assert channel(provider).delivered("<x>") is None
    assert provider.since == []
    assert channel(Provider(evidence=BooksUnreachableError("x")), NOW).delivered("<x>") is None
