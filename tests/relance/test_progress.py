"""Long work shows how far it is where a terminal is attached, and is silent everywhere else."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
companies:
  - {id: dupont, name: Dupont, books: {provider: csv, invoices: invoices.csv}}
"""


def test_a_terminal_shows_the_company_at_work_and_a_pipe_stays_silent(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "invoices.csv").write_text("number,customer_id,issued_on,due_on,total,balance\n", encoding="utf-8")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "relance", "sync"]
    usual = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=theirs, check=True, env=usual)
    os.close(theirs)
    assert b"dupont" in os.read(ours, 65536)
    os.close(ours)
    piped = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    assert piped.stderr == b""
