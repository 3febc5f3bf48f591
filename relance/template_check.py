"""Every message in every language, compiled and rendered with made-up content: mistakes show before the hour of sending."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, cast

from jinja2 import TemplateNotFound, TemplateSyntaxError

from engine.compose import BROKEN_PROMISE, THANK_YOU
from engine.errors import RenderError
from engine.kinds import AddressForm, Channel
from relance.config.problems import Problem
from relance.digest_mail import digest_data, digest_text
from relance.digest_samples import DIGESTS, digest_samples
from relance.short_texts import short_text, task_text
from relance.template_answers import ANSWERS
from relance.template_samples import samples
from relance.templating import TemplateFailedError
from relance.texts import HTML_LAYOUT, LAYOUTS, Wording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from engine.content import MailContent

# The messages that the standard plan and the thank-you need; a level may name others.
MESSAGES: Final = (
    "before_due", "friendly", "firm", "final", "formal", BROKEN_PROMISE, THANK_YOU, "call", "text_message", *ANSWERS,
)  # fmt: skip
# What a language may do without: it is said in English there, or in the tone's own words.
_OPTIONAL: Final = frozenset({BROKEN_PROMISE, "text_message", *ANSWERS})

# Where a message is looked for that no override holds.
HOME: Final = "fr"

# What stands beside the messages: frames and labels, rendered with every message, and what the firm's own people are told.
_FRAMES: Final = frozenset({"base", "labels", "tasks", *DIGESTS})


def check_templates(overrides: Sequence[Path] = (), wanted: Iterable[str] = ()) -> list[Problem]:
    """Compile and render all that a company may send; return what is wrong, in reading order.

    `overrides` are the folders of a company, its own first. `wanted` are the templates that its levels name.
    """
    own = with_texts(overrides)
    named = set(wanted) - {"", *MESSAGES}
    if not own:
        # The package's own texts were checked when it was made, and have none but the standard names.
        wording = Wording()
        return [one for name in sorted(named) for one in _problems_of(wording, HOME, AddressForm.VOUS, name)]
    return check_everything(own, named, languages=None if named else touched(own))


def with_texts(overrides: Sequence[Path]) -> list[Path]:
    """List the folders that hold texts."""
    return [folder for folder in overrides if any((folder / "mail").rglob("*.j2"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """One message with made-up content: its template and name, the data of its frames, the text, and the page of a mail."""

    template: str
    name: str
    content: MailContent
    data: dict[str, object]
    text: str = ""
    page: str = ""


def check_everything(
    overrides: Sequence[Path] = (),
    wanted: Iterable[str] = (),
    *,
    languages: set[str] | None = None,
    read: Callable[[Rendered], None] | None = None,
) -> list[Problem]:
    """Check the package's texts too, in some languages or all (None); what lies under the overrides may extend them.

    `read` is called with everything that renders.
    """
    wording = Wording(overrides)
    found = [*_uncompiled(wording, overrides)] or [*_unrendered(wording, wanted, languages, read)]
    return sorted(dict.fromkeys(found), key=lambda problem: (problem.file, problem.line or 0, problem.message))


def _uncompiled(wording: Wording, overrides: Sequence[Path]) -> Iterator[Problem]:
    for folder in overrides:
        root = folder / "mail"
        for path in sorted(root.rglob("*.j2")):
            name = path.relative_to(root).as_posix()
            try:
                wording.templates.load(name)
            except TemplateSyntaxError as error:
                yield Problem(
                    file=error.filename or str(path),
                    key="",
                    line=error.lineno,
                    message=error.message or "does not read",
                )
            except TemplateNotFound as error:
                yield Problem(file=str(path), key="", line=None, message=f"there is no template {error.name}")


def touched(own: Sequence[Path]) -> set[str] | None:
    """List the languages that overrides change; None for all, when a layout that they share is among them."""
    paths = [path.relative_to(folder / "mail").parts for folder in own for path in (folder / "mail").rglob("*.j2")]
    return {parts[0] for parts in paths} if all(len(parts) > 1 for parts in paths) else None


def _unrendered(
    wording: Wording,
    wanted: Iterable[str],
    languages: set[str] | None,
    read: Callable[[Rendered], None] | None,
) -> Iterator[Problem]:
    for language in languages_of(wording):
        if languages is not None and language not in languages:
            continue
        names = dict.fromkeys([*MESSAGES, *extra_messages(wording, language), *wanted])
        forms = AddressForm if wording.templates.loader.has(f"{language}/vous/base.j2") else (AddressForm.VOUS,)
        for form in forms:
            for name in names:
                if name in _OPTIONAL and wording.language_of(language, name) != language:
                    continue
                yield from _problems_of(wording, language, form, name, read)
        for name in DIGESTS:
            if wording.language_of(language, name) == language:
                yield from _problems_of_digest(wording, language, name)


def languages_of(wording: Wording) -> list[str]:
    """List the languages that a company's customers can be written to in."""
    places = wording.templates.loader.places()
    found = {entry.name for place in places if place.is_dir() for entry in place.iterdir() if entry.is_dir()}
    return sorted(name for name in found if wording.templates.loader.has(f"{name}/labels.j2"))


