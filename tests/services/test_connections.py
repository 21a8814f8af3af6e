"""What a connection keeps from one request to the next, and what it never keeps."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from tracker.database import OneOf, as_asked, of_codes
from tracker.extensions import db
from tracker.models import Region

OFTEN = 7
"""After five times psycopg has a statement prepared."""
PREPARED = sa.text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%FROM region%'")


def test_what_was_not_committed_is_taken_back_whatever_was_read_before_and_after(own_app: Flask) -> None:
    with own_app.app_context():
        before = db.session.scalars(sa.select(Region.code)).all()
        db.session.add(Region(code="998", name="Nowhere"))
        db.session.flush()
        assert len(db.session.scalars(sa.select(Region.code)).all()) == len(before) + 1
        db.session.remove()
        assert db.session.scalars(sa.select(Region.code)).all() == before
        db.session.connection().exec_driver_sql("UPDATE region SET name = 'Nowhere'")
        db.session.remove()
        assert "Nowhere" not in db.session.scalars(sa.select(Region.name)).all()
        db.session.remove()
        db.engine.dispose()


def test_a_question_stays_prepared_from_one_request_to_the_next(own_app: Flask) -> None:
    with own_app.app_context():
        for _request in range(OFTEN):
            found = db.session.scalars(sa.select(Region.code)).all()
            db.session.remove()
        assert found
        if db.engine.dialect.name == "postgresql":  # SQLite's driver keeps its own
            assert db.session.scalar(PREPARED) == 1
        db.session.remove()
        db.engine.dispose()


def test_a_question_whose_rows_are_few_or_many_is_planned_each_time(own_app: Flask) -> None:
    with own_app.app_context():
        for _request in range(OFTEN):
            found = db.session.scalars(as_asked(sa.select(Region.code))).all()
            db.session.remove()
        assert found
        if db.engine.dialect.name == "postgresql":
            assert db.session.scalar(PREPARED) == 0
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE region SET name = 'Nowhere'",
        "WITH one AS (SELECT code FROM region) UPDATE region SET name = 'Nowhere' WHERE code IN (SELECT code FROM one)",
        "  update region SET name = 'Nowhere'",
    ],
)
def test_whatever_writes_is_taken_back_where_it_is_not_committed(own_app: Flask, statement: str) -> None:
    with own_app.app_context():
        with db.session.begin_nested():
            db.session.connection().exec_driver_sql(statement)
        db.session.remove()
        assert "Nowhere" not in db.session.scalars(sa.select(Region.name)).all()


@pytest.mark.parametrize("text", ["", "FIN-01", 'a"b', "a\\b", "NULL", "{x}", "ÄÖ 中", "a,b"])
def test_a_text_is_one_of_those_that_are_given_and_of_no_others(own_app: Flask, text: str) -> None:
    others = ["x", '"', "\\", "null", "a", "b"]
    with own_app.app_context():
        asked = [OneOf(sa.literal(text), texts) for texts in ([*others, text], others, [])]
        assert list(db.session.execute(sa.select(*asked)).one()) == [True, False, False]


@pytest.mark.parametrize("codes", [["142", "150"], ["150"], [], ["'", '"', "%", "%s", ":x", "\\"]])
def test_codes_stand_in_the_statement_and_mean_what_they_would_as_parameters(own_app: Flask, codes: list[str]) -> None:
    with own_app.app_context():
        db.session.add_all(
            [Region(code="'", name="Quoted"), Region(code="%", name="Part"), Region(code="\\", name="Back")]
        )
        found = set(db.session.scalars(sa.select(Region.code).where(of_codes(Region.code, codes))))
        assert found == set(db.session.scalars(sa.select(Region.code).where(Region.code.in_(codes))))
        others = set(db.session.scalars(sa.select(Region.code).where(~of_codes(Region.code, codes))))
        assert others == set(db.session.scalars(sa.select(Region.code))) - found
        db.session.rollback()


def test_codes_are_no_parameters(own_app: Flask) -> None:
    sent: list[tuple[str, str]] = []
    with own_app.app_context():
        sa.event.listen(db.engine, "before_cursor_execute", lambda *given: sent.append((given[2], repr(given[3]))))
        db.session.scalars(sa.select(Region.code).where(of_codes(Region.code, ["142", "150"]))).all()
        db.session.remove()
    ((statement, parameters),) = [one for one in sent if "FROM region" in one[0]]
    assert "'142', '150'" in statement
    assert "142" not in parameters
