"""The board of a plan: measures by participating Member States, each number a link to its rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.counting import pages_made_anew, statements
from tests.factories import AccountFactory, FollowupFactory, MeasureFactory, PlanFactory, cell, serve
from tracker import history
from tracker.extensions import db
from tracker.models import (
    Event,
    Followup,
    FollowupMeasure,
    FollowupStatus,
    Implementation,
    Measure,
    MeasureStatus,
    Plan,
    PlanKind,
    Role,
    State,
)
from tracker.policy import Reach
from tracker.reports import boards
from tracker.texts import ngettext
from tracker.web import board_cells

SignIn = Callable[[Any], FlaskClient]
STATES = ("KAZ", "KGZ", "TJK", "TKM")
SIGNED = {"sealed_sha256": "a" * 64, "content_sha256": "a" * 64}
IMPLEMENTED = Implementation.IMPLEMENTED


@pytest.fixture
def plan(session: Any) -> Plan:
    made: Plan = PlanFactory(code="JP-1", participants=STATES, observers=("UZB",))
    return made


@pytest.fixture
def measure(plan: Plan) -> Measure:
    made: Measure = MeasureFactory(plan=plan)
    for state in STATES:
        cell(made, state, MeasureStatus.UNDER_WAY if state == "TJK" else None)
    return made


@pytest.fixture
def coordinator(session: Any, sign_in: SignIn) -> FlaskClient:
    return sign_in(AccountFactory(role=Role.COORDINATOR))


def served(measure: Measure, state: str, **more: Any) -> Followup:
    followup: Followup = FollowupFactory(state_id=state, **more)
    serve(followup, measure)
    return followup


def rows(page: str) -> list[list[str]]:
    """The words of each row of the board, tags taken off."""
    page = re.sub(r'<span class="visually-hidden">.*?</span>|<a class="skip-row".*?</a>', "", page)
    bodies = re.findall(r"<tr(?: id=\"[^\"]+\")?><th scope=\"row\">.*?</tr>", page, re.S)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", body, re.S) for body in bodies]
    return [[unescape(" ".join(re.sub(r"<[^>]+>", " ", one).split())) for one in row] for row in cells]


def test_a_cell_says_its_word_and_counts_the_follow_ups(plan: Plan, measure: Measure, coordinator: FlaskClient) -> None:
    served(measure, "KGZ")
    served(measure, "KGZ", assessed_status=IMPLEMENTED, **SIGNED)
    served(measure, "KGZ", assessed_status=IMPLEMENTED)
    served(measure, "UZB")
    db.session.commit()
    page = coordinator.get("/plans/JP-1/board").text
    assert "Pillar <bdi>II</bdi>: <bdi>Preventing and combating terrorism</bdi>" in page
    told = [
        "no word yet 0 follow-ups",
        "no word yet 1 open · 1 done · 1 not signed",
        "Under way rests on nothing 0 follow-ups",
        "no word yet 0 follow-ups",
    ]
    assert rows(page) == [["JP-1-M01 Exchange what is known of the movement of funds.", "Under way", *told]]
    assert re.findall(r'<th scope="col">(?:<bdi>)?(.*?)<', page) == [
        "Measure",
        "Status",
        *("Kazakhstan", "Kyrgyzstan", "Tajikistan", "Turkmenistan"),
    ]
    unsigned = coordinator.get("/plans/JP-1/board?unsigned=1").text
    assert rows(unsigned)[0][3] == "no word yet 1 open · 2 done"


def test_a_word_that_rests_on_nothing_is_told(plan: Plan, measure: Measure, coordinator: FlaskClient) -> None:
    second = MeasureFactory(plan=plan)
    on_nothing = cell(second, "KAZ", MeasureStatus.COMPLETED)
    borne_out = cell(second, "KGZ", MeasureStatus.COMPLETED)
    served(second, "KGZ")
    withdrawn = cell(second, "TJK", MeasureStatus.COMPLETED)
    served(second, "TJK", workflow=FollowupStatus.WITHDRAWN)
    with_evidence = cell(second, "TKM", MeasureStatus.COMPLETED)
    with_evidence.evidence = "Letter of 3 May"
    for one in (on_nothing, borne_out, withdrawn, with_evidence):
        history.record("measure.cell_changed", second, by=None, state_id=one.state_id)
    planned = MeasureFactory(plan=plan)
    cell(planned, "KAZ", MeasureStatus.PLANNED)
    db.session.commit()
    page = coordinator.get("/plans/JP-1/board").text
    told = [
        "Completed rests on nothing 0 follow-ups",
        "Completed 1 open",
        "Completed rests on nothing 0 follow-ups",
        "Completed 0 follow-ups",
    ]
    assert rows(page)[1][2:] == told
    assert rows(page)[2][2] == "Planned 0 follow-ups"
    text = coordinator.get("/plans/JP-1/board.csv").data.decode("utf-8-sig")
    line = list(csv.DictReader(io.StringIO(text)))[1]
    assert [line[f"{state}_rests_on_nothing"] for state in STATES] == ["1", "0", "1", "0"]
    shown = coordinator.get(f"/measures/{second.reference}").text
    assert shown.count("Rests on nothing yet.") == 2
    file = coordinator.get("/reports/action-plan.csv?plan=JP-1").data.decode("utf-8-sig")
    reported = {
        (row["measure"], row["iso3"]): row["cell_rests_on_nothing"] for row in csv.DictReader(io.StringIO(file))
    }
    assert [reported[second.reference, state] for state in STATES] == ["yes", "no", "yes", "no"]
    assert reported[planned.reference, "KAZ"] == "no" and reported[planned.reference, "KGZ"] == ""


def test_where_states_or_measures_stand_together_the_words_on_nothing_are_counted(
    plan: Plan, measure: Measure, coordinator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for state in ("KAZ", "KGZ"):
        cell(MeasureFactory(plan=plan), state, MeasureStatus.COMPLETED)
    db.session.commit()
    monkeypatch.setattr(boards, "MOST_STATES", 2)
    told = [row[2] for row in rows(coordinator.get("/plans/JP-1/board").text)]
    assert told == [f"{done} of 4 done 1 rests on nothing 0 follow-ups" for done in (0, 1, 1)]
    monkeypatch.setattr(boards, "MOST_MEASURES", 2)
    with pages_made_anew():  # another program, as it were
        page = coordinator.get("/plans/JP-1/board").text
    assert "3 rest on nothing" in page and "2 of 12 done" in page


def test_a_keyboard_stops_once_at_a_cell_and_hears_whose_it_is(
    plan: Plan, measure: Measure, coordinator: FlaskClient
) -> None:
    MeasureFactory(plan=plan)
    db.session.commit()
    page = coordinator.get("/plans/JP-1/board").text
    row = page.split('<tr id="JP-1-M01">')[1].split("</tr>")[0]
    links = [unescape(re.sub(r"<[^>]+>", "", one)) for one in re.findall(r"<a [^>]*>(.*?)</a>", row)]
    assert links[:2] == ["JP-1-M01", "Skip to the next measure"] and 'href="#JP-1-M02"' in row
    assert links[2:] == [
        *("Kazakhstan, JP-1-M01: no word yet", "Kyrgyzstan, JP-1-M01: no word yet"),
        *("Tajikistan, JP-1-M01: Under way", "Turkmenistan, JP-1-M01: no word yet"),
    ]
    assert 'class="skip-row"' not in page.split('<tr id="JP-1-M02">')[1].split("</tr>")[0]


def test_every_number_leads_to_as_many_rows(plan: Plan, measure: Measure, coordinator: FlaskClient) -> None:
    for status in (Implementation.NOT_STARTED, IMPLEMENTED, Implementation.OVERTAKEN):
        served(measure, "KGZ", assessed_status=status, **SIGNED)
        served(measure, "KGZ", assessed_status=status, **SIGNED | {"content_sha256": "b" * 64})
        served(measure, "TJK", assessed_status=status)
        served(measure, "TJK", assessed_status=status, workflow="withdrawn")
    db.session.commit()
    page = coordinator.get("/plans/JP-1/board").text
    links = re.findall(r'<a href="(/follow-ups[^"]+)">(\d+) ', page)
    assert len(links) == 5
    for href, count in links:
        assert len(re.findall(r"-F\d+</bdi></a>", coordinator.get(unescape(href)).text)) == int(count), href


def test_the_board_is_narrowed_by_pillar_and_status(plan: Plan, measure: Measure, coordinator: FlaskClient) -> None:
    MeasureFactory(plan=plan, pillar="IV")
    retired = MeasureFactory(plan=plan, pillar="IV")
    retired.retired_on = date(2020, 1, 1)
    history.record("measure.retired", retired, by=None)
    db.session.commit()

    def references(query: str) -> list[str]:
        return [row[0].split()[0] for row in rows(coordinator.get(f"/plans/JP-1/board?{query}").text)]

    assert references("") == ["JP-1-M01", "JP-1-M02"]
    assert references("pillar=IV") == ["JP-1-M02"]
    assert references("status=under_way") == ["JP-1-M01"]
    assert references("status=under_way&pillar=IV") == []
    assert references("pillar=V") == []


def test_the_board_is_narrowed_by_the_status_that_shows_or_by_the_computed_one(
    plan: Plan, measure: Measure, coordinator: FlaskClient
) -> None:
    MeasureFactory(plan=plan)
    measure.stated_status, measure.stated_on = MeasureStatus.COMPLETED, date(2024, 5, 1)
    history.record("measure.status_stated", measure, by=None)
    db.session.commit()

    def references(query: str) -> list[str]:
        return [row[0].split()[0] for row in rows(coordinator.get(f"/plans/JP-1/board?{query}").text)]

    assert references("status=completed") == ["JP-1-M01"]
    assert references("status=under_way") == []
    assert references("status=planned") == references("computed=planned") == ["JP-1-M02"]
    assert references("computed=under_way") == references("computed=under_way&status=completed") == ["JP-1-M01"]
    assert references("computed=completed") == references("status=suspended") == []
    page = coordinator.get("/plans/JP-1/board?computed=under_way").text
    assert "Computed status: Under way" in page
    choices = re.search(r'<select[^>]*name="status".*?</select>', page, re.S)
    assert choices and all(f'value="{one.value}"' in choices[0] for one in MeasureStatus)
    assert "The stated status, where there is one, else the computed one." in page


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("pillar=V", "Pillar: “V” is not one of: I, II, III, IV"),
        ("status=finished", "Status: “finished” is not one of"),
        ("computed=suspended", "Computed status: “suspended” is not one of"),
        ("region=XX", "Region: “XX” is not one of"),
    ],
)
def test_what_makes_no_sense_is_said(plan: Plan, coordinator: FlaskClient, query: str, said: str) -> None:
    db.session.commit()
    assert said in coordinator.get(f"/plans/JP-1/board?{query}").text
    assert coordinator.get(f"/plans/JP-1/board.csv?{query}").status_code == 400


def test_a_change_shows_at_once(plan: Plan, measure: Measure, coordinator: FlaskClient) -> None:
    db.session.commit()
    path = "/plans/JP-1/board"
    assert (
        rows(coordinator.get(path).text)[0][3] == rows(coordinator.get(path).text)[0][3] == "no word yet 0 follow-ups"
    )
    followup = served(measure, "KGZ")
    db.session.commit()
    assert rows(coordinator.get(path).text)[0][3] == "no word yet 1 open"
    followup.assessed_status = IMPLEMENTED
    history.record("followup.assessed", followup, by=None)
    db.session.commit()
    assert rows(coordinator.get(path).text)[0][3] == "no word yet 1 not signed"


CHANGES: dict[str, Callable[[Measure, Followup], Any]] = {
    "a further link": lambda measure, _followup: served(measure, "TJK"),
    "a follow-up assessed": lambda _measure, followup: noted(followup, assessed_status=IMPLEMENTED),
    "one signed": lambda _measure, followup: noted(followup, assessed_status=IMPLEMENTED, **SIGNED),
    "one withdrawn": lambda _measure, followup: noted(followup, workflow="withdrawn"),
    "a link taken off": lambda _measure, followup: unlinked(followup),
    "a cell that says something": lambda measure, _followup: said(measure, "TKM", MeasureStatus.COMPLETED),
    "a cell that says nothing more": lambda measure, _followup: said(measure, "TJK", None),
    "a follow-up of an observer": lambda measure, _followup: served(measure, "UZB"),
    "a measure more": lambda measure, _followup: MeasureFactory(plan=measure.plan),
    "a measure retired": lambda measure, _followup: noted(measure, retired_on=date(2020, 1, 1)),
    "a status stated": lambda measure, _followup: noted(measure, stated_status=MeasureStatus.SUSPENDED),
}


def noted(record: Any, **values: Any) -> None:
    for name, value in values.items():
        setattr(record, name, value)
    history.record(f"{record.__tablename__}.edited", record, by=None)


def unlinked(followup: Followup) -> None:
    link = db.session.scalars(sa.select(FollowupMeasure).filter_by(followup_id=followup.id)).one()
    db.session.delete(link)
    history.record("followup.measure_unlinked", followup, by=None)


def said(measure: Measure, state: str, status: MeasureStatus | None) -> None:
    (own,) = (one for one in measure.cells if one.state_id == state)
    own.status = status
    history.record("measure.cell_changed", measure, by=None, state_id=state)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("states", [None, ("KGZ", "TJK")])
def test_a_board_brought_up_to_date_is_the_one_made_anew(
    app: Any, plan: Plan, measure: Measure, change: str, states: tuple[str, ...] | None
) -> None:
    followup = served(measure, "KGZ")
    MeasureFactory(plan=plan)
    db.session.commit()
    reach = Reach(states is None, frozenset(states or ()))
    before = boards.board(plan, reach, boards.Question())
    CHANGES[change](measure, followup)
    db.session.commit()
    updated = boards.board(plan, reach, boards.Question())
    app.extensions["tracker_kept"].clear()
    assert updated == boards.board(plan, reach, boards.Question())
    if states is None and change != "a follow-up of an observer":
        assert updated != before


def test_after_a_write_only_its_state_is_read_anew(
    plan: Plan, measure: Measure, monkeypatch: pytest.MonkeyPatch
) -> None:
    followup = served(measure, "KGZ")
    db.session.commit()
    everywhere = Reach(True, frozenset())
    boards.board(plan, everywhere, boards.Question())
    noted(followup, assessed_status=IMPLEMENTED)
    db.session.commit()
    monkeypatch.setattr(boards, "_make", None)
    column = next(cell for cell in boards.board(plan, everywhere, boards.Question()).rows[0].cells if cell.tally.items)
    assert column.tally.implemented == 1


def test_very_many_measures_open_by_pillar_and_a_pillar_by_its_measures(
    plan: Plan, measure: Measure, coordinator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boards, "MOST_MEASURES", 2)
    second, third = MeasureFactory(plan=plan, pillar="II"), MeasureFactory(plan=plan, pillar="IV")
    followup = served(measure, "KGZ")
    serve(followup, second)
    served(second, "KGZ", assessed_status=IMPLEMENTED, **SIGNED)
    served(third, "TJK", assessed_status=IMPLEMENTED, **SIGNED)
    db.session.commit()
    page = coordinator.get("/plans/JP-1/board").text
    assert [row[0].partition(":")[0] for row in rows(page)] == ["Pillar II", "Pillar IV"]
    assert rows(page)[0][1:4] == ["2 measures 2 Under way", "0 of 2 done 0 follow-ups", "0 of 2 done 2 open · 1 done"]
    assert rows(page)[1][1:5] == [
        "1 measure 1 Under way",
        "0 of 1 done 0 follow-ups",
        "0 of 1 done 0 follow-ups",
        "1 of 1 done 1 done",
    ]
    hrefs = [unescape(href) for href in re.findall(r'href="([^"]*pillar=II[^"]*)"', page)]
    assert hrefs and {len(rows(coordinator.get(href).text)) for href in hrefs} == {2}
    assert [row[3] for row in rows(coordinator.get(hrefs[0]).text)] == [
        "no word yet 1 open",
        "no word yet 1 open · 1 done",
    ]
    (whole,) = re.findall(r'<a href="([^"]+)">Show all measures<', page)
    assert len(rows(coordinator.get(unescape(whole)).text)) == 3
    file = coordinator.get("/plans/JP-1/board.csv").data.decode("utf-8-sig")
    assert [line["measure"] for line in csv.DictReader(io.StringIO(file))] == ["JP-1-M01", "JP-1-M02", "JP-1-M03"]


def test_each_number_stands_where_the_language_puts_it(
    plan: Plan, measure: Measure, coordinator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    turned = {f"%(n)s {word}": f"{word}: %(n)s" for word in ("open", "done", "not signed")}

    def said(one: str, many: str, number: int, **given: Any) -> str:
        return turned[one] % given if one in turned else ngettext(one, many, number, **given)

    monkeypatch.setattr(board_cells, "ngettext", said)
    served(measure, "KGZ")
    served(measure, "KGZ", assessed_status=IMPLEMENTED, **SIGNED)
    served(measure, "KGZ", assessed_status=IMPLEMENTED)
    db.session.commit()
    path = "/plans/JP-1/board"
    assert rows(coordinator.get(path).text)[0][3] == "no word yet open: 1 · done: 1 · not signed: 1"
    monkeypatch.setattr(boards, "MOST_MEASURES", 0)
    with pages_made_anew():  # another program, as it were
        assert rows(coordinator.get(path).text)[0][3] == "0 of 1 done open: 1 · done: 1"


def test_states_out_of_scope_have_no_column_and_the_region_is_not_told(
    plan: Plan, measure: Measure, sign_in: SignIn
) -> None:
    served(measure, "KGZ")
    served(measure, "TJK")
    db.session.commit()
    page = sign_in(AccountFactory(role=Role.ANALYST, states=["KGZ"])).get("/plans/JP-1/board").text
    assert [row[1:] for row in rows(page)] == [["not told", "no word yet 1 open"]]
    assert "3 participating Member States lie outside your scope" in page
    assert "Tajikistan" not in page


def test_a_cell_leads_to_its_form_where_the_reader_may_write_it(
    plan: Plan, measure: Measure, coordinator: FlaskClient, sign_in: SignIn
) -> None:
    db.session.commit()
    assert 'href="/measures/JP-1-M01/cells/KGZ?from=board"' in coordinator.get("/plans/JP-1/board").text
    reader = sign_in(AccountFactory(role=Role.AUDITOR)).get("/plans/JP-1/board").text
    assert "/cells/" not in reader and 'href="/measures/JP-1-M01#cell-KGZ"' in reader


def test_many_states_open_by_regions_and_a_region_by_its_states(session: Any, coordinator: FlaskClient) -> None:
    measure = session.scalars(sa.select(Measure).filter_by(reference="GCTS-II-10")).one()
    served(measure, "KGZ")
    served(measure, "PAK", assessed_status=IMPLEMENTED, **SIGNED)
    db.session.commit()
    page = coordinator.get("/plans/GCTS/board?pillar=II").text
    asia = re.findall(r'<th scope="col"><a href="([^"]+)"><bdi>Asia<', page)
    assert unescape(asia[0]) == "/plans/GCTS/board?pillar=II&region=142"
    row = next(row for row in rows(page) if row[0].startswith("GCTS-II-10 "))
    assert row[1:] == ["Under way", "none", "none", "1 open · 1 done", "none", "none"]
    by_subregion = coordinator.get(unescape(asia[0])).text
    assert "<bdi>Central Asia<" in by_subregion
    central = coordinator.get("/plans/GCTS/board?pillar=II&region=143").text
    assert '<th scope="col"><bdi>Kyrgyzstan<' in central and "Pakistan" not in central
    links = re.findall(r'<a href="(/follow-ups[^"]+)">(\d+) ', page)
    for href, count in links:
        assert len(re.findall(r"-F\d+</bdi></a>", coordinator.get(unescape(href)).text)) == int(count), href


def test_the_file_holds_what_the_page_shows(plan: Plan, measure: Measure, coordinator: FlaskClient) -> None:
    MeasureFactory(plan=plan, pillar="IV", text="=HYPERLINK()")
    measure.stated_status, measure.stated_on = MeasureStatus.SUSPENDED, date(2024, 5, 1)
    history.record("measure.status_stated", measure, by=None)
    served(measure, "KGZ")
    db.session.commit()
    answer = coordinator.get("/plans/JP-1/board.csv?unsigned=1")
    found = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert found[0][:9] == [
        "measure",
        "pillar",
        "text",
        "status",
        "stated_status",
        "KAZ_status",
        "KAZ_open",
        "KAZ_done",
        "KAZ_rests_on_nothing",
    ]
    told = [["", "0", "0", "0"], ["", "1", "0", "0"], ["under_way", "0", "0", "1"], ["", "0", "0", "0"]]
    assert found[1][3:] == ["under_way", "suspended", *(value for one in told for value in one)]
    assert found[2][:3] == ["JP-1-M02", "IV", "'=HYPERLINK()"]
    assert "plan-board-" in answer.headers["Content-Disposition"] and "-2.csv" in answer.headers["Content-Disposition"]
    narrowed = coordinator.get("/plans/JP-1/board.csv?pillar=IV").data.decode("utf-8-sig")
    assert "JP-1-M01" not in narrowed and "JP-1-M02" in narrowed
    kinds = db.session.scalars(sa.select(Event.kind).order_by(Event.seq.desc()).limit(2)).all()
    assert kinds == ["export.ended", "export.started"]


def test_the_stated_status_stands_beside_a_computed_one_that_differs(
    plan: Plan, measure: Measure, coordinator: FlaskClient
) -> None:
    measure.stated_status, measure.stated_on = MeasureStatus.SUSPENDED, date(2024, 5, 1)
    history.record("measure.status_stated", measure, by=None)
    db.session.commit()
    assert rows(coordinator.get("/plans/JP-1/board").text)[0][1] == "Computed: Under way Stated: Suspended"


def test_the_board_costs_the_same_whatever_its_size(session: Any, coordinator: FlaskClient) -> None:
    states = session.scalars(sa.select(State.id)).all()
    small = MeasureFactory(plan=PlanFactory(code="SMALL"))
    big = PlanFactory(code="BIG", participants=tuple(states))
    for _each in range(20):
        measure = MeasureFactory(plan=big)
        served(measure, "KGZ")
    db.session.commit()
    assert small.plan.code == "SMALL"
    cost = {code: statements(coordinator, f"/plans/{code}/board") for code in ("SMALL", "BIG", "GCTS")}
    assert len(set(cost.values())) == 1 and cost["BIG"] <= 6


def test_the_columns_of_a_plan_of_many_states_are_regions(session: Any) -> None:
    states = tuple(session.scalars(sa.select(State.id)))
    everywhere = Reach(True, frozenset())
    plan = PlanFactory(code="BIG", participants=states[:-1])
    MeasureFactory(plan=plan, cells=[])
    found = boards.board(plan, everywhere, boards.Question())
    assert [column.is_state for column in found.columns] == [False] * 5
    assert sum(len(column.states) for column in found.columns) == len(states) - 1
    assert boards.board(PlanFactory(kind=PlanKind.STRATEGY), everywhere, boards.Question()).outside == 0
