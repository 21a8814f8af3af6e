"""People who sign in, what they are granted, and their sessions."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask_security import UserMixin
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker.database import Base, UtcDateTime, choice
from tracker.models.versions import Versioned


class Role(StrEnum):
    ANALYST = "analyst"
    REVIEWER = "reviewer"
    COORDINATOR = "coordinator"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Scope(StrEnum):
    ALL = "all"
    REGION = "region"
    STATES = "states"


class Account(Base, UserMixin):
    """Someone who signs in. ``name`` is what colleagues see; it stands in seals as it was then."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    password: Mapped[str | None] = mapped_column(sa.String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(sa.String(64), unique=True)
    tf_totp_secret: Mapped[str | None] = mapped_column(sa.Text)
    last_totp_step: Mapped[int | None] = mapped_column(sa.BigInteger)
    language: Mapped[str | None] = mapped_column(sa.String(16))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    grants: Mapped[list[Grant]] = relationship(
        back_populates="account", foreign_keys="Grant.account_id", order_by="Grant.id"
    )

    @property
    def has_factor(self) -> bool:
        """Whether a second factor is set up."""
        return self.tf_totp_secret is not None

    @property
    def roles(self) -> list[Any]:  # type: ignore[override]  # an attribute there
        """Flask-Security's roles are not used: rights come from grants, through ``policy``."""
        return []


class Grant(Base, Versioned):
    """A role within a scope, until ``ends_on`` (the last day that it holds) or until it is revoked."""

    __tablename__ = "account_grant"
    __root__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), index=True)
    role: Mapped[Role] = mapped_column(choice(Role, "role"))
    scope: Mapped[Scope] = mapped_column(choice(Scope, "scope"))
    region_code: Mapped[str | None] = mapped_column(sa.ForeignKey("region.code"))
    ends_on: Mapped[date | None]
    granted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    account: Mapped[Account] = relationship(back_populates="grants", foreign_keys=[account_id])
    states: Mapped[list[GrantState]] = relationship(back_populates="grant", lazy="selectin")


class GrantState(Base, Versioned):
    """One State named in a grant."""

    __tablename__ = "account_grant_state"
    __root__ = "account"

    grant_id: Mapped[int] = mapped_column(sa.ForeignKey("account_grant.id"), primary_key=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"), primary_key=True)

    grant: Mapped[Grant] = relationship(back_populates="states")

    @property
    def root_key(self) -> tuple[str, int]:
        """The account's, which the grant names."""
        return self.__root__, self.grant.account_id


class RecoveryCode(Base):
    """A code that stands in for the second factor, once. A row each, so that two requests cannot spend it both."""

    __tablename__ = "recovery_code"
    __table_args__ = (sa.UniqueConstraint("account_id", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    digest: Mapped[str] = mapped_column(sa.String(64))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignInSession(Base):
    """A session kept on the server: the cookie holds a random value whose SHA-256 is ``id`` (R5, R6)."""

    __tablename__ = "sign_in_session"

    id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    address: Mapped[str | None] = mapped_column(sa.String(64))
    browser: Mapped[str | None] = mapped_column(sa.String(300))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignInAttempt(Base):
    """A try to sign in, or to pass a second factor: counted per account and per address (R3)."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        sa.Index("ix_sign_in_attempt_account_key_at", "account_key", "at"),
        sa.Index("ix_sign_in_attempt_address_at", "address", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_key: Mapped[str] = mapped_column(sa.String(64))
    address: Mapped[str] = mapped_column(sa.String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    succeeded: Mapped[bool]
