"""Assessments: created and edited under the current edition, sealed as a whole, the visit before beside them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import g

from tests.factories import AccountFactory, VisitFactory
from tracker import history
from tracker.errors import Forbidden, Invalid, Stale
from tracker.extensions import db
from tracker.models import (
    Area,
    AreaEdition,
    Assessment,
    Event,
    Matrix,
    MatrixStatus,
    RatingLevel,
    Role,
    SealedState,
    Visit,
    VisitArea,
    VisitType,
)
from tracker.reports import assessments as report
from tracker.services import assessments, signoff


@pytest.fixture
def analyst(session: Any) -> Any:
    return AccountFactory(role=Role.ANALYST)


@pytest.fixture
def reviewer(session: Any) -> Any:
    return AccountFactory(role=Role.REVIEWER)


@pytest.fixture
def signed(analyst: Any, reviewer: Any) -> Any:
    """The assessment of FIN-02 in a matrix that is signed off."""
    row = assessments.assess(VisitFactory(), "FIN-02", by=analyst, rating="partially", explanation="So far.")
    signoff.submit(row.matrix, by=analyst)
    signoff.sign_off(row.matrix, by=reviewer, content_version=row.matrix.content_version)
    db.session.commit()
    return row


def kinds(object_type: str) -> list[str]:
    """The kinds of the events on objects of this type, in order."""
    return list(db.session.scalars(sa.select(Event.kind).where(Event.object_type == object_type).order_by(Event.seq)))


def test_the_first_assessment_makes_the_matrix(session: Any, analyst: Any) -> None:
    visit = VisitFactory()
    row = assessments.assess(visit, "FIN-02", by=analyst, rating="partially", explanation="So far.")
    session.commit()
    assert (row.area_edition, row.rating, row.explanation, row.state_id) == (1, "partially", "So far.", "PAK")
    assert (row.matrix.workflow, row.matrix.reference) == (MatrixStatus.DRAFT, f"{visit.reference}-M")
    assert (row.updated_by_id, row.matrix.drafted_by_id) == (analyst.id, analyst.id)
    assert kinds("matrix") == ["matrix.assessed"]


def test_a_matrix_can_be_made_before_anything_is_assessed(session: Any, analyst: Any) -> None:
    visit = VisitFactory()
    matrix = assessments.matrix_of(visit, by=analyst)
    assert assessments.matrix_of(visit, by=analyst) is matrix
    session.commit()
    assert kinds("matrix") == ["matrix.created"]


def test_assessing_again_edits(session: Any, analyst: Any) -> None:
    visit = VisitFactory()
    first = assessments.assess(visit, "FIN-02", by=analyst, rating="partially")
    version = first.matrix.content_version
    again = assessments.assess(visit, "FIN-02", by=analyst, rating="largely", explanation="The bill has passed.")
    session.commit()
    assert again is first
    assert (first.rating, first.matrix.content_version) == ("largely", version + 1)


def test_saving_the_same_changes_nothing(session: Any, analyst: Any) -> None:
    visit = VisitFactory()
    assessments.assess(visit, "FIN-02", by=analyst, rating="partially")
    assessments.assess(visit, "FIN-02", by=analyst, rating="partially")
    session.commit()
    assert kinds("matrix") == ["matrix.assessed"]


def test_a_new_edition_of_the_area_holds_for_what_is_assessed_from_then_on(session: Any, analyst: Any) -> None:
    visit, later = VisitFactory(), VisitFactory(year=2010)
    old = assessments.assess(visit, "FIN-02", by=analyst, rating="partially")
    session.add(
        AreaEdition(area_code="FIN-02", edition=2, title="Financing", description="", valid_from=date(2009, 1, 1))
    )
    session.get_one(Area, "FIN-02").current_edition = 2
    session.commit()
    g.pop("catalogue")
    new = assessments.assess(later, "FIN-02", by=analyst, rating="largely")
    session.commit()
    assert (old.area_edition, new.area_edition) == (1, 2)


@pytest.mark.parametrize("code", ["FIN", "ZZZ-01", "", "fin-02"])
def test_only_areas_of_the_second_level_are_assessed(session: Any, analyst: Any, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        assessments.assess(VisitFactory(), code, by=analyst, rating="partially")
    assert refused.value.field == "area_code"


def test_a_rating_outside_the_scale_is_refused(session: Any, analyst: Any) -> None:
    with pytest.raises(Invalid) as refused:
        assessments.assess(VisitFactory(), "FIN-02", by=analyst, rating="excellent")
    assert refused.value.field == "rating"


def test_a_retired_rating_stays_where_it_was_given(session: Any, analyst: Any) -> None:
    visit = VisitFactory()
    assessments.assess(visit, "FIN-02", by=analyst, rating="marginally")
    session.get_one(RatingLevel, "marginally").is_active = False
    session.commit()
    g.pop("catalogue")
    row = assessments.assess(visit, "FIN-02", by=analyst, rating="marginally", explanation="Still.")
    assert row.explanation == "Still."
    with pytest.raises(Invalid):
        assessments.assess(visit, "FIN-01", by=analyst, rating="marginally")


def test_a_high_level_visit_assesses_nothing(session: Any, analyst: Any) -> None:
    visit = VisitFactory(type=VisitType.HIGH_LEVEL)
    with pytest.raises(Invalid, match="political"):
        assessments.assess(visit, "FIN-02", by=analyst, rating="partially")
    with pytest.raises(Invalid, match="political"):
        assessments.matrix_of(visit, by=analyst)


def test_a_matrix_before_the_reviewers_is_locked(session: Any, analyst: Any) -> None:
    visit = VisitFactory()
    row = assessments.assess(visit, "FIN-02", by=analyst, rating="partially")
    signoff.submit(row.matrix, by=analyst)
    with pytest.raises(Forbidden, match="before the reviewers"):
        assessments.assess(visit, "FIN-02", by=analyst, rating="largely")


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.COORDINATOR, Role.AUDITOR, Role.ADMINISTRATOR])
def test_only_analysts_assess(session: Any, role: Role) -> None:
    with pytest.raises(Forbidden):
        assessments.assess(VisitFactory(), "FIN-02", by=AccountFactory(role=role), rating="partially")


def test_an_analyst_of_another_state_does_not_assess(session: Any) -> None:
    with pytest.raises(Forbidden, match="this Member State"):
        assessments.assess(VisitFactory(), "FIN-02", by=AccountFactory(states=["IND"]), rating="partially")


def test_changing_a_signed_matrix_makes_it_a_draft_and_keeps_the_seal(signed: Any, analyst: Any) -> None:
    visit = db.session.get_one(Visit, signed.visit_id)
    sealed = signed.matrix.seal_id
    assessments.assess(visit, "FIN-02", by=analyst, rating="largely", explanation="So far.")
    db.session.commit()
    assert (signed.matrix.workflow, signed.matrix.sealed_state) == (MatrixStatus.DRAFT, SealedState.CHANGED)
    assert signed.matrix.seal_id == sealed
    assert kinds("matrix")[-2:] == ["matrix.assessed", "matrix.reopened"]


def test_a_page_that_is_out_of_date_is_refused(session: Any, analyst: Any) -> None:
    visit = VisitFactory()
    row = assessments.assess(visit, "FIN-02", by=analyst, rating="partially", version=0)
    session.commit()
    assessments.assess(visit, "FIN-02", by=analyst, rating="largely", version=row.version)
    session.commit()
    with pytest.raises(Stale):
        assessments.assess(visit, "FIN-02", by=analyst, rating="in_place", version=1)
    with pytest.raises(Stale):
        assessments.assess(visit, "FIN-02", by=analyst, rating="in_place", version=0)


# The visit before


@pytest.fixture
def rate(analyst: Any) -> Callable[..., Any]:
    def rated(year: int, rating: str, area: str = "FIN-02", state: str = "PAK") -> Visit:
        visit = VisitFactory(year=year, state_id=state)
        assessments.assess(visit, area, by=analyst, rating=rating, explanation=f"As of {year}.")
        db.session.commit()
        return visit

    return rated


def test_the_latest_earlier_rating_of_each_area_is_found(session: Any, rate: Callable[..., Any]) -> None:
    rate(2001, "not_in_place")
    rate(2003, "partially")
    rate(2002, "marginally", "BOR-01")
    rate(2004, "in_place", state="IND")
    rate(2012, "in_place")
    found = report.previous_ratings(VisitFactory(year=2006))
    assert {code: (row.rating, row.label, row.visit_reference) for code, row in found.items()} == {
        "FIN-02": ("partially", "Partially in place", "PAK-2003-1"),
        "BOR-01": ("marginally", "Marginally in place", "PAK-2002-1"),
    }


def test_an_area_that_was_not_rated_does_not_hide_the_rating_before(session: Any, rate: Callable[..., Any]) -> None:
    rate(2001, "largely")
    rate(2003, "not_assessed")
    assert report.previous_ratings(VisitFactory(year=2006))["FIN-02"].visit_reference == "PAK-2001-1"


def test_the_sheet_holds_scope_and_what_is_assessed_beyond_it(session: Any, analyst: Any, rate: Any) -> None:
    rate(2001, "largely")
    visit = VisitFactory()
    visit.areas.extend(VisitArea(area_code=code, state_id="PAK") for code in ("FIN-02", "BOR-01"))
    history.record("visit.scope_changed", visit, by=analyst)
    assessments.assess(visit, "LEG-01", by=analyst, rating="largely")
    session.commit()
    sheet = report.sheet(visit, session.scalar(sa.select(Matrix).where(Matrix.visit_id == visit.id)))
    assert [(row.area.code, row.is_in_scope, row.label) for row in sheet.rows] == [
        ("FIN-02", True, None),
        ("LEG-01", False, "Largely in place"),
        ("BOR-01", True, None),
    ]
    assert (sheet.assessed, sheet.total, sheet.next_after("FIN-02"), sheet.next_after("")) == (1, 3, "BOR-01", "FIN-02")
    assert sheet.rows[0].previous is not None and sheet.rows[0].previous.visit_reference == "PAK-2001-1"
    assert {area.code for area in sheet.others}.isdisjoint({"FIN", "FIN-02", "LEG-01", "BOR-01"})


def test_one_matrix_holds_one_row_per_area(session: Any, analyst: Any) -> None:
    visit = VisitFactory()
    for code in ("FIN-01", "FIN-02", "FIN-01"):
        assessments.assess(visit, code, by=analyst, rating="partially", explanation=code)
    session.commit()
    assert session.scalar(sa.select(sa.func.count()).select_from(Assessment)) == 2
    assert session.scalar(sa.select(sa.func.count()).select_from(Matrix)) == 1
