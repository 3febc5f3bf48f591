"""TLS and log-in: nothing leaves in clear, no secret is shown, and the texts say what to do (reliability.md §8, row 19)."""

from __future__ import annotations

import base64
import ssl
import warnings
from typing import TYPE_CHECKING, Any

import pytest

from engine.channels.connection import Timeouts, UnprotectedConnectionError
from engine.channels.smtp import SmtpChannel
from engine.errors import NotHandedOverError, RelanceError
from tests.fakes.certificates import LONG_EXPIRED, Authority
from tests.fakes.mails import Barrier, an_envelope
from tests.fakes.smtp_server import Act, SmtpServer, Step, answer, misbehave

if TYPE_CHECKING:
    from collections.abc import Callable

USER = "compta@dupont.example"
SECRET = "pässwörd-Ω-4711"
USERS = {USER: SECRET}
PATIENT = Timeouts(connect=5, reply=5, content=5, final=5)
QUICK = Timeouts(connect=0.2, reply=0.2, content=0.2, final=0.2)


def attempt(server: SmtpServer, context: ssl.SSLContext | None, **changes: Any) -> str:
    """Deliver once; "" or the error's text, everything chained to it included."""
    settings: dict[str, Any] = {"host": "localhost", "port": server.port, "timeouts": PATIENT, "ssl_context": context}
    channel = SmtpChannel(**(settings | changes))
    barrier = Barrier()
    failure: NotHandedOverError | None = None
    try:
        channel.deliver(an_envelope(), barrier)
    except NotHandedOverError as error:
        failure = error
    finally:
        channel.close()
        server.settle()
    if failure is None:
        return ""
    assert failure.company_wide
    assert (barrier.servers, server.accepted) == ([], [])
    # The whole chain, because a log may print it.
    chain: BaseException | None = failure
    while chain is not None:
        assert not any(form in f"{chain!r} {chain}" for form in secret_forms())
        chain = chain.__cause__ or chain.__context__
    return str(failure)


def secret_forms() -> list[str]:
    plain = f"\0{USER}\0{SECRET}".encode()
    return [SECRET, base64.b64encode(SECRET.encode()).decode(), base64.b64encode(plain).decode()]


def test_starttls_protects_the_log_in_and_the_mail(
    protected: ssl.SSLContext, trusting: Callable[[], ssl.SSLContext]
) -> None:
    with SmtpServer(tls=protected, users=USERS) as server:
        assert attempt(server, trusting(), username=USER, password=lambda: SECRET) == ""
    [message] = server.accepted
    assert (message.tls, message.user) == (True, USER)
    assert server.verbs()[:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]


def test_implicit_tls_protects_from_the_first_byte(
    protected: ssl.SSLContext, trusting: Callable[[], ssl.SSLContext]
) -> None:
    with SmtpServer(tls=protected, implicit_tls=True, users=USERS) as server:
        assert attempt(server, trusting(), security="tls", username=USER, password=lambda: SECRET) == ""
    assert server.accepted[0].tls
    assert "STARTTLS" not in server.verbs()


def test_a_stripped_starttls_ends_the_connection(
    protected: ssl.SSLContext, trusting: Callable[[], ssl.SSLContext]
) -> None:
    with SmtpServer(tls=protected, offer_starttls=False, users=USERS) as server:
        said = attempt(server, trusting(), username=USER, password=lambda: SECRET)
    assert "does not offer STARTTLS" in said
    assert "port 465" in said
    assert server.verbs() == ["EHLO"]


@pytest.mark.parametrize("reply", ["454 4.7.0 TLS not available", "501 5.5.4 no parameters"])
def test_a_refused_starttls_is_no_reason_to_go_on_in_clear(
    protected: ssl.SSLContext, trusting: Callable[[], ssl.SSLContext], reply: str
) -> None:
    with SmtpServer(tls=protected, users=USERS, faults=[answer(Step.STARTTLS, reply)]) as server:
        said = attempt(server, trusting(), username=USER, password=lambda: SECRET)
    assert reply in said
    assert server.verbs() == ["EHLO", "STARTTLS"]


