"""The look keeps its promises: own host only, strict templates, words in each language, contrast, labelled fields."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
import wtforms
from flask import Flask, g, render_template_string
from flask.testing import FlaskClient
from flask_babel import force_locale
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from werkzeug.datastructures import MultiDict

from tests.factories import AccountFactory
from tracker import clock, texts
from tracker.forms.choice_fields import EnumRadioField
from tracker.forms.date_fields import PartialDateField
from tracker.forms.fields import LineField
from tracker.models import FollowupStatus, Notification, Priority, Role, SealedState
from tracker.partial_date import PartialDate
from tracker.web import assets, locale, presentation

SignIn = Callable[[Any], FlaskClient]
THEME = (assets.OWN / "theme.css").read_text("utf-8")


@pytest.fixture
def page(app: Flask) -> Any:
    """``page(template, **names)`` renders a template within a request."""

    def rendered(template: str, **names: Any) -> str:
        with app.test_request_context("/"):
            return render_template_string(template, **names)

    return rendered


# Lists within a text


def test_several_things_are_listed_as_the_language_does(page: Any, app: Flask) -> None:
    assert page("{{ names|listed }}", names=["Kazakhstan", "Kyrgyzstan", "Tajikistan"]) == (
        "Kazakhstan, Kyrgyzstan and Tajikistan"
    )
    assert page("{{ ['<b>', '{0}']|listed }}") == "&lt;b&gt; and {0}"
    assert page("{{ ['<b>'|bdi, '<i>']|listed }}") == "<bdi>&lt;b&gt;</bdi> and &lt;i&gt;"
    assert page("{{ []|listed }}") == ""
    with app.test_request_context("/"), force_locale("ar"):
        assert texts.listed(["1", "2"]) == "1 و2"


# Assets


def test_a_page_asks_for_nothing_outside_its_own_host(client: FlaskClient) -> None:
    page = client.get("/login").text
    addresses = re.findall(r'(?:href|src)="([^"]+)"', page)
    assert addresses
    assert all(address.startswith(("/", "#")) and not address.startswith("//") for address in addresses)


def test_an_asset_is_kept_for_a_year_under_its_digest(app: Flask, client: FlaskClient) -> None:
    with app.test_request_context():
        address = assets.address("theme.css")
    answer = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Cache-Control"] == assets.A_YEAR
    assert answer.mimetype == "text/css"
    assert gzip.decompress(answer.data).decode() == THEME
    assert client.get(address).text == THEME


def test_an_outdated_address_is_answered_but_not_kept(client: FlaskClient) -> None:
    answer = client.get("/assets/0000000000000000/theme.css")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")


def test_there_is_no_asset_of_another_name(client: FlaskClient) -> None:
    assert client.get("/assets/0000000000000000/passwd").status_code == 404
    with pytest.raises(KeyError, match="no asset"):
        assets.address("passwd")


def test_style_sheets_need_neither_data_addresses_nor_another_host() -> None:
    files = assets._assets().files
    for name in ("bootstrap.css", "bootstrap.rtl.css", "theme.css"):
        css = files[name].content.decode()
        wanted = re.findall(r'url\("?([^")]+)"?\)', css)
        assert [address for address in wanted if address not in files] == []
        assert "@import" not in css


def test_the_theme_knows_no_left_or_right() -> None:
    plain = re.sub(r"/\*.*?\*/", "", THEME, flags=re.DOTALL)
    assert re.findall(r"[\w-]*\b(?:left|right)\b[\w-]*", plain) == []


def test_an_icon_is_hidden_from_screen_readers_and_a_wrong_name_raises() -> None:
    assert 'aria-hidden="true"' in assets.icon("pen")
    with pytest.raises(KeyError):
        assets.icon("no-such-icon")


# Contrast


def tokens(dark: bool) -> dict[str, str]:
    light, _mark, rest = THEME.partition("@media screen and (prefers-color-scheme: dark)")
    pattern = re.compile(r"--([a-z-]+): (#[0-9a-f]{3,6});")
    return dict(pattern.findall(light)) | (dict(pattern.findall(rest.partition("\n}\n")[0])) if dark else {})


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


TEXT = [
    *((ink, ground) for ink in ("ink", "muted", "link") for ground in ("ground", "sheet", "row")),
    *((f"{tone}-ink", tone) for tone in ("neutral", "info", "waiting", "attention", "done", "late")),
    ("rail-ink", "rail"),
    ("rail-ink", "rail-strong"),
    ("banner-ink", "banner"),
]
CONTROLS = [("control", "sheet"), ("wrong", "sheet"), ("focus-outer", "sheet"), ("rail-mark", "rail-strong")]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_colours_are_told_apart(dark: bool) -> None:
    colours = tokens(dark)
    for ink, ground in TEXT:
        assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for mark, ground in CONTROLS:
        assert contrast(colours[mark], colours[ground]) >= 3, (mark, ground)
    for button in ("primary", "primary-strong", "danger", "danger-strong"):
        assert contrast("#ffffff", colours[button]) >= 4.5, button


# Templates


def test_an_undefined_name_is_an_error(page: Any) -> None:
    with pytest.raises(UndefinedError):
        page("{{ nothing_of_this_name }}")


def test_what_people_typed_is_escaped_and_isolated(page: Any) -> None:
    assert page("{{ name|bdi }}", name="<b>كينيا") == "<bdi>&lt;b&gt;كينيا</bdi>"
    assert page("{{ name|bdi }}", name="") == "", "an empty cell has no label on a narrow screen"


def test_a_tag_has_words_and_a_tone(page: Any) -> None:
    html = page('{% from "macros/tags.html" import tag %}{{ tag(s) }}', s=FollowupStatus.SIGNED_OFF)
    assert html == '<span class="tag tag-done">Signed off</span>'


@pytest.mark.parametrize(
    ("due", "said"),
    [
        (PartialDate(2026, 11, 20), "1 day overdue"),
        (PartialDate(2021, 1, 1), "2,150 days overdue"),
        (PartialDate(2024, 6), "Overdue since the end of June 2024"),
        (PartialDate(2020), "Overdue since the end of 2020"),
    ],
)
def test_what_is_overdue_says_so_no_more_exactly_than_is_known(page: Any, due: PartialDate, said: str) -> None:
    with clock.at(datetime(2026, 11, 21, tzinfo=UTC)):
        shown = page('{% from "macros/tags.html" import overdue_tag %}{{ overdue_tag(due) }}', due=due)
    assert f">{said}</span>" in shown


def test_paper_says_who_printed_it_and_when(session: Any, sign_in: SignIn) -> None:
    reader = AccountFactory(role=Role.COORDINATOR, name="Coordinator of paper")
    page = re.sub(r"\s+", " ", sign_in(reader).get("/help").text)
    assert '<p class="print-only"> Printed by <bdi>Coordinator of paper</bdi>,' in page


def test_a_digest_wraps_where_a_reference_does_not(page: Any) -> None:
    assert page("{{ 'ab12'|digest }}") == '<bdi class="digest" translate="no">ab12</bdi>'
    assert re.search(r"\.digest \{[^}]*overflow-wrap: anywhere", THEME)


def test_the_sealed_state_is_said(page: Any) -> None:
    html = page('{% from "macros/tags.html" import sealed_tag %}{{ sealed_tag(s) }}', s=SealedState.CHANGED)
    assert "Changed since it was signed off" in html


# Forms


class SampleForm(wtforms.Form):
    title = LineField("Title", required="Enter the title", hint="One sentence.")
    due = PartialDateField("Due date", hint="At the precision known.")
    priority = EnumRadioField("Priority", Priority, required="Choose a priority")
    note = LineField("Note")


FORM = (
    '{% from "macros/forms.html" import field, errors %}{{ errors(form) }}{% for f in form %}{{ field(f) }}{% endfor %}'
)


@pytest.fixture
def wrong(app: Flask, page: Any) -> str:
    with app.test_request_context("/"):
        form = SampleForm(MultiDict({"due-day": "31", "due-month": "2", "due-year": "2006"}))
        assert not form.validate()
    return str(page(FORM, form=form))


def test_the_error_summary_leads_to_controls_that_exist(wrong: str) -> None:
    summary = wrong.partition("</ul>")[0]
    targets = re.findall(r'href="#([^"]+)"', summary)
    assert targets == ["title", "due-day", "priority-0"]
    assert all(wrong.count(f'id="{target}"') == 1 for target in targets)


def test_hint_and_error_both_describe_the_control(wrong: str) -> None:
    control = re.search(r'<input[^>]*id="title"[^>]*>', wrong)
    assert control is not None
    assert 'aria-describedby="title-hint title-error"' in control[0]
    assert 'aria-invalid="true"' in control[0]
    assert re.search(r'<p class="hint" id="title-hint">One sentence.</p>', wrong)


def test_only_the_parts_that_are_wrong_are_marked(wrong: str) -> None:
    marked = re.findall(r'id="due-(\w+)"[^>]*aria-invalid="true"', wrong)
    assert marked == ["day", "month"]
    assert 'value="31"' in wrong


def test_what_may_stay_empty_says_so(wrong: str) -> None:
    assert re.search(r'<label for="note">Note\s*<span class="optional">\(optional\)</span>', wrong)
    assert not re.search(r'<label for="title">Title\s*<span', wrong)


def test_a_valid_form_has_no_summary(app: Flask, page: Any) -> None:
    with app.test_request_context("/"):
        form = SampleForm(data={"title": "Adopt the bill", "due": PartialDate(2006, 11)})
    html = page(FORM, form=form)
    assert "There is a problem" not in html
    assert re.search(r'name="due-month"\s+value="11"', html)


# Differences


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_difference_holds_both_texts(old: str, new: str) -> None:
    pieces = presentation.diff(old, new)
    assert "".join(text for kind, text in pieces if kind != "added") == old
    assert "".join(text for kind, text in pieces if kind != "removed") == new


def test_a_difference_is_told_by_words() -> None:
    assert presentation.diff("pass the bill", "pass the act") == [
        ("same", "pass the "),
        ("removed", "bill"),
        ("added", "act"),
    ]


def test_very_long_texts_are_shown_whole() -> None:
    old, new = "one " * 50_000, "two " * 50_000
    assert presentation.diff(old, new) == [("removed", old), ("added", new)]


# Navigation and language


def links(page: str) -> set[str]:
    return set(re.findall(r'<a href="([^"]+)"', page.partition("<nav")[2].partition("</nav>")[0]))


@pytest.mark.parametrize(
    ("role", "there", "not_there"),
    [
        (Role.ANALYST, {"/inbox"}, {"/review", "/admin", "/audit"}),
        (Role.REVIEWER, {"/inbox", "/review"}, {"/admin", "/audit"}),
        (Role.ADMINISTRATOR, {"/inbox", "/admin"}, {"/review", "/audit", "/visits", "/follow-ups"}),
    ],
)
def test_the_sidebar_shows_what_one_may_open(sign_in: SignIn, role: Role, there: set[str], not_there: set[str]) -> None:
    shown = links(sign_in(AccountFactory(role=role)).get("/inbox").text)
    assert there <= shown
    assert not shown & not_there


@pytest.mark.parametrize("role", list(Role))
def test_no_line_of_the_sidebar_leads_to_a_refusal(sign_in: SignIn, role: Role) -> None:
    browser = sign_in(AccountFactory(role=role))
    found = {href: browser.get(href, follow_redirects=True).status_code for href in links(browser.get("/inbox").text)}
    assert found
    assert set(found.values()) == {200}


def test_the_sidebar_counts_what_waits(sign_in: SignIn, session: Any) -> None:
    account = AccountFactory()
    for _number in range(2):
        session.add(Notification(account_id=account.id, kind="password_changed", created_at=clock.now()))
    page = sign_in(account).get("/account").text
    count = page.partition("</nav>")[0].partition('class="nav-count"')[2]
    assert count.partition(">")[2].strip().startswith('<bdi dir="ltr">2<')


def test_nobody_signed_in_sees_no_navigation(client: FlaskClient) -> None:
    assert "<nav" not in client.get("/login").text


def test_a_bare_page_asks_for_nobody(app: Flask) -> None:
    with app.test_request_context("/"):
        g.bare_page = True
        assert presentation.viewer() is None
        assert "<nav" not in presentation.sidebar()


def test_the_pseudo_language_turns_the_page_round(sign_in: SignIn) -> None:
    browser = sign_in(AccountFactory())
    assert '<html lang="en" dir="ltr">' in browser.get("/account").text
    browser.post("/account/language", data={"language": locale.PSEUDO})
    page = browser.get("/account").text
    assert f'<html lang="{locale.PSEUDO}" dir="rtl">' in page
    assert "bootstrap.rtl.css" in page
    assert "⟦" in page


def test_every_word_of_a_page_goes_through_gettext(sign_in: SignIn) -> None:
    browser = sign_in(AccountFactory(name=""))
    browser.post("/account/language", data={"language": locale.PSEUDO})
    page = browser.get("/inbox").text
    visible = re.sub(r"<(script|style|svg).*?</\1>|<[^>]+>", "", page.partition("<body>")[2], flags=re.DOTALL)
    left = re.sub(r"⟦[^⟧]*⟧", "", unescape(visible))
    assert re.findall(r"[A-Za-z]{3,}", left.replace("English", "")) == []


def test_production_does_not_offer_the_pseudo_language(app: Flask) -> None:
    settings = app.config["SETTINGS"]
    with app.app_context():
        assert locale.PSEUDO in locale.languages()
        app.config["SETTINGS"] = replace(settings, env="production")
        assert list(locale.languages()) == ["en"]
        app.config["SETTINGS"] = settings
