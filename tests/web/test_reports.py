"""The status report: its header to the letter, the same rows on the screen, in the file and from the command."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from typing import Any

import pytest
import sqlalchemy as sa

from tests.doors import DOORS
from tests.factories import AccountFactory, FollowupFactory, VisitFactory
from tests.submittable import submittable
from tracker.models import Event, FollowupParagraph, Implementation, Measure, Outcome, Paragraph, Role
from tracker.partial_date import PartialDate
from tracker.reports import gaps, streams
from tracker.services import measure_links, records, responses, signoff

HEADER = (
    "item_id,iso3,member_state,region,visit_id,visit_type,visit_start,visit_end,area_code,area_title,further_areas,"
    "resolution,paragraph,conclusion_refs,finding_type,recommendation,basis,priority,responsible_authority,owner,"
    "workflow_status,state_position,state_reported_status,state_reported_on,implementation_status,status_date,"
    "sealed_state,signed_off_by,signed_off_role,signed_off_on,sign_off_meaning,seal_sha256,original_due,current_due,"
    "due_precision,overdue,days_late,response_due,response_received,assistance_need,plan_code,pillar,measure_number,"
    "sharing,last_updated"
)


@pytest.fixture
def analyst(session: Any) -> Any:
    return AccountFactory(role=Role.ANALYST, states=["PAK"])


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


ELSEWHERE = ("reports.status_csv", "action_plan.export", "home.export")
"""Two have cards of their own; one's own lists stand on My work."""


@pytest.mark.parametrize("role", [Role.ANALYST, Role.AUDITOR, Role.REVIEWER])
def test_every_list_with_a_file_is_named_to_whoever_may_open_it(sign_in: Any, session: Any, role: Role) -> None:
    browser = sign_in(AccountFactory(role=role))
    lists = browser.get("/reports").text.partition("Lists as files")[2].partition("</section>")[0]
    named = dict(re.findall(r'<li><a href="([^"]+)">.+?</a>: ([^<]+)</li>', lists))
    files = {name: door.address.removesuffix(".csv") for name, door in DOORS.items() if door.address.endswith(".csv")}
    for name, path in files.items():
        may_open = browser.get(path).status_code == 200
        assert (path in named) == (may_open and name not in ELSEWHERE), name
    assert {f"/gaps/{kind}" for kind in gaps.GAPS} <= set(named)
    assert "/follow-ups" in named
    assert ("/review" in named) is (role is Role.REVIEWER)
    for path, sentence in named.items():
        assert sentence.strip().endswith("."), path
        assert ".csv" in browser.get(path).text, f"{path} has a file"


def test_the_header_is_to_the_letter(sign_in: Any, analyst: Any) -> None:
    answer = sign_in(analyst).get("/reports/status.csv")
    assert answer.data == b"\xef\xbb\xbf" + HEADER.encode() + b"\r\n"
    assert sign_in(analyst).get("/reports/status.csv?bom=0").data == HEADER.encode() + b"\r\n"


def test_a_row_says_what_the_record_says(session: Any, sign_in: Any, analyst: Any) -> None:
    reviewer = AccountFactory(role=Role.REVIEWER)
    followup = submittable(analyst, current_due=PartialDate(2020, 6), title="Pass the bill", text="Pass it; now.")
    signoff.submit(followup, by=analyst)
    seal = signoff.sign_off(followup, by=reviewer, content_version=followup.content_version)
    session.commit()
    row = rows_of(sign_in(analyst).get("/reports/status.csv").data)[0]
    expected = {
        "item_id": followup.reference,
        "iso3": "PAK",
        "member_state": "Pakistan",
        "region": "Asia",
        "area_code": "FIN-02",
        "area_title": "Financing offence",
        "resolution": "1373",
        "paragraph": "1(b)",
        "recommendation": "Pass the bill\nPass it; now.",
        "basis": "obligation",
        "priority": "high",
        "workflow_status": "signed_off",
        "implementation_status": "not_assessed",
        "sealed_state": "signed",
        "signed_off_by": reviewer.name,
        "signed_off_role": "reviewer",
        "sign_off_meaning": "sign_off",
        "seal_sha256": seal.seal_sha256,
        "current_due": "2020-06",
        "due_precision": "month",
        "overdue": "yes",
        "plan_code": "",
        "sharing": "internal",
    }
    assert {name: row[name] for name in expected} == expected
    assert int(row["days_late"]) > 2000


def test_the_newest_response_on_the_followup_comes_before_that_to_the_visit(
    session: Any, sign_in: Any, analyst: Any
) -> None:
    visit = VisitFactory(response_received=PartialDate(2007, 1))
    followup = FollowupFactory(visit_id=visit.id)
    FollowupFactory(visit_id=visit.id)
    for received in (PartialDate(2008, 3, 4), PartialDate(2007, 6)):
        responses.record(followup, received, "It is under way.", by=analyst, reported_status=Implementation.IN_PROGRESS)
    session.commit()
    browser = sign_in(analyst)
    current = rows_of(browser.get("/reports/status.csv?sort=reference").data)
    assert [row["response_received"] for row in current] == ["2008-03-04", "2007-01"]
    sealed = rows_of(browser.get("/reports/status.csv?content=sealed&sort=reference").data)
    assert [row["response_received"] for row in sealed] == ["2007-01", "2007-01"]


