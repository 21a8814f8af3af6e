"""Out of scope does not exist: a reader sees byte for byte what would be there without the other States (R9, R13)."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import snapshots, world
from tests.doors import DOORS, FURTHER
from tests.factories import AccountFactory, grant
from tracker import clock, history
from tracker.extensions import db
from tracker.models import Role, Scope
from tracker.services import accounts, grants

pytestmark = pytest.mark.usefixtures("unchecked_pages")
SignIn = Callable[[Any], FlaskClient]

INSIDE, OUTSIDE = "PAK", "NGA"
MARK_INSIDE, MARK_OUTSIDE = "Quorlith", "Zanteluvia"
READING = ("analyst", "reviewer", "coordinator", "auditor")
OF_ONE_ANSWER = [
    re.compile(r'name="csrf_token"[^>]*value="[^"]*"|value="[^"]*"[^>]*name="csrf_token"'),
    re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
]
RECORD = re.compile(r"\{(visit|later|matrix|conclusion|waiting|signed|followup|submitted|sealed|ended)\}")

LISTS = [
    "/visits",
    "/conclusions",
    "/follow-ups",
    "/review",
    "/review/extensions",
    "/states",
    "/reports/status",
    "/reports/action-plan",
]
FILES = {
    "/visits.csv": "analyst",
    "/conclusions.csv": "analyst",
    "/states.csv": "analyst",
    "/reports/status.csv": "analyst",
    "/review/queue.csv": "reviewer",
    "/review/extensions.csv": "reviewer",
    "/my-work/waiting.csv": "analyst",
    "/my-work/asked.csv": "analyst",
}
"""Each file, and who may have it."""
QUESTIONS = [
    "",
    f"?state={OUTSIDE}",
    f"?state={INSIDE}",
    f"?visit={OUTSIDE}-2006-1",
    f"?conclusion={OUTSIDE}-2006-1-C3",
    f"?q={MARK_OUTSIDE}",
    f"?q={OUTSIDE}-F001",
    f"?authority={MARK_OUTSIDE}",
    "?region=002",
    "?tour=Round+trip",
    "?area=FIN-02&sort=-updated",
    "?overdue=1&count=exact",
    "?after=0&size=100",
]


@pytest.fixture
def people(session: Any) -> world.Cast:
    """Everyone who reads, within Pakistan only; whoever builds the other State's records is somebody else."""
    return world.cast([INSIDE])


@pytest.fixture
def inside(people: world.Cast) -> world.World:
    return world.build(people, INSIDE, MARK_INSIDE, tour="Round trip")


def elsewhere() -> world.World:
    """The same things on another State, by people of its own, on the same tour."""
    return world.build(world.cast([OUTSIDE]), OUTSIDE, MARK_OUTSIDE, tour="Round trip")


def plain(text: str) -> str:
    """The answer without what differs between two answers anyway."""
    for pattern in OF_ONE_ANSWER:
        text = pattern.sub("", text)
    return text


def changed_lines(before: str, after: str) -> list[str]:
    """The lines in which two answers differ."""
    if before == after:
        return []
    return list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))


def addresses(app: Flask, told: world.World, questions: list[str] = QUESTIONS) -> list[str]:
    """Every address that is read, filled with the State's own things; lists with each question, too.

    Not the download of a file, which leaves its own line in the timeline, nor the log, which holds the sweep itself.
    """
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    lists = [path for path in [*LISTS, *FILES] if path in rules]
    single = [door.address for door in DOORS.values() if door.reads] + FURTHER
    apart = ("/admin", "/audit", "/readyz", "/healthz", "/account/sessions", DOORS["evidence.download"].address)
    locked = re.compile(r"\{(waiting|submitted|ended)\}/")  # a refusal stands in the record's timeline
    return [told.address(one) for one in single if not one.startswith(apart) and not locked.search(one)] + [
        path + question for path in lists for question in questions
    ]


@pytest.mark.parametrize("role", READING)
def test_a_reader_sees_what_would_be_there_without_the_other_state(
    role: str, app: Flask, people: world.Cast, inside: world.World, sign_in: SignIn
) -> None:
    browser = sign_in(people[role])
    asked = addresses(app, inside, QUESTIONS if role == "analyst" else QUESTIONS[1:2])
    asked = [address for address in asked if not address.startswith("/audit")]  # reading it is told in it

    def read() -> dict[str, tuple[int, str]]:
        answers = {address: browser.get(address) for address in asked}
        return {address: (answer.status_code, plain(answer.text)) for address, answer in answers.items()}

    with clock.at(clock.now()):
        without = read()
        elsewhere()
        with_others = read()
    for address in asked:
        lines = changed_lines(without[address][1], with_others[address][1])
        assert not lines, "\n".join([address, *lines])
        assert with_others[address][0] == without[address][0], address
        status, text = with_others[address]
        assert status < 500
        if MARK_OUTSIDE not in address:
            assert MARK_OUTSIDE not in text, address
        if f"{OUTSIDE}-" not in address:
            assert f"{OUTSIDE}-2" not in text and f"{OUTSIDE}-F" not in text, address


