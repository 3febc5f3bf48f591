"""Texts read as their customers would read them: each mistake is found before the hour of sending, with its place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from engine.errors import RenderError
from relance.template_audit import audit_page, foreign_links
from relance.template_language import TemplateRefusedError, refuse_html
from relance.template_lint import Linted, check_texts, lint_texts
from relance.template_phrases import PHRASES
from relance.templating import WRITTEN, Templates
from tests.e2e.replay import Replay, company, invoice

if TYPE_CHECKING:
    from relance.config.problems import Problem

HOSTS: Final = frozenset({"dupont.example"})


def override(root: Path, name: str, text: str) -> Path:
    path = root / "mail" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return root


def blocks(base: str, **changed: str) -> str:
    written = "\n".join(f"{{% block {name} %}}{text}{{% endblock %}}" for name, text in changed.items())
    return f'{{% extends "relance/fr/vous/{base}.j2" %}}\n{written}\n'


def told(problems: tuple[Problem, ...], root: Path) -> set[tuple[str, int | None, str]]:
    places = ((Path(one.file).relative_to(root / "mail").as_posix(), one.line, one.message) for one in problems)
    return {place for place in places if "/" in place[0]}


@pytest.fixture(scope="module", name="careless")
def _careless(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Linted]:
    """A folder of careless texts, linted once."""
    root = tmp_path_factory.mktemp("careless")
    override(root, "fr/vous/before_due.j2", blocks("before_due", courtesy="Évitez les pénalités !"))
    override(root, "fr/vous/friendly.j2", blocks(
        "friendly",
        opening="C'est notre\ndernier\navis : PAYEZ MAINTENANT {{ numbers }}, échue le {{ due_on }}.",
        request="Merci de régler.",
        openning="Perdu.",
    ))  # fmt: skip
    override(root, "fr/vous/firm.j2", blocks(
        "firm",
        courtesy="",
        request="Réglez {{ total }} avant le {{ deadline }}, voyez https://aide.dupont.example et http://dupont.example "
        "ou https://payer-vite.example/x.",
    ))  # fmt: skip
    override(root, "fr/vous/final.j2", blocks(
        "final", subject="Impayé {{ numbers }}", warning="Sinon notre huissier de justice procédera à la saisie."
    ))  # fmt: skip
    override(root, "fr/vous/formal.j2", blocks(
        "formal",
        request="Réglez {{ total }}{% if deadline %} avant le {{ deadline }}{% endif %}.",
        warning="Nous demanderons une injonction de payer.",
        heading="", subject="Courrier {{ numbers }}",
    ))  # fmt: skip
    override(root, "fr/vous/freindly.j2", blocks("friendly", closing="Merci,"))
    override(root, "pt/vous/friendly.j2", blocks("friendly", closing="Obrigado,"))
    return root, lint_texts([root], hosts=HOSTS, languages={"fr"})


def test_what_is_careless_is_found_with_file_and_line(careless: tuple[Path, Linted]) -> None:
    root, linted = careless
    found = told(linted.errors, root)
    assert {
        ("fr/vous/before_due.j2", 2, "“pénalité” speaks of arrears before the due date"),
        ("fr/vous/friendly.j2", 3, "“dernier avis” comes too early: only later levels speak of it"),
        ("fr/vous/friendly.j2", 5, "does not say by which day payment is asked"),
        ("fr/vous/friendly.j2", 6, "nothing shows the block openning; did you mean opening?"),
        ("fr/vous/firm.j2", 3, "http://dupont.example: only https links are allowed"),
        (
            "fr/vous/firm.j2", 3,
            "https://payer-vite.example/x: leads to payer-vite.example, which is not the company's; add it to link_hosts",
        ),
        ("fr/vous/final.j2", 2, "“Impayé” in the subject of a mail to a consumer tells of the debt"),
        ("fr/vous/final.j2", 3, "“huissier” imitates the act of a court or a bailiff"),
        ("fr/vous/formal.j2", 3, "“injonction de payer” does not exist against a public body"),
        ("fr/vous/formal.j2", 2, "is not called a formal notice anywhere"),
    } <= found  # fmt: skip
    assert not [one for one in found if "aide.dupont.example" in one[2]], "a host below the company's own is its own"


def test_what_could_be_better_is_advice_and_no_error(careless: tuple[Path, Linted]) -> None:
    root, linted = careless
    assert {
        ("fr/vous/friendly.j2", 4, "“PAYEZ MAINTENANT” shouts"),
        ("fr/vous/firm.j2", 2, "has no word for payments that cross it (courtesy)"),
        ("fr/vous/freindly.j2", None, "no level names this text, and no other text builds on it"),
        (
            "pt/vous/friendly.j2", None,
            "nobody is written to in pt: add mail/pt/labels.j2, or correct the folder's name",
        ),
    } <= told(linted.advice, root)  # fmt: skip
    assert not {one.message for one in linted.advice} & {one.message for one in linted.errors}


def test_a_careful_text_has_no_problem(tmp_path: Path) -> None:
    text = '{% extends "relance/en/friendly.j2" %}{% block closing %}With many thanks,{% endblock %}'
    own = override(tmp_path, "en/friendly.j2", text)
    assert check_texts([own], hosts=HOSTS) == ()


def test_a_frame_that_leaves_out_the_account_or_the_law_is_told(tmp_path: Path) -> None:
    own = override(tmp_path, "layout.txt.j2", "{{ parts.salutation }} {{ parts.request }} {{ company.name }}")
    found = {(problem.line, problem.message) for problem in lint_texts([own], languages={"en"}).errors}
    assert {
        (1, "leaves out the company's legal mentions (Code de commerce R123-237)"),
        (1, "does not say whom to ask"),
    } <= found
    assert any("how to pay" in message for _, message in found)


def test_each_language_that_we_write_has_its_forbidden_words() -> None:
    assert set(PHRASES) == set(WRITTEN)


# What could grow without end, each with the words that refuse it.
BOMBS: Final = {
    "{{ numbers|join(numbers)|join(numbers) }}": "join takes",
    "{{ numbers|join('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa') }}": "join takes",
    "{{ (numbers|join('xxxxxxxxxxxxxxxxxxxx'))|join('xxxxxxxxxxxxxxxxxxxx') }}": "join takes",
    "{% for t in tables %}{% include 'body.txt.j2' %}{% endfor %}": "may not stand in a loop",
    "{% for t in tables %}{% block bomb %}{% endblock %}{% endfor %}": "may not stand in a loop",
    "{{ super() }}{{ super() }}{{ super() }}": r"super\(\) may stand",
    "{% for t in tables %}{% for l in t.lines %}{% for c in t.lines %}{% endfor %}{% endfor %}{% endfor %}": "nested",
    "{{ " + "9" * 5000 + " }}": "too long or too deep",
    "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}": "too long or too deep",
    "{% if one %}" * 200 + "{% endif %}" * 200: "too long or too deep",
    "x" * 70_000: "larger than",
}


@pytest.mark.parametrize("text", BOMBS, ids=range(len(BOMBS)))
def test_what_could_grow_without_end_is_refused_unread(text: str, tmp_path: Path) -> None:
    own = override(tmp_path, "fr/vous/friendly.j2", blocks("friendly", opening=text))
    with pytest.raises(TemplateRefusedError, match=BOMBS[text]):
        Templates([own]).load("fr/vous/friendly.j2")


def test_texts_that_draw_on_one_another_without_end_are_stopped(tmp_path: Path) -> None:
    override(tmp_path, "self.j2", "{% include 'self.j2' %}")
    for level in range(40):
        override(tmp_path, f"tree{level}.j2", f"{{% include 'tree{level + 1}.j2' %}}" * 2)
        chain = (
            f"{{% extends 'chain{level + 1}.j2' %}}{{% block b %}}{{{{ super() }}}}{{{{ super() }}}}{{% endblock %}}"
        )
        override(tmp_path, f"chain{level}.j2", chain)
    override(tmp_path, "tree40.j2", "")
    override(tmp_path, "chain40.j2", "{% block b %}{% endblock %}")
    templates = Templates([tmp_path])
    for name in ("self.j2", "tree0.j2", "chain0.j2"):
        with pytest.raises(RenderError, match="draws on more than"):
            templates.page(name, {})


HTML_REFUSED: Final = {
    '<p>\n<img src="https://stats.example/open.gif?m={{ numbers }}" width="1" height="1">': 2,
    '<td background="https://x.example/y.png">': 1,
    '<img srcset="https://x.example/y.png 2x">': 1,
    '<p>\n<img\n src\n =\n "//x.example/y.png">': 3,
    '<a href="javascript:alert(1)">x</a>': 1,
    '<a href="&#106;avascript:alert(1)">x</a>': 1,
    "<a href=https://x.example>x</a>": 1,
    '<a href="http://x.example">x</a>': 1,
    '<a href="{{ customer.name }}">x</a>': 1,
    "<a href={{ payment.link }}>x</a>": 1,
    "<style>p { background: url(https://x.example/y) }</style>": 1,
    '<style>@import "https://x.example/y.css";</style>': 1,
    '<p style="background: u\\72l(https://x.example)">': 1,
    '<meta http-equiv="refresh" content="0;url=https://x.example">': 1,
    "<svg><script>x</script></svg>": 1,
    '<p onclick="x()">': 1,
    '<form action="https://x.example">': 1,
}  # fmt: skip


@pytest.mark.parametrize("source", HTML_REFUSED)
def test_a_frame_that_acts_fetches_or_leads_astray_is_refused_at_its_line(source: str) -> None:
    with pytest.raises(TemplateRefusedError) as refused:
        refuse_html(source, "layout.html.j2", "layout.html.j2")
    assert refused.value.lineno == HTML_REFUSED[source]


def test_a_frame_that_is_put_together_only_when_it_is_shown_is_found_too(tmp_path: Path) -> None:
    page = "<scr{{ '' }}ipt>alert(1)</scr{{ '' }}ipt>" + '<a h{{ "" }}ref="{{ customer.name }}">x</a>'
    own = override(tmp_path, "layout.html.j2", page)
    messages = {problem.message for problem in lint_texts([own], languages={"en"}).errors}
    assert "the page has a script element, which is not for mails" in messages
    assert "the page links to 'Client'; only https links are allowed" in messages


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ('<img src="https://x.example/p.gif">', "who opened"),
        ('<a href="javascript:x">', "only https"),
        ('<a href="JaVaScRiPt:x">', "only https"),
        ('<a href="//x.example">', "only https"),
        ('<table background="cid:x">', "elsewhere"),
        ("<style>p{background:url(x)}</style>", "style sheet"),
        ('<p style="background:url(x)">', "style"),
        ('<meta http-equiv="refresh">', "by itself"),
        ("<form>", "form"),
        ('<p onload="x">', "event handler"),
    ],
)
def test_a_finished_page_is_looked_through(page: str, words: str) -> None:
    assert any(words in message for message in audit_page(page))
    assert audit_page('<a href="https://x.example">x</a><a href="mailto:a@b.example"><img src="cid:logo"></a>') == []


def test_links_lead_to_the_company_or_to_hosts_that_it_names() -> None:
    source = "https://dupont.example/a\nhttps://evil-dupont.example\nhttps://dupont.example.evil.example\nftp://dupont.example"
    assert [line for line, _ in foreign_links(source, HOSTS)] == [2, 3, 4]
    assert [line for line, _ in foreign_links(source, None)] == [4]


@pytest.mark.slow
def test_the_commands_tell_what_is_wrong_with_texts(tmp_path: Path) -> None:
    replay = Replay(folder=tmp_path)
    replay.configure(company(link_hosts=["aide.example"]))
    replay.books(invoice("F1", "A", due="2026-03-02", total="10.00"))
    assert replay.do("check", "--json").data["problems"] == []
    text = blocks(
        "friendly", closing="Voyez https://aide.example, https://dupont.example et https://autre.example\nAdieu,"
    )
    override(tmp_path / "templates", "fr/vous/friendly.j2", text)
    for command in (["check"], ["templates", "check"]):
        done = replay.command(*command, "--json")
        assert (done.code, done.data["ok"]) == (1, False)
        (problem,) = done.data["problems"]
        assert problem["where"].endswith("templates/mail/fr/vous/friendly.j2")
        assert problem["line"] == 2
        assert problem["message"].startswith("https://autre.example")


@pytest.mark.parametrize(
    ("name", "text", "line", "message"),
    [
        ("fr/owner_digest.j2", '{% extends "relance/fr/owner_digest.j2" %}\n{% block closing %}\n{{ portefeuille }}{% endblock %}', 3, "portefeuille"),
        pytest.param("fr/daily_digest.j2", '{% extends "relance/fr/daily_digest.j2" %}\n{% block closing %}{% if folded_count %}{{ reste }}{% endif %}{% endblock %}', 2, "reste", marks=pytest.mark.slow),
        pytest.param("en/daily_digest.j2", '{% extends "relance/en/daily_digest.j2" %}\n{% block subject %}{{ firm_name }}{% endblock %}', 2, "firm_name", marks=pytest.mark.slow),
        pytest.param("fr/owner_digest.j2", "{% block subject %}Relances{% endblock %}", None, "heading", marks=pytest.mark.slow),
        pytest.param("fr/daily_digest.j2", '{% extends "relance/fr/daily_digest.j2" %}\n{% block subject %}{% endblock %}', None, "subject", marks=pytest.mark.slow),
        pytest.param("de/owner_digest.j2", '{% extends "relance/en/owner_digest.j2" %}\n{% block closing %}{{ kunde }}{% endblock %}', 2, "kunde", marks=pytest.mark.slow),
    ],
)  # fmt: skip
def test_a_digest_of_ones_own_is_read_at_check_too(
    tmp_path: Path, name: str, text: str, line: int | None, message: str
) -> None:
    problems = check_texts([override(tmp_path, name, text)])
    assert [one for one in problems if message in one.message and line in {None, one.line}], problems


@pytest.mark.parametrize(("name", "layout"), [("owner_digest", "html"), ("daily_digest", "txt")])
@pytest.mark.slow
def test_a_digests_layout_of_ones_own_is_read_at_check_too(tmp_path: Path, name: str, layout: str) -> None:
    root = override(tmp_path, f"{name}.{layout}.j2", "{{ parts.salutation }}\n{{ parts.nirgends }}")
    (problem, *_) = [one for one in lint_texts([root], languages={"fr"}).errors if "nirgends" in one.message]
    assert problem.file.endswith(f"{name}.{layout}.j2")
    assert problem.line == 2


@pytest.mark.slow
def test_a_sound_digest_of_ones_own_passes(tmp_path: Path) -> None:
    for name in ("owner_digest", "daily_digest"):
        text = f'{{% extends "relance/fr/{name}.j2" %}}\n{{% block salutation %}}Bonjour,{{% endblock %}}'
        override(tmp_path, f"fr/{name}.j2", text)
    linted = lint_texts([tmp_path], languages={"fr"})
    assert told(linted.errors, tmp_path) | told(linted.advice, tmp_path) == set()
