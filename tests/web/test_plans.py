"""Plans on their pages: the Strategy, a regional plan from its making to its phases, the order, two at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.counting import statements
from tests.factories import AccountFactory, MeasureFactory, PlanFactory
from tests.forms_of_pages import form_for
from tests.pages import text_of
from tests.services.test_plans import made
from tracker.extensions import db
from tracker.models import Measure, Organisation, Plan, PlanPart, Role
from tracker.reports import catalogue
from tracker.services import cells, measures, plans

SignIn = Callable[[Any], FlaskClient]


@pytest.fixture
def coordinator(session: Any) -> Any:
    return AccountFactory(role=Role.COORDINATOR)


@pytest.fixture
def browser(coordinator: Any, sign_in: SignIn) -> FlaskClient:
    return sign_in(coordinator)


@pytest.fixture
def plan(coordinator: Any) -> Plan:
    """A plan of four States with three measures."""
    row = made(coordinator)
    for text in ("Watch the passes", "Follow the money", "Train the guards"):
        measures.create(row, measures.Wording(text, "II"), by=coordinator)
    db.session.commit()
    return row


def form(browser: FlaskClient, address: str) -> dict[str, Any]:
    """What the form of a page would send untouched."""
    found = form_for(browser.get(address).text, address)
    assert found is not None
    return dict(found.data())


def test_the_strategy_stands_with_its_47_measures_in_four_pillars(browser: FlaskClient) -> None:
    assert "GCTS" in browser.get("/plans").text
    page = browser.get("/plans/gcts").text
    assert page.count('<tr id="GCTS-') == 47
    assert all(f'id="pillar-{number}"' in page for number in ("I", "II", "III", "IV"))
    assert '<tr id="GCTS-II-10">' in page
    assert page.count("In short words of our own") == 1


def test_the_strategy_tells_of_its_reviews(browser: FlaskClient) -> None:
    page = browser.get("/plans/GCTS").text
    for symbol in ("A/RES/62/272", "A/RES/68/276", "A/RES/75/291", "A/RES/77/298"):
        assert symbol in page
    browser.post("/plans/GCTS/reviews/new", data={"symbol": "A/RES/80/1", "held_on-year": "2025"})
    assert "A/RES/80/1" in browser.get("/plans/GCTS").text
    assert browser.get("/plans/GCTS/phases/new").status_code == 404


def test_an_unknown_plan_is_not_there(browser: FlaskClient) -> None:
    assert browser.get("/plans/XX").status_code == 404


def test_a_plan_costs_a_fixed_number_of_statements(browser: FlaskClient) -> None:
    assert statements(browser, "/plans/GCTS") <= 10


def test_a_plan_is_made_and_its_states_bear_their_names_of_the_day(browser: FlaskClient) -> None:
    given = {
        "code": "EU-1998",
        "title": "A plan of another time",
        "adopted_on": "1998-05-01",
        "participants": ["ITA", "MKD"],
        "observers": ["CHE"],
        "region": "Somewhere between",
    }
    answer = browser.post("/plans/new", data=given)
    assert (answer.status_code, answer.location) == (303, "/plans/EU-1998")
    page = unescape(browser.get("/plans/EU-1998").text)
    assert "former Yugoslav Republic of Macedonia" in page and "North Macedonia" not in page.split('id="timeline"')[0]
    assert "observer: no cells" in page
    listed = unescape(browser.get("/plans").text)
    assert "EU-1998" in listed and "former Yugoslav Republic of Macedonia" in listed


def test_an_organisation_known_by_its_acronym_alone_is_named_once(browser: FlaskClient, coordinator: Any) -> None:
    quorlith = Organisation(acronym="Quorlith", name="Quorlith", kind="")
    db.session.add(quorlith)
    db.session.flush()
    made(coordinator, hosts=[quorlith.id])
    db.session.commit()
    hosts = browser.get("/plans/CX-2011").text.partition("<dt>Host bodies</dt>")[2].partition("</dd>")[0]
    assert text_of(hosts) == "Quorlith"
    for address in ("/plans/CX-2011/edit", "/meetings/new"):
        page = browser.get(address).text
        assert "Quorlith" in page and "Quorlith – Quorlith" not in page
        assert "Quorlith Quorlith" not in text_of(page)


def test_one_click_twice_makes_one_plan(browser: FlaskClient) -> None:
    given = {"code": "ZZ-2020", "title": "Once", "participants": ["PAK"], "request_key": "a" * 32}
    assert [browser.post("/plans/new", data=given).location for _each in range(2)] == ["/plans/ZZ-2020"] * 2
    assert db.session.scalar(sa.select(sa.func.count()).where(Plan.code == "ZZ-2020")) == 1


def test_a_coordinator_chooses_only_states_of_the_grant(session: Any, sign_in: SignIn) -> None:
    browser = sign_in(AccountFactory(role=Role.COORDINATOR, states=["KAZ", "KGZ"]))
    found = form_for(browser.get("/plans/new").text, "/plans/new")
    assert found is not None and sorted(found.controls["participants"].offered) == ["KAZ", "KGZ"]
    assert len(found.controls["observers"].offered) > 100
    answer = browser.post("/plans/new", data={"code": "ZZ-1", "title": "x", "participants": ["KAZ", "TJK"]})
    assert answer.status_code == 422 and "is not one of the choices" in answer.text


def test_a_smaller_grant_reads_the_plan_and_is_refused_its_forms_with_the_rule(plan: Plan, sign_in: SignIn) -> None:
    browser = sign_in(AccountFactory(role=Role.COORDINATOR, states=["KAZ", "KGZ", "TJK"]))
    page = browser.get("/plans/CX-2011")
    assert page.status_code == 200 and "/plans/CX-2011/edit" not in page.text
    for tail in ("edit", "order", "phases/new", "measures/new", "import"):
        for method in ("GET", "POST"):
            answer = browser.open(f"/plans/CX-2011/{tail}", method=method)
            assert answer.status_code == 403, tail
            assert "every Member State that takes part" in answer.text, tail
            assert "is-invalid" not in answer.text
    assert browser.get("/plans/GCTS/edit").status_code == 403


def test_a_plan_is_edited_and_the_cells_follow(browser: FlaskClient, plan: Plan) -> None:
    given = form(browser, "/plans/CX-2011/edit") | {"title": "Joint plan, second text", "participants": ["KAZ", "UZB"]}
    given["observers"] = ["TKM"]
    assert browser.post("/plans/CX-2011/edit", data=given).status_code == 303
    page = browser.get("/plans/CX-2011").text
    assert "Joint plan, second text" in page
    assert [row.state_id for row in plan.states if row.part is PlanPart.PARTICIPANT] == ["KAZ", "UZB"]
    for measure in db.session.scalars(sa.select(Measure).where(Measure.plan_id == plan.id)):
        assert [cell.state_id for cell in measure.cells] == ["KAZ", "UZB"]
    assert "Uzbekistan" in page.split('id="timeline"')[1]


def test_the_measures_of_each_pillar_stand_in_the_same_columns(
    browser: FlaskClient, plan: Plan, coordinator: Any
) -> None:
    measures.create(plan, measures.Wording("Lead it", "IV", lead_body="Joint commission"), by=coordinator)
    db.session.commit()
    page = browser.get("/plans/CX-2011").text
    heads = {
        number: re.findall(r'<th scope="col"[^>]*>(.*?)</th>', page.split(f'id="pillar-{number}"')[1].split("</tr>")[0])
        for number in ("II", "IV")
    }
    assert heads["II"] == heads["IV"] and "Lead body" in heads["II"]
    row = page.split('<tr id="CX-2011-M01">')[1].split("</tr>")[0]
    assert re.search(r'data-label="Lead body">\s*(<span[^>]*>)?none stated', row)


def test_a_pillar_without_measures_is_named(browser: FlaskClient, plan: Plan) -> None:
    page = browser.get("/plans/CX-2011").text
    assert re.findall(r'<section class="card" id="pillar-(\w+)"', page) == ["I", "II", "III", "IV"]
    assert page.count("No measure yet.") == 3
    assert "No measure yet." not in browser.get("/plans/GCTS").text


def test_two_who_edit_a_plan_at_once_see_both_texts(browser: FlaskClient, plan: Plan, coordinator: Any) -> None:
    given = form(browser, "/plans/CX-2011/edit") | {"title": "Mine"}
    details = plans.Details("Theirs", adopted_on=plan.adopted_on)
    plans.edit(plan, details, by=coordinator)
    db.session.commit()
    answer = browser.post("/plans/CX-2011/edit", data=given)
    assert answer.status_code == 409 and "Theirs" in answer.text and "Mine" in answer.text
    again = form_for(answer.text, "/plans/CX-2011/edit")
    assert again is not None and browser.post("/plans/CX-2011/edit", data=again.data()).status_code == 303
    assert "Mine" in browser.get("/plans/CX-2011").text


def test_a_field_that_was_left_alone_takes_what_another_saved(
    browser: FlaskClient, plan: Plan, coordinator: Any
) -> None:
    given = form(browser, "/plans/CX-2011/edit") | {"title": "Mine"}
    theirs = plans.Parties(plan.participants, ["AFG", "UZB"])
    plans.edit(plan, plans.Details(plan.title, region="Theirs"), theirs, by=coordinator)
    db.session.commit()
    answer = browser.post("/plans/CX-2011/edit", data=given)
    panel = answer.text.split('<form class="form"')[0]
    assert answer.status_code == 409 and "Mine" in panel
    assert not any(label in panel for label in ("Observers", "Region", "Adopted on"))
    again = form_for(answer.text, "/plans/CX-2011/edit")
    assert again is not None and browser.post("/plans/CX-2011/edit", data=again.data()).status_code == 303
    kept = [row.state_id for row in plan.states if row.part is PlanPart.OBSERVER]
    assert (plan.title, plan.region, sorted(kept)) == ("Mine", "Theirs", ["AFG", "UZB"])


def test_phases_are_added_edited_and_removed(browser: FlaskClient, plan: Plan) -> None:
    browser.post("/plans/CX-2011/phases/new", data={"title": "Phase II", "start-month": "9", "start-year": "2013"})
    browser.post("/plans/CX-2011/phases/new", data={"title": "Phase I", "start-year": "2010", "end-year": "2011"})
    page = browser.get("/plans/CX-2011").text
    assert page.index("Phase I</bdi>") < page.index("Phase II</bdi>")
    address = f"/plans/CX-2011/phases/{plan.phases[0].id}"
    answer = browser.post(address, data=form(browser, address) | {"end-year": "2009"})
    assert answer.status_code == 422 and "ends before it starts" in answer.text
    assert browser.post(address, data=form(browser, address) | {"note": "Drafting"}).status_code == 303
    assert "Drafting" in browser.get("/plans/CX-2011").text
    assert browser.post(f"{address}/remove", data=form(browser, f"{address}/remove")).status_code == 303
    assert browser.get(address).status_code == 404
    assert browser.get(f"/plans/GCTS/phases/{plan.phases[0].id}").status_code == 404


def test_a_phase_page_that_is_out_of_date_is_told(browser: FlaskClient, plan: Plan, coordinator: Any) -> None:
    row = plans.add_phase(plan, plans.Phase("Phase I"), by=coordinator)
    db.session.commit()
    address = f"/plans/CX-2011/phases/{row.id}"
    given = form(browser, address) | {"title": "Mine"}
    plans.edit_phase(row, plans.Phase("Theirs"), by=coordinator)
    db.session.commit()
    answer = browser.post(address, data=given)
    assert answer.status_code == 409 and "Theirs" in answer.text and "Mine" in answer.text


def test_the_measures_are_put_in_another_order(browser: FlaskClient, plan: Plan, coordinator: Any) -> None:
    given = form(browser, "/plans/CX-2011/order")
    last = plan.measures[2]
    stale = dict(given)
    given[f"place-{last.id}"] = "1"
    assert browser.post("/plans/CX-2011/order", data=given).status_code == 303
    page = browser.get("/plans/CX-2011").text
    assert page.index('id="CX-2011-M03"') < page.index('id="CX-2011-M01"') < page.index('id="CX-2011-M02"')
    assert browser.post("/plans/CX-2011/order", data=stale).status_code == 409
    wrong = browser.post("/plans/CX-2011/order", data=form(browser, "/plans/CX-2011/order") | {f"place-{last.id}": "x"})
    assert wrong.status_code == 422 and "must be a whole number" in wrong.text


def in_order(plan: Plan) -> list[str]:
    """The measures as they stand, by the last digit of their references."""
    db.session.expire_all()
    return [row.reference[-1] for row in sorted(plan.measures, key=lambda one: one.position)]


def test_a_measure_is_moved_a_step_and_the_button_stays_under_the_finger(browser: FlaskClient, plan: Plan) -> None:
    address, (first, _second, third) = "/plans/CX-2011/order", (row.id for row in plan.measures)
    page = browser.get(address).text
    assert re.search(rf'id="up-{third}" aria-label="Up: CX-2011-M03 Train the guards">', page)
    assert re.search(rf'id="up-{first}"[^>]* disabled', page) and re.search(rf'id="down-{third}"[^>]* disabled', page)
    answer = browser.post(address, data=form(browser, address) | {"move": f"up-{third}"})
    assert (answer.status_code, answer.location) == (303, f"{address}#up-{third}")
    assert in_order(plan) == ["1", "3", "2"]
    assert "CX-2011-M03 is at place 2 of pillar II." in browser.get(address).text
    said = text_of(told_of(browser, "reordered the measures"))
    assert said == "CX-2011-M03 moved from place 3 to place 2", "the other gave way"
    page = browser.get(address).text
    assert re.search(rf'id="up-{third}"[^>]*>', page)
    answer = browser.post(address, data=form(browser, address) | {"move": f"up-{third}"})
    assert answer.location == f"{address}#down-{third}", "at the top it goes down only"
    browser.post(address, data=form(browser, address) | {"move": f"down-{first}"})
    assert in_order(plan) == ["3", "2", "1"]


def test_the_states_stand_by_subregion_and_those_with_a_tick_are_open(browser: FlaskClient, plan: Plan) -> None:
    page = browser.get("/plans/CX-2011/edit").text
    groups = page.partition('id="participants-groups"')[2].partition("</fieldset>")[0].split("<details")[1:]
    named = {text_of("<details" + group.partition("</summary>")[0]): group for group in groups}
    assert "Central Asia 4 of 5 ticked" in named and "Southern Asia 0 of 9 ticked" in named
    assert " open" in named["Central Asia 4 of 5 ticked"].partition(">")[0]
    assert " open" not in named["Southern Asia 0 of 9 ticked"].partition(">")[0]
    assert len(re.findall(r'name="participants"', page)) == len(catalogue.states())
    assert re.search(r'<script src="[^"]*/choices.js" defer></script>', page)


def told_of(browser: FlaskClient, words: str) -> str:
    """The newest entry of the plan's timeline, which says these words."""
    entry = browser.get("/plans/CX-2011").text.partition('<ol class="timeline">')[2].partition("</p>")
    assert words in entry[0]
    return entry[2].partition("<li><p")[0]


