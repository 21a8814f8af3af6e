"""The list of visits, and the file of its rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.counting import statements
from tracker.extensions import db
from tracker.models import Event, Visit, VisitMode
from tracker.partial_date import PartialDate
from tracker.services import visit_parts as parts
from tracker.services import visits as service

SignIn = Callable[[Any], FlaskClient]


def test_the_list_is_filtered_sorted_and_said(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    service.create("IND", by=analyst, components=[parts.Component(VisitMode.VIRTUAL, PartialDate(2021, 4))])
    browser = sign_in(analyst)
    page = browser.get("/visits").text
    assert "2 visits, by date" in page and page.index("IND-2021-1") < page.index("PAK-2006-1")
    for question, is_there in {
        "state=PAK": True,
        "state=IND": False,
        "region=034": True,
        "type=not_stated": True,
        "stage=preparing": True,
        "mode=virtual": False,
        "area=FIN-01": True,
        "area=FIN": True,
        "area=NEX-01": False,
        "year-from=2006&year-to=2006": True,
        "year-from=2007": False,
        "q=eighth": True,
        "q=PAK-2006": True,
        "q=nothing": False,
    }.items():
        assert ("PAK-2006-1" in browser.get(f"/visits?{question}").text) is is_there, question
    assert "No visit matches" in browser.get("/visits?mode=hybrid").text


@pytest.mark.parametrize("question", ["area=NOPE", "region=999", "stage=x", "sort=x", "after=x", "size=x", "q=%00"])
def test_an_address_that_makes_no_sense_is_no_fault(analyst: Any, visit: Visit, sign_in: SignIn, question: str) -> None:
    assert sign_in(analyst).get(f"/visits?{question}").status_code in (200, 400)


def test_columns_are_chosen_in_the_address(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    page = sign_in(analyst).get("/visits?columns=sharing").text
    assert 'data-label="Sharing level"' in page and 'data-label="Stage"' not in page
    assert "columns=sharing" in page.split("<thead")[1]


def test_unknown_columns_give_the_usual_ones(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    assert 'data-label="Stage"' in sign_in(analyst).get("/visits?columns=nothing,of,ours").text


def test_the_file_holds_the_rows_of_the_list(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    service.create("TUR", by=analyst, components=[parts.Component(start=PartialDate(2007, 4))])
    browser = sign_in(analyst)
    answer = browser.get("/visits.csv?sort=date&columns=stage")
    assert answer.status_code == 200
    assert "visits-" in answer.headers["Content-Disposition"] and "-2.csv" in answer.headers["Content-Disposition"]
    rows = answer.data.decode("utf-8-sig").split("\r\n")
    assert [row.split(",")[0] for row in rows[1:3]] == ["PAK-2006-1", "TUR-2007-1"]
    assert ",Turkey,Asia,2007-04,," in rows[2]
    assert "PAK-2006-1" not in browser.get("/visits.csv?state=TUR").text
    kinds = set(db.session.scalars(sa.select(Event.kind)))
    assert {"export.started", "export.ended"} <= kinds


def test_the_list_takes_the_same_statements_whatever_its_rows(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    browser = sign_in(analyst)
    few = statements(browser, "/visits")
    for year in range(2007, 2027):
        service.create("IND", by=analyst, components=[parts.Component(start=PartialDate(year))])
    db.session.commit()
    assert few == statements(browser, "/visits") <= 6
