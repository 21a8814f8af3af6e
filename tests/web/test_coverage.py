"""What has been examined and followed up: the cells recounted, opened to one State and one area, within the scope."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.counting import statements
from tests.factories import AccountFactory, FollowupFactory, VisitFactory, serve
from tracker import history
from tracker.extensions import db
from tracker.models import Followup, Implementation, Measure, Role, Visit
from tracker.partial_date import PartialDate
from tracker.policy import Reach
from tracker.reports import coverage
from tracker.services import assessments

TODAY = date(2026, 6, 1)
SOUTHERN_ASIA, CENTRAL_ASIA = "034", "143"


@pytest.fixture
def reader(session: Any, sign_in: Any) -> FlaskClient:
    return sign_in(AccountFactory(role=Role.AUDITOR))


def cell(reach: Reach, row: str, column: str, **args: str) -> coverage.Cell:
    return coverage.coverage(coverage.read(args), reach, TODAY).cells[row, column]


EVERYWHERE = Reach(True, frozenset())


def test_open_and_overdue_follow_ups_are_counted_by_subregion_and_top_area(session: Any) -> None:
    for due in (PartialDate(2020), PartialDate(2030)):
        FollowupFactory(
            state_id="PAK", area_code="FIN-02", original_due=due, current_due=due, current_due_last=due.last_day
        )
    FollowupFactory(state_id="IND", area_code="FIN-03", assessed_status=Implementation.IMPLEMENTED)
    FollowupFactory(state_id="KAZ", area_code="FIN-02", current_due=None, current_due_last=None)
    session.commit()
    found = cell(EVERYWHERE, SOUTHERN_ASIA, "FIN")
    assert (found.open, found.late) == (2, 1)
    assert (cell(EVERYWHERE, CENTRAL_ASIA, "FIN").open, cell(EVERYWHERE, CENTRAL_ASIA, "LEG").open) == (1, 0)
    assert cell(EVERYWHERE, "PAK", "FIN-02", region=SOUTHERN_ASIA, area="fin").late == 1
    assert cell(EVERYWHERE, SOUTHERN_ASIA, "FIN-02", area="FIN").open == 2


def test_what_lies_out_of_scope_is_no_row_and_counts_nowhere(session: Any) -> None:
    FollowupFactory(state_id="PAK", area_code="FIN-02")
    FollowupFactory(state_id="IND", area_code="FIN-02")
    session.commit()
    reach = Reach(False, frozenset({"PAK"}))
    found = coverage.coverage(coverage.read({}), reach, TODAY)
    assert [row.code for row in found.rows] == [SOUTHERN_ASIA]
    assert (found.cells[SOUTHERN_ASIA, "FIN"].open, found.cells[SOUTHERN_ASIA, "FIN"].states) == (1, 1)
    assert [row.code for row in coverage.coverage(coverage.read({"region": "142"}), reach, TODAY).rows] == ["PAK"]
    assert coverage.coverage(coverage.read({"region": "002"}), reach, TODAY).rows == []


def noted(record: Any, **values: Any) -> None:
    for name, value in values.items():
        setattr(record, name, value)
    history.record(f"{record.__tablename__}.edited", record, by=None)


def rated(visit: Visit, area: str) -> None:
    assessments.assess(visit, area, by=AccountFactory(role=Role.ANALYST), rating="partially")


def strategy_measure() -> Measure:
    found: Measure = db.session.scalars(sa.select(Measure).filter_by(reference="GCTS-II-10")).one()
    return found


CHANGES: dict[str, Callable[[Followup, Visit], Any]] = {
    "a further follow-up": lambda _followup, _visit: FollowupFactory(state_id="IND", area_code="LEG-01"),
    "one implemented": lambda followup, _visit: noted(followup, assessed_status=Implementation.IMPLEMENTED),
    "one that is late now": lambda followup, _visit: noted(followup, current_due_last=date(2020, 12, 31)),
    "one of another area": lambda followup, _visit: noted(followup, area_code="LEG-01"),
    "a visit of another day": lambda _followup, visit: noted(visit, sort_day=date(2011, 5, 1)),
    "an assessment more": lambda _followup, visit: rated(visit, "LEG-01"),
    "a link to a measure": lambda followup, _visit: serve(followup, strategy_measure()),
}
ASKED = ({}, {"by": "pillar"}, {"region": "142"}, {"area": "FIN"}, {"region": SOUTHERN_ASIA, "area": "FIN"})


@pytest.mark.parametrize("change", CHANGES)
def test_a_matrix_brought_up_to_date_is_the_one_read_anew(app: Any, session: Any, change: str) -> None:
    visit = VisitFactory(state_id="PAK", year=2006)
    rated(visit, "FIN-02")
    followup = FollowupFactory(state_id="PAK", area_code="FIN-02")
    session.commit()
    before = [coverage.coverage(coverage.read(asked), EVERYWHERE, TODAY) for asked in ASKED]
    CHANGES[change](followup, visit)
    session.commit()
    updated = [coverage.coverage(coverage.read(asked), EVERYWHERE, TODAY) for asked in ASKED]
    app.extensions["tracker_kept"].clear()
    assert updated == [coverage.coverage(coverage.read(asked), EVERYWHERE, TODAY) for asked in ASKED]
    assert updated != before


def test_after_a_write_only_its_state_is_read_anew(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    followup = FollowupFactory(state_id="PAK", area_code="FIN-02")
    session.commit()
    assert cell(EVERYWHERE, SOUTHERN_ASIA, "FIN").open == 1
    noted(followup, assessed_status=Implementation.IMPLEMENTED)
    session.commit()
    read, seen = coverage._read, []
    monkeypatch.setattr(coverage, "_read", lambda asked, ids, today: seen.append(ids) or read(asked, ids, today))
    assert cell(EVERYWHERE, SOUTHERN_ASIA, "FIN").open == 0
    assert seen == [["PAK"]]


def test_each_number_leads_to_the_rows_it_counts(reader: FlaskClient) -> None:
    FollowupFactory(state_id="PAK", area_code="FIN-02")
    page = reader.get("/coverage?region=034&area=FIN").text
    (href,) = re.findall(r'href="(/follow-ups\?state=PAK[^"]*)">1 open<', page)
    assert "1 follow-up" in reader.get(href.replace("&amp;", "&")).text


def test_the_file_holds_each_cell_of_the_screen(reader: FlaskClient) -> None:
    FollowupFactory(state_id="PAK", area_code="FIN-02")
    rows = list(csv.DictReader(io.StringIO(reader.get("/coverage.csv?region=034&area=FIN&bom=0").text)))
    assert list(rows[0]) == list(coverage.HEADER)
    told = {(row["row"], row["column"]): row["open_followups"] for row in rows}
    assert told["PAK", "FIN-02"] == "1" and told["IND", "FIN-02"] == "0"
    assert len(rows) == len({row["row"] for row in rows}) * len({row["column"] for row in rows})


@pytest.mark.parametrize("address", ["/coverage?region=999", "/coverage?area=FIN-02", "/coverage?by=x&area=%27"])
def test_an_address_that_makes_no_sense_says_so(reader: FlaskClient, address: str) -> None:
    assert "notice" in reader.get(address).text
    assert reader.get(address.replace("/coverage", "/coverage.csv")).status_code == 400


def test_a_matrix_costs_the_same_whatever_its_size(reader: FlaskClient) -> None:
    for address in ("/coverage", "/coverage?by=pillar", "/coverage?region=142", "/coverage?region=142&area=FIN"):
        few = statements(reader, address)
        FollowupFactory(state_id="PAK", area_code="FIN-02")
        FollowupFactory(state_id="IRQ", area_code="LEG-01")
        assert statements(reader, address) == few <= 8, address
