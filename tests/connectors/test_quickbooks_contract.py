from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from connectors.contract import BooksContract
from tests.fakes.http_calls import MORNING
from tests.fakes.intuit import Company, online, recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.ports import Books


class TestQuickBooksBooksKeepTheContract(BooksContract):
    @pytest.fixture(params=[1000, 2], ids=["one page", "many pages"])
    def books(self, request: pytest.FixtureRequest) -> Iterator[Books]:
        company = Company()
        for number in range(1, 6):
            company.customer(str(number), at=MORNING - timedelta(days=20, seconds=number // 2))
        company.put("Customer", recorded("customer.json") | {"Id": "10"})
        company.customer("7", PrimaryEmailAddr=None, ParentRef={"value": "1"}, FullyQualifiedName="Amy's:Kitchen")
        company.customer("8", PrimaryEmailAddr=None)
        company.put("Invoice", recorded("invoice_sent.json")["Invoice"])
        company.put("Invoice", recorded("invoice_void.json"))
        company.put("CreditMemo", recorded("credit_memo.json"))
        company.put("Payment", recorded("payment.json"))
        for number in range(10, 21):
            company.invoice(
                str(number), CustomerRef={"value": str(number % 8 + 1)}, at=MORNING - timedelta(hours=number // 4)
            )
        company.invoice("30", DueDate=None, Balance=0)
        company.payment("40", ("11", 20.0), TotalAmt=50.0, UnappliedAmt=30.0)
        with online(company):
            yield company.books(page_size=request.param)
