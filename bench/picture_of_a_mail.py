"""Make docs/images/mail.png, the README's picture of a mail: python bench/picture_of_a_mail.py, with chromium on the path."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SIZE = (680, 1300)


def main() -> None:
    """Write a mail of the tests' carpenter as HTML and have it photographed."""
    sys.path.insert(0, str(ROOT))
    from tests.fakes.letterbox import TODAY, case_file, renderer, scenes  # noqa: PLC0415 (needs the path above)

    notice, history = scenes()["credits"]
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "mail.html"
        page.write_text(renderer().html(notice, case_file(history=history), TODAY), encoding="utf-8")
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--hide-scrollbars",
        ]
        subprocess.run(
            [
                "chromium",
                *options,
                f"--user-data-dir={folder}/profile",
                f"--screenshot={ROOT / 'docs' / 'images' / 'mail.png'}",
                f"--window-size={SIZE[0]},{SIZE[1]}",
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
        )


if __name__ == "__main__":
    main()
