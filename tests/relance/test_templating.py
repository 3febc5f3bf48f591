"""Templates print and do nothing else; overrides win; mistakes are found with their line."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from engine.content import ChargesText, CompanyText, CustomerText, LineText, MailContent, PaymentText
from engine.errors import RenderError
from engine.kinds import AddressForm
from relance.template_check import check_templates
from relance.templating import TemplateRefusedError, Templates
from tests.fakes.letterbox import NOW, TODAY, case_file, invoice, line, notice, reminder, renderer

FRIENDLY = notice(line(invoice(), "friendly"))


def override(root: Path, name: str, text: str) -> Path:
    path = root / "mail" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return root


def opening(text: str) -> str:
    return '{% extends "relance/fr/vous/friendly.j2" %}\n{% block opening %}' + text + "{% endblock %}\n"


REFUSED = {
    "{{ ''.__class__ }}": "start with _",
    "{{ company._x }}": "start with _",
    "{{ numbers|safe }}": "filter safe",
    "{{ numbers|attr('upper') }}": "filter attr",
    "{{ numbers|xmlattr }}": "filter xmlattr",
    "{{ numbers|center(100000000) }}": "filter center",
    "{{ 'a' * 100000000 }}": "mul",
    "{{ 10 ** 100000000 }}": "pow",
    "{{ 'a' ~ 'b' }}": "concat",
    "{{ 'a' + 'b' }}": "add",
    "{{ '%1000000000d' % 1 }}": "mod",
    "{{ range(100000) }}": "calls",
    "{{ numbers.format(company) }}": "calls",
    "{{ lipsum() }}": "calls",
    "{{ cycler.__init__ }}": "start with _",
    "{% for i in range(100000000) %}x{% endfor %}": "list of the message",
    "{% for i in [1, 2] %}x{% endfor %}": "list of the message",
    "{% for a in tables %}{% for b in tables %}{% for c in tables %}x{% endfor %}{% endfor %}{% endfor %}": "nested",
    "{% for a in tables recursive %}x{% endfor %}": "list of the message",
    "{% set x = numbers %}": "assign",
    "{% macro m() %}x{% endmacro %}": "macro",
    "{% import 'fr/labels.j2' as x %}": "import",
    "{% include numbers %}": "named outright",
    "{% filter upper %}x{% endfilter %}": "filterblock",
    "{% with a = 1 %}x{% endwith %}": "with",
    "{{ numbers is sameas(1) }}": "test sameas",
    "{{ numbers[::2] }}": "index",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_template_cannot_do_more_than_print(text: str, tmp_path: Path) -> None:
    templates = Templates([override(tmp_path, "fr/vous/friendly.j2", opening("\n" + text))])
    with pytest.raises(TemplateRefusedError, match=REFUSED[text]) as refused:
        templates.load("fr/vous/friendly.j2")
    assert refused.value.lineno == 3


def test_a_name_with_underscores_is_no_way_out(tmp_path: Path) -> None:
    templates = Templates([override(tmp_path, "page.j2", "{{ company['__class__'] }}")])
    with pytest.raises(RenderError):
        templates.page("page.j2", {"company": {}})


@pytest.mark.parametrize(
    "text",
    [
        "<script>x</script>",
        '<a href="javascript:x">x</a>',
        '<a href="http://x.example">x</a>',
        '<img src="https://x.example/pixel.gif">',
        "<p style=\"background:url('https://x.example')\">",
        "<a href={{ payment.link }}>x</a>",
        '<p onclick="x">',
        '<link rel="stylesheet" href="https://x.example/a.css">',
    ],
)
def test_a_layout_can_neither_run_nor_fetch_anything(text: str, tmp_path: Path) -> None:
    with pytest.raises(TemplateRefusedError):
        Templates([override(tmp_path, "layout.html.j2", text)]).load("layout.html.j2")


def test_a_template_that_is_far_too_large_is_refused(tmp_path: Path) -> None:
    templates = Templates([override(tmp_path, "fr/vous/friendly.j2", "x" * 70_000)])
    with pytest.raises(TemplateRefusedError, match="larger"):
        templates.load("fr/vous/friendly.j2")


def test_a_text_that_runs_away_is_stopped(tmp_path: Path) -> None:
    text = "{% for a in rows %}{% for b in rows %}xxxxxxxxxx{% endfor %}{% endfor %}"
    templates = Templates([override(tmp_path, "page.j2", text)])
    with pytest.raises(RenderError, match="grew beyond"):
        templates.page("page.j2", {"rows": [""] * 2000})


@pytest.mark.parametrize("name", ["../secret.j2", "fr/../../secret.j2", "/etc/passwd", "fr//x.j2", "", "fr/vous/.j2"])
def test_a_template_name_never_leaves_its_folder(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret.j2").write_text("secret", encoding="utf-8")
    (tmp_path / "own" / "mail").mkdir(parents=True)
    templates = Templates([tmp_path / "own"])
    assert not templates.loader.has(name)
    with pytest.raises(RenderError):
        templates.page(name, {})


def test_the_companys_folder_wins_over_the_firms_and_the_firms_over_ours(tmp_path: Path) -> None:
    firm = override(tmp_path / "firm", "fr/vous/friendly.j2", opening("Le cabinet."))
    override(
        firm, "fr/vous/firm.j2", '{% extends "relance/fr/vous/firm.j2" %}{% block closing %}Le cabinet,{% endblock %}'
    )
    own = override(tmp_path / "own", "fr/vous/friendly.j2", opening("La maison, {{ numbers }} : merci !"))
    desk = renderer(overrides=(own, firm))
    text = desk.notice(reminder(), FRIENDLY, case_file(), TODAY, NOW).text
    assert "La maison, F-2026-0042\u202f: merci\u202f!" in text
    assert "Le cabinet" not in text
    assert "Comment régler" in text
    firm_level = notice(line(invoice(late=20), "firm"))
    assert "Le cabinet," in desk.notice(reminder(), firm_level, case_file(), TODAY, NOW).text


def test_a_level_may_name_a_message_of_ones_own(tmp_path: Path) -> None:
    own = override(tmp_path, "fr/vous/douceur.j2", opening("Tout doucement."))
    given = notice(line(invoice(), "friendly"), template="douceur")
    assert "Tout doucement." in renderer(overrides=(own,)).notice(reminder(), given, case_file(), TODAY, NOW).text
    with pytest.raises(RenderError, match="no template douceur"):
        renderer().notice(reminder(), given, case_file(), TODAY, NOW)


def test_an_unknown_variable_stops_the_mail(tmp_path: Path) -> None:
    own = override(tmp_path, "fr/vous/friendly.j2", opening("{{ nombre }}"))
    with pytest.raises(RenderError, match="nombre"):
        renderer(overrides=(own,)).notice(reminder(), FRIENDLY, case_file(), TODAY, NOW)


def test_a_company_without_texts_of_its_own_has_nothing_to_check(tmp_path: Path) -> None:
    assert check_templates([tmp_path / "absent"]) == []


def test_check_names_file_and_line_of_a_variable_that_does_not_exist(tmp_path: Path) -> None:
    own = override(tmp_path, "fr/vous/friendly.j2", opening("\n\n{% if promise_on %}{{ company.nom }}{% endif %}"))
    (problem,) = check_templates([own])
    assert problem.file.endswith("fr/vous/friendly.j2")
    assert problem.line == 4
    assert "nom" in problem.message


def test_check_names_file_and_line_of_what_is_refused_or_does_not_read(tmp_path: Path) -> None:
    own = override(tmp_path, "fr/vous/friendly.j2", opening("\n{{ 'a' * 9 }}"))
    override(own, "fr/vous/firm.j2", "{% if %}")
    override(own, "fr/vous/final.j2", '{% extends "fr/vous/nowhere.j2" %}')
    found = {(problem.file.rpartition("/")[2], problem.line) for problem in check_templates([own])}
    assert {("friendly.j2", 3), ("firm.j2", 1)} <= found


def test_check_looks_for_the_messages_that_levels_name() -> None:
    problems = check_templates([], ["douceur"])
    assert problems
    assert all("douceur" in problem.message for problem in problems)


def test_french_tu_falls_back_to_vous_where_there_is_no_other_text() -> None:
    desk = Templates()
    assert desk.loader.has("fr/vous/formal.j2")
    assert not desk.loader.has(f"fr/{AddressForm.TU.value}/formal.j2")


def test_the_guide_names_everything_a_text_may_use() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")
    trees = (MailContent, CompanyText, CustomerText, LineText, PaymentText, ChargesText)
    names = {field.name for tree in trees for field in fields(tree)}
    assert sorted(name for name in names if f"`{name}`" not in guide) == []
