"""Messages to people: a line in the inbox and a mail in the outbox, in the transaction of what they tell of.

The mail says that something waits and where; what a record says, and which record it is, stays behind log-in.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale

from tracker import clock, mail
from tracker.errors import NotFound
from tracker.extensions import db
from tracker.models import Account, Notification
from tracker.reports import notifications
from tracker.texts import gettext as _
from tracker.texts import lazy_gettext as _l

# kind: what the mail says, and what the inbox says (%(reference)s is the record's)
KINDS: dict[str, tuple[Any, Any]] = {
    "record_returned": (
        _l("Something that you submitted was returned to you."),
        _l("%(reference)s was returned to you."),
    ),
    "record_signed": (
        _l("Something that you drafted or submitted was signed off."),
        _l("%(reference)s was signed off."),
    ),
    "record_withdrawn": (
        _l("Something that you drafted or submitted was withdrawn."),
        _l("%(reference)s was withdrawn: a reviewer signed it."),
    ),
    "record_superseded": (
        _l("Something that you drafted or submitted was superseded by another."),
        _l("%(reference)s was superseded: a reviewer signed it."),
    ),
    "sealed_record_changed": (
        _l("Something that you signed off has changed since."),
        _l("%(reference)s has changed since you signed it off."),
    ),
    "extension_approved": (
        _l("An extension that you asked for was approved."),
        _l("The extension that you asked for was approved: %(reference)s."),
    ),
    "extension_refused": (
        _l("An extension that you asked for was refused."),
        _l("The extension that you asked for was refused: %(reference)s."),
    ),
    "password_changed": (
        _l("Your password was changed. If that was not you, tell an administrator at once."),
        _l("Your password was changed."),
    ),
    "factor_reset": (
        _l("Your second factor was reset by an administrator. Set up a new one when you next sign in."),
        _l("Your second factor was reset by an administrator."),
    ),
    "rights_changed": (
        _l("Your rights were changed by an administrator. Sign in again to use them."),
        _l("Your rights were changed by an administrator."),
    ),
}


def notify(
    account: Account,
    kind: str,
    *,
    obj: Any = None,
    reference: str | None = None,
    state_id: str | None = None,
    note: str = "",
) -> None:
    """Tell ``account`` that something of ``kind`` happened to ``obj``, with what whoever did it wrote: that stands in
    the inbox alone, never in the mail."""
    if not account.active:
        return
    db.session.add(
        Notification(
            account_id=account.id,
            kind=kind,
            object_type=obj.__tablename__ if obj is not None else None,
            object_id=getattr(obj, "id", None),
            reference=reference or getattr(obj, "reference", None),
            state_id=state_id or getattr(obj, "state_id", None),
            details={"note": note} if note else {},
            created_at=clock.now(),
        )
    )
    with force_locale(_mail_language(account)):
        where = mail.address("/inbox")
        text = _("More in your inbox, after signing in: %(address)s", address=where)
        mail.queue(account, _("1373 Tracker: something waits for you"), f"{KINDS[kind][0]}\n\n{text}")


def _mail_language(account: Account) -> str:
    """The language that the account chose; the pseudo-language of the demo is for pages alone."""
    chosen = account.language or "en"
    return "en" if "-x-" in chosen else chosen


def sentence(notification: Notification) -> str:
    """What the inbox says."""
    return str(KINDS[notification.kind][1]) % {"reference": f"\u2068{notification.reference or ''}\u2069"}


def mark_read(account: Account, notification_id: int) -> Notification:
    """Mark one message as read."""
    row = db.session.scalar(notifications.mine(account).where(Notification.id == notification_id))
    if row is None:
        raise NotFound(_("There is no such message."))
    row.read_at = row.read_at or clock.now()
    return row


def mark_all_read(account: Account) -> None:
    """Mark every message of the account as read."""
    db.session.execute(
        sa.update(Notification)
        .where(Notification.account_id == account.id, Notification.read_at.is_(None))
        .values(read_at=clock.now())
        .execution_options(synchronize_session=False)
    )
