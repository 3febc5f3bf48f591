"""`python -m relance` is the command `relance`."""

from __future__ import annotations

from relance.cli import main

if __name__ == "__main__":
    main()
