from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import responses

from connectors.contract import BooksContract
from tests.fakes.xero_tenant import XeroTenant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.ports import Books

RECORDED = Path(__file__).parent / "recorded" / "xero"


class TestRecordedXero(BooksContract):
    @pytest.fixture(params=["paged", "small pages", "no pagination object", "no filters"])
    def books(self, request: pytest.FixtureRequest) -> Iterator[Books]:
        tenant = XeroTenant.recorded(RECORDED)
        if request.param == "small pages":
            tenant.most_rows = 2
        if request.param == "no pagination object":
            tenant.says_pages = False
        if request.param == "no filters":
            tenant.filters = False
        with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
            tenant.install(mock)
            yield tenant.books()
