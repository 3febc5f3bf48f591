from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from connectors.contract import BooksContract
from tests.fakes.garbage import GARBAGE, garbage
from tests.fakes.http_calls import MORNING
from tests.fakes.intuit import Company, online, recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import responses

    from engine.ports import Books


class TestQuickBooksBooksKeepTheContract(BooksContract):
    @pytest.fixture
    def books(self, company: Company) -> Books:
        return company.books()

    @pytest.fixture
    def later(self, company: Company) -> Callable[[], None]:
        return lambda: company.time.wait(3600)

    @pytest.fixture
    def notes_kept(self, company: Company) -> Callable[[str], int]:
        return lambda marker: sum(marker in row["Note"] for row in company.rows.get("Attachable", {}).values())

    @pytest.fixture
    def mails_sent(self, company: Company) -> Callable[[], int]:
        return lambda: sum(call.path.endswith("/send") for call in company.calls)

    @pytest.fixture
    def garbled(self, company: Company, mock: responses.RequestsMock) -> Callable[[bytes], Books]:
        def made(content: bytes) -> Books:
            garbage(mock, content)
            return company.books(base_url=GARBAGE)

        return made

    @pytest.fixture
    def company(self) -> Company:
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
        return company

    @pytest.fixture(name="mock", autouse=True)
    def _mock(self, company: Company) -> Iterator[responses.RequestsMock]:
        with online(company) as mock:
            yield mock


@pytest.mark.slow
class TestQuickBooksBooksOfManyPagesKeepTheContract(TestQuickBooksBooksKeepTheContract):
    @pytest.fixture
    def books(self, company: Company) -> Books:
        return company.books(page_size=2)


class TestQuickBooksBooksWithNotesInTheMemoKeepTheContract(TestQuickBooksBooksKeepTheContract):
    @pytest.fixture
    def books(self, company: Company) -> Books:
        return company.books(notes_in="private_note")

    @pytest.fixture
    def notes_kept(self, company: Company) -> Callable[[str], int]:
        return lambda marker: sum(str(row.get("PrivateNote")).count(marker) for row in company.rows["Invoice"].values())