def test_the_measures_that_a_follow_up_serves_stand_in_step(session: Any, sign_in: Any, analyst: Any) -> None:
    followup = FollowupFactory(state_id="PAK")
    FollowupFactory(state_id="PAK")
    for reference in ("GCTS-II-10", "GCTS-IV-2"):
        measure = session.scalars(sa.select(Measure).where(Measure.reference == reference)).one()
        measure_links.link(followup, measure, by=analyst, reason="It asks for the same.")
    session.commit()
    rows = rows_of(sign_in(analyst).get("/reports/status.csv?sort=reference").data)
    told = [(row["plan_code"], row["pillar"], row["measure_number"]) for row in rows]
    assert told == [("GCTS;GCTS", "II;IV", "10;2"), ("", "", "")]


def test_the_heads_of_the_preview_say_what_each_column_holds(session: Any, sign_in: Any, analyst: Any) -> None:
    FollowupFactory(current_due=PartialDate(2007, 1, 31))
    page = sign_in(analyst).get("/reports/status").text
    assert "<bdi>iso3</bdi></th>" in page and "Member State, ISO 3166 alpha-3" in page
    assert 'class="nowrap"><bdi>2007-01-31</bdi></td>' in page


def test_signed_values_stay_when_the_record_changes(session: Any, sign_in: Any, analyst: Any) -> None:
    followup = submittable(analyst, title="Pass the bill", text="")
    followup.text = "As it was signed."
    records.save(followup, "followup.edited", by=analyst)
    unsigned = FollowupFactory(title="Never signed")
    signoff.submit(followup, by=analyst)
    signoff.sign_off(followup, by=AccountFactory(role=Role.REVIEWER), content_version=followup.content_version)
    followup.title = "Changed since"
    records.save(followup, "followup.edited", by=analyst)
    session.commit()
    now = {row["item_id"]: row for row in rows_of(sign_in(analyst).get("/reports/status.csv").data)}
    signed = {row["item_id"]: row for row in rows_of(sign_in(analyst).get("/reports/status.csv?content=sealed").data)}
    assert now[followup.reference]["recommendation"] == "Changed since\nAs it was signed."
    assert signed[followup.reference]["recommendation"] == "Pass the bill\nAs it was signed."
    assert signed[followup.reference]["sealed_state"] == "changed"
    assert signed[unsigned.reference]["recommendation"] == ""
    assert list(now) == list(signed)


def test_a_sealed_row_tells_each_paragraph_with_its_resolution(session: Any, sign_in: Any, analyst: Any) -> None:
    followup = submittable(analyst, title="Freeze: now", text="At once.")
    further = sa.select(Paragraph).where(Paragraph.resolution_number != 1373).order_by(Paragraph.resolution_number)
    for paragraph in session.scalars(further).unique():
        followup.paragraphs.append(FollowupParagraph(paragraph_id=paragraph.id, state_id=followup.state_id))
    records.save(followup, "followup.edited", by=analyst)
    signoff.submit(followup, by=analyst)
    signoff.sign_off(followup, by=AccountFactory(role=Role.REVIEWER), content_version=followup.content_version)
    session.commit()
    browser = sign_in(analyst)
    (now,) = rows_of(browser.get("/reports/status.csv").data)
    (signed,) = rows_of(browser.get("/reports/status.csv?content=sealed").data)
    assert len(now["resolution"].split(";")) == len(now["paragraph"].split(";")) > 2
    assert (signed["resolution"], signed["paragraph"]) == (now["resolution"], now["paragraph"])
    assert (signed["area_title"], signed["responsible_authority"]) == (now["area_title"], now["responsible_authority"])


@pytest.mark.parametrize("title", ["Pass the bill", "", "100 %s of \\ports", "Ünïcode\u2028反恐"])
def test_the_recommendation_says_its_title_once(session: Any, sign_in: Any, analyst: Any, title: str) -> None:
    for text in ("", title, f"{title} by May.", "Elsewhere."):
        FollowupFactory(title=title, text=text)
    rows = rows_of(sign_in(analyst).get("/reports/status.csv?sort=reference").data)
    expected = [title, title, f"{title} by May.", f"{title}\nElsewhere." if title else "Elsewhere."]
    assert [row["recommendation"] for row in rows] == expected