@pytest.mark.parametrize("role", ["analyst", "reviewer"])
def test_what_is_out_of_scope_answers_as_what_is_not_there(
    role: str, app: Flask, people: world.Cast, inside: world.World, sign_in: SignIn
) -> None:
    browser, other = sign_in(people[role]), elsewhere()
    absent = world.World("BEN", "", {**{name: other.names[name] for name in other.names}, **_absent(other)})
    number = snapshots.head()
    every = [(door.address, method) for door in DOORS.values() for method in door.methods.split()]
    for address, method in [*every, *((one, "GET") for one in FURTHER)]:
        if not RECORD.search(address) and "{state}" not in address:
            continue
        with clock.at(clock.now()):
            answers = [browser.open(one.address(address), method=method) for one in (other, absent)]
        statuses = [answer.status_code for answer in answers]
        assert statuses[0] == statuses[1], f"{method} {address}: {statuses}"
        assert statuses[0] in (403, 404), f"{method} {address}: {statuses}"
        one, another = (_without_names(answer.text, of) for answer, of in zip(answers, (other, absent), strict=True))
        assert not changed_lines(another, one), "\n".join([f"{method} {address}", *changed_lines(another, one)])
    assert set(snapshots.kinds(number)) <= {"access.refused"}


def _absent(other: world.World) -> dict[str, Any]:
    """The names of records that nobody ever made."""
    return {
        name: value.replace(OUTSIDE, "BEN") if isinstance(value, str) else value
        for name, value in other.names.items()
        if name in {"state", *RECORD.pattern.strip(r"\{}()").split("|")}
    }


def _without_names(text: str, told: world.World) -> str:
    for value in sorted({str(one) for one in told.names.values() if not isinstance(one, int)}, key=len, reverse=True):
        text = text.replace(value, "")
    return plain(text)


def test_a_part_of_another_record_is_not_there_under_ones_own(
    people: world.Cast, inside: world.World, sign_in: SignIn
) -> None:
    """``/follow-ups/PAK-F001/evidence/<of NGA>/1``: the number of a row opens nothing by itself."""
    browser, other = sign_in(people.analyst), elsewhere()
    parts = ("component", "delegate", "counterpart", "check", "source", "evidence", "extension", "carry_over")
    before = snapshots.taken(but=snapshots.OF_VISITING)
    mixed = world.World(INSIDE, MARK_INSIDE, inside.names | {name: other.names[name] for name in parts})
    swept = [door.address for door in DOORS.values()] + FURTHER
    for address in swept:
        if any(f"{{{name}}}" in address for name in parts):
            for method in ("GET", "POST"):
                answer = browser.open(mixed.address(address), method=method, data={} if method == "POST" else None)
                assert answer.status_code in (404, 405), f"{method} {address}: {answer.status_code}"
    assert snapshots.taken(but=snapshots.OF_VISITING) == before


def test_links_to_another_state_are_refused_as_unknown(
    people: world.Cast, inside: world.World, sign_in: SignIn
) -> None:
    """A form's hidden ids, too: a visit, a conclusion, an owner or a successor of another State."""
    browser, other = sign_in(people.analyst), elsewhere()
    followup = inside.names["followup"]
    answer = browser.post(
        f"/follow-ups/{followup}/supersede",
        data={"by_reference": other.names["followup"], "reason": "Taken over", "version": "1"},
    )
    assert answer.status_code in (409, 422)
    assert MARK_OUTSIDE not in answer.text
    for query in (f"conclusion={other.names['signed']}", f"visit={other.names['visit']}", f"state={OUTSIDE}"):
        assert browser.get(f"/follow-ups/new?{query}").status_code == 404
        assert browser.post(f"/follow-ups/new?{query}", data={"title": "Mine now"}).status_code == 404


def test_an_administrator_sees_no_record(app: Flask, people: world.Cast, inside: world.World, sign_in: SignIn) -> None:
    browser = sign_in(people.administrator)
    for address in addresses(app, inside, [""]):
        answer = browser.get(address)
        if MARK_INSIDE not in address:
            assert MARK_INSIDE not in answer.text, address
        if answer.status_code == 200 and f"{INSIDE}-" not in address:
            assert f"{INSIDE}-2006-1" not in answer.text and f"{INSIDE}-F0" not in answer.text, address


