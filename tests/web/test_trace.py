"""The chain of one record: paragraph → area → conclusion → follow-up → measure → pillar."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.counting import pages_made_anew, statements
from tests.factories import (
    AccountFactory,
    ConclusionFactory,
    FollowupFactory,
    MeasureFactory,
    MeetingFactory,
    PlanFactory,
    VisitFactory,
    serve,
)
from tracker import clock, history, policy
from tracker.models import (
    Conclusion,
    ConclusionParagraph,
    ConclusionStatus,
    Followup,
    FollowupConclusion,
    FollowupParagraph,
    FollowupStatus,
    Implementation,
    Measure,
    MeasureCarries,
    Meeting,
    OutcomeKind,
    Paragraph,
    Role,
)
from tracker.reports import conclusions, followups, gaps, trace
from tracker.services import meetings

SignIn = Callable[[Any], FlaskClient]


def paragraph(session: Any, label: str) -> int:
    query = sa.select(Paragraph.id).where(Paragraph.resolution_number == 1373, Paragraph.label == label)
    return int(session.scalars(query).one())


def found(session: Any, *labels: str, **given: Any) -> Conclusion:
    """A conclusion on these paragraphs."""
    row = ConclusionFactory(**given)
    for label in labels:
        row.paragraphs.append(ConclusionParagraph(paragraph_id=paragraph(session, label), state_id=row.state_id))
    history.record("conclusion.edited", row, by=None)
    return row


def followed(session: Any, *conclusions: Conclusion, labels: tuple[str, ...] = (), **given: Any) -> Followup:
    """A follow-up that answers these conclusions and rests on these paragraphs."""
    row = FollowupFactory(**given)
    for one in conclusions:
        session.add(FollowupConclusion(followup_id=row.id, conclusion_id=one.id, state_id=row.state_id))
    for label in labels:
        session.add(
            FollowupParagraph(followup_id=row.id, paragraph_id=paragraph(session, label), state_id=row.state_id)
        )
    history.record("followup.edited", row, by=None)
    return row


def strategy(session: Any, reference: str = "GCTS-II-10") -> Measure:
    return session.scalars(sa.select(Measure).where(Measure.reference == reference)).one()


def drawn(tree: trace.Tree) -> Any:
    """The tree in words: names in the order of the page."""
    return {name(step): drawn(under) for step, under in tree.items()}


def name(step: trace.Step) -> str:
    if step.noun == "paragraphs":
        return ", ".join(f"{number} {label}" for number, label in step.paragraphs)
    if step.noun == "outcome":
        return str(step.title)
    if step.noun == "pillar":
        return f"{step.within} {step.reference}"
    return step.reference or str(step.title)


@pytest.fixture
def reader(session: Any) -> Any:
    return AccountFactory(role=Role.AUDITOR, states=["PAK"])


def chain(reader: Any, reference: str) -> Any:
    return drawn(trace.trace(reader, reference).tree)


def test_each_record_of_a_chain_gives_the_same_chain(session: Any, reader: Any) -> None:
    conclusion = found(session, "2(e)", "1(b)")
    followup = followed(session, conclusion, labels=("2(e)",), visit_id=conclusion.visit_id)
    serve(followup, strategy(session))
    session.commit()
    below = {"FIN-02": {"PAK-2006-1-C1": {"PAK-F001": {"GCTS-II-10": {"GCTS II": {}}}}}}
    for reference in ("PAK-F001", "PAK-2006-1-C1", "PAK-2006-1", "GCTS-II-10"):
        assert chain(reader, reference) == {"1373 1(b), 1373 2(e)": below}, reference
    assert chain(reader, "1373-2(e)") == {"1373 2(e)": below}
    assert chain(reader, "pak-f001") == chain(reader, "PAK-F001")
    assert chain(reader, "1373 2(E)") == chain(reader, "1373-2(e)")


def test_a_record_shows_no_more_than_its_own_chain(session: Any, reader: Any) -> None:
    first, second = found(session, "1(b)"), found(session, "1(c)", area_code="FIN-03")
    both = followed(session, first, second)
    serve(both, strategy(session))
    serve(both, strategy(session, "GCTS-III-8"))
    session.commit()
    assert list(chain(reader, "PAK-2006-1-C1")) == ["1373 1(b)"]
    assert list(chain(reader, "PAK-F001")) == ["1373 1(b)", "1373 1(c)"]
    ends = chain(reader, "GCTS-III-8")["1373 1(c)"]["FIN-03"]["PAK-2006-2-C1"]["PAK-F001"]
    assert ends == {"GCTS-III-8": {"GCTS III": {}}}


def test_a_follow_up_without_a_conclusion_stands_under_its_own_paragraphs(session: Any, reader: Any) -> None:
    followed(session, labels=("1(b)",))
    followed(session, area_code=None)
    session.commit()
    assert chain(reader, "PAK-F001") == {"1373 1(b)": {"FIN-02": {"PAK-F001": {"It serves no measure.": {}}}}}
    assert chain(reader, "PAK-F002") == {"No paragraph is named.": {"PAK-F002": {"It serves no measure.": {}}}}


def test_a_paragraph_of_its_own_beside_those_of_its_conclusion(session: Any, reader: Any) -> None:
    followed(session, found(session, "1(b)"), labels=("1(b)", "2(a)"))
    session.commit()
    end = {"PAK-F001": {"It serves no measure.": {}}}
    own = {"1373 1(b)": {"FIN-02": {"PAK-2006-1-C1": end}}, "1373 2(a)": {"FIN-02": end}}
    assert chain(reader, "PAK-F001") == own
    assert list(chain(reader, "PAK-2006-1-C1")) == ["1373 1(b)"]


def test_what_is_missing_is_said(session: Any, reader: Any) -> None:
    found(session)
    session.commit()
    gap = {"No paragraph is named.": {"FIN-02": {"PAK-2006-1-C1": {"No follow-up answers it.": {}}}}}
    assert chain(reader, "PAK-2006-1-C1") == chain(reader, "PAK-2006-1") == gap
    assert chain(reader, "1373-1(b)") == {}


def test_a_measure_that_nothing_serves_stands_under_its_pillar(session: Any, reader: Any) -> None:
    assert chain(reader, "GCTS-IV-1") == {"GCTS-IV-1": {"GCTS IV": {}}}


def test_a_regional_measure_leads_on_to_what_it_carries_out(session: Any, reader: Any) -> None:
    plan = PlanFactory(participants=("PAK",), code="CA-2099")
    measure = MeasureFactory(plan=plan)
    measure.carries.append(MeasureCarries(strategy_measure_id=strategy(session).id))
    history.record("measure.edited", measure, by=None)
    history.record("plan.edited", plan, by=None)
    serve(followed(session, labels=("1(b)",)), measure)
    session.commit()
    end = chain(reader, "PAK-F001")["1373 1(b)"]["FIN-02"]["PAK-F001"]
    assert end == {"CA-2099-M01": {"CA-2099 II": {}, "GCTS-II-10": {"GCTS II": {}}}}


def test_a_measure_of_the_strategy_stands_once_under_a_follow_up(session: Any, reader: Any, sign_in: SignIn) -> None:
    plan = PlanFactory(participants=("PAK",), code="CA-2099")
    served, carried = strategy(session, "GCTS-II-13"), strategy(session)
    measures = [MeasureFactory(plan=plan) for _each in range(2)]
    followup = followed(session, labels=("1(b)",))
    for measure in measures:
        for one in (served, carried):
            measure.carries.append(MeasureCarries(strategy_measure_id=one.id))
        history.record("measure.edited", measure, by=None)
        serve(followup, measure)
    history.record("plan.edited", plan, by=None)
    serve(followup, served)
    produced(session, OutcomeKind.TOPIC, measures[0])
    session.commit()
    end = chain(reader, "PAK-F001")["1373 1(b)"]["FIN-02"]["PAK-F001"]
    first, second = (one.reference for one in measures)
    assert end == {
        "GCTS-II-13": {"GCTS II": {}},
        first: {"CA-2099 II": {}, "GCTS-II-10": {"GCTS II": {}}, "GCTS-II-13": {}, "MTG-2011-1": {}},
        second: {"CA-2099 II": {}, "GCTS-II-10": {}, "GCTS-II-13": {}},
    }
    assert list(end[first]) == ["CA-2099 II", "GCTS-II-10", "GCTS-II-13", "MTG-2011-1"], "each kind together"
    page = sign_in(reader).get("/trace/PAK-F001").text
    text = served.text.split(",")[0][:60]
    assert page.count(text) == 1, "whole where it is served, by its reference where it is carried out"
    assert page.count("Carries out") == 3


def test_a_pillar_has_its_name_and_its_number_stands_with_its_plan(session: Any, reader: Any, sign_in: SignIn) -> None:
    serve(followed(session), strategy(session))
    session.commit()
    page = sign_in(reader).get("/trace/PAK-F001").text
    assert re.search(r"<bdi[^>]*>GCTS II</bdi></a> <bdi>Preventing and combating terrorism</bdi>", page)


def test_a_long_text_is_cut_at_the_end_of_a_word() -> None:
    assert trace._shortened("police cooperation " * 20) == "police cooperation " * 8 + "police…"
    assert trace._shortened("a" * 158 + " bc") == "a" * 158 + "…"
    assert trace._shortened("警" * 300) == "警" * (trace.EXCERPT - 1) + "…", "no spaces to cut at"


def test_a_plan_leads_down_to_its_measures_and_what_they_carry_out(
    session: Any, reader: Any, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = PlanFactory(participants=("PAK",), code="CA-2099")
    first, second, third = (MeasureFactory(plan=plan, pillar=pillar) for pillar in ("IV", "II", "II"))
    second.carries.append(MeasureCarries(strategy_measure_id=strategy(session).id))
    history.record("measure.edited", second, by=None)
    session.commit()
    nothing = {"No measure stands under it.": {}}
    whole = {
        "CA-2099": {
            "CA-2099 I": nothing,
            "CA-2099 II": {second.reference: {"GCTS-II-10": {}}, third.reference: {}},
            "CA-2099 III": nothing,
            "CA-2099 IV": {first.reference: {}},
        }
    }
    assert chain(reader, "ca-2099") == whole
    browser = sign_in(reader)
    page = browser.get("/trace/CA-2099").text
    for href in ("/plans/CA-2099", "/plans/CA-2099#pillar-II", "/measures/GCTS-II-10"):
        assert f'href="{href}"' in page
    assert "this record" in page and "Nothing hangs on it" not in page
    monkeypatch.setattr(trace, "MOST", 2)
    with pages_made_anew():  # another program, as it were
        page = browser.get("/trace/CA-2099").text
    assert "The first 2 measures are shown" in page and 'href="/plans/CA-2099/board"' in page
    assert third.reference not in page and "No measure stands under it" not in page
    assert statements(browser, "/trace/CA-2099") <= 10


def test_a_plan_whose_code_looks_like_a_visit_is_found(session: Any, reader: Any) -> None:
    PlanFactory(participants=("PAK",), code="JPA-2011-1")
    assert list(chain(reader, "JPA-2011-1")) == ["JPA-2011-1"]


def produced(
    session: Any, kind: OutcomeKind, measure: Measure | None = None, text: str = "Countering financing"
) -> Any:
    """What a meeting produced, and the measure that came of it."""
    by = AccountFactory(role=Role.COORDINATOR)
    meeting = session.scalars(sa.select(Meeting)).one_or_none() or MeetingFactory()
    outcome = meetings.add_outcome(meeting, kind, text, by=by)
    if measure is not None:
        meetings.become(outcome, measure, by=by)
    session.commit()
    return outcome


def test_a_meeting_leads_down_to_what_came_of_it(session: Any, reader: Any, sign_in: SignIn) -> None:
    measure = MeasureFactory(plan=PlanFactory(participants=("PAK",), code="CA-2099"))
    produced(session, OutcomeKind.TOPIC, measure)
    recommendation = produced(session, OutcomeKind.RECOMMENDATION, text="Keep a register")
    produced(session, OutcomeKind.GAP, text="No register")
    followup, elsewhere = FollowupFactory(), FollowupFactory(state_id="IND", title="Quorlith")
    for one in (followup, elsewhere):
        meetings.become(recommendation, one, by=AccountFactory(role=Role.ANALYST))
        serve(one, measure)
    session.commit()
    assert chain(reader, "mtg-2011-1") == {
        "MTG-2011-1": {
            "Countering financing": {"CA-2099-M01": {"PAK-F001": {}}},
            "Keep a register": {"PAK-F001": {}},
            "No register": {},
        }
    }
    browser = sign_in(reader)
    page = browser.get("/trace/MTG-2011-1").text
    for href in ("/meetings/MTG-2011-1", "/measures/CA-2099-M01", "/follow-ups/PAK-F001"):
        assert f'href="{href}"' in page
    assert "IND-F001" not in page and "Quorlith" not in page
    assert statements(browser, "/trace/MTG-2011-1") <= 10


def test_the_chain_names_the_meeting_that_something_came_from(session: Any, reader: Any) -> None:
    measure = MeasureFactory(plan=PlanFactory(participants=("PAK",), code="CA-2099"))
    produced(session, OutcomeKind.TOPIC, measure)
    recommendation = produced(session, OutcomeKind.RECOMMENDATION)
    followup = followed(session, labels=("1(b)",))
    meetings.become(recommendation, followup, by=AccountFactory(role=Role.ANALYST))
    serve(followup, measure)
    session.commit()
    ends = {"CA-2099 II": {}, "MTG-2011-1": {}}
    for reference in ("PAK-F001", "CA-2099-M01"):
        end = chain(reader, reference)["1373 1(b)"]["FIN-02"]["PAK-F001"]
        assert end == {"CA-2099-M01": ends, "MTG-2011-1": {}}, reference
    assert chain(reader, "CA-2099")["CA-2099"]["CA-2099 II"] == {"CA-2099-M01": {"MTG-2011-1": {}}}


def test_what_became_nothing_in_scope_is_said(session: Any, reader: Any) -> None:
    recommendation = produced(session, OutcomeKind.RECOMMENDATION)
    end = {"MTG-2011-1": {"Countering financing": {"No measure and no follow-up in your scope came of it.": {}}}}
    assert chain(reader, "MTG-2011-1") == end
    elsewhere = FollowupFactory(state_id="IND")
    meetings.become(recommendation, elsewhere, by=AccountFactory(role=Role.ANALYST))
    session.commit()
    assert chain(reader, "MTG-2011-1") == end


def test_paragraphs_and_conclusions_stand_in_their_order(session: Any, reader: Any) -> None:
    visit = VisitFactory()
    for label in ("2(e)", "1(b)", "1(a)", "1(b)"):
        found(session, label, visit=visit)
    found(session, visit=visit)
    session.commit()
    tree = chain(reader, "PAK-2006-1")
    assert list(tree) == ["1373 1(a)", "1373 1(b)", "1373 2(e)", "No paragraph is named."]
    assert list(tree["1373 1(b)"]["FIN-02"]) == ["PAK-2006-1-C2", "PAK-2006-1-C4"]


def test_out_of_scope_is_absent_and_not_counted(
    session: Any, reader: Any, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(followed(session, found(session, "1(b)")), strategy(session))
    elsewhere = VisitFactory(state_id="IND")
    for _each in range(3):
        serve(
            followed(session, found(session, "1(b)", visit=elsewhere), state_id="IND", title="Quorlith"),
            strategy(session),
        )
    session.commit()
    monkeypatch.setattr(trace, "MOST", 1)
    browser = sign_in(reader)
    for reference in ("GCTS-II-10", "1373-1(b)"):
        page = browser.get(f"/trace/{reference}").text
        assert "PAK-F001" in page and "PAK-2006-1-C1" in page
        assert "IND-" not in page and "Quorlith" not in page
        assert "more than is shown" not in page
    for reference in ("IND-F001", "IND-2006-1", "IND-2006-1-C1"):
        assert browser.get(f"/trace/{reference}").status_code == 404


def test_more_than_is_shown_is_said_with_the_way_to_all(
    session: Any, reader: Any, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace, "MOST", 2)
    for _each in range(3):
        serve(followed(session), strategy(session))
    session.commit()
    page = sign_in(reader).get("/trace/GCTS-II-10").text
    assert "The chain holds more than is shown" in page
    assert 'href="/follow-ups?measure=GCTS-II-10"' in page
    assert "PAK-F002" in page and "PAK-F003" not in page


def test_every_name_is_a_link_to_a_page(session: Any, reader: Any, sign_in: SignIn) -> None:
    conclusion = found(session, "2(e)")
    serve(followed(session, conclusion, visit_id=conclusion.visit_id), strategy(session))
    session.commit()
    browser = sign_in(reader)
    page = browser.get("/trace/PAK-F001").text
    main = page[page.index("<main") :]
    links = re.findall(r'href="([^"]+)"', main[main.index('class="card"') :])
    assert links == [
        "/resolutions/1373#p-2e",
        "/areas/FIN-02",
        "/conclusions/PAK-2006-1-C1",
        "/visits/PAK-2006-1",
        "/follow-ups/PAK-F001",
        "/measures/GCTS-II-10",
        "/plans/GCTS#pillar-II",
    ]
    for link in links:
        assert browser.get(link.partition("#")[0]).status_code == 200, link


def test_the_pages_of_the_chain_lead_to_it(session: Any, reader: Any, sign_in: SignIn) -> None:
    conclusion = found(session, "2(e)")
    followed(session, conclusion)
    session.commit()
    browser = sign_in(reader)
    for path, reference in (
        ("/follow-ups/PAK-F001", "PAK-F001"),
        ("/conclusions/PAK-2006-1-C1", "PAK-2006-1-C1"),
        ("/visits/PAK-2006-1", "PAK-2006-1"),
        ("/measures/GCTS-II-10", "GCTS-II-10"),
        ("/resolutions/1373", "1373-2%28e%29"),
        ("/plans/GCTS", "GCTS"),
    ):
        assert f'href="/trace/{reference}"' in browser.get(path).text, path


@pytest.mark.parametrize(
    "reference",
    [
        "PAK-F999",
        "PAK-2006-9",
        "PAK-2006-1-C99",
        "GCTS-V-1",
        "1373-9(z)",
        "99999",
        "x" * 300,
        "1373-%00",
        "F" + "9" * 30,
    ],
)
def test_what_there_is_not_is_not_found(session: Any, reader: Any, sign_in: SignIn, reference: str) -> None:
    assert sign_in(reader).get(f"/trace/{reference}").status_code == 404


def test_only_those_who_read_records(session: Any, sign_in: SignIn) -> None:
    browser = sign_in(AccountFactory(role=Role.ADMINISTRATOR))
    assert browser.get("/trace/GCTS-II-10").status_code == 403
    assert "/trace/" not in browser.get("/plans/GCTS").text


def test_more_rows_take_no_more_statements(session: Any, reader: Any, sign_in: SignIn) -> None:
    visit = VisitFactory()
    addresses = [f"/trace/{reference}" for reference in ("PAK-2006-1", "GCTS-II-10", "1373-1(b)")]
    browser = sign_in(reader)
    for _each in range(2):
        serve(followed(session, found(session, "1(b)", visit=visit)), strategy(session))
    session.commit()
    few = [statements(browser, one) for one in addresses]
    for _each in range(20):
        serve(followed(session, found(session, "1(b)", visit=visit)), strategy(session))
    session.commit()
    assert [statements(browser, one) for one in addresses] == few
    assert max(few) <= 10


def test_what_lies_beyond_those_drawn_is_no_gap(
    session: Any, reader: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace, "MOST", 2)
    for _number in range(3):
        followed(session, labels=("1(b)",))
    answered, other = found(session, "1(b)"), found(session, "1(b)")
    late = followed(session, answered, labels=("1(b)",))
    session.commit()
    page = sign_in(reader).get("/trace/1373-1(b)").text
    assert late.reference not in page
    assert answered.reference in page
    assert page.count("No follow-up answers it.") == 1, f"only {other.reference} has none"


def test_an_area_leads_down_to_what_was_found_and_what_came_of_it(session: Any, reader: Any, sign_in: SignIn) -> None:
    conclusion, other = found(session, "1(b)"), found(session, "1(c)", area_code="FIN-03")
    serve(followed(session, conclusion, labels=("1(b)",)), strategy(session))
    followed(session, labels=("2(a)",))
    followed(session, conclusion, labels=("1(c)",), area_code="FIN-03")
    followed(session, other, area_code="FIN-03")
    session.commit()
    none = {"It serves no measure.": {}}
    fin02 = {
        "1373 1(b)": {
            "FIN-02": {"PAK-2006-1-C1": {"PAK-F001": {"GCTS-II-10": {"GCTS II": {}}}, "PAK-F003": none}},
        },
        "1373 2(a)": {"FIN-02": {"PAK-F002": none}},
    }
    assert chain(reader, "FIN-02") == chain(reader, "fin-02") == fin02
    whole = chain(reader, "FIN")
    assert list(whole["1373 1(c)"]["FIN-03"]) == ["PAK-2006-2-C1", "PAK-F003"]
    assert whole["1373 1(b)"] == fin02["1373 1(b)"]
    assert chain(reader, "FIN-06") == {}
    browser = sign_in(reader)
    page = browser.get("/trace/FIN-02").text
    assert 'href="/areas/FIN-02">Area' in page and "this record" in page
    assert statements(browser, "/trace/FIN-02") <= 10


def test_an_areas_chain_is_bounded_and_tells_no_gap_that_is_none(
    session: Any, reader: Any, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace, "MOST", 2)
    for _number in range(3):
        followed(session, labels=("1(b)",))
    late = followed(session, found(session, "1(b)"), labels=("1(b)",))
    followed(session, found(session, "1(b)", visit=VisitFactory(state_id="IND")), state_id="IND")
    session.commit()
    page = sign_in(reader).get("/trace/FIN-02").text
    assert "The chain holds more than is shown" in page and 'href="/follow-ups?area=FIN-02"' in page
    assert "PAK-2006-1-C1" in page and late.reference not in page and "IND-" not in page
    assert "No follow-up answers it." not in page


def test_a_paragraph_that_a_follow_up_names_beside_its_conclusion_leads_to_it(session: Any, reader: Any) -> None:
    followed(session, found(session, "1(b)"), labels=("2(a)",))
    session.commit()
    assert chain(reader, "1373-2(a)") == {"1373 2(a)": {"FIN-02": {"PAK-F001": {"It serves no measure.": {}}}}}


def test_a_follow_up_stands_in_the_chain_of_its_own_visit_whatever_it_answers(session: Any, reader: Any) -> None:
    earlier, later = found(session, "1(b)"), found(session, "1(c)", area_code="FIN-03")
    followup = followed(session, earlier, labels=("1(b)",), visit_id=later.visit_id)
    session.commit()
    end = {followup.reference: {"It serves no measure.": {}}}
    assert chain(reader, "PAK-2006-2") == {
        "1373 1(b)": {"FIN-02": end},
        "1373 1(c)": {"FIN-03": {"PAK-2006-2-C1": {"No follow-up answers it.": {}}}},
    }
    assert chain(reader, "PAK-2006-1") == {"1373 1(b)": {"FIN-02": {"PAK-2006-1-C1": end}}}


def test_a_follow_up_stands_in_the_chain_of_its_own_area_whatever_it_answers(session: Any, reader: Any) -> None:
    followed(session, found(session, "1(b)"), labels=("1(b)",), area_code="BOR-01")
    session.commit()
    end = {"PAK-F001": {"It serves no measure.": {}}}
    assert chain(reader, "BOR-01") == chain(reader, "BOR") == {"1373 1(b)": {"BOR-01": end}}
    assert chain(reader, "FIN") == {"1373 1(b)": {"FIN-02": {"PAK-2006-1-C1": end}}}


def listed(report: Any, **asked: str) -> list[str]:
    """What the list of these conclusions or follow-ups holds, as its page would."""
    whole = report.CONCLUSIONS if report is conclusions else report.FOLLOWUPS
    return [row.reference for row in whole.page({name: [one] for name, one in asked.items()}, sa.true()).rows]


def test_a_conclusion_that_a_withdrawn_follow_up_answers_is_a_gap_as_in_its_list(session: Any, reader: Any) -> None:
    followed(session, found(session, "1(b)"), workflow=FollowupStatus.WITHDRAWN)
    session.commit()
    assert listed(conclusions, answered="0") == ["PAK-2006-1-C1"]
    below = {"PAK-F001": {}, "No follow-up in force answers it.": {}}
    for reference in ("PAK-2006-1-C1", "PAK-2006-1", "1373-1(b)", "FIN-02", "PAK-F001"):
        assert chain(reader, reference) == {"1373 1(b)": {"FIN-02": {"PAK-2006-1-C1": below}}}, reference
        assert list(chain(reader, reference)["1373 1(b)"]["FIN-02"]["PAK-2006-1-C1"]) == list(below)


def test_a_withdrawn_conclusion_is_no_gap(session: Any, reader: Any) -> None:
    found(session, "1(b)", workflow=ConclusionStatus.WITHDRAWN)
    session.commit()
    assert gaps.unanswered_shortfalls(policy.reach(reader), {}) == 0
    assert chain(reader, "PAK-2006-1") == {"1373 1(b)": {"FIN-02": {"PAK-2006-1-C1": {}}}}


def test_a_follow_up_of_a_retired_measure_alone_is_a_gap_as_in_its_list(session: Any, reader: Any) -> None:
    plan = PlanFactory(participants=("PAK",), code="CA-2099")
    measure = MeasureFactory(plan=plan, pillar="IV", retired_on=clock.today(), retired_reason="Merged")
    serve(followed(session, labels=("1(b)",)), measure)
    both = followed(session, labels=("1(b)",))
    serve(both, measure)
    serve(both, strategy(session))
    session.commit()
    assert listed(followups, measure="none") == ["PAK-F001"]
    end = {"CA-2099-M01": {"CA-2099 IV": {}}}
    gap = {"It serves no measure in use.": {}}
    assert chain(reader, "PAK-F001") == {"1373 1(b)": {"FIN-02": {"PAK-F001": end | gap}}}
    assert chain(reader, "PAK-F002")["1373 1(b)"]["FIN-02"]["PAK-F002"] == end | {"GCTS-II-10": {"GCTS II": {}}}
    assert chain(reader, "CA-2099-M01")["1373 1(b)"]["FIN-02"] == {"PAK-F001": end | gap, "PAK-F002": end}
    under = chain(reader, "CA-2099")["CA-2099"]["CA-2099 IV"]
    assert under == {"CA-2099-M01": {}, "No measure in use stands under it.": {}}
    assert "CA-2099" in [row.plan for row in session.execute(gaps.GAPS["plans"].listing.base)]


@pytest.mark.parametrize(
    "given",
    [
        {"workflow": FollowupStatus.WITHDRAWN},
        {"workflow": FollowupStatus.SUPERSEDED},
        {"assessed_status": Implementation.IMPLEMENTED},
        {"assessed_status": Implementation.OVERTAKEN},
    ],
)
def test_a_follow_up_that_is_not_open_is_told_no_gap(session: Any, reader: Any, given: dict[str, Any]) -> None:
    followed(session, labels=("1(b)",), **given)
    session.commit()
    assert gaps.without_measure(policy.reach(reader), {}) == 0
    assert chain(reader, "PAK-F001") == {"1373 1(b)": {"FIN-02": {"PAK-F001": {}}}}