def test_the_timeline_names_the_measures_that_were_moved(browser: FlaskClient, plan: Plan, coordinator: Any) -> None:
    third = plan.measures[2].id
    address = "/plans/CX-2011/order"
    browser.post(address, data=form(browser, address) | {f"place-{third}": "1"})
    said = told_of(browser, "reordered the measures")
    assert text_of(said) == "CX-2011-M03 moved from place 3 to place 1"
    assert 'href="/measures/CX-2011-M03"' in said
    for text in "abcdef":
        measures.create(plan, measures.Wording(text, "III"), by=coordinator)
    own = sorted((row for row in plan.measures if row.pillar == "III"), key=lambda one: one.position)
    plans.reorder(plan, {row.id: 7 - place for place, row in enumerate(own, start=1)}, by=coordinator)
    db.session.commit()
    said = told_of(browser, "reordered the measures")
    assert said.count("moved from place") == 5 and "and 1 more" in said


def test_a_step_is_taken_from_the_places_that_were_typed(browser: FlaskClient, plan: Plan) -> None:
    address, (first, second, third) = "/plans/CX-2011/order", (row.id for row in plan.measures)
    given = form(browser, address) | {f"place-{first}": "3", "move": f"up-{third}"}
    assert browser.post(address, data=given).status_code == 303
    assert in_order(plan) == ["3", "2", "1"]
    given = form(browser, address) | {f"place-{first}": "2", "move": f"down-{first}"}
    browser.post(address, data=given)
    assert in_order(plan) == ["3", "2", "1"], "there and back"
    given = form(browser, address) | {f"place-{third}": "2", "move": f"up-{first}"}
    browser.post(address, data=given)
    assert in_order(plan) == ["2", "1", "3"], "past the one whose place was typed"
    assert second


