"""The words of letters that a company has written itself, rendered with made-up content: mistakes show at check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from jinja2 import TemplateNotFound, TemplateSyntaxError

from engine.content import as_data
from engine.errors import RenderError
from engine.kinds import AddressForm
from relance.config.problems import Problem
from relance.letter import TASK_FACTS
from relance.template_samples import samples
from relance.templating import TemplateFailedError
from relance.texts import Wording

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_FOLDER: Final = "letter"
_NAMES: Final = ("annex", "labels", "tasks")


def check_letter_words(overrides: Sequence[Path]) -> list[Problem]:
    """Compile and render the letters' own words that lie in a company's folders; what has another name is refused."""
    wording = Wording(overrides)
    found: list[Problem] = []
    for folder in overrides:
        for path in sorted((folder / _FOLDER).rglob("*.j2")):
            place = path.relative_to(folder / _FOLDER)
            if len(place.parts) != 2 or place.stem not in _NAMES:  # noqa: PLR2004 (language and name)
                message = f"a letter has no such words: {', '.join(f'LANGUAGE/{name}.j2' for name in _NAMES)}"
                found.append(Problem(file=str(path), key="", line=None, message=message))
                continue
            problem = _problem(wording, place.parts[0], place.stem, path)
            found += [problem] if problem else []
    return found


def _problem(wording: Wording, language: str, name: str, path: Path) -> Problem | None:
    content = next(iter(samples("formal", language, AddressForm.VOUS)))
    data = {**cast("dict[str, object]", as_data(content)), **dict.fromkeys(TASK_FACTS, ""), "language": language}
    try:
        wording.letters.load(f"{language}/{name}.j2")
        wording.letter_words(name, data)
    except TemplateSyntaxError as error:
        message = error.message or "does not read"
        return Problem(file=error.filename or str(path), key="", line=error.lineno, message=message)
    except TemplateNotFound as error:
        return Problem(file=str(path), key="", line=None, message=f"there is no template {error.name}")
    except TemplateFailedError as error:
        return Problem(file=error.filename, key="", line=error.line, message=str(error))
    except RenderError as error:
        return Problem(file=str(path), key="", line=None, message=str(error))
    return None
