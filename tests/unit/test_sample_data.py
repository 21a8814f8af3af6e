"""The sample's files as they are told: 97 rows make 92 visits, 29 findings make 19 follow-ups, nothing is guessed."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from tracker.models import Basis, ConclusionKind, DelegateKind, Priority, Role, VisitMode, VisitSequence, VisitType
from tracker.partial_date import PartialDate
from tracker.reference import read
from tracker.sample import central_asia, pakistan, people
from tracker.sample.findings import NO_DUE, NO_INDICATOR, basis, findings
from tracker.sample.meetings import RECOMMENDATIONS, meetings
from tracker.sample.visits import TOURS, VisitRow, publisher, rows_of, visits

VISITS = visits()
BY_REFERENCE = {visit.reference: visit for visit in VISITS}
FINDINGS = findings(VISITS)
REGIONS = {row["iso3"]: row["region"] for row in read.rows("states")}


def test_97_rows_make_92_visits_to_62_states() -> None:
    assert len(rows_of("visits")) == 97
    assert len(VISITS) == len(BY_REFERENCE) == 92
    assert len({visit.state_id for visit in VISITS}) == 62
    assert sum(len(visit.components) for visit in VISITS) == 97


@pytest.mark.parametrize(
    ("reference", "dates", "known_on"),
    [
        ("BEL-2021-1", [("2021-10-19", "2021-11-30"), ("2022-05-31", "2022-06-03")], date(2021, 12, 1)),
        ("NGA-2021-1", [("2021-10-11", "2021-10-27"), ("2022-10-06", "2022-10-14")], date(2021, 10, 28)),
        ("MYS-2021-1", [("2021-03-21", "2021-03-25"), ("2022-11-07", "2022-11-09")], date(2021, 3, 26)),
        ("CAN-2021-1", [("2021-05", "2021-05"), ("2023-02-06", "2023-02-10")], date(2021, 6, 1)),
        ("BEN-2021-1", [("2021-07", "2021-07"), ("2023-03-13", "2023-03-17")], date(2021, 8, 1)),
    ],
)
def test_the_halves_of_a_hybrid_visit_are_one_visit(
    reference: str, dates: list[tuple[str, str]], known_on: date
) -> None:
    visit = BY_REFERENCE[reference]
    assert visit.mode is VisitMode.HYBRID
    assert [component.mode for component in visit.components] == [VisitMode.VIRTUAL, VisitMode.ON_SITE]
    assert [(str(component.start), str(component.end)) for component in visit.components] == dates
    assert visit.known_on == known_on


def test_no_other_visit_is_hybrid() -> None:
    assert Counter(visit.mode for visit in VISITS) == {
        VisitMode.ON_SITE: 84,
        VisitMode.HYBRID: 5,
        VisitMode.VIRTUAL: 3,
    }


@pytest.mark.parametrize("reference", ["COD-2021-1", "IRQ-2021-1", "LTU-2021-1"])
def test_a_virtual_half_whose_other_half_is_unknown_stays_virtual(reference: str) -> None:
    visit = BY_REFERENCE[reference]
    assert (visit.mode, visit.type) == (VisitMode.VIRTUAL, VisitType.NOT_STATED)
    assert len(visit.components) == 1


@pytest.mark.parametrize(
    ("reference", "kind", "sequence"),
    [
        ("MAR-2005-1", VisitType.NOT_STATED, VisitSequence.FIRST),
        ("GUY-2013-1", VisitType.NOT_STATED, VisitSequence.NOT_STATED),
        ("COD-2023-1", VisitType.NOT_STATED, VisitSequence.NOT_STATED),
        ("BEN-2021-1", VisitType.NOT_STATED, VisitSequence.FIRST),
        ("CAN-2021-1", VisitType.NOT_STATED, VisitSequence.NOT_STATED),
        ("PHL-2006-1", VisitType.COMPREHENSIVE, VisitSequence.NOT_STATED),
        ("TJK-2017-1", VisitType.COMPREHENSIVE, VisitSequence.NOT_STATED),
        ("MAR-2013-1", VisitType.FOLLOW_UP, VisitSequence.FIRST_FOLLOW_UP),
        ("MAR-2019-1", VisitType.FOLLOW_UP, VisitSequence.SECOND_FOLLOW_UP),
        ("PHL-2014-1", VisitType.FOLLOW_UP, VisitSequence.FIRST_FOLLOW_UP),
        ("PHL-2019-1", VisitType.FOLLOW_UP, VisitSequence.SECOND_FOLLOW_UP),
        ("NGA-2021-1", VisitType.FOLLOW_UP, VisitSequence.SECOND_FOLLOW_UP),
        ("BEL-2021-1", VisitType.FOLLOW_UP, VisitSequence.NOT_STATED),
        ("FJI-2022-1", VisitType.FOCUSED, VisitSequence.NOT_STATED),
        ("NER-2017-1", VisitType.REGIONAL, VisitSequence.NOT_STATED),
        ("KEN-2018-1", VisitType.HIGH_LEVEL, VisitSequence.NOT_STATED),
        ("KAZ-2023-1", VisitType.HIGH_LEVEL, VisitSequence.NOT_STATED),
    ],
)
def test_type_and_sequence_are_what_the_source_states(reference: str, kind: VisitType, sequence: VisitSequence) -> None:
    visit = BY_REFERENCE[reference]
    assert (visit.type, visit.sequence) == (kind, sequence)


def test_how_many_visits_there_are_of_each_type() -> None:
    assert Counter(visit.type for visit in VISITS) == {
        VisitType.NOT_STATED: 47,
        VisitType.FOLLOW_UP: 30,
        VisitType.FOCUSED: 7,
        VisitType.REGIONAL: 4,
        VisitType.COMPREHENSIVE: 2,
        VisitType.HIGH_LEVEL: 2,
    }


def test_a_tour_is_one_visit_per_state_linked() -> None:
    tours: dict[str, set[str]] = {}
    for visit in VISITS:
        if visit.tour:
            tours.setdefault(visit.tour, set()).add(visit.reference)
    assert sorted(map(sorted, tours.values())) == [
        ["BWA-2012-1", "MOZ-2012-1", "ZMB-2012-1"],
        ["CMR-2017-1", "NER-2017-1", "NGA-2017-1", "TCD-2017-1"],
        ["IND-2006-1", "PAK-2006-1"],
    ]
    assert set(tours) == set(TOURS)


@pytest.mark.parametrize("reference", ["KEN-2018-1", "MAR-2019-1", "MOZ-2019-1", "GNQ-2020-1"])
def test_a_start_that_is_not_public_stays_open(reference: str) -> None:
    visit = BY_REFERENCE[reference]
    assert visit.start is None
    assert visit.end.day is not None


def test_only_these_four_starts_are_open() -> None:
    assert sum(visit.start is None for visit in VISITS) == 4


@pytest.mark.parametrize(
    ("reference", "known_on"),
    [
        ("ALB-2005-1", date(2006, 1, 1)),
        ("PAK-2006-1", date(2006, 12, 1)),
        ("BEL-2009-1", date(2009, 3, 1)),
        ("MAR-2005-1", date(2005, 3, 19)),
        ("MOZ-2019-1", date(2019, 11, 23)),
    ],
)
def test_a_visit_is_entered_on_the_first_day_after_the_period_known(reference: str, known_on: date) -> None:
    assert BY_REFERENCE[reference].known_on == known_on


def test_a_second_visit_in_one_year_has_the_next_number() -> None:
    assert str(BY_REFERENCE["PRY-2017-1"].start) == "2017-03"
    assert str(BY_REFERENCE["PRY-2017-2"].start) == "2017-07-26"


def test_visits_come_in_the_order_in_which_they_begin() -> None:
    days = [(visit.start or visit.end).first_day for visit in VISITS]
    assert days == sorted(days)


def test_each_visit_keeps_its_source_and_note() -> None:
    notes = {row["note"] for row in rows_of("visits")}
    urls = {row["source_url"] for row in rows_of("visits")}
    assert {component.note for visit in VISITS for component in visit.components} == notes
    assert urls <= {source.url for visit in VISITS for source in visit.sources}


def test_a_source_says_who_published_it() -> None:
    assert publisher("https://unis.unvienna.org/unis/en/pressrels/2005/sc8333.html") == (
        "United Nations Information Service, press release SC/8333"
    )
    titles = [source.title for source in BY_REFERENCE["MDV-2019-1"].sources]
    assert titles == ["Counter-Terrorism Committee, notice on its site", "PSM News, Maldives"]


def test_each_partner_is_an_organisation_that_we_list() -> None:
    known = {row["acronym"] for row in read.rows("organisations")}
    assert {partner for visit in VISITS for partner in visit.partners} <= known
    assert BY_REFERENCE["PAK-2006-1"].partners == ("World Bank", "INTERPOL", "WCO", "UNODC")
    assert len(BY_REFERENCE["NGA-2015-1"].partners) == 10


def test_states_bear_the_name_of_the_time() -> None:
    names = read.rows("state_names")
    for visit in VISITS:
        day = visit.end.last_day
        held = [
            row["name"]
            for row in names
            if (row["state"], row["language"]) == (visit.state_id, "en")
            and (read.day(row["valid_from"]) or date.min) <= day < (read.day(row["valid_to"]) or date.max)
        ]
        assert held == [visit.country], visit.reference


def test_29_findings_make_19_follow_ups_of_which_7_can_be_submitted() -> None:
    followups = [finding.followup for finding in FINDINGS if finding.followup]
    assert (len(FINDINGS), len(followups)) == (29, 19)
    complete = [finding.visit.reference for finding in FINDINGS if finding.followup and finding.followup.is_complete]
    assert Counter(complete) == {"PAK-2006-1": 2, "EGY-2017-1": 1, "GUY-2013-1": 1, "FJI-2022-1": 3}


def test_findings_are_of_these_kinds() -> None:
    assert Counter(finding.kind for finding in FINDINGS) == {
        ConclusionKind.TECHNICAL_ASSISTANCE_NEED: 14,
        ConclusionKind.PROGRESS: 10,
        ConclusionKind.SHORTFALL: 4,
        ConclusionKind.STRENGTH: 1,
    }


def test_each_finding_is_on_an_area_that_may_be_assessed() -> None:
    subareas = {row["code"] for row in read.rows("areas") if row["parent_code"]}
    assert {finding.area_code for finding in FINDINGS} <= subareas


def test_a_due_date_has_the_precision_of_the_source() -> None:
    due = {
        (finding.visit.state_id, finding.area_code): finding.followup.due
        for finding in FINDINGS
        if finding.followup and finding.followup.due
    }
    assert due == {
        ("BIH", "LAW-03"): PartialDate(2020),
        ("FJI", "LAW-03"): PartialDate(2024, 6),
        ("FJI", "LEG-02"): PartialDate(2024, 11),
        ("FJI", "GEN-02"): PartialDate(2024, 6),
    }


def test_what_the_source_does_not_tell_is_said_in_words() -> None:
    bill = next(finding.followup for finding in FINDINGS if finding.area_code == "FIN-02" and finding.followup)
    assert bill.authorities == ("Parliament", "Secretary of Finance")
    assert (bill.no_due_reason, bill.no_indicator_reason) == (NO_DUE, NO_INDICATOR)
    assert bill.priority is Priority.HIGH
    dated = next(finding.followup for finding in FINDINGS if finding.followup and finding.followup.due)
    assert dated.no_due_reason == ""


@pytest.mark.parametrize(
    ("reference", "known_on"),
    [
        ("PAK-2006-1", date(2006, 12, 1)),
        ("GUY-2013-1", date(2013, 10, 9)),
        ("IRQ-2015-1", date(2016, 3, 24)),
        ("EGY-2017-1", date(2017, 7, 28)),
        ("FJI-2022-1", date(2024, 2, 25)),
    ],
)
def test_a_finding_is_known_after_the_visit_and_after_its_source(reference: str, known_on: date) -> None:
    assert {finding.known_on for finding in FINDINGS if finding.visit.reference == reference} == {known_on}


@pytest.mark.parametrize(
    ("paragraphs", "expected"),
    [
        ([(1373, "1(b)")], Basis.OBLIGATION),
        ([(1373, "2(b)"), (1373, "3(a)")], Basis.OBLIGATION),
        ([(1373, "6")], Basis.STANDARD),
        ([(1963, "")], Basis.STANDARD),
        ([(1373, "2(b)"), (1624, "3")], Basis.STANDARD),
        ([], Basis.STANDARD),
    ],
)
def test_what_binds_is_an_obligation(paragraphs: list[tuple[int, str]], expected: Basis) -> None:
    assert basis(paragraphs) is expected


def test_the_delegation_to_pakistan_is_as_the_source_names_it() -> None:
    kinds = Counter(member.kind for member in pakistan.DELEGATION)
    assert kinds == {DelegateKind.HEAD: 1, DelegateKind.PARTNER: 4, DelegateKind.TEAM: 5}
    partners = tuple(member.organisation for member in pakistan.DELEGATION if member.organisation)
    assert partners == BY_REFERENCE[pakistan.REFERENCE].partners
    assert {code for member in pakistan.DELEGATION for code in member.areas} == {
        "ASY-01",
        "BOR-01",
        "FIN-01",
        "BOR-06",
        "BOR-08",
    }
    assert [row.authority for row in pakistan.COUNTERPARTS] == [
        "Ministry of Foreign Affairs",
        "Ministry of the Interior",
        "Secretary of Finance",
        "Inter-Services Intelligence",
    ]


def test_the_date_of_the_friday_is_not_made_up() -> None:
    assert str(pakistan.CONCLUSIONS_DUE) == "2006-11"


def test_each_visit_lies_in_the_reach_of_those_who_write_and_sign_it() -> None:
    for visit in VISITS:
        region, day = REGIONS[visit.state_id], last_day_of_writing(visit)
        assert covers(people.analyst_for(region), Role.ANALYST, region, day), visit.reference
        assert covers(people.reviewer_for(region), Role.REVIEWER, region, day), visit.reference


def test_today_each_person_holds_what_the_demo_says() -> None:
    held = {
        person.local_part: [(grant.role, grant.region) for grant in person.grants if grant.ends_on is None]
        for person in people.PEOPLE
    }
    assert held == {
        "administrator": [(Role.ADMINISTRATOR, None)],
        "analyst": [(Role.ANALYST, "142")],
        "analyst2": [(Role.ANALYST, "002")],
        "reviewer": [(Role.REVIEWER, None)],
        "reviewer2": [(Role.REVIEWER, "142")],
        "coordinator": [(Role.COORDINATOR, None)],
        "auditor": [(Role.AUDITOR, None)],
    }


def test_eight_meetings_are_numbered_by_their_year() -> None:
    assert [(row.reference, row.place, str(row.start), str(row.end)) for row in meetings()] == [
        ("MTG-2003-1", "New York", "2003-03-06", "2003-03-06"),
        ("MTG-2005-1", "Almaty", "2005-01-26", "2005-01-28"),
        ("MTG-2010-1", "Bratislava", "2010-12-15", "2010-12-16"),
        ("MTG-2011-1", "Dushanbe", "2011-03-29", "2011-03-30"),
        ("MTG-2011-2", "Almaty", "2011-07-21", "2011-07-22"),
        ("MTG-2011-3", "Ashgabat", "2011-11-30", "2011-11-30"),
        ("MTG-2017-1", "Ashgabat", "2017-06-13", "2017-06-13"),
        ("MTG-2022-1", "Tashkent", "2022-03-03", "2022-03-04"),
    ]


def test_a_meeting_names_states_and_organisations_that_we_list_and_its_source() -> None:
    organisations = {row["acronym"] for row in read.rows("organisations")}
    for meeting in meetings():
        assert {*meeting.co_organisers, *meeting.organisations} <= organisations
        assert set(meeting.states) <= set(REGIONS)
        assert meeting.source
    assert set(RECOMMENDATIONS) <= {meeting.reference for meeting in meetings()}


def test_the_plan_for_central_asia_carries_out_measures_of_the_strategy_in_the_same_pillar() -> None:
    known = {f"GCTS-{row['pillar']}-{row['measure_number']}" for row in read.rows("strategy_measures")}
    for measure in central_asia.MEASURES:
        assert set(measure.carries) <= known
        assert {reference.split("-")[1] for reference in measure.carries} <= {measure.pillar}


def test_each_link_names_a_follow_up_of_the_sample() -> None:
    written = {(finding.visit.state_id, finding.area_code) for finding in FINDINGS if finding.followup}
    assert {(link.state_id, link.area_code) for link in central_asia.LINKS} <= written


def last_day_of_writing(visit: VisitRow) -> date:
    """The day on which the last of it is known, and a week to write it up."""
    known = [finding.known_on for finding in FINDINGS if finding.visit == visit]
    return max([component.known_on for component in visit.components] + known) + timedelta(days=7)


def covers(person: people.PersonRow, role: Role, region: str, day: date) -> bool:
    """Whether one of the person's grants gives the role in the region on the day."""
    return any(
        grant.role is role and grant.region in (None, region) and (grant.ends_on is None or day <= grant.ends_on)
        for grant in person.grants
    )