def test_a_step_on_a_page_that_is_out_of_date_moves_nothing(browser: FlaskClient, plan: Plan, coordinator: Any) -> None:
    address, (first, second, third) = "/plans/CX-2011/order", (row.id for row in plan.measures)
    given = form(browser, address) | {"move": f"up-{second}"}
    plans.reorder(plan, {third: 1}, by=coordinator)
    db.session.commit()
    answer = browser.post(address, data=given)
    assert answer.status_code == 409 and in_order(plan) == ["3", "1", "2"]
    said = re.findall(r"CX-2011-M0(\d)", answer.text.split('<form class="form"')[0].split("<tbody")[1])
    assert said == ["3", "3", "1", "2", "2", "1"], "each place as it stands, and with the step"
    again = form_for(answer.text, address)
    assert again is not None and again.controls[f"place-{first}"].values == ["3"]
    assert browser.post(address, data=again.data()).status_code == 303
    assert in_order(plan) == ["3", "2", "1"]


@pytest.mark.parametrize("move", ["up-999999999", "up-", "sideways-1", "up-" + "9" * 30, "up-٣"])
def test_a_step_of_nothing_is_refused_and_changes_nothing(browser: FlaskClient, plan: Plan, move: str) -> None:
    address = "/plans/CX-2011/order"
    first = plan.measures[0].id
    answer = browser.post(address, data=form(browser, address) | {f"place-{first}": "3", "move": move})
    assert answer.status_code == 404
    said = "CX-2011 has no such measure" if move == "up-999999999" else "A measure is moved one step up or down"
    assert said in answer.text and "Nothing was changed" in answer.text
    assert in_order(plan) == ["1", "2", "3"]