def test_an_auditor_changes_nothing(people: world.Cast, inside: world.World, sign_in: SignIn) -> None:
    browser = sign_in(people.auditor)
    before = snapshots.taken(but=snapshots.OF_VISITING | {"event"})
    of_oneself = ("account.", "inbox.")
    for name, door in DOORS.items():
        if door.writes and not name.startswith(of_oneself):
            answer = browser.post(inside.address(door.address), data={"reason": "x", "text": "x", "version": "1"})
            assert answer.status_code == 403, name
    assert snapshots.taken(but=snapshots.OF_VISITING | {"event"}) == before


@pytest.mark.parametrize("way", ["ended", "revoked", "disabled"])
def test_what_is_taken_away_is_gone_with_the_next_request(
    way: str, session: Any, people: world.Cast, inside: world.World, sign_in: SignIn
) -> None:
    reader = AccountFactory(role=Role.COORDINATOR, states=[INSIDE])
    grant(reader, Role.COORDINATOR, states=["FJI"])  # stays
    browser = sign_in(reader)
    page = f"/visits/{inside.names['visit']}"
    assert browser.get(page).status_code == 200
    held = next(one for one in reader.grants if [row.state_id for row in one.states] == [INSIDE])
    if way == "ended":
        held.ends_on = clock.today() - timedelta(days=1)
        history.record("account.granted", reader, by=None)
    elif way == "revoked":
        grants.revoke(held, by=people.administrator)
    else:
        accounts.disable(reader, by=people.administrator)
    session.commit()
    answer = browser.get(page)
    assert answer.status_code == (404 if way == "ended" else 302)
    assert MARK_INSIDE not in answer.text
    assert MARK_INSIDE not in browser.get("/visits").text


def test_a_grant_holds_through_its_last_day(session: Any, inside: world.World, sign_in: SignIn) -> None:
    reader = AccountFactory(role=Role.AUDITOR, states=[INSIDE], ends_on=clock.today())
    grant(reader, Role.AUDITOR, states=["FJI"])
    page = f"/visits/{inside.names['visit']}"
    assert sign_in(reader).get(page).status_code == 200
    with clock.at(clock.now() + timedelta(days=1)):
        assert sign_in(reader).get(page).status_code == 404


def test_a_wider_grant_opens_with_the_next_request(session: Any, people: world.Cast, sign_in: SignIn) -> None:
    other = elsewhere()
    browser = sign_in(people.coordinator)
    page = f"/visits/{other.names['visit']}"
    assert browser.get(page).status_code == 404
    grants.grant(people.coordinator, Role.COORDINATOR, Scope.STATES, by=people.administrator, states=[OUTSIDE])
    session.commit()
    assert (browser.get(page).status_code, sign_in(people.coordinator).get(page).status_code)[1] == 200


def test_the_reader_of_one_state_exports_that_state_alone(
    app: Flask, people: world.Cast, inside: world.World, sign_in: SignIn
) -> None:
    elsewhere()
    for path, role in FILES.items():
        rows = list(csv.reader(io.StringIO(sign_in(people[role]).get(path).text)))
        assert len(rows) > 1, path
        assert all(any(cell.startswith(INSIDE) or cell == "Pakistan" for cell in row) for row in rows[1:]), path


def test_the_command_with_a_persons_name_gives_that_persons_rows(
    app: Flask, people: world.Cast, inside: world.World
) -> None:
    elsewhere()
    db.session.commit()
    everyones = app.test_cli_runner().invoke(args=["report", "status"]).output
    ones = app.test_cli_runner().invoke(args=["report", "status", "--as", people.analyst.email]).output
    assert MARK_OUTSIDE in everyones and MARK_INSIDE in everyones
    assert MARK_INSIDE in ones and MARK_OUTSIDE not in ones
    nobodys = app.test_cli_runner().invoke(args=["report", "status", "--as", people.administrator.email]).output
    assert MARK_INSIDE not in nobodys and MARK_OUTSIDE not in nobodys


def test_the_log_tells_nothing_of_what_is_out_of_scope(
    people: world.Cast, inside: world.World, sign_in: SignIn
) -> None:
    elsewhere()
    browser = sign_in(people.auditor)
    for address in ("/audit", "/audit?size=100", f"/audit?state={OUTSIDE}", "/audit.csv"):
        answer = browser.get(address)
        assert answer.status_code == 200
        assert MARK_OUTSIDE not in answer.text and f"{OUTSIDE}-" not in answer.text, address
    assert f"{INSIDE}-2006-1" in browser.get("/audit.csv").text
    first, last = 1, snapshots.head()
    shown = [number for number in range(first, last + 1) if MARK_OUTSIDE in browser.get(f"/audit/{number}").text]
    assert shown == []
