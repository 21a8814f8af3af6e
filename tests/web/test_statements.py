"""What each page asks of the database, as a number: the same for one row and for sixty."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests import world
from tests.counting import sent_by, statements
from tests.doors import DOORS
from tests.factories import PASSWORD, AccountFactory, ConclusionFactory, FollowupFactory, MeetingFactory, VisitFactory
from tests.submittable import submittable
from tracker.extensions import db
from tracker.models import Followup, Meeting, OutcomeKind, Role, Visit
from tracker.services import comments, evidence, meetings, notifications, progress, signoff, visit_parts

pytestmark = pytest.mark.usefixtures("unchecked_pages")
SignIn = Callable[[Any], FlaskClient]

# path: (who, the statements it takes).
LISTS = {
    "/visits": ("analyst", 5),
    "/conclusions": ("analyst", 5),
    "/follow-ups": ("analyst", 6),
    "/states": ("analyst", 5),
    "/review": ("reviewer", 4),
    "/reports/status": ("analyst", 6),
    "/reports/action-plan": ("analyst", 5),
    "/admin/people": ("administrator", 6),
    "/inbox": ("analyst", 3),
    "/audit": ("auditor", 6),
    "/search?q=tells": ("analyst", 6),
    "/areas": ("analyst", 3),
    "/resolutions": ("analyst", 4),
    "/plans": ("analyst", 4),
    "/meetings": ("analyst", 5),
    "/coverage": ("analyst", 4),
    "/gaps/areas": ("analyst", 6),
    "/plans/GCTS/board": ("coordinator", 5),
    "/": ("analyst", 6),
}
RECORDS = {
    "/visits/{visit}": ("analyst", 10),
    "/visits/{visit}/matrix": ("analyst", 6),
    "/conclusions/{conclusion}": ("analyst", 7),
    "/conclusions/{waiting}": ("reviewer", 7),
    "/conclusions/{signed}": ("analyst", 7),
    "/follow-ups/{followup}": ("analyst", 8),  # one of them asks what its meeting leads to
    "/follow-ups/{submitted}": ("reviewer", 7),
    "/follow-ups/{again}": ("reviewer", 7),
    "/follow-ups/{changed}": ("analyst", 8),
    "/gaps": ("analyst", 4),
    "/trace/{followup}": ("analyst", 9),
    "/trace/{visit}": ("analyst", 9),
    "/trace/{signed}": ("analyst", 9),
    "/trace/GCTS-II-10": ("analyst", 9),
    "/trace/{meeting}": ("analyst", 8),
    "/trace/{paragraph}": ("analyst", 9),
    "/trace/FIN-02": ("analyst", 9),
    "/review/followup/{submitted}": ("reviewer", 9),
    "/review/followup/{again}": ("reviewer", 10),
    "/review/followup/{sealed}": ("reviewer", 9),
    "/review/conclusion/{waiting}": ("reviewer", 7),
    "/review/matrix/{matrix}": ("reviewer", 9),
    "/review/followup/{sealed}/seals/1": ("auditor", 5),
    "/states/{state}": ("analyst", 10),
    "/areas/FIN-02": ("analyst", 9),
    "/resolutions/1373": ("analyst", 5),
    "/plans/GCTS": ("analyst", 8),
    "/plans/{plan}": ("analyst", 10),
    "/measures/{measure}": ("analyst", 10),
    "/measures/GCTS-II-10": ("analyst", 10),
    "/meetings/{meeting}": ("analyst", 8),
    "/admin/people/{account}": ("administrator", 6),
    "/audit/1": ("auditor", 6),
}
PAGES = LISTS | RECORDS
RECORD_VIEWS = (".page", ".show", ".item", ".person", ".as_signed", ".entry")
MORE = 60


@pytest.fixture
def people(session: Any) -> world.Cast:
    return world.cast()


@pytest.fixture
def told(people: world.Cast) -> world.World:
    """The world, with a follow-up that was signed, changed, returned and is submitted again, and one left changed."""
    built = world.build(people, tour="Round trip")
    again, changed = (_changed(people) for _each in range(2))
    signoff.submit(again, by=people.analyst)
    signoff.return_(again, by=people.reviewer, reason="Name the law")
    signoff.submit(again, by=people.analyst)
    db.session.commit()
    built.names.update(again=again.reference, changed=changed.reference)
    return built


def _changed(people: world.Cast) -> Followup:
    followup = submittable(people.analyst)
    signoff.submit(followup, by=people.analyst)
    signoff.sign_off(followup, by=people.reviewer, content_version=followup.content_version)
    evidence.add_file(followup, BytesIO(b"The bill"), "bill.txt", by=people.analyst)
    return followup


def sixty_more(people: world.Cast, told: world.World) -> None:
    """Sixty of everything: records of the same State, and things attached to the same records."""
    by = people.analyst
    visit = db.session.query(Visit).filter_by(reference=told.names["visit"]).one()
    followup = db.session.query(Followup).filter_by(reference=told.names["followup"]).one()
    meeting = db.session.query(Meeting).filter_by(reference=told.names["meeting"]).one()
    for number in range(MORE):
        AccountFactory(role=Role.COORDINATOR)
        VisitFactory(state_id=told.state, year=2008)
        ConclusionFactory(visit=visit)
        FollowupFactory(state_id=told.state, visit_id=visit.id)
        progress.add(followup, f"Step {number}", by=by)
        comments.add(followup, f"Remark {number}", by=by)
        notifications.notify(by, "record_returned", obj=followup)
        meetings.add_outcome(meeting, OutcomeKind.GAP, f"Gap {number}", by=people.coordinator)
        MeetingFactory()
        if number % 6 == 0:
            evidence.add_file(followup, BytesIO(f"Page {number}".encode()), f"page-{number}.txt", by=by)
            visit_parts.add_counterpart(visit, visit_parts.Counterpart(f"Authority {number}"), by=by)
            signoff.submit(submittable(by, state_id=told.state), by=by)
    db.session.commit()


def test_a_page_costs_the_same_whatever_the_rows(people: world.Cast, told: world.World, sign_in: SignIn) -> None:
    browsers = {role: sign_in(people[role]) for role in world.ROLES}
    few = {path: statements(browsers[who], told.address(path)) for path, (who, _most) in PAGES.items()}
    sixty_more(people, told)
    many = {path: statements(browsers[who], told.address(path)) for path, (who, _most) in PAGES.items()}
    assert {path: (few[path], many[path]) for path in PAGES if few[path] > many[path]} == {}
    assert many == {path: number for path, (_who, number) in PAGES.items()}, "a list that fits on a page needs no count"


def test_an_act_writes_its_record_once_for_each_event(people: world.Cast, told: world.World, sign_in: SignIn) -> None:
    """A change of what was signed is two events, the change and the way back to a draft; a signature is one."""
    signed = _signed(people)
    status = {"assessed_status": "in_progress", "assessed_on-year": "2024", "version": signed.version}
    sent = _posted(sign_in(people.analyst), f"/follow-ups/{signed.reference}/status", status)
    assert (len(_updates(sent)), len(sent)) == (2, 18)
    waiting = submittable(people.analyst)
    signoff.submit(waiting, by=people.analyst)
    db.session.commit()
    signature = {"content_version": waiting.content_version, "factor": PASSWORD}
    sent = _posted(sign_in(people.reviewer), f"/review/followup/{waiting.reference}/sign", signature)
    locks = int(db.engine.dialect.name == "postgresql")  # on SQLite nobody else can write meanwhile
    assert (len(_updates(sent)), len(sent)) == (1, 26 + locks)


def _posted(browser: FlaskClient, address: str, fields: dict[str, Any]) -> list[str]:
    browser.get("/follow-ups")  # what a process keeps is there by then
    answers: list[Any] = []
    sent = sent_by(lambda: answers.append(browser.post(address, data=fields)))
    assert answers[0].status_code == 303
    return [statement for statement in sent if "pg_advisory" not in statement]  # SQLite's writers take turns anyway


def _updates(sent: list[str]) -> list[str]:
    return [statement for statement in sent if statement.startswith("UPDATE followup SET")]


def _signed(people: world.Cast) -> Followup:
    followup = submittable(people.analyst)
    signoff.submit(followup, by=people.analyst)
    signoff.sign_off(followup, by=people.reviewer, content_version=followup.content_version)
    db.session.commit()
    return followup


def test_a_list_takes_six_statements_at_most_and_a_record_ten() -> None:
    assert [path for path, (_who, number) in LISTS.items() if number > 6] == []
    assert [path for path, (_who, number) in RECORDS.items() if number > 10] == []


def test_every_list_and_record_is_counted() -> None:
    """A form, the help and one's own account are neither."""
    elsewhere = {"/account", "/admin", "/admin/ratings", "/help", "/reports"}
    read = {door.address for name, door in DOORS.items() if name.endswith((".index", *RECORD_VIEWS))}
    assert read - elsewhere - set(PAGES) == set()
