"""Settings, read once from the environment, and the reasons not to start (R40).

Unset ``TRACKER_ENV`` means production: forgetting a setting must never open the demo.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tracker.errors import RefusedToStart

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ("production", "demo", "test")
SHORTEST_SECRET = 32


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
        secret_key=environ.get("SECRET_KEY", ""),
        instance=instance,
        data=Path(environ.get("TRACKER_DATA") or instance / "data"),
        timezone=_timezone(environ.get("TRACKER_TZ") or "UTC"),
        demo_password=environ.get("TRACKER_DEMO_PASSWORD") or None,
        mail_server=environ.get("MAIL_SERVER") or None,
        mail_port=_whole_number(environ, "MAIL_PORT", 587),
        mail_username=environ.get("MAIL_USERNAME") or None,
        mail_password=environ.get("MAIL_PASSWORD") or None,
        mail_tls=environ.get("MAIL_TLS", "1") != "0",
        mail_sender=environ.get("MAIL_SENDER") or "tracker@example.org",
        public_url=environ.get("TRACKER_URL") or None,
        trusted_proxies=_whole_number(environ, "TRACKER_PROXIES", 0),
    )


def database_address(url: str) -> str:
    """The address with psycopg 3 named, whichever of the usual spellings was given."""
    for spelling in ("postgres://", "postgresql://"):
        if url.startswith(spelling):
            return "postgresql+psycopg://" + url.removeprefix(spelling)
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
