"""The sample as it stands in the database after it was told: once, in order, by those who may."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask

from tests.conftest import settings_for
from tracker import clock, create_app, policy
from tracker.errors import TrackerError
from tracker.extensions import db
from tracker.models import (
    Account,
    CarryOver,
    Conclusion,
    ConclusionStatus,
    DelegateKind,
    Disposition,
    Event,
    Followup,
    FollowupMeasure,
    FollowupStatus,
    Mark,
    Matrix,
    Measure,
    MeasureCell,
    Meeting,
    MeetingOutcome,
    Notification,
    Organisation,
    OutboxMail,
    OutcomeKind,
    Plan,
    PlanPart,
    Role,
    Seal,
    SealedState,
    Submission,
    Visit,
    VisitMode,
    VisitStage,
    VisitType,
)
from tracker.reports import audit
from tracker.sample import load, pakistan
from tracker.sample.visits import visits
from tracker.services import passwords

PASSWORD = "demo"  # shorter than a real one may be: the demo serves this machine alone


@pytest.fixture(scope="module")
def told(database_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application whose empty database was given the sample; the tests only read it."""
    place = database_server.create()
    app = create_app(settings_for(place, tmp_path_factory.mktemp("sample"), demo_password=PASSWORD))
    with app.app_context():
        flask_migrate.upgrade()
        app.extensions["counts"] = load.load_if_empty(echo=lambda line: None)
        db.session.commit()
        db.session.remove()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    database_server.drop(place)


@pytest.fixture
def sample(told: Flask) -> Iterator[Any]:
    """The session on the told database."""
    with told.app_context():
        yield db.session
        db.session.remove()


def one(session: Any, model: Any, **keys: Any) -> Any:
    return session.scalars(sa.select(model).filter_by(**keys)).one()


def events_on(session: Any, record: Any) -> list[tuple[str, str]]:
    """What happened to the record: kind and who, by the part of the address before the at sign."""
    rows = session.execute(
        sa.select(Event.kind, Account.email)
        .join(Account, Account.id == Event.actor_id)
        .where(Event.object_type == record.__tablename__, Event.object_id == record.id)
        .order_by(Event.seq)
    )
    return [(kind, email.partition("@")[0]) for kind, email in rows]


def test_it_is_all_there(told: Flask, sample: Any) -> None:
    assert told.extensions["counts"] == load.Counts(
        accounts=7, visits=92, conclusions=29, followups=19, meetings=8, measures=10
    )
    for model, number in ((Account, 7), (Visit, 92), (Conclusion, 29), (Followup, 19), (Meeting, 8), (Measure, 57)):
        assert sample.scalar(sa.select(sa.func.count()).select_from(model)) == number
    assert sorted(sample.scalars(sa.select(Visit.reference))) == sorted(visit.reference for visit in visits())


def test_it_is_loaded_once(sample: Any) -> None:
    assert sample.get(Mark, "sample") is not None
    assert load.is_loaded()
    assert load.load_if_empty() is None
    with pytest.raises(TrackerError, match="empty database"):
        load.load()


def test_the_command_says_that_the_database_is_not_empty(told: Flask) -> None:
    result = told.test_cli_runner().invoke(args=["sample", "load"])
    assert result.exit_code == 1
    assert "empty database" in result.output


@pytest.mark.parametrize(("changes", "words"), [({"env": "production"}, "production"), ({}, "password")])
def test_it_is_refused_where_it_may_not_be(app: Flask, session: Any, changes: dict[str, str], words: str) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], **changes)
    with pytest.raises(TrackerError, match=words):
        load.load_if_empty()
    assert load.is_empty()


def test_the_log_is_whole(sample: Any) -> None:
    assert audit.verify().problem is None


def test_the_log_never_goes_backwards_and_ends_before_today(sample: Any) -> None:
    moments = list(sample.scalars(sa.select(Event.at).order_by(Event.seq)))
    assert moments == sorted(moments)
    assert moments[0] == datetime(2003, 3, 1, 9, tzinfo=UTC)
    assert moments[-1] < clock.now()


def test_accounts_and_grants_come_before_the_first_record(sample: Any) -> None:
    kinds = list(sample.scalars(sa.select(Event.kind).order_by(Event.seq)))
    people = [seq for seq, kind in enumerate(kinds) if kind.startswith("account.")]
    records = [seq for seq, kind in enumerate(kinds) if kind.startswith(("visit.", "tour."))]
    assert max(people) < min(records)