def test_what_is_said_in_clear_before_tls_is_not_believed_inside_it(
    protected: ssl.SSLContext, trusting: Callable[[], ssl.SSLContext]
) -> None:
    # Someone on the way adds an answer behind the 220: it must not become the answer to the protected EHLO.
    injected = answer(Step.STARTTLS, "220 2.0.0 ready\r\n250-evil.example\r\n250 AUTH PLAIN")
    with SmtpServer(tls=protected, users=USERS, faults=[injected]) as server:
        said = attempt(server, trusting(), username=USER, password=lambda: SECRET)
    assert said
    assert "AUTH" not in server.verbs()


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("act", [Act.RESET, Act.SILENCE], ids=str)
def test_a_handshake_that_breaks_sends_nothing(
    protected: ssl.SSLContext, trusting: Callable[[], ssl.SSLContext], security: str, act: Act
) -> None:
    faults = [misbehave(act, Step.HANDSHAKE)]
    with SmtpServer(tls=protected, implicit_tls=security == "tls", users=USERS, faults=faults) as server:
        timeouts = QUICK if act is Act.SILENCE else PATIENT
        said = attempt(server, trusting(), security=security, username=USER, password=lambda: SECRET, timeouts=timeouts)
    assert "Nothing was sent" in said


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("flaw", ["unknown authority", "other name", "expired"])
def test_a_certificate_that_is_not_the_server_s_ends_the_connection(
    authority: Authority,
    other_authority: Authority,
    trusting: Callable[[], ssl.SSLContext],
    security: str,
    flaw: str,
) -> None:
    makers: dict[str, Callable[[], ssl.SSLContext]] = {
        "unknown authority": other_authority.server_context,
        "other name": lambda: authority.server_context(names=("smtp.other.example",), addresses=()),
        "expired": lambda: authority.server_context(until=LONG_EXPIRED),
    }
    with SmtpServer(tls=makers[flaw](), implicit_tls=security == "tls", users=USERS) as server:
        said = attempt(server, trusting(), security=security, username=USER, password=lambda: SECRET)
    assert "certificate" in said
    assert "mail.smtp.host must be the name" in said
    assert "AUTH" not in server.verbs()


def test_without_a_context_of_its_own_a_channel_trusts_the_system_s_authorities_alone(
    protected: ssl.SSLContext,
) -> None:
    with SmtpServer(tls=protected, users=USERS) as server:
        assert "certificate" in attempt(server, None, username=USER, password=lambda: SECRET)


def test_tls_below_1_2_is_refused(authority: Authority, trusting: Callable[[], ssl.SSLContext]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old = authority.server_context(newest=ssl.TLSVersion.TLSv1_1)
        lenient = trusting()
        lenient.minimum_version = ssl.TLSVersion.TLSv1
        lenient.set_ciphers("ALL:@SECLEVEL=0")
    with SmtpServer(tls=old, users=USERS) as server:
        said = attempt(server, lenient, username=USER, password=lambda: SECRET)
    assert "TLS 1.2 or later" in said


@pytest.mark.parametrize("laxness", ["no name check", "no certificate check"])
def test_a_context_that_checks_nothing_is_refused(
    protected: ssl.SSLContext, trusting: Callable[[], ssl.SSLContext], laxness: str
) -> None:
    context = trusting()
    context.check_hostname = False
    if laxness == "no certificate check":
        context.verify_mode = ssl.CERT_NONE
    with SmtpServer(tls=protected, users=USERS) as server:
        assert "certificate checked" in attempt(server, context, username=USER, password=lambda: SECRET)


def test_tls_on_a_port_that_speaks_plainly_says_so(trusting: Callable[[], ssl.SSLContext]) -> None:
    with SmtpServer() as server:
        said = attempt(server, trusting(), security="tls")
    assert "security: tls goes with port 465" in said


@pytest.mark.parametrize("mechanisms", [("PLAIN",), ("LOGIN",), ("LOGIN", "PLAIN"), ("CRAM-MD5", "LOGIN")], ids=str)
def test_a_password_of_any_alphabet_logs_in_by_what_the_server_offers(mechanisms: tuple[str, ...]) -> None:
    with SmtpServer(users=USERS, mechanisms=mechanisms) as server:
        assert attempt(server, None, security="none", username=USER, password=lambda: SECRET) == ""
    assert server.accepted[0].user == USER


def test_an_access_token_logs_in_by_xoauth2() -> None:
    with SmtpServer(users={USER: "ya29.token"}, mechanisms=("LOGIN", "XOAUTH2")) as server:
        said = attempt(server, None, security="none", username=USER, password=lambda: "ya29.token", auth="xoauth2")
    assert said == ""
    assert server.accepted[0].user == USER


def test_the_secret_is_asked_for_at_each_connection_because_tokens_expire() -> None:
    tokens = iter(["first", "second"])
    users = {USER: "first"}
    with SmtpServer(
        users=users, mechanisms=("XOAUTH2",), faults=[misbehave(Act.CLOSE_AFTER, Step.DOT, times=1)]
    ) as server:
        channel = SmtpChannel(
            host="localhost",
            port=server.port,
            security="none",
            username=USER,
            password=lambda: next(tokens),
            auth="xoauth2",
            timeouts=PATIENT,
        )
        channel.deliver(an_envelope(), Barrier())
        users[USER] = "second"
        channel.deliver(an_envelope(), Barrier())
        channel.close()
    assert len(server.accepted) == 2


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "XOAUTH2"])
def test_a_wrong_password_is_tried_once_and_never_shown(mechanism: str) -> None:
    with SmtpServer(users={USER: "another"}, mechanisms=(mechanism,)) as server:
        auth = "xoauth2" if mechanism == "XOAUTH2" else "password"
        said = attempt(server, None, security="none", username=USER, password=lambda: SECRET, auth=auth)
    assert f"refuses the log-in of {USER}: 535" in said
    assert server.verbs().count("AUTH") == 1
    if mechanism == "XOAUTH2":
        assert '{"status":"401"}' in said


