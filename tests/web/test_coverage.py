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
from tests.factories import AccountFactory, ConclusionFactory, FollowupFactory, VisitFactory, examined, grant, serve
from tests.submittable import submittable
from tracker import history
from tracker.extensions import db
from tracker.models import (
    ConclusionStatus,
    Followup,
    Implementation,
    Measure,
    Role,
    Visit,
    VisitStage,
    VisitType,
)
from tracker.partial_date import PartialDate
from tracker.policy import Reach
from tracker.reports import coverage
from tracker.services import assessments, signoff
from tracker.web import coverage as pages

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


# What an examination is: coverage, gaps, lists and files must agree


def concluded(visit: Visit, workflow: ConclusionStatus = ConclusionStatus.DRAFT) -> None:
    ConclusionFactory(visit=visit, area_code="FIN-02", workflow=workflow)


def assessed(visit: Visit, rating: str) -> None:
    assessments.assess(visit, "FIN-02", by=AccountFactory(role=Role.ANALYST), rating=rating)


WAYS: dict[str, tuple[Callable[[], Any], bool, bool]] = {
    # what is there: whether it is an examination, whether the area is rated
    "in scope": (lambda: examined("PAK", "FIN-02"), True, False),
    "under way": (lambda: examined("PAK", "FIN-02", stage=VisitStage.UNDER_WAY), True, False),
    "rated": (lambda: assessed(VisitFactory(state_id="PAK"), "partially"), True, True),
    "not applicable": (lambda: assessed(VisitFactory(state_id="PAK"), "not_applicable"), True, True),
    "not assessed": (lambda: assessed(VisitFactory(state_id="PAK"), "not_assessed"), True, False),
    "concluded on": (lambda: concluded(VisitFactory(state_id="PAK")), True, False),
    "withdrawn": (lambda: concluded(VisitFactory(state_id="PAK"), ConclusionStatus.WITHDRAWN), False, False),
    "prepared": (lambda: examined("PAK", "FIN-02", stage=VisitStage.PREPARING), False, False),
    "cancelled": (lambda: examined("PAK", "FIN-02", stage=VisitStage.CANCELLED), False, False),
    "high-level": (lambda: examined("PAK", "FIN-02", type=VisitType.HIGH_LEVEL), False, False),
    "another area": (lambda: examined("PAK", "FIN-03"), False, False),
    "another State": (lambda: examined("IND", "FIN-02"), False, False),
}


@pytest.mark.parametrize("way", WAYS)
def test_one_definition_of_an_examination_serves_all(reader: FlaskClient, way: str) -> None:
    make, is_examined, is_rated = WAYS[way]
    make()
    page = reader.get("/coverage?region=034&area=FIN").text
    own = cell_of(page, "Pakistan", "FIN-02")
    assert ("never examined" in own) is not is_examined
    assert ("examined <bdi>2006</bdi>" in own) is is_examined
    assert ("not rated" in own) is (is_examined and not is_rated)
    listed = reader.get("/gaps/areas?state=PAK&area=FIN-02").text
    assert ("1 gap " in listed) is not is_examined
    for name, found in (("examined", is_examined), ("rated", is_rated)):
        states = reader.get(f"/states?{name}=FIN-02").text
        assert ('href="/states/PAK"' in states) is found, name
    for code in ("FIN-02", "FIN"):
        latest = reader.get(f"/areas/{code}").text.partition('id="examined"')[2].partition("</section>")[0]
        of_pakistan = "/visits/PAK-2006-1" in latest and (code != "FIN" or "FIN-02" in latest)
        assert of_pakistan is is_examined, code
        assert ("not rated" in latest and of_pakistan) is (is_examined and not is_rated), code
    told = file_of(reader, "region=034&area=FIN")["PAK", "FIN-02"]
    assert (told["examined"], told["rated"]) == (str(int(is_examined)), str(int(is_rated)))


def cell_of(page: str, row: str, column: str) -> str:
    """The cell under a column's code, in the row of this title."""
    codes = re.findall(r'class="column-code">(?:<[^>]*>)*([A-Z0-9-]+)<', page)
    (own,) = [found for found in re.findall(r"<tr[^>]*>(.*?)</tr>", page, re.DOTALL) if f">{row}<" in found]
    return re.findall(r"<td>(.*?)</td>", own, re.DOTALL)[codes.index(column)]


