"""Generated data: what the services would have written, the same each time, and nowhere that it does not belong."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.client import COOKIE, Client, begin_session
from tests.conftest import settings_for
from tests.databases import Place
from tests.services.test_history import live_rows, rebuilt_rows
from tracker import clock, create_app, history, seals
from tracker.errors import TrackerError
from tracker.extensions import db
from tracker.folding import fold
from tracker.models import (
    PILLARS,
    VERSION_TABLES,
    Account,
    CarryOver,
    Conclusion,
    DueExtension,
    Event,
    Followup,
    FollowupCounter,
    FollowupMeasure,
    FollowupStatus,
    Implementation,
    Mark,
    Matrix,
    Measure,
    MeasureCell,
    Notification,
    OutboxMail,
    Plan,
    Position,
    ProgressEntry,
    Seal,
    SealedState,
    SearchRow,
    State,
    StateResponse,
    Submission,
    Visit,
    search,
    triggers,
)
from tracker.partial_date import PartialDate
from tracker.reports import audit
from tracker.sample import generate, joint_plan, plan
from tracker.services import cells, comments, followups, measure_links, measures, plans, progress, responses, signoff

FOLLOWUPS, SEED = 60, 7
AFTER = datetime(2026, 1, 2, 9, tzinfo=UTC)


def quiet(_line: str) -> None:
    """Nobody listens."""


def emptied(place: Place, folder: Path) -> Flask:
    """An application on a new database, empty at head."""
    app = create_app(settings_for(place, folder, demo_password="demo"))
    app.test_client_class = Client
    with app.app_context():
        flask_migrate.upgrade()
    return app


@pytest.fixture(scope="module")
def generated(database_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application whose database was generated, by the command; the tests change nothing that another one reads."""
    app = emptied(database_server.create(), tmp_path_factory.mktemp("generated"))
    result = app.test_cli_runner().invoke(
        args=["sample", "generate", "--follow-ups", str(FOLLOWUPS), "--seed", str(SEED)]
    )
    assert result.exit_code == 0, result.output
    app.extensions["said"] = result.output
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def data(generated: Flask) -> Iterator[Any]:
    """The session on the generated database."""
    with generated.app_context():
        yield db.session
        db.session.rollback()
        db.session.remove()


def count(session: Any, model: Any, *where: Any) -> int:
    return int(session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)))


def account(session: Any, local_part: str) -> Account:
    return session.scalars(sa.select(Account).filter_by(email=f"{local_part}@example.org")).one()


def browser(app: Flask, session: Any, local_part: str) -> FlaskClient:
    """Signed in as one of the demo's accounts."""
    value = begin_session(account(session, local_part))
    client = app.test_client()
    client.set_cookie(COOKIE, value)
    return client


def head(app: Flask, seed: int = SEED) -> str:
    """The head of the log after a run of the generator."""
    with app.app_context():
        try:
            return generate.generate(FOLLOWUPS, seed, quiet).head
        finally:
            db.session.remove()
            db.engine.dispose()


# What is there


def test_everything_is_there_and_progress_was_told(generated: Flask, data: Any) -> None:
    assert count(data, Followup) == FOLLOWUPS
    for model in (Visit, Conclusion, Matrix, ProgressEntry, StateResponse, DueExtension, CarryOver, Seal, Notification):
        assert count(data, model) > 0, model
    assert count(data, OutboxMail) == 0
    assert data.get(Mark, "sample").value == "generated"
    assert f"{FOLLOWUPS} of {FOLLOWUPS} follow-ups after" in generated.extensions["said"]
    signed = {SealedState.UNSIGNED, SealedState.SIGNED, SealedState.CHANGED}
    assert {row.sealed_state for row in data.scalars(sa.select(Followup))} == signed
    assert count(data, Event, Event.object_type == "followup") / FOLLOWUPS > 14


def test_a_plan_of_all_states_is_served_by_some_of_the_follow_ups(data: Any) -> None:
    of_the_plan = Measure.reference.like(f"{joint_plan.CODE}-%")
    made = count(data, Measure, of_the_plan)
    its_cells = MeasureCell.measure.has(of_the_plan)
    assert made == 4, "a big database has two hundred"
    assert count(data, MeasureCell, its_cells) == made * count(data, State)
    assert count(data, MeasureCell, its_cells, MeasureCell.status.is_not(None)) == made * joint_plan.WORDS_A_MEASURE
    assert data.scalars(sa.select(Measure.pillar).order_by(Measure.pillar).distinct()).all() == list(PILLARS)
    assert FOLLOWUPS // 3 < count(data, FollowupMeasure) < FOLLOWUPS
    served = count(data, FollowupMeasure, FollowupMeasure.measure_id.in_(sa.select(MeasureCell.measure_id)))
    assert 0 < served < count(data, FollowupMeasure), "the Strategy is served, too"


