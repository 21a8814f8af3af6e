"""Two at once, on real databases with real commits: one wins, the others are told, nothing is lost (R20-R22)."""

from __future__ import annotations

import csv
import io
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from html import unescape
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests import world
from tests.client import COOKIE, _without_application, begin_session
from tests.factories import PASSWORD, ConclusionFactory, FollowupFactory, VisitFactory
from tests.submissions import page_form
from tracker import history
from tracker.extensions import db
from tracker.models import (
    Account,
    Conclusion,
    Event,
    Followup,
    Measure,
    MeetingOrganisation,
    Organisation,
    Seal,
    Submission,
    Visit,
)
from tracker.reports import audit

Act = Callable[[], Any]


@pytest.fixture
def told(own_app: Flask) -> world.World:
    """One of everything, committed."""
    with own_app.app_context():
        people = world.cast()
        made = world.build(people)
        ids = {role: people[role].id for role in (*world.ROLES, "analyst2")}
        second = world.cast()
        ids |= {"reviewer2": second.reviewer.id}
        db.session.commit()
        db.session.remove()
    return world.World(made.state, made.mark, made.names | ids)


@pytest.fixture
def browser(own_app: Flask, told: world.World) -> Callable[[str], FlaskClient]:
    """``browser("reviewer")`` is a browser of its own, signed in as that person."""

    def signed_in(role: str) -> FlaskClient:
        with own_app.app_context():
            value = begin_session(db.session.get_one(Account, told.names[role]))
            db.session.remove()
        found = own_app.test_client()
        found.set_cookie(COOKIE, value)
        return found

    return signed_in


@pytest.fixture(autouse=True)
def nothing_is_broken(own_app: Flask) -> Iterator[None]:
    """Whatever was tried, the chain did not fork and every seal stands."""
    yield
    with own_app.app_context():
        assert audit.verify().problem is None
        chain = db.session.execute(sa.select(Event.seq, Event.prev, Event.hash).order_by(Event.seq)).all()
        assert [row.seq for row in chain] == list(range(1, len(chain) + 1))
        assert all(later.prev == earlier.hash for earlier, later in pairwise(chain))
        db.session.remove()


def at_once(*acts: Act) -> list[Any]:
    """The answers of the acts, each in a thread of its own, started together."""
    start, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number: int, act: Act) -> None:
        start.wait(timeout=30)
        try:
            answers[number] = act()
        except BaseException as error:  # a fault of the program is the answer
            answers[number] = error

    threads = [
        threading.Thread(target=_without_application().run, args=(run, number, act)) for number, act in enumerate(acts)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads), "two at once wait for each other"
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return answers