def test_each_line_of_a_cell_is_one_text_to_translate(reader: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A language that says the number last, or begins with the verb, must be able to."""
    turned = {
        "%(n)s open": "open: %(n)s",
        "%(count)s examined": "examined: %(count)s",
        "examined %(year)s": "%(year)s is when it was examined",
        "sealed %(year)s": "in %(year)s sealed",
    }
    monkeypatch.setattr(pages, "_", lambda text, **more: (turned.get(text, text)) % more if more else text)
    monkeypatch.setattr(pages, "ngettext", lambda one, _many, _number, **more: turned.get(one, one) % more)
    examined("PAK", "FIN-02")
    FollowupFactory(state_id="PAK", area_code="FIN-02")
    own = cell_of(reader.get("/coverage?region=034").text, "Pakistan", "FIN")
    assert "open: <bdi>1</bdi></a>" in own
    assert '<span class="visually-hidden"><bdi>2006</bdi> is when it was examined</span>' in own
    whole = cell_of(reader.get("/coverage").text, "Southern Asia", "FIN")
    assert '<span aria-hidden="true"><bdi>1</bdi></span><span class="visually-hidden">examined: <bdi>1</bdi>' in whole


def file_of(browser: FlaskClient, question: str) -> dict[tuple[str, str], dict[str, str]]:
    rows = csv.DictReader(io.StringIO(browser.get(f"/coverage.csv?bom=0&{question}").text))
    return {(row["row"], row["column"]): row for row in rows}


def test_a_rating_is_that_of_the_last_examination_and_an_older_one_bears_its_year(reader: FlaskClient) -> None:
    assessed(VisitFactory(state_id="PAK", year=2006), "partially")
    own = cell_of(reader.get("/coverage?region=034&area=FIN").text, "Pakistan", "FIN-02")
    assert 'href="/visits/PAK-2006-1"' in own and "Partially in place" in own and "not rated" not in own
    examined("PAK", "FIN-02", year=2016)
    own = cell_of(reader.get("/coverage?region=034&area=FIN").text, "Pakistan", "FIN-02")
    assert 'href="/visits/PAK-2016-1"' in own and "not rated" in own
    assert re.search(r"Partially in place(<[^>]+>)* <bdi>2006</bdi>", own)
    told = file_of(reader, "region=034&area=FIN")["PAK", "FIN-02"]
    assert (told["last_examined"], told["visit"], told["rating_then"]) == ("2016-11-17", "PAK-2016-1", "")
    assert told["last_rated"] == "2006-11-17"


def test_a_day_is_told_no_closer_than_it_is_known(reader: FlaskClient) -> None:
    examined("PAK", "FIN-02", start=PartialDate(2006, 10), end=None)
    examined("IND", "FIN-02", start=None, end=None)
    told = file_of(reader, "region=034")
    assert told["PAK", "FIN"]["last_examined"] == "2006-10" and told["IND", "FIN"]["last_examined"] == "2006"


def test_each_cell_is_a_link_and_each_number_leads_to_as_many_rows(reader: FlaskClient) -> None:
    for state in ("PAK", "IND"):
        examined(state, "FIN-02", "FIN-03")
        FollowupFactory(state_id=state, area_code="FIN-02")
        serve(FollowupFactory(state_id=state, area_code="FIN-02"), strategy_measure())
    rated(VisitFactory(state_id="PAK"), "FIN-04")
    due = PartialDate(2020)
    FollowupFactory(state_id="PAK", area_code="FIN-02", current_due=due, current_due_last=due.last_day)
    for address in (
        "/coverage",
        "/coverage?area=FIN",
        "/coverage?region=034",
        "/coverage?by=pillar&region=034&area=FIN",
    ):
        page = reader.get(address).text
        cells = re.findall(r"<td>(.*?)</td>", page, re.DOTALL)
        assert cells and all("<a " in one for one in cells), address
        numbers = {
            (href, int(said))
            for one in cells
            for href, said in re.findall(r'href="(/(?:states|follow-ups)[^"]+)">(?:<span[^>]*>)?<bdi>(\d+)</bdi>', one)
            if int(said)
        }
        assert numbers
        for href, said in numbers:
            listed = reader.get(href.replace("&amp;", "&")).text
            assert re.search(rf"\b{said} (follow-up|Member State)", listed), (address, href, said)


def test_what_was_never_examined_leads_to_the_areas_that_were_not(reader: FlaskClient) -> None:
    examined("PAK", "FIN-02")
    own = cell_of(reader.get("/coverage?region=034").text, "Pakistan", "LEG")
    (href,) = re.findall(r'href="([^"]+)"', own)
    listed = reader.get(href.replace("&amp;", "&")).text
    assert 'href="/areas/LEG-01"' in listed
    assert 'href="/areas/FIN-03"' not in listed and 'href="/states/IND"' not in listed


def test_the_last_seal_is_that_of_a_follow_up_or_a_matrix(session: Any) -> None:
    analyst, reviewer = AccountFactory(role=Role.ANALYST), AccountFactory(role=Role.REVIEWER)
    visit = VisitFactory(state_id="PAK")
    matrix = assessments.assess(visit, "LEG-01", by=analyst, rating="partially", explanation="So far.").matrix
    for record in (submittable(analyst, state_id="PAK", area_code="FIN-02"), matrix):
        signoff.submit(record, by=analyst)
        signoff.sign_off(record, by=reviewer, content_version=record.content_version)
    session.commit()
    for column, is_sealed in (("FIN", True), ("LEG", True), ("BOR", False)):
        assert (cell(EVERYWHERE, "PAK", column, region=SOUTHERN_ASIA).sealed_at is not None) is is_sealed, column


def test_pillars_can_be_narrowed_to_a_top_area(session: Any) -> None:
    for area in ("FIN-02", "LEG-01"):
        serve(FollowupFactory(state_id="PAK", area_code=area), strategy_measure())
    session.commit()
    assert cell(EVERYWHERE, SOUTHERN_ASIA, "II", by="pillar").open == 2
    assert cell(EVERYWHERE, SOUTHERN_ASIA, "II", by="pillar", area="FIN").open == 1


EMPTY = "No area stands under pillar <bdi>III</bdi> on the map of areas and pillars"


def test_a_pillar_that_no_area_leads_to_says_why_it_is_empty(reader: FlaskClient, sign_in: Any) -> None:
    page = reader.get("/coverage?by=pillar").text
    assert EMPTY in page, "of pillars I, II and IV the map names areas"
    assert 'href="/plans/GCTS#pillar-III">Measures of pillar <bdi>III</bdi>' in page
    assert "Administrators keep the map and may add one." in page and "/admin/pillars" not in page
    both = AccountFactory(role=Role.ADMINISTRATOR)
    grant(both, Role.COORDINATOR)
    db.session.commit()
    keeper = sign_in(both)
    assert 'href="/admin/pillars">Add a pillar to the map' in keeper.get("/coverage?by=pillar").text
    assert "on the map of areas" not in reader.get("/coverage").text, "areas are no pillars"


def test_a_board_says_why_a_pillar_is_empty(reader: FlaskClient) -> None:
    for address in ("/plans/GCTS/board", "/plans/GCTS/board?pillar=III"):
        assert EMPTY in reader.get(address).text
    assert EMPTY not in reader.get("/plans/GCTS/board?pillar=II").text
    serve(FollowupFactory(), db.session.scalars(sa.select(Measure).filter_by(reference="GCTS-III-8")).one())
    db.session.commit()
    assert EMPTY not in reader.get("/plans/GCTS/board").text


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
    "a visit that was not held": lambda _followup, visit: noted(visit, stage=VisitStage.CANCELLED),
    "a conclusion more": lambda _followup, visit: ConclusionFactory(visit=visit, area_code="LEG-01"),
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


def test_a_state_is_read_when_it_is_first_asked_for_and_kept(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    read, seen = coverage._read, []
    monkeypatch.setattr(coverage, "_read", lambda asked, ids, today: seen.append(ids) or read(asked, ids, today))
    for states in ({"PAK"}, {"PAK", "IND"}, {"IND"}):
        cell(Reach(False, frozenset(states)), SOUTHERN_ASIA, "FIN")
    assert seen == [["PAK"], ["IND"]]


def test_each_number_leads_to_the_rows_it_counts(reader: FlaskClient) -> None:
    FollowupFactory(state_id="PAK", area_code="FIN-02")
    page = reader.get("/coverage?region=034&area=FIN").text
    (href,) = re.findall(r'href="(/follow-ups\?state=PAK[^"]*)"><bdi>1</bdi> open<', page)
    assert "1 follow-up" in reader.get(href.replace("&amp;", "&")).text


def test_the_file_holds_each_cell_of_the_screen(reader: FlaskClient) -> None:
    FollowupFactory(state_id="PAK", area_code="FIN-02")
    rows = list(csv.DictReader(io.StringIO(reader.get("/coverage.csv?region=034&area=FIN&bom=0").text)))
    assert list(rows[0]) == list(coverage.HEADER)
    told = {(row["row"], row["column"]): row["open_followups"] for row in rows}
    assert told["PAK", "FIN-02"] == "1" and told["IND", "FIN-02"] == "0"
    assert len(rows) == len({row["row"] for row in rows}) * len({row["column"] for row in rows})


def test_an_observer_is_no_member_state(reader: FlaskClient) -> None:
    page = reader.get("/coverage").text
    (href, said) = re.search(r'href="(/states\?region=145)">([^<]*)<', page).groups()
    assert said == "18 States: 17 Member States; observer status: State of Palestine"
    assert "5 Member States<" in page, "Central Asia has no observer"
    listed = reader.get(href).text
    assert "18 States: 17 Member States; observer status: State of Palestine (" in listed
    assert "Showing 18 of 18 States: 17 Member States" in listed
    assert "Showing 1 of 1 Member State<" in reader.get("/states?q=palau").text
    assert "1 State with observer status: Holy See (" in reader.get("/states?q=holy+see").text
    region = reader.get("/coverage?region=145").text
    assert region.count("(Observer)") == 1 and re.search(r"State of Palestine</bdi></a> <span[^>]*>\(Observer", region)
    told = file_of(reader, "")["145", "FIN"]
    assert (told["member_states"], told["observers"]) == ("17", "1")


def test_the_list_of_all_states_counts_the_members(reader: FlaskClient) -> None:
    assert (
        "195 States: 193 Member States; observer status: Holy See and State of Palestine" in reader.get("/states").text
    )


HEADER = (
    "row,row_title,column,column_title,member_states,examined,last_examined,visit,rating_then,rated,last_rated,"
    "open_followups,overdue_followups,last_seal,observers,examinations"
)


@pytest.mark.parametrize(
    "question", ["", "region=034", "area=FIN", "region=034&area=FIN", "by=pillar", "by=pillar&area=FIN"]
)
def test_the_file_has_one_header_whatever_is_asked(reader: FlaskClient, question: str) -> None:
    lines = reader.get(f"/coverage.csv?bom=0&{question}").text.split("\r\n")
    assert lines[0] == HEADER
    assert all(len(row) == 16 for row in csv.reader(lines[:-1]))


def test_the_rating_stands_wherever_the_cell_is_of_one_examination(reader: FlaskClient) -> None:
    assessed(VisitFactory(state_id="PAK"), "partially")
    for question, row, column in (
        ("", "034", "FIN"),
        ("area=FIN", "034", "FIN-02"),
        ("region=034", "PAK", "FIN"),
        ("region=034&area=FIN", "PAK", "FIN-02"),
    ):
        told = file_of(reader, question)[row, column]
        assert (told["rating_then"], told["examinations"]) == ("Partially in place", "1"), question
    assert "Partially in place" in cell_of(reader.get("/coverage?region=034").text, "Pakistan", "FIN")


def test_a_cell_of_several_examinations_says_so(reader: FlaskClient) -> None:
    assessed(visit := VisitFactory(state_id="PAK"), "partially")
    rated(visit, "FIN-03")
    assessed(VisitFactory(state_id="IND"), "partially")
    told = file_of(reader, "")["034", "FIN"]
    assert (told["examined"], told["rating_then"], told["examinations"]) == ("2", "several", "3")
    told = file_of(reader, "region=034")["PAK", "FIN"]
    assert (told["examined"], told["rating_then"], told["examinations"]) == ("1", "several", "2")
    told = file_of(reader, "area=FIN")["034", "FIN-03"]
    assert (told["rating_then"], told["examinations"]) == ("Partially in place", "1")
    told = file_of(reader, "region=034&by=pillar")["PAK", "II"]
    assert (told["examined"], told["rating_then"], told["examinations"]) == ("", "", "")
    page = reader.get("/coverage").text
    assert "several: it is of more than one" in page, "the columns are told on the page"


@pytest.mark.parametrize("address", ["/coverage?region=999", "/coverage?area=FIN-02", "/coverage?by=x&area=%27"])
def test_an_address_that_makes_no_sense_says_so(reader: FlaskClient, address: str) -> None:
    assert "notice" in reader.get(address).text
    assert reader.get(address.replace("/coverage", "/coverage.csv")).status_code == 400


def test_a_matrix_costs_the_same_whatever_its_size(reader: FlaskClient) -> None:
    for address in ("/coverage", "/coverage?by=pillar", "/coverage?region=142", "/coverage?region=142&area=FIN"):
        few = statements(reader, address)
        FollowupFactory(state_id="PAK", area_code="FIN-02")
        FollowupFactory(state_id="IRQ", area_code="LEG-01")
        assert statements(reader, address) == few <= 6, address