@pytest.mark.parametrize("seed", range(1, 6))
def test_no_two_measures_of_the_plan_say_the_same(seed: int) -> None:
    told = [one.text for one in joint_plan.wordings(joint_plan.MOST_MEASURES, Random(f"{seed}/plan"))]  # noqa: S311  # the generator's chance, the same for a seed
    assert len(set(told)) == len(told) == joint_plan.MOST_MEASURES


def test_time_goes_forward_over_the_years(data: Any) -> None:
    moments = list(data.scalars(sa.select(Event.at).order_by(Event.seq)))
    assert moments == sorted(moments)
    assert moments[-1].date() <= plan.END


def test_texts_are_of_many_lengths_and_scripts_and_say_what_they_are(data: Any) -> None:
    texts = [*data.scalars(sa.select(Followup.text)), *data.scalars(sa.select(Conclusion.text))]
    assert all(100 <= len(text) <= 2_000 for text in texts)
    every = "".join(texts)
    for sign in ("é", "нный", "نص مولد", "程序生成", "Generated text, which says nothing of any State."):
        assert sign in every


def test_a_search_row_for_each_record(data: Any) -> None:
    for model in (Visit, Conclusion, Followup):
        there, noun = count(data, model), model.__tablename__
        assert count(data, SearchRow, SearchRow.object_type == noun) == there, model
        assert count(data, search.INDEX, search.Matching(noun, [])) == there, model


# Whether it is what the services would have written


def test_the_log_is_whole(generated: Flask) -> None:
    result = generated.test_cli_runner().invoke(args=["audit", "verify"])
    assert result.exit_code == 0, result.output


def test_all_that_is_pointed_at_is_there(data: Any) -> None:
    if db.engine.dialect.name == "sqlite":  # PostgreSQL asks for each row
        assert db.session.execute(sa.text("PRAGMA foreign_key_check")).all() == []
        assert db.session.scalar(sa.text("PRAGMA foreign_keys")) == 1


def test_every_column_holds_what_its_checks_allow(data: Any) -> None:
    if db.engine.dialect.name == "sqlite":  # PostgreSQL asks for each row
        assert db.session.scalars(sa.text("PRAGMA integrity_check")).all() == ["ok"]
        assert db.session.scalar(sa.text("PRAGMA ignore_check_constraints")) == 0


def test_live_rows_are_the_open_version_rows(data: Any) -> None:
    last = data.scalar(sa.select(sa.func.max(Event.seq)))
    for name in VERSION_TABLES:
        assert rebuilt_rows(data, name, last) == live_rows(data, name), name


def test_the_sealed_text_is_the_one_that_the_services_make(data: Any) -> None:
    for model in (Followup, Conclusion, Matrix):
        for record in data.scalars(sa.select(model)):
            assert history.digest(seals.canonical(record)) == record.content_sha256, record.reference


def test_who_signed_neither_drafted_nor_submitted_nor_changed(data: Any) -> None:
    rows = data.execute(
        sa.text(
            "SELECT count(*) FROM seal JOIN contributor ON contributor.object_type = seal.object_type"
            " AND contributor.object_id = seal.object_id AND contributor.account_id = seal.signer_id"
            " AND contributor.round = seal.number - 1"
        )
    )
    assert rows.scalar_one() == 0
    assert count(data, Submission, Submission.submitted_by_id == Submission.decided_by_id) == count(
        data, Submission, Submission.decision == "recalled"
    )


def test_numbers_go_on_where_the_generator_stopped(data: Any) -> None:
    for state_id, last in data.execute(sa.select(FollowupCounter.state_id, FollowupCounter.last_number)):
        highest = data.scalar(sa.select(sa.func.max(Followup.number)).where(Followup.state_id == state_id))
        assert highest == last


