"""Help: made from the code, so that it cannot tell otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.counting import statements
from tests.factories import AccountFactory
from tracker import workflow
from tracker.forms.conclusions import ConclusionForm
from tracker.forms.followups import FollowupForm
from tracker.models import Role
from tracker.policy import Permission
from tracker.reports import status
from tracker.web import help
from tracker.web.words import words

SignIn = Callable[[Any], FlaskClient]


@pytest.fixture
def browser(session: Any, sign_in: SignIn) -> FlaskClient:
    return sign_in(AccountFactory(role=Role.AUDITOR))


def test_each_move_stands_with_who_may_and_what_is_needed(browser: FlaskClient) -> None:
    page = unescape(browser.get("/help").text)
    for moves in workflow.MOVES.values():
        for move in moves:
            assert str(move.label) in page
            assert str(move.needs or "") in page
    assert "title, text, main area, paragraph, basis" in page


def test_each_act_stands_with_the_roles(browser: FlaskClient) -> None:
    page = unescape(browser.get("/help").text)
    assert all(words(permission) in page for permission in Permission)


@pytest.mark.parametrize("form", [FollowupForm, ConclusionForm])
def test_hints_on_fields_and_help_are_one_source(browser: FlaskClient, form: Any) -> None:
    page = unescape(browser.get("/help").text)
    drawn = form(formdata=None, meta={"csrf": False})
    for name in drawn.names():
        assert str(drawn[name].label.text) in page
        assert str(drawn[name].description) in page


def test_each_column_of_the_status_report_is_explained(browser: FlaskClient) -> None:
    page = unescape(browser.get("/help").text)
    for name, said in status.COLUMNS.items():
        assert f"<bdi>{name}</bdi>" in page and str(said) in page


def test_the_glossary_says_the_fields_words(browser: FlaskClient) -> None:
    page = browser.get("/help").text
    for term in ("Shortfall", "Recommendation", "Good practice", "Technical assistance need", "Focal point"):
        assert f"<dt>{term}</dt>" in page
    assert "compliance" not in page


def test_everyone_who_is_signed_in_has_help(session: Any, sign_in: SignIn, client: FlaskClient) -> None:
    assert sign_in(AccountFactory(role=None)).get("/help").status_code == 200
    assert client.get("/help").status_code != 200


def test_help_asks_the_database_nothing_of_its_own(browser: FlaskClient) -> None:
    assert statements(browser, "/help") <= 5


def test_help_says_at_its_top_what_it_holds_and_folds_its_long_tables(browser: FlaskClient) -> None:
    page = browser.get("/help").text
    contents = page[page.index('<nav class="card contents"') :]
    contents = contents[: contents.index("</nav>")]
    assert "On this page" in contents
    places = re.findall(r'href="#([\w-]+)"', contents)
    assert len(places) > 8
    assert all(f'id="{place}"' in page for place in places)
    folds = re.findall(r"<details.*?</details>", page, re.DOTALL)
    assert len(folds) == 4 + len(help.FORMS) + 5, "moves, forms, files"
    assert not any("<dt>Shortfall</dt>" in fold for fold in folds), "the words stand open"
    columns = next(fold for fold in folds if 'id="file-status-report"' in fold)
    assert "<h3>Status report</h3>" in columns and "<bdi>seal_sha256</bdi>" in columns
