"""What each page asks of the database, as a number: the same for one row and for sixty."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests import world
from tests.counting import statements
from tests.doors import DOORS
from tests.factories import AccountFactory, ConclusionFactory, FollowupFactory, VisitFactory
from tests.submittable import submittable
from tracker.extensions import db
from tracker.models import Followup, Role, Visit
from tracker.services import comments, evidence, notifications, progress, signoff, visit_parts

pytestmark = pytest.mark.usefixtures("unchecked_pages")
SignIn = Callable[[Any], FlaskClient]

# path: (who, the statements it takes). Lists have six at most, and one more for the extensions beside the queue; a
# follow-up's page has ten at most.
PAGES = {
    "/visits": ("analyst", 6),
    "/conclusions": ("analyst", 6),
    "/follow-ups": ("analyst", 6),
    "/states": ("analyst", 6),
    "/review": ("reviewer", 7),
    "/reports/status": ("analyst", 6),
    "/admin/people": ("administrator", 6),
    "/inbox": ("analyst", 4),
    "/audit": ("auditor", 7),
    "/search?q=tells": ("analyst", 6),
    "/": ("analyst", 7),
    "/follow-ups/{followup}": ("analyst", 7),
    "/conclusions/{signed}": ("analyst", 7),
    "/visits/{visit}": ("analyst", 11),
    "/visits/{visit}/matrix": ("analyst", 7),
    "/states/{state}": ("analyst", 10),
    "/areas/FIN-02": ("analyst", 11),
    "/review/followup/{submitted}": ("reviewer", 19),
}
MORE = 60


@pytest.fixture
def people(session: Any) -> world.Cast:
    return world.cast()


@pytest.fixture
def told(people: world.Cast) -> world.World:
    return world.build(people)


def sixty_more(people: world.Cast, told: world.World) -> None:
    """Sixty of everything: records of the same State, and things attached to the same records."""
    by = people.analyst
    visit = db.session.query(Visit).filter_by(reference=told.names["visit"]).one()
    followup = db.session.query(Followup).filter_by(reference=told.names["followup"]).one()
    for number in range(MORE):
        AccountFactory(role=Role.COORDINATOR)
        VisitFactory(state_id=told.state, year=2008)
        ConclusionFactory(visit=visit)
        FollowupFactory(state_id=told.state, visit_id=visit.id)
        progress.add(followup, f"Step {number}", by=by)
        comments.add(followup, f"Remark {number}", by=by)
        notifications.notify(by, "record_returned", obj=followup)
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
    assert {path: (few[path], many[path]) for path in PAGES if few[path] != many[path]} == {}
    assert few == {path: number for path, (_who, number) in PAGES.items()}


def test_every_list_is_counted() -> None:
    lists = {door.address for name, door in DOORS.items() if name.endswith(".index") and door.who == "record_read"}
    assert lists - {"/visits/{visit}/matrix"} <= set(PAGES)