def test_a_step_of_another_plans_measure_is_refused(browser: FlaskClient, plan: Plan) -> None:
    other = MeasureFactory(plan=PlanFactory(code="JP-1"))
    db.session.commit()
    address = "/plans/CX-2011/order"
    assert browser.post(address, data=form(browser, address) | {"move": f"up-{other.id}"}).status_code == 404


def test_the_enter_key_in_a_box_moves_nothing_a_step(browser: FlaskClient, plan: Plan) -> None:
    page = browser.get("/plans/CX-2011/order").text.partition('<form class="form"')[2]
    assert 'name="move"' not in page.partition('type="submit"')[2].partition(">")[0]


def test_two_who_order_the_measures_see_both_orders_and_undo_nothing(
    browser: FlaskClient, plan: Plan, coordinator: Any
) -> None:
    first, second, third = (row.id for row in plan.measures)
    given = form(browser, "/plans/CX-2011/order") | {f"place-{second}": "1"}
    plans.reorder(plan, {third: 1}, by=coordinator)
    db.session.commit()
    answer = browser.post("/plans/CX-2011/order", data=given)
    panel = answer.text.split('<form class="form"')[0]
    assert answer.status_code == 409 and "Nothing that" not in panel
    said = re.findall(r"CX-2011-M0\d", panel.split("<tbody")[1])
    assert said == ["CX-2011-M03", "CX-2011-M02", "CX-2011-M01", "CX-2011-M03", "CX-2011-M02", "CX-2011-M01"]
    again = form_for(answer.text, "/plans/CX-2011/order")
    assert again is not None
    shown = [again.controls[f"place-{key}"].values for key in (second, third, first)]
    assert shown == [["1"], ["2"], ["3"]], "the places of the second column"
    assert browser.post("/plans/CX-2011/order", data=again.data()).status_code == 303
    places = {row.id: row.position for row in plan.measures}
    assert sorted(places, key=lambda key: places[key]) == [second, third, first]


