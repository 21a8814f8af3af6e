"""The stages of a visit: how it moves, and what a stage is called."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient

from tests.factories import AccountFactory, VisitFactory
from tests.pages import text_of
from tracker import clock
from tracker.extensions import db
from tracker.models import Role, Visit, VisitStage
from tracker.partial_date import PartialDate
from tracker.services import visit_parts as parts
from tracker.services import visits as service

SignIn = Callable[[Any], FlaskClient]


def test_a_move_keeps_the_day_it_happened(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    browser = sign_in(analyst)
    page = browser.get("/visits/PAK-2006-1/stage").text
    for part in ("day", "month", "year"):
        assert re.search(rf'name="happened-{part}"\s+value=""', page), "long ago: nobody knows that it was today"
    assert "Begin the visit" in page and "Correct the stage back to" in page
    typed = {"stage": "under_way", "happened-day": "13", "happened-month": "11", "happened-year": "2006"}
    answer = browser.post("/visits/PAK-2006-1/stage", data={"version": str(visit.version), **typed})
    assert answer.status_code == 303
    assert visit.stage is VisitStage.UNDER_WAY
    assert visit.moves[-1].happened == PartialDate(2006, 11, 13)
    assert "13 November 2006" in browser.get("/visits/PAK-2006-1").text


def test_today_is_offered_for_a_visit_of_these_days(analyst: Any, sign_in: SignIn) -> None:
    today = clock.today()
    VisitFactory(year=today.year, start=PartialDate.of(today), end=None)
    page = sign_in(analyst).get(f"/visits/PAK-{today.year}-1/stage").text
    for part, text in (("day", today.day), ("month", today.month), ("year", today.year)):
        assert re.search(rf'name="happened-{part}"\s+value="{text}"', page), part


def test_today_is_offered_for_a_visit_without_dates(analyst: Any, sign_in: SignIn) -> None:
    VisitFactory(start=None, end=None, stage=VisitStage.PREPARING)
    page = sign_in(analyst).get("/visits/PAK-2006-1/stage").text
    assert re.search(rf'name="happened-year"\s+value="{clock.today().year}"', page)


def test_a_move_on_a_day_before_the_visits_start_is_allowed_and_said(
    analyst: Any, visit: Visit, sign_in: SignIn
) -> None:
    browser = sign_in(analyst)
    typed = {"version": str(visit.version), "stage": "provisional_issued", "happened-day": "1 November 2006"}
    assert browser.post("/visits/PAK-2006-1/stage", data=typed).status_code == 303
    assert "before the start of the visit" in browser.get("/visits/PAK-2006-1").text


def test_postponing_owes_a_reason(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    browser = sign_in(analyst)
    answer = browser.post("/visits/PAK-2006-1/stage", data={"version": str(visit.version), "stage": "postponed"})
    assert answer.status_code == 422 and "Give a reason" in answer.text
    assert visit.stage is VisitStage.PREPARING


def test_a_doubled_click_moves_once(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    browser = sign_in(analyst)
    typed = {"version": str(visit.version), "stage": "under_way", "request_key": "1" * 32}
    assert [browser.post("/visits/PAK-2006-1/stage", data=typed).status_code for _time in range(2)] == [303, 303]
    assert len(visit.moves) == 2


def test_a_visit_moved_meanwhile_says_so(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    browser = sign_in(analyst)
    version = str(visit.version)
    browser.post("/visits/PAK-2006-1/stage", data={"version": version, "stage": "under_way"})
    typed = {"version": version, "stage": "under_way", "reason": "Typed by the second"}
    answer = browser.post("/visits/PAK-2006-1/stage", data=typed)
    assert answer.status_code == 409
    assert "Under way" in answer.text and "Typed by the second" in answer.text


def test_a_clock_that_never_ran_is_said_on_the_page_and_in_my_work(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    browser = sign_in(analyst)
    typed = {"version": str(visit.version), "stage": "with_state", "happened-month": "3", "happened-year": "2020"}
    refused = browser.post("/visits/PAK-2006-1/stage", data=typed)
    assert refused.status_code == 422 and "Enter the full day" in refused.text
    browser.post("/visits/PAK-2006-1/stage", data=typed | {"no_clock": "y"})
    assert "no clock: day not known" in browser.get("/visits/PAK-2006-1").text
    assert "no clock runs" in browser.get("/my-work/visits").text


# What a stage is called


def test_from_october_2018_on_they_are_preliminary_observations(session: Any, sign_in: SignIn) -> None:
    analyst = AccountFactory(role=Role.ANALYST)
    made = service.create("TUR", by=analyst, components=[parts.Component(start=PartialDate(2019, 2))])
    page = sign_in(analyst).get(f"/visits/{made.reference}").text
    assert "Preliminary observations issued" in page and "Provisional conclusions" not in page


def test_observations_bear_their_name_everywhere(analyst: Any, sign_in: SignIn) -> None:
    made = service.create("PAK", by=analyst, components=[parts.Component(start=PartialDate(2019, 3))])
    service.move_stage(made, VisitStage.PROVISIONAL_ISSUED, by=analyst, happened=PartialDate(2019, 3))
    db.session.commit()
    browser = sign_in(analyst)
    for address in ("/visits/PAK-2019-1", "/states/PAK"):
        page = text_of(browser.get(address).text)
        assert "Preliminary observations issued" in page and "Provisional" not in page, address
    rows = browser.get("/visits").text.partition("<tbody")[2]
    assert "Preliminary observations issued" in rows and "Provisional" not in rows


def test_a_filter_and_the_log_call_the_stage_by_words_that_are_true_before_and_since_2018(
    visit: Visit, analyst: Any, session: Any, sign_in: SignIn
) -> None:
    since = service.create("IND", by=analyst, components=[parts.Component(start=PartialDate(2019, 3, 4))])
    for one in (visit, since):
        service.move_stage(one, VisitStage.PROVISIONAL_ISSUED, by=analyst, happened=PartialDate(2020))
    session.commit()
    browser = sign_in(analyst)
    page = browser.get("/visits?stage=provisional_issued").text
    assert "Stage: Conclusions or observations issued" in page
    assert '<option value="provisional_issued" selected>Conclusions or observations issued</option>' in page
    rows = page[page.index("<tbody>") :]
    assert "Provisional conclusions issued" in rows and "Preliminary observations issued" in rows
    log = sign_in(AccountFactory(role=Role.AUDITOR)).get("/audit?object=IND-2019-1").text
    assert "“Conclusions or observations issued”" in log and "Provisional" not in log
