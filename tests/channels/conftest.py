from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from tests.fakes.certificates import Authority, make_authority

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def other_authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("other"), "An authority nobody knows")


@pytest.fixture(scope="session")
def protected(authority: Authority) -> ssl.SSLContext:
    """Give the server's side of TLS with a certificate for localhost."""
    return authority.server_context()


@pytest.fixture
def trusting(authority: Authority) -> Callable[[], ssl.SSLContext]:
    """Give the client's side: the channel's own default context, knowing the test authority."""
    return lambda: ssl.create_default_context(cadata=authority.pem())