@pytest.mark.parametrize(
    ("reference", "kind", "day"),
    [
        ("ALB-2005-1", "visit.created", date(2006, 1, 1)),
        ("PAK-2006-1", "visit.created", date(2006, 12, 1)),
        ("MKD-2006-1", "visit.created", date(2006, 3, 11)),
        ("BEL-2021-1", "visit.created", date(2021, 12, 1)),
        ("BEL-2021-1", "visit.component_added", date(2022, 6, 4)),
        ("FJI-2022-1", "visit.adopted", date(2024, 2, 25)),
        ("MTG-2003-1", "meeting.created", date(2003, 3, 7)),
        ("MTG-2010-1", "meeting.created", date(2010, 12, 17)),
        ("MTG-2010-1", "meeting.edited", date(2011, 12, 1)),
        ("MTG-2011-3", "meeting.created", date(2011, 12, 1)),
        ("MTG-2022-1", "meeting.created", date(2022, 3, 5)),
        ("CA-2011-M04", "measure.created", date(2011, 12, 1)),
        ("KGZ-F002", "followup.measure_linked", date(2016, 2, 27)),
    ],
)
def test_an_event_falls_on_the_first_day_after_the_period_known(
    sample: Any, reference: str, kind: str, day: date
) -> None:
    record = one(
        sample, {"MTG": Meeting, "CA-": Measure, "KGZ": Followup}.get(reference[:3], Visit), reference=reference
    )
    event = sample.scalars(
        sa.select(Event).filter_by(object_type=record.__tablename__, object_id=record.id, kind=kind).order_by(Event.seq)
    ).first()
    assert event.at.date() == day


def test_everyone_signs_in_with_the_demo_password(sample: Any) -> None:
    accounts = {account.email: account for account in sample.scalars(sa.select(Account))}
    assert sorted(accounts) == [
        "administrator@example.org",
        "analyst2@example.org",
        "analyst@example.org",
        "auditor@example.org",
        "coordinator@example.org",
        "reviewer2@example.org",
        "reviewer@example.org",
    ]
    assert {passwords.is_right(PASSWORD, account.password) for account in accounts.values()} == {True}


@pytest.mark.parametrize(
    ("who", "role", "within", "outside"),
    [
        ("analyst", Role.ANALYST, ["PAK", "TUR", "GEO"], ["BEL", "FJI", "GUY", "MLI"]),
        ("analyst2", Role.ANALYST, ["MLI", "EGY"], ["PAK", "BEL"]),
        ("reviewer2", Role.REVIEWER, ["PAK"], ["MLI", "BEL"]),
        ("reviewer", Role.REVIEWER, ["PAK", "MLI", "BEL", "FJI"], []),
        ("coordinator", Role.COORDINATOR, ["PAK", "BEL"], []),
        ("auditor", Role.AUDITOR, ["PAK", "BEL"], []),
        ("administrator", Role.ADMINISTRATOR, [], ["PAK", "BEL"]),
    ],
)
def test_today_each_account_reaches_what_the_demo_says(
    sample: Any, who: str, role: Role, within: list[str], outside: list[str]
) -> None:
    account = one(sample, Account, email=f"{who}@example.org")
    assert {grant.role for grant in policy.active_grants(account)} == {role}
    assert [code for code in within + outside if policy.may_see_state(account, code)] == within


def test_nobody_signed_what_they_wrote(sample: Any) -> None:
    models = {"followup": Followup, "conclusion": Conclusion, "matrix": Matrix}
    seals = list(sample.scalars(sa.select(Seal)))
    assert len(seals) == 29 + 6 + 1
    for seal in seals:
        record = sample.get(models[seal.object_type], seal.object_id)
        submitters = sample.scalars(
            sa.select(Submission.submitted_by_id).filter_by(object_type=seal.object_type, object_id=seal.object_id)
        )
        assert seal.signer_id not in {record.drafted_by_id, *submitters}
        assert record.sealed_state is SealedState.SIGNED


def test_what_lacks_an_authority_is_a_draft(sample: Any) -> None:
    followups = list(sample.scalars(sa.select(Followup)))
    drafts = {followup.reference for followup in followups if followup.workflow is FollowupStatus.DRAFT}
    assert drafts == {followup.reference for followup in followups if not followup.authorities}
    assert len(drafts) == 12


def test_one_follow_up_still_waits_for_the_reviewers(sample: Any) -> None:
    waiting = list(sample.scalars(sa.select(Followup.reference).filter_by(workflow=FollowupStatus.SUBMITTED)))
    assert waiting == ["FJI-F002"]


