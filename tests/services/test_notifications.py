"""Messages: a line in the inbox and a mail in one transaction; the mail leaves once and tells no record's text."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import AccountFactory, FollowupFactory
from tracker import clock, mail
from tracker.errors import NotFound
from tracker.extensions import db
from tracker.models import Account, Notification, OutboxMail
from tracker.reports import notifications as report
from tracker.services import notifications


@pytest.fixture
def analyst(session: Any) -> Account:
    made: Account = AccountFactory(states=["PAK"])
    session.commit()
    return made


def notify(account: Account) -> Any:
    followup = FollowupFactory()
    notifications.notify(account, "record_returned", obj=followup, note="Name the chamber.")
    db.session.commit()
    return followup


def test_a_message_and_its_mail(analyst: Account) -> None:
    followup = notify(analyst)
    row = db.session.scalars(sa.select(Notification)).one()
    sent = db.session.scalars(sa.select(OutboxMail)).one()
    assert (row.object_type, row.reference, row.state_id) == ("followup", followup.reference, "PAK")
    assert followup.reference in notifications.sentence(row)
    assert sent.recipient == analyst.email
    assert row.details == {"note": "Name the chamber."}
    for secret in (followup.title, followup.text, followup.reference, "PAK", "Pakistan", "chamber"):
        assert secret not in sent.body + sent.subject


def test_what_is_taken_back_tells_nobody(analyst: Account) -> None:
    notifications.notify(analyst, "record_returned", obj=FollowupFactory())
    db.session.rollback()
    assert not db.session.scalar(sa.select(sa.func.count()).select_from(Notification))
    assert mail.waiting() == 0


def test_a_closed_account_is_told_nothing(analyst: Account) -> None:
    analyst.active = False
    notify(analyst)
    assert mail.waiting() == 0


@pytest.mark.parametrize("kind", sorted(notifications.KINDS))
def test_each_kind_has_its_words(kind: str, app: Any) -> None:
    with app.app_context():
        row = Notification(kind=kind, reference="PAK-F001")
        assert "%(" not in notifications.sentence(row)


def test_the_inbox_is_paged_and_newest_first(analyst: Account) -> None:
    for _ in range(report.SHOWN + 5):
        notify(analyst)
    first = report.inbox(analyst)
    assert len(first) == report.SHOWN + 1
    assert [row.id for row in first] == sorted((row.id for row in first), reverse=True)
    second = report.inbox(analyst, before=first[report.SHOWN - 1].id)
    assert len(second) == 5


def test_a_message_on_a_state_out_of_scope_does_not_exist(analyst: Account) -> None:
    followup = FollowupFactory(state_id="NGA")
    notifications.notify(analyst, "record_signed", obj=followup)
    db.session.commit()
    row = db.session.scalars(sa.select(Notification)).one()
    assert report.inbox(analyst) == []
    with pytest.raises(NotFound):
        notifications.mark_read(analyst, row.id)


def test_nobody_reads_anothers_messages(analyst: Account) -> None:
    notify(analyst)
    other = AccountFactory(states=["PAK"])
    row = db.session.scalars(sa.select(Notification)).one()
    assert report.inbox(other) == []
    with pytest.raises(NotFound):
        notifications.mark_read(other, row.id)


def test_reading_one_and_all(analyst: Account) -> None:
    notify(analyst)
    notify(analyst)
    newest, _older = report.inbox(analyst)
    notifications.mark_read(analyst, newest.id)
    assert [row.read_at is None for row in report.inbox(analyst)] == [False, True]
    notifications.mark_all_read(analyst)
    db.session.expire_all()
    assert [row.read_at is None for row in report.inbox(analyst)] == [False, False]


# The outbox


class Server:
    """A mail server that answers as it is told."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.sent: list[Any] = []

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def send(self, message: Any) -> None:
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        self.sent.append(message)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server()
    monkeypatch.setattr(mail.mail, "connect", lambda: made)
    return made


def test_a_mail_leaves_once(analyst: Account, server: Server) -> None:
    notify(analyst)
    assert mail.send_waiting().sent == 1
    assert mail.send_waiting().sent == 0
    assert [message.recipients for message in server.sent] == [[analyst.email]]
    row = db.session.scalars(sa.select(OutboxMail)).one()
    assert row.sent_at is not None and row.body == ""


def test_a_refusal_is_tried_again_later(analyst: Account, server: Server) -> None:
    notify(analyst)
    server.answers = [smtplib.SMTPDataError(451, b"greylisted: seven herons")]
    assert mail.send_waiting().put_off == 1
    row = db.session.scalars(sa.select(OutboxMail)).one()
    assert row.last_error == "SMTPDataError 451"
    assert mail.send_waiting().sent == 0
    with clock.at(clock.now() + timedelta(minutes=2)):
        assert mail.send_waiting().sent == 1


def test_after_many_refusals_it_is_given_up_and_not_sent(analyst: Account, server: Server) -> None:
    notify(analyst)
    moment = clock.now()
    for _ in range(len(mail.PAUSES) + 1):
        server.answers = [smtplib.SMTPRecipientsRefused({})]
        moment += timedelta(days=2)
        with clock.at(moment):
            result = mail.send_waiting()
    assert result.given_up == 1
    with clock.at(moment + timedelta(days=30)):
        assert mail.send_waiting() == mail.Sent()


def test_a_broken_connection_leaves_it_in_doubt_and_never_sends_it_twice(analyst: Account, server: Server) -> None:
    notify(analyst)
    server.answers = [smtplib.SMTPServerDisconnected("gone")]
    with pytest.raises(OSError):
        mail.send_waiting()
    assert [row.sent_at for row in mail.in_doubt()] == [None]
    with clock.at(clock.now() + timedelta(days=2)):
        assert mail.send_waiting().sent == 0


def test_another_process_has_it_already(analyst: Account, server: Server) -> None:
    notify(analyst)
    row = db.session.scalars(sa.select(OutboxMail)).one()
    assert mail._claim(row.id)
    assert not mail._claim(row.id)


def test_a_subject_stands_on_one_line(analyst: Account) -> None:
    mail.queue(analyst, "One\r\nBcc: x@example.org", "text")
    assert "\n" not in db.session.scalars(sa.select(OutboxMail.subject)).one()
