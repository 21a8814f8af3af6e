"""The action-plan report: one row per measure and Member State, the same on the screen and in the file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.counting import statements
from tests.factories import AccountFactory, FollowupFactory, MeasureFactory, PlanFactory, cell, serve
from tests.pages import text_of
from tracker import history
from tracker.extensions import db
from tracker.models import Event, FollowupStatus, Implementation, Measure, MeasureStatus, Plan, Role
from tracker.partial_date import PartialDate
from tracker.policy import Reach
from tracker.reports import action_plan as report
from tracker.reports import listing, measures, streams

SignIn = Callable[[Any], FlaskClient]
HEADER = (
    "plan_code,measure,pillar,measure_number,measure_text,lead_body,deadline,measure_status,stated_status,stated_on,"
    "iso3,member_state,cell_status,cell_status_on,cell_evidence,cell_note,followups,implementation_statuses,"
    "status_dates,sealed_states,current_dues,open,implemented,signed,cell_rests_on_nothing"
)
SIGNED = {"sealed_sha256": "a" * 64, "content_sha256": "a" * 64}


@pytest.fixture
def measure(session: Any) -> Measure:
    plan = PlanFactory(code="JP-1", participants=("KGZ", "TJK"), observers=("UZB",))
    made: Measure = MeasureFactory(plan=plan, lead_body="Regional centre", deadline=PartialDate(2190, 6))
    word = cell(made, "KGZ", MeasureStatus.UNDER_WAY)
    word.status_on, word.evidence, word.note = PartialDate(2013, 9), "Letter", "=1+1"
    history.record("measure.cell_changed", made, by=None, state_id="KGZ")
    cell(made, "TJK")
    for more in (
        {"assessed_status": Implementation.IMPLEMENTED, "assessed_on": PartialDate(2016, 5), **SIGNED},
        {"current_due": PartialDate(2018)},
        {"workflow": FollowupStatus.WITHDRAWN},
        {"assessed_status": Implementation.OVERTAKEN},
    ):
        serve(FollowupFactory(state_id="KGZ", **more), made)
    serve(FollowupFactory(state_id="UZB"), made)
    session.commit()
    return made


@pytest.fixture
def reader(session: Any, sign_in: SignIn) -> FlaskClient:
    return sign_in(AccountFactory(role=Role.AUDITOR))


def file_of(browser: FlaskClient, query: str = "plan=JP-1") -> list[dict[str, str]]:
    answer = browser.get(f"/reports/action-plan.csv?{query}")
    assert answer.status_code == 200
    text = answer.data.decode("utf-8-sig")
    assert text.split("\r\n")[0] == HEADER
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_measure_of_the_strategy_that_nothing_serves_says_so(session: Any, reader: FlaskClient) -> None:
    page = reader.get("/reports/action-plan?measure=GCTS-I-1").text
    assert "No follow-up serves it" in page and "Showing 1 of 1 row" in text_of(page)


def test_the_plan_is_chosen_from_those_that_there_are(measure: Measure, reader: FlaskClient) -> None:
    page = reader.get("/reports/action-plan?plan=jp-1").text
    (offered,) = re.findall(r'<select[^>]*name="plan"[^>]*>(.*?)</select>', page, re.DOTALL)
    assert re.findall(r'value="([^"]*)"( selected)?', offered) == [("", ""), ("GCTS", ""), ("JP-1", " selected")]
    assert f"JP-1 {measure.plan.title}" in offered
    nothing = reader.get("/reports/action-plan?plan=JP-1&state=UZB").text
    assert "No measure is like that" in nothing and f"JP-1 {measure.plan.title}" in nothing


def test_a_row_begins_with_its_measure_also_where_it_is_a_card(measure: Measure, reader: FlaskClient) -> None:
    page = reader.get("/reports/action-plan?plan=JP-1").text
    rows = re.findall(r"<tbody>.*?<tr>\s*(<\w+)", page, re.DOTALL)
    heads = re.findall(r"<th scope=\"col\"[^>]*>([^<]+)<", page)
    assert rows == ["<th"] and heads[:2] == ["Measure", "Plan and pillar"]


def test_a_row_says_what_is_known_of_a_measure_in_a_state(measure: Measure, reader: FlaskClient) -> None:
    kyrgyzstan, tajikistan = file_of(reader)
    assert kyrgyzstan == {
        "plan_code": "JP-1",
        "measure": "JP-1-M01",
        "pillar": "II",
        "measure_number": "1",
        "measure_text": "Exchange what is known of the movement of funds.",
        "lead_body": "Regional centre",
        "deadline": "2190-06",
        "measure_status": "under_way",
        "stated_status": "",
        "stated_on": "",
        "iso3": "KGZ",
        "member_state": "Kyrgyzstan",
        "cell_status": "under_way",
        "cell_status_on": "2013-09",
        "cell_evidence": "Letter",
        "cell_note": "'=1+1",
        "followups": "KGZ-F001;KGZ-F002",
        "implementation_statuses": "implemented;not_assessed",
        "status_dates": "2016-05;",
        "sealed_states": "signed;unsigned",
        "current_dues": ";2018",
        "open": "1",
        "implemented": "1",
        "signed": "1",
        "cell_rests_on_nothing": "no",
    }
    assert (tajikistan["iso3"], tajikistan["cell_status"], tajikistan["open"]) == ("TJK", "", "0")


def test_the_strategy_has_rows_for_the_states_that_serve_it(session: Any, reader: FlaskClient) -> None:
    served = session.scalars(sa.select(Measure).filter_by(reference="GCTS-II-10")).one()
    for state in ("PAK", "KGZ", "PAK"):
        serve(FollowupFactory(state_id=state), served)
    serve(FollowupFactory(state_id="KAZ", workflow=FollowupStatus.WITHDRAWN), served)
    session.commit()
    rows = file_of(reader, "plan=GCTS")
    assert [row["measure"] for row in rows if not row["iso3"]].count("GCTS-II-10") == 0
    assert {row["iso3"] for row in rows if row["measure"] == "GCTS-II-10"} == {"KGZ", "PAK"}
    assert len(rows) == 48, "46 measures that nothing serves keep one row each"
    assert [row["measure"] for row in rows][:3] == ["GCTS-I-1", "GCTS-I-2", "GCTS-I-3"]


def test_the_report_is_narrowed(measure: Measure, reader: FlaskClient) -> None:
    MeasureFactory(plan_id=measure.plan_id, plan=measure.plan, pillar="I")
    db.session.commit()

    def rows(query: str) -> list[str]:
        return [f"{row['measure']} {row['iso3']}" for row in file_of(reader, query)]

    assert rows("plan=jp-1") == ["JP-1-M02 KGZ", "JP-1-M02 TJK", "JP-1-M01 KGZ", "JP-1-M01 TJK"], "by pillar"
    assert rows("plan=JP-1&pillar=I") == ["JP-1-M02 KGZ", "JP-1-M02 TJK"]
    assert rows("measure=JP-1-M01&state=tjk") == ["JP-1-M01 TJK"]
    assert rows("plan=JP-1&word=under_way") == ["JP-1-M01 KGZ"]
    assert rows("plan=JP-1&word=none") == ["JP-1-M01 TJK"]
    assert rows("plan=JP-1&region=143&pillar=I") == ["JP-1-M02 KGZ", "JP-1-M02 TJK"]
    for wrong in ("pillar=V", "word=finished", "state=ZZZ", "region=999", "plan=XX", "measure=XX-1"):
        assert reader.get(f"/reports/action-plan.csv?{wrong}").status_code == 400
        assert "is not one of" in (page := reader.get(f"/reports/action-plan?{wrong}").text) or "is no" in page
        assert "The file would hold" not in page and "action-plan.csv" not in page, "there is none"


def test_the_screen_shows_the_rows_of_the_file(measure: Measure, reader: FlaskClient) -> None:
    for _each in range(30):
        MeasureFactory(plan=measure.plan)
    retired = MeasureFactory(plan=measure.plan)
    retired.retired_on = date(2020, 1, 1)
    history.record("measure.retired", retired, by=None)
    db.session.commit()
    file = [f"{row['measure']} {row['iso3']}" for row in file_of(reader, "plan=JP-1&size=25")]
    assert len(file) == 62
    shown: list[str] = []
    address: str | None = "/reports/action-plan?plan=JP-1&size=25"
    while address:
        page = reader.get(address).text
        body = page.split("<tbody>")[1]
        shown += [f"{one[0]} {one[1]}" for one in re.findall(r">(JP-1-M\d+)<.*?/states/([A-Z]{3})", body, re.S)]
        following = re.search(r'href="([^"]*after=[^"]*)"', page)
        address = following[1].replace("&amp;", "&") if following else None
    assert shown == file


def test_the_page_is_in_words_and_begins_with_what_is_looked_for(measure: Measure, reader: FlaskClient) -> None:
    page = reader.get("/reports/action-plan?plan=JP-1").text
    table = page.split("<table")[1].split("</table>")[0]
    assert re.findall(r'<th scope="col">(.*?)</th>', table) == [
        "Measure",
        "Plan and pillar",
        "Member State",
        "Status of the measure",
        "Status in the Member State",
        "Follow-ups that serve it there",
        "Deadline",
    ]
    kyrgyzstan, tajikistan = re.findall(r"<tr>(.*?)</tr>", table.split("<tbody>")[1], re.S)
    told = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", kyrgyzstan))
    for words in ("JP-1 II", "Kyrgyzstan", "Under way", "September 2013", "KGZ-F001 Implemented", "June 2190", "Due:"):
        assert words in told, words
    assert 'href="/follow-ups/KGZ-F002"' in kyrgyzstan and "KGZ-F003" not in kyrgyzstan, "withdrawn"
    assert "No word yet" in tajikistan and "None" in tajikistan
    assert "under_way" not in table and "cell_status" not in table, "raw values and columns stand in the file alone"
    under = page.split("</table>")[1]
    assert "The file has the same rows in the same order" in under and "cell_evidence" in under


def test_a_measure_of_the_strategy_has_no_word_of_a_state(session: Any, reader: FlaskClient) -> None:
    serve(FollowupFactory(state_id="PAK"), session.scalars(sa.select(Measure).filter_by(reference="GCTS-II-10")).one())
    session.commit()
    page = reader.get("/reports/action-plan?measure=GCTS-II-10").text
    assert "PAK-F001" in page and "No word yet" not in page.split("<table")[1]


def test_out_of_scope_states_have_no_rows_and_the_region_is_not_told(
    measure: Measure, session: Any, sign_in: SignIn
) -> None:
    measure.stated_status, measure.stated_on = MeasureStatus.SUSPENDED, date(2024, 5, 1)
    history.record("measure.status_stated", measure, by=None)
    served = session.scalars(sa.select(Measure).filter_by(reference="GCTS-II-10")).one()
    serve(FollowupFactory(state_id="PAK"), served)
    session.commit()
    part = sign_in(AccountFactory(role=Role.ANALYST, states=["TJK"]))
    (row,) = file_of(part)
    assert (row["iso3"], row["measure_status"], row["stated_status"], row["stated_on"]) == ("TJK", "", "", "")
    rows = [one for one in file_of(part, "") if one["measure"] == "GCTS-II-10"]
    assert [(one["iso3"], one["followups"], one["open"]) for one in rows] == [("", "", "")]
    whole = file_of(sign_in(AccountFactory(role=Role.ANALYST, states=["TJK", "KGZ"])))
    assert {(row["measure_status"], row["stated_status"]) for row in whole} == {("under_way", "suspended")}


def test_unsigned_counts_where_it_is_asked_for(measure: Measure, reader: FlaskClient) -> None:
    again = MeasureFactory(plan=measure.plan)
    for state in ("KGZ", "TJK"):
        serve(FollowupFactory(state_id=state, assessed_status=Implementation.IMPLEMENTED), again)
    db.session.commit()
    told = [
        {row["measure_status"] for row in file_of(reader, f"measure=JP-1-M02{unsigned}")}
        for unsigned in ("", "&unsigned=1")
    ]
    assert told == [{"planned"}, {"completed"}]


def test_the_file_is_logged(measure: Measure, reader: FlaskClient) -> None:
    file_of(reader)
    events = db.session.scalars(sa.select(Event).order_by(Event.seq.desc()).limit(2)).all()
    assert [event.kind for event in events] == ["export.ended", "export.started"]
    assert '"report":"action-plan"' in events[1].text and '"rows":2' in events[1].text


def test_an_administrator_alone_runs_no_report(session: Any, sign_in: SignIn) -> None:
    browser = sign_in(AccountFactory(role=Role.ADMINISTRATOR))
    assert browser.get("/reports/action-plan").status_code == 403
    assert browser.get("/reports/action-plan.csv").status_code == 403


def test_the_preview_costs_the_same_whatever_the_rows(measure: Measure, reader: FlaskClient) -> None:
    few = statements(reader, "/reports/action-plan?plan=JP-1")
    for _each in range(60):
        MeasureFactory(plan=measure.plan)
    db.session.commit()
    assert few <= 6 and statements(reader, "/reports/action-plan?plan=JP-1") <= 6


def test_a_measure_of_any_number_has_its_rows(session: Any, sign_in: Any) -> None:
    """The number that orders the rows is made of the measure's: it must not run out of its type."""
    plan = PlanFactory(participants=("KGZ",), id=3_000_000)
    measure = MeasureFactory(plan=plan, id=3_000_000)
    cell(measure, "KGZ")
    session.commit()
    page = sign_in(AccountFactory(role=Role.ANALYST)).get(f"/reports/action-plan?plan={plan.code}")
    assert page.status_code == 200 and measure.reference in page.text


