from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import responses

from connectors.contract import BooksContract
from tests.fakes.garbage import GARBAGE, garbage
from tests.fakes.xero_tenant import XeroTenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.ports import Books

RECORDED = Path(__file__).parent / "recorded" / "xero"


class _Recorded(BooksContract):
    @pytest.fixture(name="mock")
    def _mock(self) -> Iterator[responses.RequestsMock]:
        with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
            yield mock

    @pytest.fixture
    def tenant(self, mock: responses.RequestsMock) -> XeroTenant:
        tenant = XeroTenant.recorded(RECORDED)
        tenant.install(mock)
        return tenant

    @pytest.fixture
    def books(self, tenant: XeroTenant) -> Books:
        return tenant.books()

    @pytest.fixture
    def later(self, tenant: XeroTenant) -> Callable[[], None]:
        return lambda: tenant.time.wait(3600)

    @pytest.fixture
    def notes_kept(self, tenant: XeroTenant) -> Callable[[str], int]:
        return lambda marker: sum(marker in line for lines in tenant.history.values() for line in lines)

    @pytest.fixture
    def mails_sent(self, tenant: XeroTenant) -> Callable[[], int]:
        return lambda: len(tenant.mailed)


class TestRecordedXero(_Recorded):
    @pytest.fixture
    def garbled(self, tenant: XeroTenant, mock: responses.RequestsMock) -> Callable[[bytes], Books]:
        def made(content: bytes) -> Books:
            garbage(mock, content)
            return tenant.books(base_url=f"{GARBAGE}/api.xro/2.0")

        return made


@pytest.mark.slow
class TestRecordedXeroInSmallPages(_Recorded):
    @pytest.fixture
    def books(self, tenant: XeroTenant) -> Books:
        tenant.most_rows = 2
        return tenant.books()


class TestRecordedXeroThatSaysNothingOfPages(_Recorded):
    @pytest.fixture
    def books(self, tenant: XeroTenant) -> Books:
        tenant.says_pages = False
        return tenant.books()


class TestRecordedXeroThatIgnoresFilters(_Recorded):
    # Who ignores If-Modified-Since shows everything each time.
    test_a_pull_in_which_nothing_changed_is_empty = None  # type: ignore[assignment]

    @pytest.fixture
    def books(self, tenant: XeroTenant) -> Books:
        tenant.filters = False
        return tenant.books()
