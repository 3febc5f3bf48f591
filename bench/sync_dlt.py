"""The same pages by dlt's rest_api source into SQLite: `python -m bench.sync_dlt BASE_URL FILE STAGE [nested|flat]`.

Merged by id, as books that are read again must be. `nested` is what dlt does by itself: each list inside a row (line items,
payments, addresses, phones…) becomes a child table; `flat` keeps such lists as JSON text in the row.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from bench.cost import costing, tell
from bench.xero_ledger import PAGE

_LISTS = {"Contacts": "ContactID", "Invoices": "InvoiceID", "Payments": "PaymentID"}


def sync(url: str, path: Path, stage: str, shape: str) -> None:
    """Load contacts, invoices and payments; what dlt does at its start is in its cost, its import is not."""
    # SQLite takes one writer at a time: with its usual twenty workers dlt gives up, "database is locked".
    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL", "LOAD__WORKERS": "1"}
    import dlt  # noqa: PLC0415 (the environment comes first)
    from dlt.sources.rest_api import rest_api_source  # noqa: PLC0415 (the same)

    headers = {} if stage == "first" else {"If-Modified-Since": "2026-03-10T09:00:00"}
    config: Any = {
        "client": {
            "base_url": f"{url}/{stage}/",
            "headers": headers,
            "paginator": {
                "type": "page_number",
                "base_page": 1,
                "page_param": "page",
                "total_path": "pagination.pageCount",
            },
        },
        "resource_defaults": {
            "write_disposition": "merge",
            "max_table_nesting": 0 if shape == "flat" else None,
            "endpoint": {"params": {"pageSize": PAGE}},
        },
        "resources": [
            {"name": name, "primary_key": key, "endpoint": {"path": name, "data_selector": name}}
            for name, key in _LISTS.items()
        ],
    }
    with costing() as cost:
        pipeline = dlt.pipeline(
            pipeline_name=f"bench_{shape}",
            pipelines_dir=str(path.parent / "pipelines"),
            destination=dlt.destinations.sqlalchemy(f"sqlite:///{path}"),
            dataset_name="xero",
        )
        pipeline.run(rest_api_source(config)).raise_on_failed_jobs()
    tell(cost)


if __name__ == "__main__":
    sync(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4] if len(sys.argv) > 4 else "nested")
