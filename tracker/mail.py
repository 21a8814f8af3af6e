"""The outbox: mail is a row in the transaction of what it tells of, and leaves afterwards, once.

A mail is claimed and committed before the server is asked. A plain refusal by the server gives it back for a later
try; when the connection breaks in the middle it may have arrived, so it stays claimed and is only named.
"""

from __future__ import annotations

import smtplib
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from flask import current_app, request
from flask_mail import Connection, Message

from tracker import clock
from tracker.extensions import db, mail
from tracker.models import Account, OutboxMail
from tracker.texts import gettext as _

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440))
REFUSALS = (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused)
AT_ONCE = 500


@dataclass
class Sent:
    """How a round of sending went."""

    sent: int = 0
    put_off: int = 0
    given_up: int = 0
    doubtful: int = 0


def queue(account: Account, subject: str, body: str) -> None:
    """Put a mail to ``account`` into the outbox; it leaves only if the transaction commits."""
    queue_to(account.email, account.name, subject, body)


def queue_to(recipient: str, name: str, subject: str, body: str) -> None:
    """The same to an address that is not the account's any more."""
    greeting = _("To %(name)s,", name=name)
    ending = _("This message was sent by the 1373 Tracker. It holds no text of any record.")
    db.session.add(
        OutboxMail(
            recipient=recipient,
            subject=" ".join(subject.split()),
            body=f"{greeting}\n\n{body}\n\n-- \n{ending}\n",
            created_at=clock.now(),
        )
    )


def address(path: str) -> str:
    """The full address of a page, for a mail. The request's own host is believed in the demo and tests only."""
    settings = current_app.config["SETTINGS"]
    if settings.public_url:
        return str(settings.public_url).rstrip("/") + path
    if request and not settings.is_production:
        return request.host_url.rstrip("/") + path
    return path


def waiting() -> int:
    """How many mails wait to be sent."""
    unsent = sa.and_(OutboxMail.sent_at.is_(None), OutboxMail.claimed_at.is_(None), OutboxMail.tries <= len(PAUSES))
    return db.session.scalar(sa.select(sa.func.count()).where(unsent)) or 0


def in_doubt() -> list[OutboxMail]:
    """Mails whose connection broke while they were sent."""
    doubtful = sa.select(OutboxMail).where(OutboxMail.sent_at.is_(None), OutboxMail.claimed_at.is_not(None))
    return list(db.session.scalars(doubtful.order_by(OutboxMail.id)))


def send_waiting() -> Sent:
    """Send what is due, each mail in a transaction of its own. Raises OSError when the server cannot be reached."""
    result = Sent()
    due = _due()
    if not due:
        return result
    with mail.connect() as connection:
        for mail_id in due:
            _send(connection, mail_id, result)
    return result


def _due() -> list[int]:
    now = clock.now()
    found = db.session.scalars(
        sa.select(OutboxMail.id)
        .where(
            OutboxMail.sent_at.is_(None),
            OutboxMail.claimed_at.is_(None),
            OutboxMail.tries <= len(PAUSES),
            sa.or_(OutboxMail.next_try_at.is_(None), OutboxMail.next_try_at <= now),
        )
        .order_by(OutboxMail.id)
        .limit(AT_ONCE)
    ).all()
    db.session.commit()
    return list(found)


def _send(connection: Connection, mail_id: int, result: Sent) -> None:
    """waiting → claimed → sent, or back to waiting when the server says no."""
    if not _claim(mail_id):
        return
    row = db.session.get_one(OutboxMail, mail_id)
    message = Message(subject=row.subject, recipients=[row.recipient], body=row.body)
    message.extra_headers = {"Auto-Submitted": "auto-generated"}
    db.session.rollback()  # nothing is held while the server answers
    try:
        connection.send(message)
    except REFUSALS as error:
        _put_off(mail_id, error, result)
    except (smtplib.SMTPException, OSError) as error:
        _leave_claimed(mail_id, error, result)
        raise
    else:
        _set(mail_id, sent_at=clock.now(), body="", last_error="")
        result.sent += 1


def _claim(mail_id: int) -> bool:
    """Take the mail for this process; False when another one has it."""
    free = (OutboxMail.id == mail_id, OutboxMail.sent_at.is_(None), OutboxMail.claimed_at.is_(None))
    taken = db.session.execute(
        sa.update(OutboxMail)
        .where(*free)
        .values(claimed_at=clock.now(), tries=OutboxMail.tries + 1)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return bool(taken.rowcount == 1)  # type: ignore[attr-defined]  # an UPDATE gives a cursor result


def _put_off(mail_id: int, error: Exception, result: Sent) -> None:
    tries = db.session.get_one(OutboxMail, mail_id).tries
    pause = PAUSES[tries - 1] if tries <= len(PAUSES) else None
    due = clock.now() + pause if pause else None
    _set(mail_id, claimed_at=None, next_try_at=due, last_error=_fault(error))
    if pause:
        result.put_off += 1
    else:
        result.given_up += 1


def _leave_claimed(mail_id: int, error: Exception, result: Sent) -> None:
    _set(mail_id, last_error=_fault(error))
    result.doubtful += 1


def _set(mail_id: int, **values: object) -> None:
    db.session.execute(
        sa.update(OutboxMail)
        .where(OutboxMail.id == mail_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()


def _fault(error: Exception) -> str:
    """What went wrong without the server's words, which may quote the mail."""
    code = getattr(error, "smtp_code", "")
    return f"{type(error).__name__} {code}".strip()
