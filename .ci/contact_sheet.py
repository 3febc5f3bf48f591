"""One picture of every message in every language and form of address, on a desk's screen and on a telephone's.

    make contact-sheet                # all of them, into docs/images/contact-sheet/
    make contact-sheet SHEETS="fr-vous de-tu"

Needs chromium (or $CHROMIUM) and Pillow. The messages are made from the same fictional books as the tests' own.
"""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402 (the checkout comes first on the path)

from engine.compose import BROKEN_PROMISE, THANK_YOU  # noqa: E402 (the same)
from engine.kinds import AddressForm, Channel, HoldKind, Purpose  # noqa: E402 (the same)
from engine.money import Money  # noqa: E402 (the same)
from engine.supposing import Supposed, supposed_confirmation, with_broken_promise  # noqa: E402 (the same)
from relance.previewing import self_contained  # noqa: E402 (the same)
from relance.rates import packaged_rates  # noqa: E402 (the same)
from relance.render import MailRenderer  # noqa: E402 (the same)
from tests.fakes.letterbox import (  # noqa: E402 (the same)
    DUPONT,
    MARTIN,
    NOW,
    TODAY,
    case_file,
    credit,
    invoice,
    reminder,
    scenes,
)

TARGET = ROOT / "docs" / "images" / "contact-sheet"
TEXTS = ROOT / "templates" / "mail"
# Widths of the two screens, in CSS pixels.
DESK, PHONE = 640, 375
COLUMNS = 4
# Small enough for a repository, large enough to read.
SCALE = 0.5
COLORS = 16
SCENES = {
    "before_due": "before_due-1",
    "friendly": "credits",
    "firm": "also-open",
    "final": "mixed",
    "formal": "formal-3",
    "call": "call",
}


def voices() -> dict[str, tuple[str, AddressForm]]:
    """Find every language and form of address that there are texts in."""
    found = {}
    for folder in sorted(TEXTS.iterdir()):
        if not (folder / "labels.j2").is_file():
            continue
        forms = [form for form in AddressForm if (folder / form.value).is_dir()]
        for form in forms or [AddressForm.VOUS]:
            found[f"{folder.name}-{form.value}" if forms else folder.name] = (folder.name, form)
    return found


def messages(language: str, form: AddressForm) -> dict[str, tuple[str, str]]:
    """Write every message: its subject, and its page as a browser shows it."""
    creditor = replace(
        DUPONT,
        tu_when_final=True,
        payment_link="https://payer.dupont.example/{number}",
        payment_means=(("fr", ("Par chèque à l'ordre de Dupont Menuiserie",)),),
    )
    desk = MailRenderer(creditor=creditor, sender="compta@dupont.example", rates=packaged_rates())
    customer = replace(MARTIN, language=language, address_form=form)
    made: dict[str, tuple[str, str]] = {}
    for name, scene in SCENES.items():
        notice, history = scenes()[scene]
        written = desk.notice(reminder(notice.channel), notice, case_file(customer, history), TODAY, NOW)
        made[name] = _shown(written.title, written.content, written.text)
    case = replace(case_file(customer), items=(invoice(late=20), invoice("F-2026-0060", late=-10), credit()))
    notice, history = scenes()["friendly-1"]
    broken = with_broken_promise(Supposed(case=case, notice=notice), TODAY, NOW).notice
    if broken is not None:
        written = desk.notice(reminder(), broken, case_file(customer, history), TODAY, NOW)
        made[BROKEN_PROMISE] = _shown(written.title, written.content, written.text)
    given = desk.thank_you(
        reminder(purpose=Purpose.THANK_YOU), [replace(invoice(), balance=Money.zero("EUR"))], case, TODAY, NOW
    )
    made[THANK_YOU] = _shown(given.title, given.content, given.text)
    for kind in (HoldKind.DISPUTE, HoldKind.PROMISE, HoldKind.INSTALMENTS):
        supposed = supposed_confirmation(kind, case, case.items[0], TODAY, NOW)
        if supposed.confirmation is not None:
            given = desk.confirmation(
                reminder(purpose=Purpose.CONFIRMATION), supposed.confirmation, supposed.case, TODAY, NOW
            )
            made[kind.value] = _shown(given.title, given.content, given.text)
    given = desk.statement(reminder(purpose=Purpose.STATEMENT), case, TODAY, NOW)
    made["statement"] = _shown(given.title, given.content, given.text)
    spoken = replace(notice, channel=Channel.TEXT_MESSAGE, to=None)
    given = desk.notice(reminder(Channel.TEXT_MESSAGE), spoken, case_file(customer, history), TODAY, NOW)
    made["text_message"] = _shown(given.title, given.content, given.text)
    # What has no words of its own for "tu" is on the sheet with "vous".
    own = {path.name.removesuffix(".j2") for path in (TEXTS / language / form.value).glob("*.j2")}
    return {name: shown for name, shown in made.items() if form is AddressForm.VOUS or name in own}


