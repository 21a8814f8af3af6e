"""Settings, read once from the environment, and the reasons not to start (R40).

Unset ``TRACKER_ENV`` means production: forgetting a setting must never open the demo.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from tracker.errors import RefusedToStart

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ("production", "demo", "test")
SHORTEST_SECRET = 32
KNOWN_SECRETS = (
    "change",
    "secret",
    "example",
    "password",
    "default",
    "insecure",
    "placeholder",
    "0123456789",
)
OTHERS = 0o077  # the permission bits of anyone but the owner


@dataclass(frozen=True)
class Settings:
    """What the environment says; see the README for each name and its default."""

    env: str
    database_url: str
    migration_url: str
    secret_key: str
    instance: Path
    data: Path
    timezone: ZoneInfo
    demo_password: str | None = None
    mail_server: str | None = None
    mail_port: int = 587
    mail_username: str | None = None
    mail_password: str | None = None
    mail_tls: bool = True
    mail_sender: str = "tracker@example.org"
    public_url: str | None = None
    trusted_proxies: int = 0

    @property
    def is_demo(self) -> bool:
        return self.env == "demo"

    @property
    def is_production(self) -> bool:
        return self.env == "production"


def read(environ: Mapping[str, str] = os.environ, instance: Path | None = None) -> Settings:
    """Read the settings; raises RefusedToStart on a value that cannot be meant."""
    env = environ.get("TRACKER_ENV") or "production"
    if env not in ENVIRONMENTS:
        raise RefusedToStart(f"TRACKER_ENV is {env!r}; it must be one of {', '.join(ENVIRONMENTS)}.")
    instance = instance or Path(environ.get("TRACKER_INSTANCE") or ROOT / "instance")
    database = database_address(environ.get("DATABASE_URL") or f"sqlite:///{instance / 'tracker.sqlite3'}")
    return Settings(
        env=env,
        database_url=database,
        migration_url=database_address(environ.get("MIGRATION_DATABASE_URL") or database),
        secret_key=environ.get("SECRET_KEY") or (demo_secret(instance) if env == "demo" else ""),
        instance=instance,
        data=Path(environ.get("TRACKER_DATA") or instance / "data"),
        timezone=_timezone(environ.get("TRACKER_TZ") or "UTC"),
        demo_password=_demo_password(environ, instance) if env == "demo" else None,
        mail_server=environ.get("MAIL_SERVER") or None,
        mail_port=_whole_number(environ, "MAIL_PORT", 587),
        mail_username=environ.get("MAIL_USERNAME") or None,
        mail_password=environ.get("MAIL_PASSWORD") or None,
        mail_tls=environ.get("MAIL_TLS", "1") != "0",
        mail_sender=environ.get("MAIL_SENDER") or "tracker@example.org",
        public_url=environ.get("TRACKER_URL") or None,
        trusted_proxies=_whole_number(environ, "TRACKER_PROXIES", 0),
    )


def check(settings: Settings) -> None:
    """Refuse settings that are unsafe in production; raises RefusedToStart with a sentence (R40)."""
    if not settings.is_production:
        return
    _check_secret(settings.secret_key)
    file = sqlite_file(settings.database_url)
    if file is not None and file.exists() and file.stat().st_mode & OTHERS:
        raise RefusedToStart(f"Others on this machine can read the database {file}. Run: chmod 600 {file}")


def _check_secret(secret: str) -> None:
    if not secret:
        raise RefusedToStart(
            "SECRET_KEY is not set. Make one with: python -c 'import secrets; print(secrets.token_hex(32))'"
        )
    if len(secret) < SHORTEST_SECRET:
        raise RefusedToStart(f"SECRET_KEY is shorter than {SHORTEST_SECRET} characters.")
    if len(set(secret)) < 8 or any(known in secret.lower() for known in KNOWN_SECRETS):
        raise RefusedToStart("SECRET_KEY looks like a value from an example; make a random one.")


def demo_secret(instance: Path) -> str:
    """The demo's secret: made at the first start, kept in ``instance`` for its owner alone."""
    return _kept(instance / "demo-secret", secrets.token_hex(32))


def demo_password(instance: Path) -> str:
    """The password of the demo's accounts: made at the first start, printed at each."""
    return _kept(instance / "demo-password", "-".join(secrets.token_hex(3) for _ in range(3)))


def _demo_password(environ: Mapping[str, str], instance: Path) -> str:
    return environ.get("TRACKER_DEMO_PASSWORD") or demo_password(instance)


def _kept(file: Path, fresh: str) -> str:
    """What the file holds, or ``fresh``, written to it with mode 0600 first."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(fresh)
        return fresh
    except FileExistsError:
        return file.read_text(encoding="ascii").strip()


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite database; None for PostgreSQL and for a database in memory."""
    address = make_url(url)
    if address.get_backend_name() != "sqlite" or address.database in (None, "", ":memory:"):
        return None
    return Path(str(address.database))


def database_address(url: str) -> str:
    """The address with psycopg 3 named, whichever of the usual spellings was given."""
    for spelling in ("postgres://", "postgresql://"):
        if url.startswith(spelling):
            url = "postgresql+psycopg://" + url.removeprefix(spelling)
    try:
        backend = make_url(url).get_backend_name()
    except ArgumentError as error:  # without the address in the message: it may hold a password
        raise RefusedToStart(
            "The database address cannot be read; it starts with sqlite:/// or postgresql://."
        ) from error
    if backend not in ("sqlite", "postgresql"):
        raise RefusedToStart(f"The database must be SQLite or PostgreSQL, not {backend}.")
    return url


def _timezone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise RefusedToStart(f"TRACKER_TZ is {name!r}, which is no time zone; try UTC or Europe/Vienna.") from error


def _whole_number(environ: Mapping[str, str], name: str, default: int) -> int:
    value = environ.get(name) or str(default)
    if not (value.isascii() and value.isdigit()):
        raise RefusedToStart(f"{name} is {value!r}; it must be a whole number.")
    return int(value)
