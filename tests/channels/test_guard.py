"""The mode, at the last place before the wire: no way to a customer but the allowed one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.channels.addresses import Mailbox
from engine.channels.guard import ModeGuard, StopFileError
from engine.errors import ModeForbidsError
from engine.kinds import Channel, Mode
from engine.records import Receipt
from tests.fakes.mails import CUSTOMER, SENDER, Barrier, a_message, an_envelope

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.records import Envelope

REDIRECT = "anne@dupont.example"


@dataclass(slots=True)
class Wire:
    """Whatever comes here has left."""

    sent: list[Envelope] = field(default_factory=list)

    def deliver(self, envelope: Envelope, barrier: Callable[[str], None]) -> Receipt:
        barrier("wire")
        self.sent.append(envelope)
        return Receipt(server="wire", reply="taken")

    def delivered(self, message_id: str) -> bool | None:
        return any(one.message_id == message_id for one in self.sent)


def leaves(envelope: Envelope, **changes: Any) -> bool:
    """Tell whether an envelope gets through, barrier and all."""
    wire = Wire()
    clearance: dict[str, Any] = {
        "mode": Mode.AUTO,
        "allowed": frozenset({CUSTOMER}),
        "rehearsal": False,
        "needs_approval": False,
        "approved": False,
    }
    barrier = Barrier()
    guard = ModeGuard(wire, **(clearance | changes))
    try:
        guard.deliver(envelope, barrier)
    except ModeForbidsError:
        assert (wire.sent, barrier.servers) == ([], [])
        return False
    assert (wire.sent, barrier.servers) == ([envelope], ["wire"])
    assert guard.delivered(envelope.message_id)
    return True


def a_rehearsal(**changes: Any) -> Envelope:
    content = a_message(redirect_to=Mailbox(address=REDIRECT))
    return an_envelope(**({"recipients": (REDIRECT,), "content": content, "title": "[TEST → x] y"} | changes))


@pytest.mark.parametrize("rehearsal", [True, False])
@pytest.mark.parametrize("approved", [True, False])
@pytest.mark.parametrize("needs_approval", [True, False])
def test_off_and_preview_let_nothing_pass(rehearsal: bool, approved: bool, needs_approval: bool) -> None:
    for mode in (Mode.OFF, Mode.PREVIEW):
        for envelope in (an_envelope(), a_rehearsal()):
            assert not leaves(
                envelope,
                mode=mode,
                rehearsal=rehearsal,
                approved=approved,
                needs_approval=needs_approval,
                redirect_to=REDIRECT,
                allowed=frozenset({CUSTOMER, REDIRECT}),
            )


@pytest.mark.parametrize(
    ("mode", "needs_approval", "approved", "passes"),
    [
        (Mode.AUTO, False, False, True),
        (Mode.AUTO, True, False, False),
        (Mode.AUTO, True, True, True),
        (Mode.APPROVE, False, False, False),
        (Mode.APPROVE, False, True, True),
        (Mode.APPROVE, True, False, False),
        (Mode.APPROVE, True, True, True),
    ],
)
def test_approval_is_a_person_s(mode: Mode, needs_approval: bool, approved: bool, passes: bool) -> None:
    assert leaves(an_envelope(), mode=mode, needs_approval=needs_approval, approved=approved) is passes


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.APPROVE])
def test_a_rehearsal_never_leaves_outside_redirect(mode: Mode) -> None:
    allowed = frozenset({CUSTOMER, REDIRECT})
    assert not leaves(a_rehearsal(), mode=mode, rehearsal=True, approved=True, allowed=allowed, redirect_to=REDIRECT)


@pytest.mark.parametrize(
    "recipients", [("thief@evil.example",), (CUSTOMER, "thief@evil.example"), (CUSTOMER.upper(),), (f" {CUSTOMER}",)]
)
def test_only_this_customer_s_addresses_are_reached(recipients: tuple[str, ...]) -> None:
    assert not leaves(an_envelope(recipients=recipients))


def test_copies_that_are_allowed_are_reached_even_blind() -> None:
    blind = "archive@dupont.example"
    envelope = an_envelope(recipients=(CUSTOMER, blind))
    assert leaves(envelope, allowed=frozenset({CUSTOMER, blind}))


@pytest.mark.parametrize(
    "content",
    [
        a_message(to=Mailbox(address="other@client.example")),
        a_message(cc=[Mailbox(address="other@client.example")]),
        a_message().replace(b"To: ", b"Bcc: hidden@client.example\r\nTo: ", 1),
        a_message().replace(b"To: ", b"To: a@client.example\r\nTo: ", 1),
        a_message().replace(b"To: ", b"X-To: ", 1),
        b"",
    ],
    ids=["other-to", "other-cc", "bcc", "two-to", "no-to", "empty"],
)
def test_the_headers_must_name_those_whom_the_envelope_reaches(content: bytes) -> None:
    assert not leaves(an_envelope(content=content))
    if content:
        assert not leaves(an_envelope(content=content, channel=Channel.PROVIDER))


def redirected(envelope: Envelope, **changes: Any) -> bool:
    return leaves(envelope, **({"mode": Mode.REDIRECT, "rehearsal": True, "redirect_to": REDIRECT} | changes))


def test_redirect_lets_a_marked_rehearsal_pass_to_its_one_address() -> None:
    assert redirected(a_rehearsal())
    assert redirected(a_rehearsal(), needs_approval=True)


@pytest.mark.parametrize(
    ("envelope", "changes"),
    [
        (a_rehearsal(), {"rehearsal": False}),
        (a_rehearsal(), {"redirect_to": ""}),
        (a_rehearsal(), {"redirect_to": "someone@else.example"}),
        (an_envelope(), {}),
        (an_envelope(), {"approved": True}),
        (a_rehearsal(recipients=(CUSTOMER,)), {}),
        (a_rehearsal(recipients=(REDIRECT, CUSTOMER)), {}),
        (a_rehearsal(recipients=()), {}),
        (a_rehearsal(content=a_message()), {}),
        (a_rehearsal(content=a_message(to=Mailbox(address=REDIRECT))), {}),
        (a_rehearsal(channel=Channel.PROVIDER), {}),
        (a_rehearsal(channel=Channel.PROVIDER, recipients=()), {}),
        (a_rehearsal(channel=Channel.LETTER, title="Mise en demeure"), {}),
        (a_rehearsal(channel=Channel.CALL, recipients=(CUSTOMER,)), {}),
    ],
    ids=range(14),
)
def test_redirect_lets_nothing_else_pass(envelope: Envelope, changes: dict[str, Any]) -> None:
    assert not redirected(envelope, **changes)


def test_a_task_is_rehearsed_as_a_marked_task() -> None:
    assert redirected(a_rehearsal(channel=Channel.LETTER, recipients=(), content=b""))
    assert leaves(an_envelope(channel=Channel.LETTER, recipients=(), content=b""))


ADDRESSES = st.sampled_from([CUSTOMER, "other@client.example", REDIRECT, SENDER])


@settings(max_examples=60)
@given(
    recipients=st.lists(ADDRESSES, max_size=3),
    to=ADDRESSES,
    cc=st.lists(ADDRESSES, max_size=2),
    mode=st.sampled_from(Mode),
    rehearsal=st.booleans(),
    approved=st.booleans(),
    needs_approval=st.booleans(),
    channel=st.sampled_from(Channel),
    marked=st.booleans(),
)
def test_nobody_is_ever_reached_who_may_not_be(
    *,
    recipients: list[str],
    to: str,
    cc: list[str],
    mode: Mode,
    rehearsal: bool,
    approved: bool,
    needs_approval: bool,
    channel: Channel,
    marked: bool,
) -> None:
    content = a_message(
        to=Mailbox(address=to),
        cc=[Mailbox(address=one) for one in cc],
        redirect_to=Mailbox(address=to) if marked else None,
    )
    envelope = an_envelope(recipients=tuple(recipients), content=content, channel=channel)
    passed = leaves(
        envelope,
        mode=mode,
        rehearsal=rehearsal,
        approved=approved,
        needs_approval=needs_approval,
        redirect_to=REDIRECT,
        allowed=frozenset({CUSTOMER}),
    )
    if passed:
        assert mode not in {Mode.OFF, Mode.PREVIEW}
        assert rehearsal is (mode is Mode.REDIRECT)
        assert set(recipients) <= ({REDIRECT} if mode is Mode.REDIRECT else {CUSTOMER})
        assert approved or not (mode is Mode.APPROVE or (needs_approval and mode is Mode.AUTO))


@settings(max_examples=30)
@given(name=st.text(max_size=60) | st.text(alphabet='=?utf-8q_0DA <>@,;:"\\()é', max_size=60))
def test_no_name_of_a_customer_keeps_an_honest_mail_from_leaving(name: str) -> None:
    assert leaves(an_envelope(content=a_message(to=Mailbox(address=CUSTOMER, name=name))))
    content = a_message(to=Mailbox(address=CUSTOMER, name=name), redirect_to=Mailbox(address=REDIRECT, name=name))
    assert redirected(a_rehearsal(content=content))


def test_a_stop_file_stops_everything_and_its_removal_lets_it_go_on(tmp_path: Path) -> None:
    stop = tmp_path / "STOP"
    stop.touch()
    with pytest.raises(StopFileError, match="remove it") as stopped:
        leaves(an_envelope(), stop_file=stop)
    assert stopped.value.company_wide
    stop.unlink()
    assert leaves(an_envelope(), stop_file=stop)


def test_a_stop_file_that_comes_while_the_server_is_being_asked_still_stops_the_mail(tmp_path: Path) -> None:
    stop = tmp_path / "STOP"

    @dataclass(slots=True)
    class SlowWire(Wire):
        def deliver(self, envelope: Envelope, barrier: Callable[[str], None]) -> Receipt:
            stop.touch()
            return Wire.deliver(self, envelope, barrier)

    wire, barrier = SlowWire(), Barrier()
    guard = ModeGuard(
        wire,
        mode=Mode.AUTO,
        allowed=frozenset({CUSTOMER}),
        rehearsal=False,
        needs_approval=False,
        approved=False,
        stop_file=stop,
    )
    with pytest.raises(StopFileError):
        guard.deliver(an_envelope(), barrier)
    assert (wire.sent, barrier.servers) == ([], [])