def test_the_services_go_on_with_it(data: Any) -> None:
    followup = data.scalars(sa.select(Followup).where(Followup.workflow == FollowupStatus.SIGNED_OFF)).first()
    analyst = data.get_one(Account, followup.drafted_by_id)
    reviewer = account(data, "reviewer")
    last = data.scalar(sa.select(sa.func.max(Event.seq)))
    with clock.at(datetime(2025, 12, 31, 21, tzinfo=UTC)):
        progress.add(followup, "Something has moved.", by=analyst)
        changed = replace(followups.input_of(followup), title="Another title")
        followups.edit(followup, changed, by=analyst)
        followups.assess_status(followup, Implementation.NOT_STARTED, PartialDate(2025, 12, 31), by=analyst)
        followups.set_position(followup, Position.NOTES, PartialDate(2025, 12, 31), by=analyst)
        followups.track(followup, by=analyst, next_step="Wait.")
        measure_links.link(followup, unserved(data, followup), by=analyst, reason="It carries the measure out.")
        responses.record(followup, PartialDate(2025, 12, 31), "It is done.", by=analyst)
        comments.add(followup, "Seen.", by=reviewer)
        signoff.submit(followup, by=analyst)
        signoff.sign_off(followup, by=reviewer, content_version=followup.content_version)
        created = followups.create(followup.state_id, changed, by=analyst)
        data.commit()
    assert created.number == count(data, Followup, Followup.state_id == followup.state_id)
    assert audit.verify().problem is None
    told, generated = shapes(data, Event.seq > last), shapes(data, Event.seq <= last)
    assert len(told) > 8
    for kind, shape in told.items():
        assert generated[kind] == shape, kind


def test_the_plan_is_what_the_services_would_have_written(data: Any) -> None:
    generated = data.scalars(sa.select(Plan).filter_by(code=joint_plan.CODE)).one()
    measure = data.scalars(sa.select(Measure).filter_by(plan_id=generated.id).order_by(Measure.number)).first()
    first = data.scalars(sa.select(Event).filter_by(kind="measure.cell_changed").order_by(Event.seq)).first()
    cell = next(cell for cell in measure.cells if cell.state_id == first.state_id)
    by = account(data, "coordinator")
    with clock.at(datetime(2025, 12, 31, 22, tzinfo=UTC)):
        details = plans.Details(generated.title, description=generated.description, source=generated.source)
        plan = plans.create("TWIN", details, plans.Parties(participants=generated.participants), by=by)
        wording = measures.Wording(
            measure.text, measure.pillar, measure.wording_note, indicator=measure.indicator, rule=measure.rule
        )
        twin = measures.create(plan, wording, by=by)
        own = next(one for one in twin.cells if one.state_id == cell.state_id)
        cells.edit(own, cells.Word(cell.status, cell.status_on, cell.evidence), by=by)
        data.commit()
    for kind in ("plan.created", "measure.created", "measure.cell_changed"):
        told = data.scalars(sa.select(Event).filter_by(kind=kind).order_by(Event.seq)).all()
        of_the_plan = next(event for event in told if joint_plan.CODE in event.text or event is first)
        assert without_ids(of_the_plan) == without_ids(told[-1]), kind
    for one, other in ((generated, plan), (measure, twin)):
        assert found_by(data, one, joint_plan.CODE) == found_by(data, other, "TWIN")
    assert [row.version for row in (generated, measure, cell)] == [row.version for row in (plan, twin, own)]


def without_ids(event: Event) -> Any:
    """What the event tells, but for numbers, moments and references."""
    told = json.loads(event.text)
    rows = [
        (label.partition(":")[0], sorted((name, pair) for name, pair in change.items() if name not in OWN))
        for label, change in told["changes"].items()
    ]
    tables = sorted(label.partition(":")[0] for label in told["rows"])
    same = [told[name] for name in ("category", "actor", "state", "outcome", "reason", "details")]
    return told["object"][0], same, sorted(rows), tables


OWN = ("id", "plan_id", "measure_id", "code", "reference")


def found_by(session: Any, record: Any, code: str) -> Any:
    """The words that search finds the record by, whichever plan it is of."""
    row = session.get_one(SearchRow, search.row_id(record.__tablename__, record.id))
    return row.state_id, row.places, row.reference.replace(fold(code), ""), row.title, row.text


def unserved(session: Any, followup: Followup) -> Measure:
    """A measure that the follow-up does not serve yet."""
    served = sa.select(FollowupMeasure.measure_id).where(FollowupMeasure.followup_id == followup.id)
    found: Measure = session.scalars(sa.select(Measure).where(Measure.id.not_in(served)).order_by(Measure.id)).first()
    return found


def shapes(session: Any, where: Any) -> dict[str, set[Any]]:
    """What the events of each kind look like: their category and the names of their details."""
    found: dict[str, set[Any]] = {}
    for kind, category, text in session.execute(sa.select(Event.kind, Event.category, Event.text).where(where)):
        found.setdefault(kind, set()).add((category, *sorted(json.loads(text)["details"])))
    return found


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/visits",
        "/visits/{visit}",
        "/visits/{visit}/matrix",
        "/conclusions",
        "/conclusions/{conclusion}",
        "/follow-ups",
        "/follow-ups?overdue=1",
        "/follow-ups/{followup}",
        "/states",
        "/states/{state}",
        "/review",
        "/inbox",
    ],
)
def test_pages_open(generated: Flask, data: Any, address: str) -> None:
    followup = data.scalars(sa.select(Followup).order_by(Followup.id)).first()
    visit, conclusion = followup.visit, followup.conclusions[0].conclusion
    named = {
        "visit": visit.reference,
        "conclusion": conclusion.reference,
        "followup": followup.reference,
        "state": followup.state_id,
    }
    answer = browser(generated, data, "reviewer").get(address.format(**named), follow_redirects=True)
    assert answer.status_code == 200
    if "{" in address:
        assert next(value for key, value in named.items() if f"{{{key}}}" in address) in answer.text