def test_retired_measures_are_folded_and_counted_nowhere(browser: FlaskClient, plan: Plan, coordinator: Any) -> None:
    measures.retire(plan.measures[0], "Merged with the second", by=coordinator)
    db.session.commit()
    page = browser.get("/plans/CX-2011").text
    assert "Retired (1)" in page and "Merged with the second" in page and '<tr id="CX-2011-M01"' not in page
    assert '<td data-label="Measures" class="numeric">2</td>' in browser.get("/plans").text


def test_a_code_typed_in_small_letters_is_taken_in_capitals(browser: FlaskClient) -> None:
    answer = browser.post("/plans/new", data={"code": "zz-2021", "title": "Small letters", "participants": ["PAK"]})
    assert answer.status_code == 303 and answer.location == "/plans/ZZ-2021"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"code": "ca 2011"}, "capital letters"),
        ({"code": "GCTS"}, "this code already"),
        ({"participants": []}, "at least one"),
        ({"adopted_on": "2199-01-01"}, "lies in the future"),
        ({"adopted_on": "soon"}, "must be a real day"),
        ({"observers": ["PAK"]}, "either takes part or observes"),
        ({"title": "a\u202eb"}, "direction mark"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    browser: FlaskClient, given: dict[str, Any], said: str
) -> None:
    typed = {"code": "ZZ-2020", "title": "Kept", "participants": ["PAK"], "region": "Typed & kept"} | given
    answer = browser.post("/plans/new", data=typed)
    assert answer.status_code == 422
    assert said in unescape(answer.text) and "is-invalid" in answer.text and "Typed &amp; kept" in answer.text