@pytest.mark.parametrize("form", [0, 1, 2])
def test_a_server_that_quotes_the_secret_does_not_get_it_into_our_texts(form: int) -> None:
    quoted = secret_forms()[form]
    fault = answer(Step.AUTH, "535 5.7.8 bad: x")
    fault.reply = f"535 5.7.8 you said {quoted} to us".encode()
    with SmtpServer(users=USERS, faults=[fault]) as server:
        said = attempt(server, None, security="none", username=USER, password=lambda: SECRET)
    assert "you said [password] to us" in said


@pytest.mark.parametrize(
    ("reply", "advice"),
    [
        (
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
            "Authenticated SMTP",
        ),
        ("550 5.7.30 Basic authentication is not supported for Client Submission.", "auth: xoauth2"),
        ("554 5.7.30 Basic authentication is not supported for Client Submission.", "auth: xoauth2"),
        ("534-5.7.9 Application-specific password required.\r\n534 5.7.9 see help", "app password"),
        ("535 5.7.8 Username and Password not accepted", "username and password"),
        ("535 no status here", "username and password"),
    ],
)
def test_known_refusals_come_with_what_to_do(reply: str, advice: str) -> None:
    with SmtpServer(users=USERS, faults=[answer(Step.AUTH, reply)]) as server:
        assert advice in attempt(server, None, security="none", username=USER, password=lambda: SECRET)


def test_a_log_in_that_cannot_be_checked_now_is_not_called_wrong() -> None:
    with SmtpServer(users=USERS, faults=[answer(Step.AUTH, "454 4.7.0 try later")]) as server:
        said = attempt(server, None, security="none", username=USER, password=lambda: SECRET)
    assert "cannot check the log-in now" in said


@pytest.mark.parametrize("act", [Act.RESET, Act.SILENCE], ids=str)
def test_a_link_that_breaks_at_log_in_sends_nothing(act: Act) -> None:
    with SmtpServer(users=USERS, faults=[misbehave(act, Step.AUTH)]) as server:
        said = attempt(server, None, security="none", username=USER, password=lambda: SECRET, timeouts=QUICK)
    assert "Nothing was sent" in said


@pytest.mark.parametrize(
    ("offered", "auth", "hint"),
    [
        (None, "password", "offers no log-in"),
        (("XOAUTH2",), "password", "set auth: xoauth2"),
        (("PLAIN",), "xoauth2", "check port"),
    ],
)
def test_a_server_without_our_way_to_log_in_is_told_apart(
    offered: tuple[str, ...] | None, auth: str, hint: str
) -> None:
    with SmtpServer(users=None if offered is None else USERS, mechanisms=offered or ()) as server:
        said = attempt(server, None, security="none", username=USER, password=lambda: SECRET, auth=auth)
    assert hint in said
    assert "AUTH" not in server.verbs()


def test_a_user_without_a_password_is_a_mistake_in_the_settings() -> None:
    with SmtpServer(users=USERS) as server:
        assert "set one under mail.smtp" in attempt(server, None, security="none", username=USER)

        def unset() -> str:
            raise RelanceError("the environment variable SMTP_PASSWORD is not set")

        assert "SMTP_PASSWORD is not set" in attempt(server, None, security="none", username=USER, password=unset)


def test_a_name_of_this_machine_that_leads_elsewhere_is_not_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.channels.connection._is_loopback", lambda host: host == "localhost")
    with SmtpServer(users=USERS) as server:
        channel = SmtpChannel(host="localhost", port=server.port, security="none", timeouts=PATIENT)
        with pytest.raises(UnprotectedConnectionError):
            channel.deliver(an_envelope(), Barrier())
    assert server.verbs() == ["EHLO"]
