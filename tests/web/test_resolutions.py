"""What was found under each paragraph of a resolution, and what came of it."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories import AccountFactory, ConclusionFactory, FollowupFactory, VisitFactory, serve
from tracker import history
from tracker.models import ConclusionParagraph, FollowupParagraph, Measure, Paragraph, Role
from tracker.reports import areas, listing

SignIn = Callable[[Any], FlaskClient]


def on(session: Any, row: Any, label: str) -> Any:
    """The conclusion or follow-up rests on the paragraph."""
    query = sa.select(Paragraph.id).where(Paragraph.resolution_number == 1373, Paragraph.label == label)
    link = ConclusionParagraph if row.__tablename__ == "conclusion" else FollowupParagraph
    owner = {f"{row.__tablename__}_id": row.id}
    session.add(link(**owner, paragraph_id=session.scalars(query).one(), state_id=row.state_id))
    history.record(f"{row.__tablename__}.edited", row, by=None)
    return row


@pytest.fixture
def browser(session: Any, sign_in: SignIn) -> FlaskClient:
    for _each in range(2):
        on(session, ConclusionFactory(), "2(e)")
    on(session, on(session, FollowupFactory(), "2(e)"), "1(b)")
    on(session, ConclusionFactory(visit=VisitFactory(state_id="IND")), "2(e)")
    on(session, FollowupFactory(state_id="IND"), "2(e)")
    session.commit()
    return sign_in(AccountFactory(states=["PAK"]))


def counts(page: str) -> dict[str, tuple[str, ...]]:
    """The figures beside each paragraph, without those that are none."""
    found = {}
    for row in re.findall(r'<tr id="p-.*?</tr>', page, re.DOTALL):
        label = re.search(r'id="p-([^"]+)"', row)
        linked = re.findall(r'href="/(conclusions|follow-ups)\?paragraph=([^"]+)">(.*?)<span', row)
        if label and linked:
            found[label[1]] = tuple(f"{noun} {number}" for noun, _value, number in linked)
    return found


def test_a_paragraph_tells_what_was_found_and_what_came_of_it_in_scope(browser: FlaskClient) -> None:
    page = browser.get("/resolutions/1373").text
    assert counts(page) == {"1b": ("follow-ups 1",), "2e": ("conclusions 2", "follow-ups 1")}
    assert "The figures cover the Member States in your scope." in page


def test_the_figures_follow_each_change(session: Any, browser: FlaskClient) -> None:
    browser.get("/resolutions/1373")
    on(session, ConclusionFactory(), "2(e)")
    followup = on(session, FollowupFactory(), "1(b)")
    session.commit()
    page = browser.get("/resolutions/1373").text
    assert counts(page) == {"1b": ("follow-ups 2",), "2e": ("conclusions 3", "follow-ups 1")}
    before = page.count("Follow-ups that serve a measure")
    serve(followup, session.scalars(sa.select(Measure).limit(1)).one())
    session.commit()
    assert browser.get("/resolutions/1373").text.count("Follow-ups that serve a measure") == before + 1


def test_the_figures_lead_to_their_rows(browser: FlaskClient) -> None:
    page = browser.get("/resolutions/1373").text
    for address in ("/conclusions?paragraph=1373-2%28e%29", "/follow-ups?paragraph=1373-2%28e%29"):
        assert address in page
    assert "2 conclusions" in browser.get("/conclusions?paragraph=1373-2%28e%29").text
    followups = browser.get("/follow-ups?paragraph=1373-2%28e%29").text
    assert "1 follow-up" in followups and "on the paragraph 1373-2(e)" in followups


@pytest.mark.parametrize(
    ("value", "shown"),
    [("1373-1(b)", True), ("1373 1(B)", True), ("1373-1(c)", False), ("1373", False), ("9999-1", False)],
)
def test_lists_are_narrowed_to_a_paragraph(browser: FlaskClient, value: str, shown: bool) -> None:
    page = browser.get("/follow-ups", query_string={"paragraph": value}).text
    assert ('href="/follow-ups/PAK-F001"' in page) is shown
    assert "IND-F001" not in page


@pytest.mark.parametrize("path", ["/follow-ups", "/conclusions", "/reports/status"])
@pytest.mark.parametrize("value", ["2(e)x", "no", "9" * 30, "1373-((", "1373-2(e)\u202e"])
def test_what_is_no_paragraph_is_said(browser: FlaskClient, path: str, value: str) -> None:
    page = browser.get(path, query_string={"paragraph": value})
    assert page.status_code == 200
    assert "Correct" in page.text


def test_the_filter_stays_when_others_are_applied(browser: FlaskClient) -> None:
    for path in ("/follow-ups", "/conclusions"):
        page = browser.get(f"{path}?paragraph=1373-2(e)").text
        assert '<input type="hidden" name="paragraph" value="1373-2(e)" />' in page


def test_the_files_hold_the_same_rows(browser: FlaskClient) -> None:
    for path, references in (
        ("/conclusions.csv", ["PAK-2006-1-C1", "PAK-2006-2-C1"]),
        ("/reports/status.csv", ["PAK-F001"]),
    ):
        _header, *rows = csv.reader(StringIO(browser.get(f"{path}?paragraph=1373-2(e)").text, newline=""))
        assert sorted(row[0] for row in rows) == references


def test_many_are_more_than_are_counted(session: Any, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(areas, "MOST_COUNTED", 1)
    monkeypatch.setattr("tracker.web.resolutions.MOST_COUNTED", 1)
    assert listing.MOST_COUNTED == 1000
    page = browser.get("/resolutions/1373").text
    assert counts(page)["2e"] == ("conclusions more than 1", "follow-ups 1")


def test_an_administrator_sees_no_figures(session: Any, sign_in: SignIn) -> None:
    page = sign_in(AccountFactory(role=Role.ADMINISTRATOR)).get("/resolutions/1373").text
    assert "Areas that rest on it" in page
    assert "Came of it" not in page and "/trace/" not in page


def test_a_measure_tells_the_paragraphs_that_it_rests_on(session: Any, browser: FlaskClient) -> None:
    measure = session.scalars(sa.select(Measure).where(Measure.reference == "GCTS-II-10")).one()
    for state, label in (("PAK", "1(b)"), ("PAK", "3(a)"), ("IND", "2(e)")):
        serve(on(session, FollowupFactory(state_id=state), label), measure)
    session.commit()
    page = browser.get("/measures/GCTS-II-10").text
    part = page[page.index('id="paragraphs"') :]
    assert re.findall(r'href="/resolutions/1373#p-(\w+)"', part) == ["1b", "3a"]
    assert "All 2 in your scope" in page and 'href="/follow-ups?measure=GCTS-II-10"' in page
    assert "IND-F" not in page
    rows = browser.get("/follow-ups?measure=GCTS-II-10").text
    assert "2 follow-ups" in rows