def test_everything_wrong_with_a_plan_is_said_at_once(browser: FlaskClient) -> None:
    wrong = {"code": "ca 2011", "title": "", "adopted_on": "2199-01-01", "participants": ["PAK"], "observers": ["PAK"]}
    answer = browser.post("/plans/new", data=wrong | {"region": "Kept"})
    page = unescape(answer.text)
    assert answer.status_code == 422 and 'value="Kept"' in page
    for said in ("capital letters", "Enter the title", "lies in the future", "either takes part or observes"):
        assert said in page
    assert page.index("capital letters") < page.index("Enter the title"), "in the order of the page"
    answer = browser.post("/plans/new", data=wrong | {"title": "Given"})
    for said in ("capital letters", "lies in the future", "either takes part or observes"):
        assert said in answer.text


def test_all_states_that_cannot_leave_a_plan_are_named_at_once(
    browser: FlaskClient, plan: Plan, coordinator: Any
) -> None:
    for one in plan.measures[0].cells[:2]:
        cells.edit(one, cells.Word(note="A workshop was held"), by=coordinator)
    db.session.commit()
    kept = [one.state_id for one in plan.measures[0].cells]
    page = browser.post("/plans/CX-2011/edit", data=form(browser, "/plans/CX-2011/edit") | {"participants": kept[2:]})
    assert page.status_code == 422
    for state in kept[:2]:
        assert f"{catalogue.states()[state].name} cannot leave: CX-2011-M01" in unescape(page.text)


def test_a_phase_is_told_all_that_is_wrong_with_it(browser: FlaskClient, plan: Plan) -> None:
    given = {"title": "", "start-year": "2012", "end-year": "2011", "note": "Kept"}
    page = browser.post("/plans/CX-2011/phases/new", data=given).text
    assert "Enter the title of the phase" in page and "ends before it starts" in page and "Kept" in page


ALREADY = "This was done already, with the first click"


def test_a_doubled_click_on_removing_a_phase_is_told_that_it_is_done(
    browser: FlaskClient, plan: Plan, coordinator: Any
) -> None:
    row = plans.add_phase(plan, plans.Phase("Phase I"), by=coordinator)
    db.session.commit()
    address = f"/plans/CX-2011/phases/{row.id}/remove"
    given = form(browser, address)
    answers = [browser.post(address, data=given) for _click in range(2)]
    assert {(one.status_code, one.location) for one in answers} == {(303, "/plans/CX-2011#phases")}
    assert ALREADY in browser.get("/plans/CX-2011").text
    assert browser.post(address, data={"request_key": "f" * 36}).status_code == 404