def test_each_record_keeps_its_source(sample: Any) -> None:
    assert all(visit.sources for visit in sample.scalars(sa.select(Visit)))
    for record in [*sample.scalars(sa.select(Conclusion)), *sample.scalars(sa.select(Followup))]:
        assert "https://" in record.source


def test_each_stage_says_why_the_visit_stands_there(sample: Any) -> None:
    for visit in sample.scalars(sa.select(Visit)):
        assert all(move.reason and move.recorded_by_id for move in visit.moves)


@pytest.mark.parametrize(
    ("reference", "stage"),
    [
        ("PAK-2006-1", VisitStage.PROVISIONAL_ISSUED),
        ("COD-2021-1", VisitStage.UNDER_WAY),
        ("IRQ-2021-1", VisitStage.UNDER_WAY),
        ("LTU-2021-1", VisitStage.UNDER_WAY),
        ("CAN-2021-1", VisitStage.PROVISIONAL_ISSUED),
        ("KEN-2018-1", VisitStage.CLOSED),
        ("PHL-2019-1", VisitStage.ADOPTED),
        ("FJI-2022-1", VisitStage.ADOPTED),
        ("QAT-2020-1", VisitStage.ADOPTED),
    ],
)
def test_a_visit_stands_at_the_stage_that_its_source_supports(sample: Any, reference: str, stage: VisitStage) -> None:
    assert one(sample, Visit, reference=reference).stage is stage


def test_a_hybrid_visit_has_its_two_halves_and_its_partners(sample: Any) -> None:
    visit = one(sample, Visit, reference="MYS-2021-1")
    assert (visit.mode, visit.start.iso, visit.end.iso) == (VisitMode.HYBRID, "2021-03-21", "2022-11-09")
    assert [part.mode for part in visit.components] == [VisitMode.VIRTUAL, VisitMode.ON_SITE]
    assert len(visit.delegates) == 6


def test_the_halves_of_the_visit_to_belgium_covered_areas_of_their_own(sample: Any) -> None:
    virtual, physical = one(sample, Visit, reference="BEL-2021-1").components
    assert {link.area_code for link in virtual.areas} == {"FIN-01", "INC-06", "INT-01", "LAW-03", "LEG-02"}
    assert {link.area_code for link in physical.areas} == {"BOR-01", "BOR-07", "LAW-01"}


def test_a_tour_links_its_visits(sample: Any) -> None:
    visit = one(sample, Visit, reference="NER-2017-1")
    together = sample.scalars(sa.select(Visit.reference).filter_by(tour_id=visit.tour_id))
    assert sorted(together) == ["CMR-2017-1", "NER-2017-1", "NGA-2017-1", "TCD-2017-1"]


def test_a_political_visit_is_no_assessment(sample: Any) -> None:
    political = list(sample.scalars(sa.select(Visit).filter_by(type=VisitType.HIGH_LEVEL)))
    assert [visit.is_assessment for visit in political] == [False, False]


@pytest.mark.parametrize(
    ("reference", "has", "lacks"),
    [("PAK-2006-1", {1373, 1624}, {2178}), ("TJK-2026-1", {1373, 2178, 2396, 2617}, {1267})],
)
def test_a_visit_measures_against_the_resolutions_of_its_time(
    sample: Any, reference: str, has: set[int], lacks: set[int]
) -> None:
    numbers = {link.resolution_number for link in one(sample, Visit, reference=reference).resolutions}
    assert has <= numbers
    assert not lacks & numbers


def test_the_delegation_to_pakistan_worked_in_five_teams(sample: Any) -> None:
    visit = one(sample, Visit, reference=pakistan.REFERENCE)
    (head,) = [member for member in visit.delegates if member.kind is DelegateKind.HEAD]
    assert head.function == (
        "Executive Director of the Counter-Terrorism Executive Directorate (Assistant Secretary-General)"
    )
    partners = {
        member.organisation.acronym: [link.area_code for link in member.areas]
        for member in visit.delegates
        if member.kind is DelegateKind.PARTNER
    }
    assert partners == {"World Bank": ["FIN-01"], "INTERPOL": [], "WCO": ["BOR-06"], "UNODC": []}
    teams = [member for member in visit.delegates if member.kind is DelegateKind.TEAM]
    assert sorted(link.area_code for team in teams for link in team.areas) == [
        "ASY-01",
        "BOR-01",
        "BOR-06",
        "BOR-08",
        "FIN-01",
    ]


