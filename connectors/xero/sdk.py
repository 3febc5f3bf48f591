"""Xero's own library for what is written: its endpoints and models over our transport, which alone meets the wire.

Its models refuse values that they do not list (a new time zone, a new currency) and convert dates, so nothing is read
through it; of an answer to a write only our own bytes are looked at, since a model that chokes on the answer would make
a note that was written look as if it was not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from connectors.http import Answer, Transport, encode

if TYPE_CHECKING:
    from collections.abc import Mapping

# What the transport alone decides; the rest of the library's headers are the provider's.
_OURS: Final = frozenset({"accept", "content-type", "authorization", "user-agent"})


@dataclass(slots=True, kw_only=True)
class RestClient:
    """Stands where the library has its own HTTP client (`ApiClient.rest_client`); writes only, one attempt each."""

    transport: Transport

    def PUT(self, url: str, **asked: Any) -> Answer:  # noqa: N802 (the library's name)
        """Hand a PUT over."""
        return self._write("PUT", url, **asked)

    def POST(self, url: str, **asked: Any) -> Answer:  # noqa: N802 (the library's name)
        """Hand a POST over."""
        return self._write("POST", url, **asked)

    def _write(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        query_params: object = None,
        body: object = None,
        **_ours: object,
    ) -> Answer:
        del query_params
        kept = {name: value for name, value in (headers or {}).items() if name.lower() not in _OURS}
        return self.transport.write(method, url, body=encode(body), headers=kept)


def write_history(
    transport: Transport, *, base_url: str, organisation: str, invoice_id: str, text: str, key: str
) -> Answer:
    """PUT one line into an invoice's history (createInvoiceHistory); errors are the transport's."""
    from xero_python.accounting import HistoryRecord, HistoryRecords  # noqa: PLC0415 (slow and big: loaded when used)

    records = HistoryRecords(history_records=[HistoryRecord(details=text)])
    answer: Answer = _api(transport, base_url).create_invoice_history(
        organisation, invoice_id, records, idempotency_key=key, _preload_content=False
    )
    return answer


def send_invoice(transport: Transport, *, base_url: str, organisation: str, invoice_id: str, key: str) -> Answer:
    """POST that an invoice is mailed (emailInvoice) with the empty object that it wants; errors are the transport's."""
    from xero_python.accounting import RequestEmpty  # noqa: PLC0415 (slow and big: loaded when used)

    answer: Answer = _api(transport, base_url).email_invoice(
        organisation, invoice_id, RequestEmpty(), idempotency_key=key, _preload_content=False
    )
    return answer


def _api(transport: Transport, base_url: str) -> Any:
    from xero_python.accounting import AccountingApi  # noqa: PLC0415 (slow and big: loaded when used)
    from xero_python.api_client import ApiClient  # noqa: PLC0415 (slow and big: loaded when used)
    from xero_python.api_client.configuration import Configuration  # noqa: PLC0415 (slow and big: loaded when used)

    # Set afterwards: the library hands everybody copies of the first configuration that anyone made.
    configuration = Configuration()
    configuration.oauth2_token = NoToken()
    client = ApiClient(configuration)
    client.rest_client = RestClient(transport=transport)
    return AccountingApi(client, base_url=base_url)


class NoToken:
    """Stands where the library keeps and refreshes tokens: it has none, each call gets its own from the transport."""

    def get_auth_settings(self) -> None:
        """Add nothing to a call."""