def test_the_preview_shows_what_the_file_holds(session: Any, sign_in: Any, analyst: Any) -> None:
    FollowupFactory(title="=1+1", text="", current_due=PartialDate(2007, 1))
    browser = sign_in(analyst)
    (row,) = rows_of(browser.get("/reports/status.csv").data)
    page = browser.get("/reports/status").text
    assert row["recommendation"] == "'=1+1" and 'class="nowrap"><bdi>=1+1</bdi></td>' in page
    for name in ("current_due", "due_precision", "overdue", "days_late", "last_updated", "member_state"):
        assert f">{row[name]}</bdi></td>" in page


@pytest.mark.parametrize("lead", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "\t=1", "'quoted"])
def test_no_cell_starts_a_formula(session: Any, sign_in: Any, analyst: Any, lead: str) -> None:
    FollowupFactory(title=lead, text="")
    row = rows_of(sign_in(analyst).get("/reports/status.csv").data)[0]
    assert row["recommendation"] == "'" + lead


def test_screen_file_and_command_give_the_same_rows_in_the_same_order(
    app: Any, session: Any, sign_in: Any, analyst: Any
) -> None:
    for year in (2030, 2024, None, 2027):
        FollowupFactory(current_due=PartialDate(year) if year else None)
    FollowupFactory(state_id="KEN")
    session.commit()
    browser = sign_in(analyst)
    for query in ("", "sort=-due", "overdue=1", "state=PAK&due-after=2025"):
        file = [row["item_id"] for row in rows_of(browser.get(f"/reports/status.csv?{query}").data)]
        page = browser.get(f"/reports/status?{query}").text
        screen = sorted(
            file, key=lambda reference: page.index(f'<a class="record-link" href="/follow-ups/{reference}"')
        )
        told = app.test_cli_runner().invoke(
            args=["report", "status", "--as", analyst.email, "--filter", query, "--no-bom"]
        )
        command = [row["item_id"] for row in csv.DictReader(io.StringIO(told.stdout))]
        assert file == screen == command
        assert not any(reference.startswith("KEN") for reference in file)


def test_the_question_is_logged_before_and_the_digest_after(session: Any, sign_in: Any, analyst: Any) -> None:
    FollowupFactory()
    answer = sign_in(analyst).get("/reports/status.csv?state=PAK")
    events = session.scalars(sa.select(Event).where(Event.kind.like("export.%")).order_by(Event.seq)).all()
    started, ended = (json.loads(event.text)["details"] for event in events)
    assert (started["question"], started["rows"]) == ({"state": ["PAK"]}, 1)
    assert (ended["rows"], ended["sha256"]) == (1, hashlib.sha256(answer.data).hexdigest())


def test_a_file_whose_rows_cannot_be_read_is_noted_as_broken_off(
    session: Any, sign_in: Any, analyst: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    FollowupFactory()

    def lost(*_args: Any) -> Any:
        raise ConnectionError("the database went")

    monkeypatch.setattr(streams, "_rows", lost)
    answer = sign_in(analyst).get("/reports/status.csv", buffered=False)
    with pytest.raises(ConnectionError):
        answer.get_data()
    answer.close()
    ended = session.scalars(sa.select(Event).where(Event.kind == "export.ended")).one()
    assert (ended.outcome, json.loads(ended.text)["details"]["rows"]) == (Outcome.FAILED, 0)


def test_asking_for_the_head_alone_takes_nothing_out(session: Any, sign_in: Any, analyst: Any) -> None:
    answer = sign_in(analyst).head("/reports/status.csv")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="status-report-')
    assert session.scalar(sa.select(Event.seq).where(Event.kind.like("export.%"))) is None


@pytest.mark.parametrize("query", ["content=other", "state=ZZZ", "overdue=perhaps", "due-before=2026-02-30"])
def test_a_filter_that_makes_no_sense_gives_no_file(sign_in: Any, analyst: Any, query: str) -> None:
    assert sign_in(analyst).get(f"/reports/status.csv?{query}").status_code == 400
    page = sign_in(analyst).get(f"/reports/status?{query}").text
    assert "The file would hold" not in page and "status.csv" not in page, "nor is one spoken of"


def test_the_command_without_a_person_gives_every_row_and_says_who_asked(app: Any, session: Any) -> None:
    FollowupFactory(), FollowupFactory(state_id="KEN")
    session.commit()
    told = app.test_cli_runner().invoke(args=["report", "status", "--no-bom"])
    assert [row["iso3"] for row in csv.DictReader(io.StringIO(told.stdout))] == ["PAK", "KEN"]
    event = session.scalars(sa.select(Event).where(Event.kind == "export.started")).one()
    assert (event.actor_id, json.loads(event.text)["details"]["door"]) == (None, "command line")


@pytest.mark.parametrize("rows", [1, 40])
def test_the_preview_takes_as_many_statements_whatever_it_holds(
    session: Any, sign_in: Any, analyst: Any, rows: int
) -> None:
    from tests.counting import statements

    for _row in range(rows):
        FollowupFactory()
    session.commit()
    browser = sign_in(analyst)
    browser.get("/reports/status")
    assert statements(browser, "/reports/status") <= 6