# The database stands as before

ATTACHED = {
    "sqlite": "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger')",
    "postgresql": "SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"
    " UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
}


def attached(app: Flask) -> set[tuple[str, ...]]:
    """Every index and trigger, as it is made."""
    with app.app_context():
        try:
            return {tuple(row) for row in db.session.execute(sa.text(ATTACHED[db.engine.dialect.name]))}
        finally:
            db.session.remove()


@pytest.mark.parametrize("is_open_elsewhere", [False, True])
def test_indexes_and_triggers_stand_as_before(
    database_server: Any, data: Any, tmp_path: Path, is_open_elsewhere: bool
) -> None:
    place = database_server.create()
    app = emptied(replace(place, url=place.owner_url), tmp_path)  # an owner may take them down on PostgreSQL, too
    before, other = attached(app), sa.create_engine(place.owner_url)
    assert {name for _type, name, _made in before} > triggers.names() | search.triggers()
    with other.connect() as connection:
        if is_open_elsewhere:
            connection.exec_driver_sql("SELECT count(*) FROM event")
            connection.rollback()
        assert head(app) in set(data.scalars(sa.select(Event.hash).where(Event.at < AFTER)))
    other.dispose()
    assert attached(app) == before
    with app.app_context():
        problem = audit.verify().problem
        settings = sqlite_settings() if place.url.startswith("sqlite") else {}
        db.session.remove()
        db.engine.dispose()
    assert problem is None
    assert settings in ({}, {"journal_mode": "wal", "synchronous": 2, "integrity_check": "ok"})


def sqlite_settings() -> dict[str, Any]:
    """How SQLite keeps its file, and what it finds wrong in it."""
    names = ("journal_mode", "synchronous", "integrity_check")
    return {name: db.session.scalar(sa.text(f"PRAGMA {name}")) for name in names}


# The same each time, and only where it may be


def test_the_same_seed_gives_the_same_log(
    database_server: Any, data: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = data.execute(sa.select(Event.seq, Event.at, Event.hash).where(Event.at < AFTER).order_by(Event.seq)).all()
    monkeypatch.setattr(generate, "SMALL", 0)  # told in other processes, too
    again = emptied(database_server.create(), tmp_path / "again")
    assert head(again) in {row.hash for row in before}
    other = emptied(database_server.create(), tmp_path / "other")
    assert head(other, seed=SEED + 1) not in {row.hash for row in before}


def test_after_an_error_all_stands_as_before_but_for_the_data(
    database_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = emptied(database_server.create(), tmp_path / "broken")
    before = attached(app)
    told: list[Any] = []

    def tell(task: Any) -> Any:
        told.append(task)
        if len(told) > 1:
            raise RuntimeError("the power is gone")
        return TELL(task)

    monkeypatch.setattr(generate, "tell", tell)
    with pytest.raises(RuntimeError, match="the power is gone"):
        head(app)
    assert attached(app) == before
    assert gc.isenabled()
    with app.app_context():
        try:
            with pytest.raises(TrackerError, match="interrupted"):
                generate.generate(FOLLOWUPS, SEED, quiet)
        finally:
            db.session.remove()
            db.engine.dispose()


TELL = generate.tell


def test_a_database_that_holds_something_is_refused(generated: Flask, data: Any) -> None:
    result = generated.test_cli_runner().invoke(args=["sample", "generate", "--follow-ups", "10"])
    assert result.exit_code == 1
    assert "empty database" in result.output


@pytest.mark.parametrize(
    ("changes", "followups", "words"),
    [
        ({"env": "production"}, 10, "production"),
        ({}, 10, "password"),
        ({"demo_password": "demo"}, 0, "between 1 and"),
        ({"demo_password": "demo"}, generate.MOST + 1, "between 1 and"),
    ],
)
def test_it_is_refused_where_it_may_not_be(
    app: Flask, session: Any, changes: dict[str, Any], followups: int, words: str
) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], **changes)
    with pytest.raises(TrackerError, match=words):
        generate.generate(followups, 1, quiet)
    assert count(session, Account) == 0
