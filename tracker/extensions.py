"""The libraries the application is wired to, made once and bound in ``create_app``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask_babel import Babel
from flask_mail import Mail
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import CursorResult, Executable

from tracker.config import ROOT
from tracker.database import Base, open_properly

db = SQLAlchemy(model_class=Base)
migrate = Migrate()
csrf = CSRFProtect()
babel = Babel()
mail = Mail()


def init(app: Flask) -> None:
    """Bind the libraries to the application and open its database properly."""
    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"), render_as_batch=True, compare_type=True)
    csrf.init_app(app)
    mail.init_app(app)
    with app.app_context():
        open_properly(db.engine)


def read(statement: Executable, given: Mapping[str, Any] | None = None) -> CursorResult[*tuple[Any, ...]]:
    """Rows of columns, for pages and reports; never whole records.

    Asked on the session's connection, in its transaction, after what waits in the session was written. The session
    itself would look at each row as if it was to keep it, which takes longer than to read it.
    """
    session = db.session()
    if session.autoflush:
        session.flush()
    return session.connection().execute(statement, given)