def test_a_measure_that_is_entered_while_the_file_is_begun_is_in_it_whole(
    measure: Measure, reader: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = listing.Listing.counted

    def later(*args: Any, **more: Any) -> Any:
        """Somebody enters a measure between the first look at the plan and the first row."""
        MeasureFactory(plan=db.session.get(Plan, plan_id))
        db.session.commit()
        return counted(*args, **more)

    plan_id = measure.plan_id
    monkeypatch.setattr(listing.Listing, "counted", later)
    rows = file_of(reader)
    assert [row["measure"] for row in rows] == ["JP-1-M01", "JP-1-M01", "JP-1-M02", "JP-1-M02"]
    assert {row["measure_status"] for row in rows} == {"under_way", "planned"}


def test_the_file_asks_how_measures_stand_a_chunk_at_a_time(
    measure: Measure, reader: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _each in range(6):
        MeasureFactory(plan=measure.plan)
    db.session.commit()
    statuses, sizes = measures.statuses, []
    whole = file_of(reader)

    def noted(ids: Any, *args: Any, **more: Any) -> Any:
        sizes.append(len(ids))
        return statuses(ids, *args, **more)

    monkeypatch.setattr(measures, "statuses", noted)
    monkeypatch.setattr(streams, "FIRST_CHUNK", 2)
    monkeypatch.setattr(streams, "CHUNK", 4)
    assert file_of(reader) == whole
    assert len(sizes) > 3 and max(sizes) <= 4


def test_the_file_is_of_one_moment(own_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """How a measure stands is as of the row that names it, also where somebody writes while the file is read."""
    monkeypatch.setattr(streams, "FIRST_CHUNK", 1)
    reach, today = Reach(True, frozenset()), date(2026, 11, 1)

    def told(rows: Any, on: Any) -> Any:
        return report.rows_of(rows, reach, signed_only=False, today=today, on=on)

    with own_app.app_context():
        plan = PlanFactory(code="JP-1", participants=("KGZ",))
        followup, made = FollowupFactory(state_id="KGZ"), [MeasureFactory(plan=plan) for _each in range(3)]
        serve(followup, made[2])
        db.session.commit()
        question = report.listing(reach).read({"plan": ["JP-1"]})
        db.session.rollback()
        _total, chunks = report.listing(reach).counted(question, told=told)
        lines = list(next(chunks))
        followup.assessed_status = Implementation.IMPLEMENTED
        history.record("followup.assessed", followup, by=None)
        db.session.commit()
        for chunk in chunks:
            lines += chunk
    last = dict(zip(HEADER.split(","), lines[2], strict=True))
    assert (last["implementation_statuses"], last["implemented"]) == ("not_assessed", 0)


def test_only_regions_of_the_scope_are_offered(measure: Measure, sign_in: SignIn) -> None:
    page = sign_in(AccountFactory(role=Role.ANALYST, states=["KGZ"])).get("/reports/action-plan").text
    assert '<option value="142"' in page and '<option value="143"' in page
    assert '<option value="002"' not in page, "no State of Africa is in scope"