def test_a_phase_changed_meanwhile_is_not_removed_unread(browser: FlaskClient, plan: Plan, coordinator: Any) -> None:
    row = plans.add_phase(plan, plans.Phase("Phase I"), by=coordinator)
    db.session.commit()
    address = f"/plans/CX-2011/phases/{row.id}/remove"
    given = form(browser, address)
    plans.edit_phase(row, plans.Phase("Phase One"), by=coordinator)
    db.session.commit()
    answer = browser.post(address, data=given)
    assert answer.status_code == 409 and "Phase One" in answer.text and "Nothing was removed" in answer.text
    again = form_for(answer.text, address)
    assert again is not None and browser.post(address, data=again.data()).status_code == 303


@pytest.mark.parametrize("page", ["edit", "order"])
def test_a_doubled_click_on_saving_a_plan_is_no_conflict(browser: FlaskClient, plan: Plan, page: str) -> None:
    address = f"/plans/CX-2011/{page}"
    changed = {"title": "Renamed"} if page == "edit" else {f"place-{plan.measures[2].id}": "1"}
    given = form(browser, address) | changed
    answers = [browser.post(address, data=given) for _click in range(2)]
    assert [one.status_code for one in answers] == [303, 303]
    assert ALREADY in browser.get("/plans/CX-2011").text


def test_who_went_back_and_typed_something_else_is_shown_both_texts(browser: FlaskClient, plan: Plan) -> None:
    given = form(browser, "/plans/CX-2011/edit")
    assert browser.post("/plans/CX-2011/edit", data=given | {"title": "First"}).status_code == 303
    answer = browser.post("/plans/CX-2011/edit", data=given | {"title": "Second"})
    assert answer.status_code == 409 and "First" in answer.text and "Second" in answer.text


def test_an_order_saved_as_it_was_says_so(browser: FlaskClient, plan: Plan) -> None:
    browser.post("/plans/CX-2011/order", data=form(browser, "/plans/CX-2011/order"))
    assert "Nothing was changed." in browser.get("/plans/CX-2011").text


def test_a_plan_saved_as_it_was_says_so(browser: FlaskClient, plan: Plan) -> None:
    browser.post("/plans/CX-2011/edit", data=form(browser, "/plans/CX-2011/edit"))
    assert "Nothing was changed." in browser.get("/plans/CX-2011").text


def test_a_phase_of_a_title_that_is_there_and_a_state_in_two_parts_are_refused(
    browser: FlaskClient, plan: Plan
) -> None:
    address = "/plans/CX-2011/phases/new"
    assert browser.post(address, data={"title": "Phase I"}).status_code == 303
    twice = browser.post(address, data={"title": "phase  i"})
    assert twice.status_code == 422 and "a phase of this title already" in twice.text
    own = f"/plans/CX-2011/phases/{plan.phases[0].id}"
    assert browser.post(own, data=form(browser, own) | {"note": "Drafting"}).status_code == 303
    given = form(browser, "/plans/CX-2011/edit") | {"participants": ["KAZ", "KGZ"], "observers": ["KGZ"]}
    assert "Kyrgyzstan: a Member State either takes part" in browser.post("/plans/CX-2011/edit", data=given).text


def test_the_states_that_take_part_lead_to_their_pages_where_in_scope(
    browser: FlaskClient, plan: Plan, sign_in: SignIn
) -> None:
    page = browser.get(f"/plans/{plan.code}").text
    first, second = plan.participants[:2]
    assert f'href="/states/{first}"' in page and f'href="/states/{second}"' in page
    narrow = sign_in(AccountFactory(role=Role.ANALYST, states=[first])).get(f"/plans/{plan.code}").text
    assert f'href="/states/{first}"' in narrow and f'href="/states/{second}"' not in narrow
    administrator = sign_in(AccountFactory(role=Role.ADMINISTRATOR)).get(f"/plans/{plan.code}").text
    assert 'href="/states/' not in administrator