def extra_messages(wording: Wording, language: str) -> list[str]:
    """Find messages of the user's own beside the standard ones."""
    folders = [place / language for place in wording.templates.loader.places()]
    folders += [folder / form.value for folder in folders for form in AddressForm]
    names = {entry.name.removesuffix(".j2") for folder in folders for entry in _entries(folder)}
    return sorted(names - _FRAMES - set(MESSAGES))


def _entries(folder: Traversable) -> list[Traversable]:
    return [entry for entry in folder.iterdir() if entry.name.endswith(".j2")] if folder.is_dir() else []


def _problems_of(
    wording: Wording,
    language: str,
    form: AddressForm,
    name: str,
    read: Callable[[Rendered], None] | None = None,
) -> Iterator[Problem]:
    try:
        template = wording.message(language, form, name)
    except RenderError as error:
        yield Problem(file=f"mail/{language}/{name}.j2", key="", line=None, message=str(error))
        return
    for content in samples(name, language, form):
        try:
            rendered = _rendered(wording, template, name, content)
        except RenderError as error:
            yield _located(error, template)
            return
        if read is not None:
            read(rendered)


def _problems_of_digest(wording: Wording, language: str, name: str) -> Iterator[Problem]:
    """Render what the firm's own people are told; it is told once, in the first content that fails."""
    template = f"{language}/{name}.j2"
    for content in digest_samples(name, language):
        try:
            data = digest_data(wording, name, content)
            digest_text(wording, name, data)
            wording.templates.page(f"{name}.html.j2", data)
        except RenderError as error:
            yield _located(error, template)
            return
        if not cast("dict[str, str]", data["parts"]).get("subject"):
            yield Problem(file=f"mail/{template}", key="", line=None, message="has no block subject, or an empty one")
            return


def _rendered(wording: Wording, template: str, name: str, content: MailContent) -> Rendered:
    """Render all that a message is used for: a mail in both forms, or the text of a task with its title."""
    data = wording.data(content, template)
    rendered = Rendered(template=template, name=name, content=content, data=data)
    if content.channel == Channel.TEXT_MESSAGE:
        words = wording.task_words(content.language, data)
        task_text(wording, data, short_text(wording, content, template), words)
        return rendered
    wording.task_titles(content)
    layout = next((frame for channel, frame in LAYOUTS.items() if channel.value == content.channel), "")
    if layout:
        return replace(rendered, text=wording.text(data, layout))
    return replace(rendered, text=wording.text(data), page=wording.templates.page(HTML_LAYOUT, data))


def _located(error: RenderError, template: str) -> Problem:
    if isinstance(error, TemplateFailedError):
        return Problem(file=error.filename, key="", line=error.line, message=str(error))
    return Problem(file=f"mail/{template}", key="", line=None, message=str(error))