def test_pakistan_s_counterparts_are_known_by_authority_and_level(sample: Any) -> None:
    visit = one(sample, Visit, reference=pakistan.REFERENCE)
    assert {(met.authority.name, met.level, met.met_on.iso) for met in visit.counterparts} == {
        ("Ministry of Foreign Affairs", "Senior officials", "2006-11"),
        ("Ministry of the Interior", "Senior officials", "2006-11"),
        ("Secretary of Finance", "Secretary", "2006-11"),
        ("Inter-Services Intelligence", "Director General", "2006-11"),
    }
    assert visit.conclusions_due.iso == "2006-11"
    assert "Friday" in visit.summary


def test_the_bill_is_drafted_returned_once_and_signed(sample: Any) -> None:
    bill = one(sample, Followup, reference="PAK-F001")
    assert bill.title == "Pass the anti-money-laundering bill now before Parliament"
    assert events_on(sample, bill) == [
        ("followup.created", "analyst"),
        ("progress.added", "analyst"),
        ("followup.assessed", "analyst"),
        ("followup.submitted", "analyst"),
        ("followup.returned", "reviewer2"),
        ("followup.edited", "analyst"),
        ("followup.submitted", "analyst"),
        ("followup.signed_off", "reviewer2"),
    ]
    returned, signed = sample.scalars(
        sa.select(Submission).filter_by(object_type="followup", object_id=bill.id).order_by(Submission.id)
    )
    assert returned.reason == pakistan.BILL_RETURNED
    assert (signed.decided_at.date(), bill.workflow) == (date(2006, 12, 6), FollowupStatus.SIGNED_OFF)
    assert "before Parliament for a long time" in bill.text
    assert {link.authority.name for link in bill.authorities} == {"Parliament", "Secretary of Finance"}


def test_the_authority_met_is_the_authority_that_answers(sample: Any) -> None:
    visit = one(sample, Visit, reference=pakistan.REFERENCE)
    met = {row.authority_id for row in visit.counterparts}
    answering = {link.authority_id for link in one(sample, Followup, reference="PAK-F002").authorities}
    assert answering <= met


def test_the_matrix_of_pakistan_rates_nothing_and_says_so(sample: Any) -> None:
    matrix = one(sample, Matrix, visit_id=one(sample, Visit, reference=pakistan.REFERENCE).id)
    assert {row.rating for row in matrix.assessments} == {"not_assessed"}
    assert {row.explanation for row in matrix.assessments} == {pakistan.NOT_RATED}
    assert len(matrix.assessments) == 8


def test_all_conclusions_are_signed_and_rest_on_the_paragraphs_of_their_area(sample: Any) -> None:
    for conclusion in sample.scalars(sa.select(Conclusion)):
        assert conclusion.workflow is ConclusionStatus.SIGNED_OFF
        assert conclusion.paragraphs


def test_a_later_visit_takes_up_what_an_earlier_one_left(sample: Any) -> None:
    (row,) = sample.scalars(sa.select(CarryOver))
    assert (row.visit.reference, row.disposition) == ("TJK-2026-1", Disposition.PENDING)
    assert sample.get(Followup, row.followup_id).reference == "TJK-F001"


def test_what_was_due_and_is_open_is_overdue(sample: Any) -> None:
    due = sample.execute(
        sa.select(Followup.reference, Followup.current_due).where(Followup.overdue_on(date(2026, 11, 1)))
    )
    assert {reference: day.iso for reference, day in due} == {
        "BIH-F001": "2020",
        "FJI-F001": "2024-06",
        "FJI-F002": "2024-11",
        "FJI-F003": "2024-06",
    }


def test_the_plan_for_central_asia_has_four_states_an_observer_and_its_hosts(sample: Any) -> None:
    plan = one(sample, Plan, code="CA-2011")
    assert (plan.adopted_on, plan.participants) == (date(2011, 11, 30), ["KAZ", "KGZ", "TJK", "TKM"])
    assert [row.state_id for row in plan.states if row.part is PlanPart.OBSERVER] == ["UZB"]
    hosts = sample.scalars(
        sa.select(Organisation.acronym).where(Organisation.id.in_([h.organisation_id for h in plan.hosts]))
    )
    assert set(hosts) == {"UNRCCA", "CTITF", "EU"}
    assert [(phase.title, str(phase.start), str(phase.end)) for phase in plan.phases] == [
        ("Phase I", "2010", "2011"),
        ("Phase II", "2013-09", "None"),
        ("Phase III", "2018", "None"),
        ("Phase IV", "None", "None"),
    ]


def test_the_measures_of_the_plan_are_topics_of_the_meetings_and_say_so(sample: Any) -> None:
    measures = one(sample, Plan, code="CA-2011").measures
    assert [measure.reference for measure in measures] == [f"CA-2011-M{number:02}" for number in range(1, 11)]
    assert Counter(measure.pillar for measure in measures) == {"I": 1, "II": 6, "III": 2, "IV": 1}
    assert {measure.wording_note for measure in measures} == {"topic of an expert meeting, not the plan's wording"}