def statuses(answers: list[Any]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def count(app: Flask, model: Any, *where: Any) -> int:
    with app.app_context():
        found = int(db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0)
        db.session.remove()
    return found


CREATES = {
    "follow-up": ("/follow-ups/new?state=PAK", {"title": "Sent six times"}, Followup, Followup.title),
    "visit": ("/visits/new", {"state": "PAK", "start-year": "2011", "summary": "Sent six times"}, Visit, Visit.summary),
    "conclusion": (
        "/visits/{visit}/conclusions/new",
        {"kind": "concern", "area_code": "FIN-02", "text": "Sent six times"},
        Conclusion,
        Conclusion.text,
    ),
}


@pytest.mark.parametrize("noun", CREATES)
def test_six_identical_submissions_make_one_record_and_all_land_on_it(
    noun: str, own_app: Flask, told: world.World, browser: Callable[[str], FlaskClient]
) -> None:
    pattern, typed, model, column = CREATES[noun]
    address = told.address(pattern)
    first = browser("analyst")
    data = page_form(first, address).data() | typed
    assert data["request_key"]
    answers = at_once(*[partial(browser("analyst").post, address, data=data) for _time in range(6)])
    assert statuses(answers) == {303: 6}
    assert len({answer.location for answer in answers}) == 1
    assert count(own_app, model, column == "Sent six times") == 1
    assert first.get(answers[0].location).status_code == 200


@pytest.mark.parametrize("noun", CREATES)
def test_numbers_are_never_given_twice(
    noun: str, own_app: Flask, told: world.World, browser: Callable[[str], FlaskClient]
) -> None:
    pattern, typed, model, _column = CREATES[noun]
    address = told.address(pattern)
    before = count(own_app, model)
    people = [browser(("analyst", "analyst2")[number % 2]) for number in range(8)]
    forms = [page_form(one, address).data() | typed for one in people]
    answers = at_once(*[partial(one.post, address, data=data) for one, data in zip(people, forms, strict=True)])
    assert statuses(answers) == {303: 8}
    assert len({answer.location for answer in answers}) == 8
    assert count(own_app, model) == before + 8


def sign(one: FlaskClient, told: world.World) -> Any:
    return one.post(
        f"/review/followup/{told.names['submitted']}/sign",
        data={"content_version": told.names["submitted_version"], "factor": PASSWORD, "note": "Agreed"},
    )


def send_back(one: FlaskClient, told: world.World) -> Any:
    return one.post(f"/review/followup/{told.names['submitted']}/return", data={"reason": "Say who answers for it"})


def decided(app: Flask, told: world.World) -> list[Any]:
    with app.app_context():
        rows = db.session.scalars(
            sa.select(Submission.decision).where(Submission.reference == told.names["submitted"])
        ).all()
        db.session.remove()
    return list(rows)


def test_of_two_who_sign_one_does_and_the_other_is_told_who(
    own_app: Flask, told: world.World, browser: Callable[[str], FlaskClient]
) -> None:
    one, other = browser("reviewer"), browser("reviewer2")
    answers = at_once(lambda: sign(one, told), lambda: sign(other, told))
    assert statuses(answers) == {303: 1, 409: 1}
    loser = next(answer for answer in answers if answer.status_code == 409)
    winner = ("reviewer", "reviewer2")[[answer.status_code for answer in answers].index(303)]
    with own_app.app_context():
        name = db.session.get_one(Account, told.names[winner]).name
        db.session.remove()
    assert f"{name} has signed it off already." in unescape(loser.text)
    assert "Agreed" in loser.text
    assert count(own_app, Seal, Seal.reference == told.names["submitted"]) == 1
    assert [str(one) for one in decided(own_app, told)] == ["signed"]


def test_a_double_click_on_sign_signs_once(
    own_app: Flask, told: world.World, browser: Callable[[str], FlaskClient]
) -> None:
    one, again = browser("reviewer"), browser("reviewer")
    answers = at_once(lambda: sign(one, told), lambda: sign(again, told))
    assert statuses(answers) == {303: 1, 409: 1}
    assert count(own_app, Seal, Seal.reference == told.names["submitted"]) == 1


def test_of_signing_and_returning_one_happens(
    own_app: Flask, told: world.World, browser: Callable[[str], FlaskClient]
) -> None:
    one, other = browser("reviewer"), browser("reviewer2")
    answers = at_once(lambda: sign(one, told), lambda: send_back(other, told))
    assert statuses(answers) == {303: 1, 409: 1}
    loser = unescape(next(answer.text for answer in answers if answer.status_code == 409))
    assert "has signed it off already." in loser or "has returned it already." in loser
    assert len(decided(own_app, told)) == 1
    seals = count(own_app, Seal, Seal.reference == told.names["submitted"])
    assert seals == [str(one) for one in decided(own_app, told)].count("signed")


def test_of_recalling_and_signing_one_happens(
    own_app: Flask, told: world.World, browser: Callable[[str], FlaskClient]
) -> None:
    one, other = browser("reviewer"), browser("analyst")
    recall = f"/review/followup/{told.names['submitted']}/recall"
    answers = at_once(lambda: sign(one, told), lambda: other.post(recall))
    assert sum(answer.status_code == 303 for answer in answers) == 1, statuses(answers)
    assert all(answer.status_code in (303, 403, 409) for answer in answers)
    assert len(decided(own_app, told)) == 1


def test_a_double_click_on_submit_submits_once(
    own_app: Flask, told: world.World, browser: Callable[[str], FlaskClient]
) -> None:
    address = f"/review/followup/{told.names['followup']}/submit"
    people = [browser("analyst") for _time in range(2)]
    answers = at_once(*[partial(one.post, address, data={"note": "Ready"}) for one in people])
    assert statuses(answers)[303] == 1 and all(answer.status_code in (303, 403, 409) for answer in answers)
    assert count(own_app, Submission, Submission.reference == told.names["followup"]) == 1


def test_of_editing_and_submitting_both_or_one_but_the_text_signed_is_the_text_there(
    own_app: Flask, told: world.World, browser: Callable[[str], FlaskClient]
) -> None:
    one, other = browser("analyst"), browser("analyst2")
    edit = told.address("/follow-ups/{followup}/edit")
    data = page_form(one, edit).data() | {"title": "Edited at the last moment"}
    answers = at_once(
        lambda: one.post(edit, data=data),
        lambda: other.post(told.address("/review/followup/{followup}/submit"), data={}),
    )
    assert all(answer.status_code in (303, 403, 409) for answer in answers), statuses(answers)
    assert any(answer.status_code == 303 for answer in answers)
    with own_app.app_context():
        followup = db.session.scalars(sa.select(Followup).where(Followup.reference == told.names["followup"])).one()
        pending = db.session.scalar(
            sa.select(Submission).where(Submission.reference == followup.reference, Submission.decision.is_(None))
        )
        assert (followup.workflow == "submitted") == (pending is not None)
        if pending is not None:
            assert pending.content_version == followup.content_version
        db.session.remove()


EDITS = {
    "/follow-ups/{followup}/edit": "title",
    "/follow-ups/{followup}/track": "next_step",
    "/follow-ups/{followup}/carry-over/{carry_over}": "note",
    "/conclusions/{conclusion}/edit": "text",
    "/visits/{visit}/edit": "summary",
    "/visits/{visit}/counterparts/{counterpart}": "subject",
    "/visits/{visit}/matrix/FIN-02": "explanation",
}


@pytest.mark.parametrize("pattern", EDITS)
def test_a_stale_edit_is_refused_with_both_texts(
    pattern: str, told: world.World, browser: Callable[[str], FlaskClient]
) -> None:
    field = EDITS[pattern]
    one, other, address = browser("analyst"), browser("analyst2"), told.address(pattern)
    first, second = page_form(one, address).data(), page_form(other, address).data()
    assert one.post(address, data=first | {field: "Theirs, first"}).status_code == 303
    answer = other.post(address, data=second | {field: "Mine, second"})
    assert answer.status_code == 409
    assert "Theirs, first" in answer.text and "Mine, second" in answer.text
    again = page_form(one, address).data()
    assert again[field] == ["Theirs, first"]


@pytest.mark.parametrize("pattern", EDITS)
def test_of_two_who_save_at_once_one_does_and_nothing_typed_is_lost(
    pattern: str, told: world.World, browser: Callable[[str], FlaskClient]
) -> None:
    field = EDITS[pattern]
    one, other, address = browser("analyst"), browser("analyst2"), told.address(pattern)
    mine, theirs = page_form(one, address).data(), page_form(other, address).data()
    answers = at_once(
        lambda: one.post(address, data=mine | {field: "Text of the one"}),
        lambda: other.post(address, data=theirs | {field: "Text of the other"}),
    )
    assert statuses(answers) == {303: 1, 409: 1}
    lost = [answer.status_code for answer in answers].index(409)
    assert ("Text of the one", "Text of the other")[lost] in answers[lost].text


def test_a_decision_on_an_extension_is_taken_once(
    own_app: Flask, told: world.World, browser: Callable[[str], FlaskClient]
) -> None:
    address = told.address("/follow-ups/{followup}/extension/{extension}")
    one, other = browser("reviewer"), browser("reviewer2")
    answers = at_once(
        lambda: one.post(address, data={"decision": "approved", "note": "Yes"}),
        lambda: other.post(address, data={"decision": "refused", "note": "No"}),
    )
    assert sum(answer.status_code == 303 for answer in answers) == 1, statuses(answers)
    assert all(answer.status_code in (303, 403, 409, 422) for answer in answers)
    assert count(own_app, Event, Event.kind.in_(["extension.approved", "extension.refused"])) == 1


def test_many_at_many_records_keep_one_chain(
    own_app: Flask, told: world.World, browser: Callable[[str], FlaskClient]
) -> None:
    people = [browser(role) for role in ("analyst", "analyst2", "reviewer", "coordinator") for _time in range(2)]
    addresses = [told.address(f"/comments/{place}") for place in ("visit/{visit}", "followup/{followup}")]
    before = count(own_app, Event)

    def comment(one: FlaskClient, number: int) -> Any:
        return [
            one.post(addresses[(number + step) % 2], data={"comment-text": f"Remark {number}.{step}"})
            for step in range(4)
        ]

    answers = at_once(*[partial(comment, one, number) for number, one in enumerate(people)])
    assert Counter(answer.status_code for several in answers for answer in several) == {303: 32}
    assert count(own_app, Event) == before + 32


# Files


@pytest.mark.parametrize("name", ["reports/status", "visits", "conclusions", "audit", "states"])
def test_a_files_name_counts_the_rows_in_it_whatever_is_written_meanwhile(
    own_app: Flask, told: world.World, browser: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Somebody writes after the rows were counted and before the first byte leaves."""
    noted = history.record_alone

    def note_and_write(*args: Any, **kwargs: Any) -> None:
        noted(*args, **kwargs)
        with own_app.app_context():
            ConclusionFactory(visit=VisitFactory())
            FollowupFactory()
            db.session.commit()
            db.session.remove()

    monkeypatch.setattr(history, "record_alone", note_and_write)
    answer = browser("auditor").get(f"/{name}.csv?bom=0")
    counted = int(answer.headers["Content-Disposition"].removesuffix('.csv"').rpartition("-")[2])
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True))))
    assert len(rows) - 1 == counted > 0


def test_of_two_who_take_off_one_link_one_does(
    own_app: Flask, told: world.World, browser: Callable[[str], FlaskClient]
) -> None:
    address = told.address("/follow-ups/{followup}/measures/GCTS-II-10/remove")
    people = [browser(role) for role in ("analyst", "analyst2")]
    forms = [page_form(one, address).data() | {"reason": "Another measure fits"} for one in people]
    answers = at_once(*[partial(one.post, address, data=data) for one, data in zip(people, forms, strict=True)])
    assert statuses(answers)[303] == 1
    assert count(own_app, Event, Event.kind == "followup.measure_unlinked") == 1


def test_of_two_measures_that_come_to_say_the_same_one_does(
    own_app: Flask, told: world.World, browser: Callable[[str], FlaskClient]
) -> None:
    people = [browser("coordinator") for _time in range(3)]
    pages = [told.address(f"/measures/{{{one}}}/edit") for one in ("measure", "stated")]
    pages.append(told.address("/plans/{plan}/measures/new"))
    same = {"text": "Come to the same", "pillar": "II"}
    forms = [page_form(one, page).data() | same for one, page in zip(people, pages, strict=True)]
    acts = [partial(*one) for one in zip([one.post for one in people], pages, strict=True)]
    answers = at_once(*[partial(act, data=data) for act, data in zip(acts, forms, strict=True)])
    assert statuses(answers) == {303: 1, 422: 2}
    assert count(own_app, Measure, Measure.text == "Come to the same") == 1


def test_a_new_measure_has_the_cells_of_whoever_takes_part(
    own_app: Flask, told: world.World, browser: Callable[[str], FlaskClient]
) -> None:
    writer, editor = browser("coordinator"), browser("coordinator")
    new, edit = told.address("/plans/{plan}/measures/new"), told.address("/plans/{plan}/edit")
    measure = page_form(writer, new).data() | {"text": "Made while States join", "pillar": "II"}
    plan = page_form(editor, edit).data() | {"participants": ["FRA", "IND", "PAK"], "observers": []}
    at_once(lambda: writer.post(new, data=measure), lambda: editor.post(edit, data=plan))
    with own_app.app_context():
        made = db.session.scalars(sa.select(Measure).where(Measure.text == "Made while States join")).one()
        assert sorted(cell.state_id for cell in made.cells) == sorted(made.plan.participants)
        db.session.remove()


def test_an_organisation_that_two_record_at_once_is_recorded_once(
    own_app: Flask, told: world.World, browser: Callable[[str], FlaskClient]
) -> None:
    people = [browser("coordinator") for _time in range(4)]
    typed = {"title": "Expert meeting", "source": "A page", "new_organisations": "y"}
    forms = [page_form(one, "/meetings/new").data() | typed for one in people]
    forms = [
        form | {"start-year": str(2011 + number), "hosts": ("New Body", "NEW BODY")[number % 2]}
        for number, form in enumerate(forms)
    ]
    answers = at_once(*[partial(one.post, "/meetings/new", data=form) for one, form in zip(people, forms, strict=True)])
    assert statuses(answers) == {303: 4}
    assert count(own_app, Organisation, sa.func.lower(Organisation.acronym) == "new body") == 1
    is_it = MeetingOrganisation.organisation_id.in_(
        sa.select(Organisation.id).where(sa.func.lower(Organisation.acronym) == "new body")
    )
    assert count(own_app, MeetingOrganisation, is_it) == 4
