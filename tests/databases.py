"""The databases that tests run on: SQLite in a temporary folder, or a PostgreSQL server of our own.

PostgreSQL is used as in production: one role owns the tables and runs the migrations, another is the application's
(R42). So the suite also proves that the grants suffice.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

OWNER, APPLICATION = "tracker_owner", "tracker_app"
UNPRIVILEGED = ("postgres", "nobody")


class Unavailable(Exception):
    """There is no such database on this machine, with the reason."""


@dataclass(frozen=True)
class Place:
    """A database: the address of the application's role, and that of the role that owns the tables."""

    url: str
    owner_url: str

    @property
    def is_postgresql(self) -> bool:
        return self.url.startswith("postgresql")


class Sqlite:
    """SQLite files in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def create(self, like: Place | None = None) -> Place:
        """A new database, empty or a copy of ``like`` (which nobody is writing to)."""
        file = self.folder / f"{uuid.uuid4().hex}.sqlite3"
        if like is not None:
            engine = sa.create_engine(like.url)
            with engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(f"VACUUM INTO '{file}'")
            engine.dispose()
            file.chmod(0o600)
        return Place(f"sqlite:///{file}", f"sqlite:///{file}")

    def drop(self, place: Place) -> None:
        """The folder goes as a whole."""


class Postgresql:
    """Databases on one PostgreSQL server. ``maintenance_url`` is a role that may create databases and roles."""

    def __init__(self, maintenance_url: str) -> None:
        self.maintenance_url = maintenance_url
        for role in (OWNER, APPLICATION):
            self._run(
                f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN "
                f"CREATE ROLE {role} LOGIN NOINHERIT PASSWORD '{role}'; END IF; END $$"
            )
        # Only for tests that tamper with rows: "SET ROLE" within the rolled-back transaction.
        self._run(f"GRANT {OWNER} TO {APPLICATION}")

    def create(self, like: Place | None = None) -> Place:
        """A new database, empty or a copy of ``like`` (which nobody is connected to)."""
        name = f"tracker_test_{uuid.uuid4().hex[:12]}"
        template = f" TEMPLATE {sa.make_url(like.url).database}" if like else ""
        self._run(f"CREATE DATABASE {name} OWNER {OWNER}{template}")
        if like is None:
            self._run(f"ALTER SCHEMA public OWNER TO {OWNER}", name)
        return Place(self._address(name, APPLICATION), self._address(name, OWNER))

    def drop(self, place: Place) -> None:
        self._run(f"DROP DATABASE IF EXISTS {sa.make_url(place.url).database} WITH (FORCE)")

    def _address(self, database: str, role: str) -> str:
        address = sa.make_url(self.maintenance_url).set(database=database, username=role, password=role)
        return address.render_as_string(hide_password=False)

    def _run(self, statement: str, database: str | None = None) -> None:
        address = sa.make_url(self.maintenance_url)
        engine = sa.create_engine(address.set(database=database or address.database), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()


@contextmanager
def server(kind: str) -> Iterator[Sqlite | Postgresql]:
    """Where databases of this kind can be made, for as long as the block runs. Raises Unavailable."""
    with tempfile.TemporaryDirectory(prefix="tracker-test-") as name:
        if kind == "sqlite":
            yield Sqlite(Path(name))
        elif given := os.environ.get("TEST_DATABASE_URL"):
            yield Postgresql(_with_psycopg(given))
        else:
            with _own_server(Path(name)) as url:
                yield Postgresql(url)


def _with_psycopg(url: str) -> str:
    return "postgresql+psycopg://" + url.partition("://")[2]


@contextmanager
def _own_server(folder: Path) -> Iterator[str]:
    """A server on a temporary folder, reached through a socket in it: no port, no password, gone afterwards."""
    initdb, postgres = _program("initdb"), _program("postgres")
    user = _unprivileged_user(folder)
    data = folder / "data"
    options = ["-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-sync", "--locale=C"]
    subprocess.run([initdb, "-D", str(data), *options], check=True, stdout=subprocess.DEVNULL, **_identity(user))
    settings = {"listen_addresses": "", "unix_socket_directories": str(folder), "fsync": "off", "max_connections": "60"}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command = [postgres, "-D", str(data), *options]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, **_identity(user))
    try:
        url = f"postgresql+psycopg://postgres@/postgres?host={folder}"
        _wait(url, process, folder)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def _program(name: str) -> str:
    """An installed program of PostgreSQL; Debian keeps them out of the path."""
    found = shutil.which(name) or next(
        (str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)), None
    )
    if found is None:
        raise Unavailable(f"PostgreSQL's {name} is not installed and TEST_DATABASE_URL is not set")
    return found


def _unprivileged_user(folder: Path) -> str | None:
    """PostgreSQL refuses to run as root: then the folder is given to someone else."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    user = next((name for name in UNPRIVILEGED if name in known), None)
    if user is None:
        raise Unavailable("PostgreSQL does not run as root and there is no user to run it as")
    shutil.chown(folder, user)
    return user


def _identity(user: str | None) -> dict[str, Any]:
    """What makes a child process run as ``user``."""
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}


def _wait(url: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    engine = sa.create_engine(url)
    for _try in range(100):
        try:
            engine.connect().close()
            engine.dispose()
            return
        except sa.exc.OperationalError:
            try:
                process.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                continue
            break
    raise Unavailable("PostgreSQL did not start: " + (folder / "server.log").read_text(errors="replace")[-500:])