def test_nobody_has_said_a_word_in_the_cells_yet_and_the_observer_has_none(sample: Any) -> None:
    cells = list(sample.scalars(sa.select(MeasureCell)))
    assert Counter(cell.state_id for cell in cells) == {"KAZ": 10, "KGZ": 10, "TJK": 10, "TKM": 10}
    assert {(cell.status, cell.status_on, cell.evidence, cell.note) for cell in cells} == {(None, None, "", "")}


def test_the_meetings_of_central_asia_belong_to_the_plan(sample: Any) -> None:
    plan = one(sample, Plan, code="CA-2011")
    held = {meeting.reference: meeting.plan_id for meeting in sample.scalars(sa.select(Meeting))}
    assert held == {
        "MTG-2003-1": None,
        "MTG-2005-1": None,
        "MTG-2010-1": plan.id,
        "MTG-2011-1": plan.id,
        "MTG-2011-2": plan.id,
        "MTG-2011-3": plan.id,
        "MTG-2017-1": plan.id,
        "MTG-2022-1": plan.id,
    }


def test_how_many_came_stands_in_the_words_of_the_source(sample: Any) -> None:
    came = {
        meeting.reference: meeting.attendance for meeting in sample.scalars(sa.select(Meeting)) if meeting.attendance
    }
    assert came == {
        "MTG-2003-1": "about 60 organisations",
        "MTG-2005-1": "over 70 organisations",
        "MTG-2011-1": "61 representatives",
        "MTG-2011-3": "54 participants",
    }


def test_each_measure_of_the_plan_is_a_topic_of_the_meeting_that_discussed_it(sample: Any) -> None:
    rows = sample.execute(
        sa.select(Meeting.reference, Measure.reference, MeetingOutcome.text, Measure.text)
        .join(MeetingOutcome, MeetingOutcome.meeting_id == Meeting.id)
        .join(Measure, Measure.id == MeetingOutcome.measure_id)
        .where(MeetingOutcome.kind == OutcomeKind.TOPIC)
    ).all()
    assert all(topic == text for _meeting, _measure, topic, text in rows)
    assert {(meeting, measure) for meeting, measure, _topic, _text in rows} == {
        ("MTG-2010-1", "CA-2011-M01"),
        *(("MTG-2011-1", f"CA-2011-M0{number}") for number in range(2, 8)),
        ("MTG-2011-2", "CA-2011-M08"),
        ("MTG-2011-2", "CA-2011-M09"),
        ("MTG-2010-1", "CA-2011-M10"),
    }


def test_what_the_meetings_recommended_has_become_nothing_yet(sample: Any) -> None:
    outcomes = list(sample.scalars(sa.select(MeetingOutcome).where(MeetingOutcome.kind != OutcomeKind.TOPIC)))
    assert Counter(outcome.meeting.reference for outcome in outcomes) == {"MTG-2003-1": 4, "MTG-2011-2": 1}
    assert {(outcome.kind, outcome.measure_id, outcome.followup_id) for outcome in outcomes} == {
        (OutcomeKind.RECOMMENDATION, None, None)
    }


def test_what_was_recommended_to_kyrgyzstan_serves_measures_for_a_reason(sample: Any) -> None:
    rows = sample.execute(
        sa.select(Followup.reference, Measure.reference, FollowupMeasure.reason)
        .join(Followup, Followup.id == FollowupMeasure.followup_id)
        .join(Measure, Measure.id == FollowupMeasure.measure_id)
    ).all()
    assert {(followup, measure) for followup, measure, _reason in rows} == {
        ("KGZ-F001", "CA-2011-M08"),
        ("KGZ-F002", "CA-2011-M08"),
        ("KGZ-F002", "CA-2011-M07"),
        ("KGZ-F002", "GCTS-II-13"),
        ("KGZ-F002", "GCTS-III-11"),
    }
    assert all(reason for _followup, _measure, reason in rows)


def test_no_mail_leaves_and_the_old_messages_are_read(sample: Any) -> None:
    assert sample.scalar(sa.select(sa.func.count()).select_from(OutboxMail)) == 0
    unread = sa.select(sa.func.count()).select_from(Notification).where(Notification.read_at.is_(None))
    assert sample.scalar(unread) == 0
    assert sample.scalar(sa.select(sa.func.count()).select_from(Notification)) > 0
