"""One request and its answer on the wire: every wait bounded, nothing followed, nothing remembered, nothing repeated."""

from __future__ import annotations

import http.client
import io
import os
import ssl
from contextvars import ContextVar
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import requests
import requests.adapters
import urllib3
from requests.utils import get_environ_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from connectors import jsontext
from connectors.http_answer import Answer
from connectors.http_body import CHUNK, BrokenBodyError, TooBigError, whole
from connectors.http_redact import clean, one_line

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator, Mapping

    from _typeshed import WriteableBuffer

_AGENT: Final = "Relance (self-hosted credit control)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One request as it goes out, without its token."""

    method: str
    url: str
    params: Mapping[str, str] | None
    headers: Mapping[str, str]
    body: bytes | None
    most_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long one exchange may take, in seconds: to connect, between two pieces of the answer, and in whole."""

    connect: float
    read: float
    total: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """No usable answer came: what happened in words, and what follows from it."""

    words: str
    handed_over: bool  # the request may have reached the provider
    garbled: bool = False  # something came, and it is not what it should be
    final: bool = False  # another try would meet the same


@dataclass(slots=True, kw_only=True)
class _Call:
    """The exchange that this thread is in: connections ask it how long they may still wait, and tell it how far they are."""

    monotonic: Callable[[], float]
    ends: float
    read: float
    connecting: bool = False
    sent: bool = False

    def patience(self) -> float:
        left = self.ends - self.monotonic()
        if left <= 0:
            raise TimeoutError("the whole answer takes too long")
        return min(left, self.read)


_call: ContextVar[_Call | None] = ContextVar("relance_http_call", default=None)


class _Timed(io.RawIOBase):
    """A socket's reading side that waits no longer than the exchange has left: a timeout for each read is no bound."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        super().__init__()
        self._raw, self._sock = raw, sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        if call := _call.get():
            self._sock.settimeout(call.patience())
        read: int | None = self._raw.readinto(buffer)
        return read

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """An answer whose every byte, the status line's too, is read against the exchange's end."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_Timed(self.fp.detach(), sock))


class _Telling:
    """What both kinds of connection add: they tell the exchange when they connect and when the first byte leaves."""

    response_class: Any = _Response
    sock: Any

    def connect(self) -> None:
        if call := _call.get():
            call.connecting = True
        super().connect()  # type: ignore[misc]  # mixed into connections only

    def request(self, *args: Any, **options: Any) -> None:
        if self.sock is None:
            self.connect()
        if call := _call.get():
            call.sent = True
        super().request(*args, **options)  # type: ignore[misc]  # see above


class _PlainConnection(_Telling, HTTPConnection):
    pass


class _TlsConnection(_Telling, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS: Final = {"http": _PlainPool, "https": _TlsPool}


class _Adapter(requests.adapters.HTTPAdapter):
    """Connections of ours, directly and through a proxy."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = dict(_POOLS)

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(*args, **options)
        manager.pool_classes_by_scheme = dict(_POOLS)
        return manager


