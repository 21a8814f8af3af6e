"""What is done with a visit: one verb each, its event, its refusals."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import AccountFactory
from tracker import clock
from tracker.errors import Forbidden, Invalid, Stale
from tracker.extensions import db
from tracker.models import (
    VERSION_TABLES,
    Account,
    Authority,
    ConsentScope,
    DelegateKind,
    Event,
    Organisation,
    Paragraph,
    Role,
    Sharing,
    Tour,
    Visit,
    VisitMode,
    VisitStage,
    VisitType,
)
from tracker.partial_date import PartialDate
from tracker.reports import visits as report
from tracker.services import assessments, authorities, visits
from tracker.services import visit_parts as parts

S = VisitStage
SOURCE = parts.Source("UN News")


@pytest.fixture
def analyst(session: Any) -> Account:
    made: Account = AccountFactory(role=Role.ANALYST)
    return made


@pytest.fixture
def visit(analyst: Account) -> Visit:
    made = visits.create(
        "PAK",
        by=analyst,
        components=[parts.Component(start=PartialDate(2006, 11, 13), end=PartialDate(2006, 11, 17))],
    )
    db.session.commit()
    return made


def kinds() -> list[str]:
    return [kind for kind in db.session.scalars(sa.select(Event.kind).order_by(Event.seq)) if kind.startswith("visit.")]


# Entering a visit


def test_a_visit_takes_the_next_number_of_its_state_and_year(analyst: Account) -> None:
    made = [
        visits.create(state, by=analyst, components=[parts.Component(start=PartialDate(year))]).reference
        for state, year in (("PAK", 2006), ("PAK", 2006), ("PAK", 2014), ("IND", 2006))
    ]
    assert made == ["PAK-2006-1", "PAK-2006-2", "PAK-2014-1", "IND-2006-1"]


def test_the_reference_stays_when_the_year_slips(analyst: Account, visit: Visit) -> None:
    component = parts.Component(start=PartialDate(2007, 2, 1), end=PartialDate(2007, 2, 5))
    parts.edit_component(visit.components[0], component, by=analyst)
    assert (visit.reference, visit.start, visit.sort_day) == ("PAK-2006-1", PartialDate(2007, 2, 1), date(2007, 2, 1))


def test_a_proposed_visit_needs_no_date_and_no_source(analyst: Account) -> None:
    made = visits.create("PAK", by=analyst, year=2027)
    assert (made.reference, made.stage, made.start, made.sort_day) == ("PAK-2027-1", S.PROPOSED, None, date(2027, 1, 1))
    assert [(move.from_stage, move.to_stage) for move in made.moves] == [(None, S.PROPOSED)]


def test_a_past_visit_is_entered_at_any_stage_with_its_source(analyst: Account) -> None:
    standing = visits.Standing(S.ADOPTED, PartialDate(2007, 3))
    with pytest.raises(Invalid) as refused:
        visits.create("PAK", by=analyst, year=2006, standing=standing)
    assert refused.value.field == "source_title"
    made = visits.create("PAK", by=analyst, year=2006, sources=[SOURCE], standing=standing)
    assert (made.stage, made.moves[0].happened) == (S.ADOPTED, PartialDate(2007, 3))


def test_a_visit_entered_as_cancelled_owes_a_reason(analyst: Account) -> None:
    with pytest.raises(Invalid):
        visits.create("PAK", by=analyst, sources=[SOURCE], standing=visits.Standing(S.CANCELLED))


def test_resolutions_adopted_by_the_date_are_proposed(analyst: Account, visit: Visit) -> None:
    numbers = [link.resolution_number for link in visit.resolutions]
    assert {1373, 1624} <= set(numbers) and 2178 not in numbers
    latest = parts.propose_resolutions(date(2026, 1, 1))
    rested_on = set(db.session.scalars(sa.select(Paragraph.resolution_number)))
    assert set(latest) <= rested_on and 2349 not in latest and 2178 in latest
    parts.set_resolutions(visit, [1373], by=analyst)
    assert [link.resolution_number for link in visit.resolutions] == [1373]
    with pytest.raises(Invalid):
        parts.set_resolutions(visit, [9999], by=analyst)


def test_one_event_tells_of_a_new_visit_and_its_parts(analyst: Account, visit: Visit) -> None:
    assert kinds() == ["visit.created"]
    kept = VERSION_TABLES["visit_component"]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(kept).where(kept.c.visit_id == visit.id)) == 1


def test_a_reviewer_and_a_stranger_may_not(session: Any, visit: Visit) -> None:
    for account in (AccountFactory(role=Role.REVIEWER), AccountFactory(role=Role.ANALYST, states=["KEN"])):
        with pytest.raises(Forbidden):
            visits.create("PAK", by=account)
        with pytest.raises(Forbidden):
            visits.edit(visit, visits.Details(), by=account)
        with pytest.raises(Forbidden):
            parts.add_check(visit, parts.Check("Karachi port"), by=account)
        with pytest.raises(Forbidden):
            visits.move_stage(visit, S.UNDER_WAY, by=account)


def test_many_at_once_get_numbers_of_their_own(own_app: Flask) -> None:
    with own_app.app_context():
        account_id = AccountFactory(role=Role.ANALYST).id
        db.session.commit()
        db.session.remove()
    faults: list[BaseException] = []

    def enter() -> None:
        try:
            with own_app.app_context():
                visits.create("PAK", by=db.session.get_one(Account, account_id), year=2026)
                db.session.commit()
                db.session.remove()
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=enter) for _number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with own_app.app_context():
        found = sorted(db.session.scalars(sa.select(Visit.number)))
    assert (found, faults) == ([1, 2, 3, 4, 5, 6], [])


# Dates and mode follow from the components


D = PartialDate


@pytest.mark.parametrize(
    ("components", "start", "end", "sort_day", "mode"),
    [
        ([(VisitMode.ON_SITE, D(2006), D(2006))], D(2006), D(2006), date(2006, 1, 1), VisitMode.ON_SITE),
        ([(VisitMode.ON_SITE, None, D(2018, 7, 31))], None, D(2018, 7, 31), date(2018, 7, 31), VisitMode.ON_SITE),
        ([(VisitMode.VIRTUAL, D(2021, 5), None)], D(2021, 5), None, date(2021, 5, 1), VisitMode.VIRTUAL),
        (
            [
                (VisitMode.VIRTUAL, D(2021, 10, 19), D(2021, 11, 30)),
                (VisitMode.ON_SITE, D(2022, 5, 31), D(2022, 6, 3)),
            ],
            D(2021, 10, 19),
            D(2022, 6, 3),
            date(2021, 10, 19),
            VisitMode.HYBRID,
        ),
        (
            [(VisitMode.ON_SITE, D(2022, 5), D(2022, 6)), (VisitMode.VIRTUAL, None, D(2021, 11))],
            None,
            D(2022, 6),
            date(2021, 11, 1),
            VisitMode.HYBRID,
        ),
        ([(VisitMode.ON_SITE, None, None)], None, None, date(2026, 1, 1), VisitMode.ON_SITE),
    ],
)
def test_dates_and_mode(
    analyst: Account, components: Any, start: Any, end: Any, sort_day: date, mode: VisitMode
) -> None:
    given = [parts.Component(*component) for component in components]
    made = visits.create("BEL", by=analyst, components=given, year=None if start or end else 2026)
    assert (made.start, made.end, made.sort_day, made.mode) == (start, end, sort_day, mode)


def test_a_component_comes_and_goes_and_the_last_one_stays(analyst: Account, visit: Visit) -> None:
    added = parts.add_component(visit, parts.Component(VisitMode.VIRTUAL, D(2006, 9), areas=["FIN-01"]), by=analyst)
    assert (visit.mode, visit.start, added.number) == (VisitMode.HYBRID, D(2006, 9), 2)
    assert [link.area_code for link in visit.areas] == ["FIN-01"]
    parts.remove_component(added, by=analyst)
    assert (visit.mode, visit.start) == (VisitMode.ON_SITE, D(2006, 11, 13))
    with pytest.raises(Invalid):
        parts.remove_component(visit.components[0], by=analyst)
    db.session.commit()
    assert kinds() == ["visit.created", "visit.component_added", "visit.component_removed"]


def test_an_end_before_the_start_is_refused(analyst: Account, visit: Visit) -> None:
    with pytest.raises(Invalid) as refused:
        parts.add_component(visit, parts.Component(start=D(2007), end=D(2006)), by=analyst)
    assert refused.value.field == "end"


def test_overlaps_are_told_and_a_year_alone_tells_nothing(analyst: Account, visit: Visit) -> None:
    inside = visits.create("PAK", by=analyst, components=[parts.Component(start=D(2006, 11))])
    vague = visits.create("PAK", by=analyst, components=[parts.Component(start=D(2006))])
    visits.create("IND", by=analyst, components=[parts.Component(start=D(2006, 11))])
    assert report.overlapping(inside) == ["PAK-2006-1"]
    assert report.overlapping(vague) == []


# Parts


def test_the_delegation_has_one_head_and_partners_have_an_organisation(analyst: Account, visit: Visit) -> None:
    head = parts.add_delegate(visit, parts.Delegate(DelegateKind.HEAD, "Executive Director"), by=analyst)
    for wrong, field in (
        (parts.Delegate(DelegateKind.HEAD, "Another"), "kind"),
        (parts.Delegate(DelegateKind.PARTNER, "Experts"), "organisation_id"),
        (parts.Delegate(DelegateKind.MEMBER), "function"),
        (parts.Delegate(DelegateKind.PARTNER, "", 10**6), "organisation_id"),
        (parts.Delegate(DelegateKind.TEAM, "Customs", None, ["NOPE-1"]), "areas"),
    ):
        with pytest.raises(Invalid) as refused:
            parts.add_delegate(visit, wrong, by=analyst)
        assert refused.value.field == field
        db.session.rollback()
        if head not in visit.delegates:
            head = parts.add_delegate(visit, parts.Delegate(DelegateKind.HEAD, "Executive Director"), by=analyst)
    wco = db.session.scalars(sa.select(Organisation.id).where(Organisation.acronym == "WCO")).one()
    partner = parts.add_delegate(visit, parts.Delegate(DelegateKind.PARTNER, "", wco, ["BOR-06"]), by=analyst)
    assert [link.area_code for link in partner.areas] == ["BOR-06"]
    parts.edit_delegate(partner, parts.Delegate(DelegateKind.PARTNER, "Two experts", wco, ["BOR-08"]), by=analyst)
    assert [link.area_code for link in partner.areas] == ["BOR-08"]
    parts.remove_delegate(partner, by=analyst)
    db.session.commit()
    assert visit.delegates == [head]


def test_an_authority_is_found_again_whatever_its_capitals(analyst: Account, visit: Visit) -> None:
    first = parts.add_counterpart(visit, parts.Counterpart("Ministère de l'Intérieur"), by=analyst)
    second = parts.add_counterpart(visit, parts.Counterpart("  MINISTERE de l'interieur "), by=analyst)
    assert first.authority is second.authority
    assert authorities.named("IND", "Ministère de l'Intérieur", by=analyst) is not first.authority
    db.session.commit()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Authority)) == 2


def test_an_assessed_or_covered_area_stays_in_scope(analyst: Account, visit: Visit) -> None:
    parts.set_areas(visit, ["FIN-01", "FIN-02", "ASY-01"], by=analyst)
    parts.add_delegate(visit, parts.Delegate(DelegateKind.TEAM, "Refugees", None, ["ASY-01"]), by=analyst)
    assessments.assess(visit, "FIN-02", by=analyst, rating="partially")
    for wanted, missing in ((["FIN-01", "FIN-02"], "ASY-01"), (["FIN-01", "ASY-01"], "FIN-02")):
        with pytest.raises(Invalid) as refused:
            parts.set_areas(visit, wanted, by=analyst)
        assert missing in refused.value.message
    parts.set_areas(visit, ["ASY-01", "FIN-02"], by=analyst)
    assert {link.area_code for link in visit.areas} == {"ASY-01", "FIN-02"}
    with pytest.raises(Invalid):
        parts.set_areas(visit, ["ASY-01", "FIN-02", "FIN"], by=analyst)


def test_every_change_raises_the_version(analyst: Account, visit: Visit) -> None:
    before = visit.version
    parts.add_check(visit, parts.Check("Karachi port"), by=analyst)
    db.session.commit()
    assert visit.version > before


def test_saving_what_is_there_leaves_no_event(analyst: Account, visit: Visit) -> None:
    parts.set_areas(visit, ["FIN-01"], by=analyst)
    check = parts.add_check(visit, parts.Check("Karachi port"), by=analyst)
    team = parts.add_delegate(visit, parts.Delegate(DelegateKind.TEAM, "Customs", None, ["FIN-01"]), by=analyst)
    parts.set_resolutions(visit, [link.resolution_number for link in visit.resolutions], by=analyst)  # confirmed
    db.session.commit()
    before = kinds()
    visits.edit(visit, visits.Details(), by=analyst)
    visits.record_visit_consent(visit, by=analyst, given_on=None, given_by="")
    visits.set_sharing(visit, Sharing.INTERNAL, by=analyst)
    visits.join_tour(visit, "", by=analyst)
    parts.set_areas(visit, ["FIN-01"], by=analyst)
    parts.set_resolutions(visit, [link.resolution_number for link in visit.resolutions], by=analyst)
    parts.edit_check(check, parts.Check("Karachi port"), by=analyst)
    parts.edit_delegate(team, parts.Delegate(DelegateKind.TEAM, "Customs", None, ["FIN-01"]), by=analyst)
    same = parts.Component(start=D(2006, 11, 13), end=D(2006, 11, 17))
    parts.edit_component(visit.components[0], same, by=analyst)
    db.session.commit()
    assert kinds() == before


# Consents and sharing


def test_the_two_consents_are_two(analyst: Account, visit: Visit) -> None:
    visits.record_visit_consent(visit, by=analyst, given_on=D(2006, 9), given_by="Permanent Mission")
    assert visit.share_consent is ConsentScope.NOT_ASKED
    with pytest.raises(Invalid) as refused:
        visits.set_sharing(visit, Sharing.PARTNERS, by=analyst)
    assert refused.value.field == "sharing"


@pytest.mark.parametrize(
    ("consent", "given", "field"),
    [
        (ConsentScope.FULL, {}, "share_consent_on"),
        (ConsentScope.FULL, {"given_on": D(2008)}, "share_consent_by"),
        (ConsentScope.PARTIAL, {"given_on": D(2008), "given_by": "Ministry"}, "share_excluded"),
        (ConsentScope.FULL, {"given_on": D(2008), "given_by": "Ministry", "excluded": "Annex"}, "share_excluded"),
        (ConsentScope.FULL, {"given_on": D(2199), "given_by": "Ministry"}, "share_consent_on"),
    ],
)
def test_a_consent_to_share_says_who_when_and_what_not(
    analyst: Account, visit: Visit, consent: ConsentScope, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        visits.record_share_consent(visit, by=analyst, consent=consent, **given)
    assert refused.value.field == field


def test_a_consent_taken_back_narrows_the_sharing_at_once(analyst: Account, visit: Visit) -> None:
    visits.record_share_consent(visit, by=analyst, consent=ConsentScope.FULL, given_on=D(2008), given_by="Ministry")
    visits.set_sharing(visit, Sharing.PUBLIC, by=analyst)
    visits.record_share_consent(visit, by=analyst, consent=ConsentScope.REFUSED)
    assert visit.sharing is Sharing.STATE_ONLY


def test_visits_of_one_trip_share_a_tour(analyst: Account, visit: Visit) -> None:
    other = visits.create("IND", by=analyst, year=2006, tour="India and Pakistan, 2006")
    visits.join_tour(visit, "India and  Pakistan, 2006", by=analyst)
    assert visit.tour is other.tour
    visits.join_tour(visit, "", by=analyst)
    db.session.commit()
    assert visit.tour_id is None and db.session.scalar(sa.select(sa.func.count()).select_from(Tour)) == 1


# Stages


def test_a_move_keeps_the_day_beside_the_moment(analyst: Account, visit: Visit) -> None:
    moved = visits.move_stage(visit, S.CONSENTED, by=analyst, happened=D(2006, 9))
    db.session.commit()
    assert (moved.from_stage, moved.to_stage, moved.happened) == (S.PROPOSED, S.CONSENTED, D(2006, 9))
    assert moved.recorded_by_id == analyst.id and moved.recorded_at.year >= 2026
    assert visit.visit_consent_on == D(2006, 9)
    assert kinds()[-1] == "visit.consented"


def test_moves_that_owe_a_reason(analyst: Account, visit: Visit) -> None:
    for stage in (S.POSTPONED, S.CANCELLED):
        with pytest.raises(Invalid) as refused:
            visits.move_stage(visit, stage, by=analyst)
        assert refused.value.field == "reason"
        db.session.rollback()
    visits.move_stage(visit, S.POSTPONED, by=analyst, happened=D(2006, 3), reason="Travel stopped")
    visits.move_stage(visit, S.PREPARING, by=analyst, happened=D(2006, 6))
    with pytest.raises(Invalid):
        visits.move_stage(visit, S.PROPOSED, by=analyst)
    db.session.rollback()
    assert visit.stage is S.PROPOSED


def test_what_cannot_happen_now_is_stale(analyst: Account, visit: Visit) -> None:
    visits.move_stage(visit, S.UNDER_WAY, by=analyst)
    for stage in (S.UNDER_WAY, S.POSTPONED):
        with pytest.raises(Stale):
            visits.move_stage(visit, stage, by=analyst, reason="x")


def test_a_day_to_come_or_before_the_last_step_is_refused(analyst: Account, visit: Visit) -> None:
    visits.move_stage(visit, S.UNDER_WAY, by=analyst, happened=D(2006, 11, 13))
    for happened in (D(2199), D(2006, 10)):
        with pytest.raises(Invalid) as refused:
            visits.move_stage(visit, S.DRAFT_REPORT, by=analyst, happened=happened)
        assert refused.value.field == "happened"


def test_the_clocks_run_from_october_2018_on(analyst: Account, visit: Visit) -> None:
    visits.move_stage(visit, S.WITH_STATE, by=analyst, happened=D(2020, 1, 31))
    assert visit.comments_due == date(2020, 3, 1)
    visits.move_stage(visit, S.RESPONSE_DUE, by=analyst, happened=D(2020, 8, 31))
    assert visit.response_due == date(2021, 2, 28)
    visits.move_stage(visit, S.RESPONSE_RECEIVED, by=analyst, happened=D(2021, 2))
    assert visit.response_received == D(2021, 2)
    visits.move_stage(visit, S.DRAFT_REPORT, by=analyst, reason="Entered by mistake")
    assert (visit.comments_due, visit.response_due, visit.response_received) == (None, None, None)


def test_before_that_the_due_date_is_given_by_hand(analyst: Account, visit: Visit) -> None:
    visits.move_stage(visit, S.WITH_STATE, by=analyst, happened=D(2007, 1, 31), due=date(2008, 1, 31))
    assert visit.comments_due == date(2008, 1, 31)


def test_a_computed_due_date_is_not_overridden_by_hand(analyst: Account, visit: Visit) -> None:
    with pytest.raises(Invalid) as refused:
        visits.move_stage(visit, S.WITH_STATE, by=analyst, happened=D(2020, 1, 31), due=date(2020, 6, 1))
    assert refused.value.field == "due"


@pytest.mark.parametrize("stage", [S.WITH_STATE, S.RESPONSE_DUE])
@pytest.mark.parametrize("happened", [None, D(2020), D(2020, 1)], ids=str)
def test_no_clock_fails_to_start_unsaid(analyst: Account, visit: Visit, stage: S, happened: D | None) -> None:
    with pytest.raises(Invalid) as refused:
        visits.move_stage(visit, stage, by=analyst, happened=happened)
    assert refused.value.field == "happened" and "the day is not known" in refused.value.message
    visits.move_stage(visit, stage, by=analyst, happened=happened, no_clock=True)
    assert (visit.stage, visit.comments_due, visit.response_due) == (stage, None, None)


def test_a_clock_that_runs_is_not_said_to_be_missing(analyst: Account, visit: Visit) -> None:
    with pytest.raises(Invalid) as refused:
        visits.move_stage(visit, S.WITH_STATE, by=analyst, happened=D(2020, 1, 31), no_clock=True)
    assert refused.value.field == "no_clock"


def test_a_due_date_is_not_dropped_where_no_clock_runs(analyst: Account, visit: Visit) -> None:
    with pytest.raises(Invalid) as refused:
        visits.create("PAK", by=analyst, standing=visits.Standing(due=date(2027, 1, 1)))
    assert refused.value.field == "due"
    with pytest.raises(Invalid) as refused:
        visits.create("PAK", by=analyst, components=[parts.Component(start=D(2006))], year=2007)
    assert refused.value.field == "year" and "2006" in refused.value.message


def test_what_lies_ahead_has_not_begun(analyst: Account, visit: Visit) -> None:
    ahead = parts.Component(start=D(clock.today().year + 1))
    for stage in (S.UNDER_WAY, S.CLOSED):
        with pytest.raises(Invalid) as refused:
            visits.create("PAK", by=analyst, components=[ahead], sources=[SOURCE], standing=visits.Standing(stage))
        assert refused.value.field == "start"
    planned = visits.create("PAK", by=analyst, components=[ahead])
    db.session.commit()
    with pytest.raises(Invalid) as refused:
        visits.move_stage(planned, S.UNDER_WAY, by=analyst)
    assert refused.value.field == "stage"
    visits.move_stage(planned, S.PREPARING, by=analyst)
    visits.move_stage(visit, S.UNDER_WAY, by=analyst)
    with pytest.raises(Invalid) as refused:
        parts.edit_component(visit.components[0], ahead, by=analyst)
    assert refused.value.field == "start"


def test_a_visit_that_slept_a_version_shows_what_was_changed(analyst: Account, visit: Visit) -> None:
    shown = visit.version
    parts.set_areas(visit, ["FIN-01"], by=analyst)
    db.session.commit()
    assert report.has_changed_since(visit, shown, "scope")
    assert not report.has_changed_since(visit, shown, "details")
    assert not report.has_changed_since(visit, shown, "components", visit.components[0].id)
    visits.edit(visit, visits.Details(VisitType.FOCUSED), by=analyst)
    db.session.commit()
    assert report.has_changed_since(visit, shown, "details")
    assert report.has_changed_since(visit, 10**6, "tour")