def _shown(subject: str, content: bytes, text: str) -> tuple[str, str]:
    if content:
        return subject, self_contained(message_from_bytes(content, policy=policy.default))
    page = f'<pre style="font:15px/1.45 sans-serif;white-space:pre-wrap;margin:16px">{html.escape(text)}</pre>'
    return subject, f"<!doctype html><meta charset='utf-8'><body style='margin:0'>{page}"


SHEET = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 24px; background: #d9dce1; font: 16px sans-serif; color: #22262c; width: max-content; }}
h1 {{ margin: 0 0 16px; font-size: 30px; }}
.grid {{ display: flex; gap: 28px; align-items: flex-start; }}
.column {{ display: flex; flex-direction: column; gap: 28px; }}
h2 {{ margin: 0 0 2px; font-size: 22px; }}
.subject {{ margin: 0 0 8px; max-width: {both}px; }}
.screens {{ display: flex; gap: 12px; align-items: flex-start; }}
iframe {{ border: 1px solid #9aa1ab; background: #fff; display: block; }}
</style><h1>{title}</h1><div class="grid">{columns}</div><script>
addEventListener("load", () => {{
  for (const frame of document.querySelectorAll("iframe"))
    frame.style.height = frame.contentDocument.documentElement.scrollHeight + "px";
  document.title = document.body.offsetWidth + 48 + " " + (document.body.offsetHeight + 48);
}});
</script>"""


def sheet(title: str, made: dict[str, tuple[str, str]]) -> str:
    """Put all messages of one voice on one page, each on both screens."""
    tiles = []
    for name, (subject, page) in made.items():
        quoted = html.escape(page, quote=True)
        screens = "".join(f'<iframe width="{width}" srcdoc="{quoted}"></iframe>' for width in (DESK, PHONE))
        tiles.append(
            f'<section><h2>{name}</h2><p class="subject">{html.escape(subject)}</p>'
            f'<div class="screens">{screens}</div></section>'
        )
    columns = "".join(f'<div class="column">{"".join(tiles[first::COLUMNS])}</div>' for first in range(COLUMNS))
    return SHEET.format(title=html.escape(title), columns=columns, both=DESK + PHONE + 12)


def browse(browser: str, page: Path, *options: str) -> str:
    """Open a page without a screen and give what the browser prints."""
    # Chromium's own sandbox needs rights that containers do not give to root.
    rights = ["--no-sandbox"] if os.geteuid() == 0 else []
    command = [browser, "--headless", "--disable-gpu", "--hide-scrollbars", *rights, *options, page.as_uri()]
    # The page is ours and fetches nothing.
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=180)  # noqa: S603 (our own arguments)
    return done.stdout


def picture(browser: str, page: Path, target: Path) -> None:
    """Take a picture of a whole page, in few colours."""
    found = re.search(r"<title>(\d+) (\d+)</title>", browse(browser, page, "--virtual-time-budget=8000", "--dump-dom"))
    if found is None:
        raise SystemExit(f"{page.name}: the browser did not measure it")
    raw = target.with_suffix(".raw.png")
    size = f"--window-size={found[1]},{found[2]}"
    browse(
        browser, page, size, f"--force-device-scale-factor={SCALE}", "--virtual-time-budget=8000", f"--screenshot={raw}"
    )
    with Image.open(raw) as shot:
        few = shot.convert("RGB").quantize(
            COLORS, method=Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE
        )
        few.save(target, optimize=True)
    raw.unlink()


def main(wanted: list[str]) -> None:
    """Make the sheets that are asked for, all of them where none is."""
    browser = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        raise SystemExit("contact sheets need chromium: install it, or name it in $CHROMIUM")
    TARGET.mkdir(parents=True, exist_ok=True)
    every = voices()
    unknown = sorted(set(wanted) - set(every))
    if unknown:
        raise SystemExit(f"there are no texts for {', '.join(unknown)}; there are {', '.join(every)}")
    with tempfile.TemporaryDirectory() as folder:
        for name in wanted or every:
            page = Path(folder) / f"{name}.html"
            page.write_text(sheet(name, messages(*every[name])), encoding="utf-8")
            picture(browser, page, TARGET / f"{name}.png")
            print(f"{name}: {(TARGET / f'{name}.png').stat().st_size // 1000} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