def new_session(concurrent: int) -> requests.Session:
    """Make a session that repeats nothing, keeps no cookie and reads no .netrc."""
    session = requests.Session()
    # Of the environment only proxies and the CA bundle are taken, by `_surroundings`: .netrc would replace the token.
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    # br and zstd depend on what happens to be installed; these two we undo ourselves, within bounds.
    session.headers.update({"User-Agent": _AGENT, "Accept-Encoding": "gzip, deflate"})
    for prefix in ("https://", "http://"):
        session.mount(prefix, _Adapter(pool_maxsize=max(concurrent, 1), max_retries=0))
    return session


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine itself."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def forbidden(url: str) -> str:
    """Say why a token must not be sent to an address; "" where it may."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "it is no web address"
    if not host or parts.scheme not in {"https", "http"}:
        return "it is no web address"
    if parts.username is not None or parts.password is not None:
        return "it holds a user name or password"
    if parts.scheme == "http" and not is_loopback(host):
        return "it is not https"
    return ""


def _surroundings(url: str) -> tuple[dict[str, str], bool | str]:
    """Proxies and CA bundle as the environment says; this machine itself is never asked for through a proxy."""
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    return ({} if is_loopback(urlsplit(url).hostname or "") else get_environ_proxies(url)), bundle


def exchange(
    session: requests.Session,
    outgoing: Outgoing,
    *,
    auth: requests.auth.AuthBase,
    limits: Limits,
    monotonic: Callable[[], float],
) -> Answer | Failure:
    """Send one request once and read its answer whole; what goes wrong is returned, so that no secret is in a traceback."""
    call = _Call(monotonic=monotonic, ends=monotonic() + limits.total, read=limits.read)
    mark = _call.set(call)
    try:
        proxies, verify = _surroundings(outgoing.url)
        with session.request(
            outgoing.method,
            outgoing.url,
            params=outgoing.params,
            headers=dict(outgoing.headers),
            data=outgoing.body,
            auth=auth,
            stream=True,
            allow_redirects=False,
            timeout=(min(limits.connect, limits.total), min(limits.read, limits.total)),
            proxies=proxies,
            verify=verify,
        ) as response:
            chunks = _in_time(response.raw.stream(CHUNK, decode_content=False), call)
            coding = response.headers.get("Content-Encoding", "")
            body = whole(chunks, coding, outgoing.most_bytes) if response.status_code != http.client.NO_CONTENT else b""
            if "json" in outgoing.headers.get("Accept", ""):
                body = jsontext.without_mark(body)
            return Answer(status=response.status_code, headers=response.headers, body=body, url=clean(response.url))
    except TooBigError:
        most = f"{outgoing.most_bytes / 2**20:g} MiB"
        return Failure(words=f"the answer is bigger than {most}", handed_over=True, garbled=True, final=True)
    except BrokenBodyError as error:
        return Failure(words=f"the answer is broken: {error}", handed_over=True, garbled=True)
    except (
        requests.RequestException,
        urllib3.exceptions.HTTPError,
        http.client.HTTPException,
        OSError,
        ValueError,
    ) as e:
        return _failure(e, call, limits)
    finally:
        _call.reset(mark)


def _in_time(chunks: Iterator[bytes], call: _Call) -> Iterator[bytes]:
    for chunk in chunks:
        call.patience()
        yield chunk


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk down what an error wraps: libraries put the cause into arguments, reasons, causes and contexts."""
    seen: set[int] = set()
    ahead: list[object] = [error]
    while ahead:
        one = ahead.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            ahead += [getattr(one, "reason", None), one.__cause__, one.__context__, *one.args]


# What an error means, the most telling first: an error often wraps several of these.
_WORDS: Final[tuple[tuple[tuple[type[BaseException], ...], str], ...]] = (
    (
        (urllib3.exceptions.ProxyError, requests.exceptions.ProxyError),
        "the proxy of this machine's environment does not let the call through",
    ),
    ((urllib3.exceptions.NameResolutionError,), "its name is not found (DNS)"),
    ((ConnectionRefusedError,), "the connection is refused"),
    ((urllib3.exceptions.NewConnectionError,), "no connection comes about"),
    # Also the base class of the one before.
    ((urllib3.exceptions.ConnectTimeoutError, requests.ConnectTimeout), "no connection within {connect:g} s"),
    (
        (TimeoutError, urllib3.exceptions.TimeoutError, requests.Timeout),
        "no whole answer came within {silence:g} s of silence, {total:g} s in all",
    ),
    ((ConnectionError, http.client.RemoteDisconnected), "the connection broke off"),
    (
        (ssl.SSLError, urllib3.exceptions.SSLError, requests.exceptions.SSLError),
        "no safe connection (TLS) comes about, or it does not last",
    ),
)


def _failure(error: Exception, call: _Call, limits: Limits) -> Failure:
    causes = tuple(_causes(error))

    def among(*kinds: type[BaseException]) -> BaseException | None:
        return next((cause for cause in causes if isinstance(cause, kinds)), None)

    not_established = among(
        urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError, requests.ConnectTimeout
    )
    # Where the connection is not of ours and tells nothing, only these two errors prove that nothing left.
    handed_over = not (not_established or (call.connecting and not call.sent))
    if untrusted := among(ssl.SSLCertVerificationError):
        why = one_line(getattr(untrusted, "verify_message", "") or "unverified")
        return Failure(words=f"its certificate is not trusted ({why})", handed_over=handed_over)
    for kinds, words in _WORDS:
        if among(*kinds):
            said = words.format(connect=limits.connect, silence=min(limits.read, limits.total), total=limits.total)
            return Failure(words=said, handed_over=handed_over)
    if among(http.client.IncompleteRead, urllib3.exceptions.IncompleteRead):
        return Failure(words="the answer was cut short", handed_over=True, garbled=True)
    words = f"what came is no proper HTTP ({type(causes[-1]).__name__})"
    return Failure(words=words, handed_over=handed_over, garbled=handed_over)
