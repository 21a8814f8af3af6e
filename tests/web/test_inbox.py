"""The inbox as a browser sees it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import AccountFactory, FollowupFactory
from tracker.extensions import db
from tracker.models import Account, Notification
from tracker.reports import notifications as report
from tracker.services import notifications
from tracker.web import inbox


@pytest.fixture
def analyst(session: Any) -> Account:
    made: Account = AccountFactory(states=["PAK"])
    session.commit()
    return made


def tell(account: Account, times: int = 1) -> None:
    followup = FollowupFactory()
    for _ in range(times):
        notifications.notify(account, "record_returned", obj=followup)
    db.session.commit()


def test_an_empty_inbox_says_what_it_is_for(sign_in: Any, analyst: Account) -> None:
    assert "Nothing here yet" in sign_in(analyst).get("/inbox").text


def test_a_message_links_to_its_record_and_is_marked_as_read(sign_in: Any, analyst: Account) -> None:
    tell(analyst)
    client = sign_in(analyst)
    assert "/follow-ups/PAK-F001" in client.get("/inbox").text
    row = db.session.scalars(sa.select(Notification)).one()
    assert row.read_at is None  # reading the page changes nothing
    assert client.post(f"/inbox/{row.id}/read").location == "/inbox"
    assert client.post(f"/inbox/{row.id}/read", data={"open": "1"}).location == "/follow-ups/PAK-F001"
    db.session.refresh(row)
    assert row.read_at is not None
    assert '<td data-label="Action"></td>' in client.get("/inbox").text, "nothing is left to do, and no label says so"


def test_a_message_says_what_whoever_decided_wrote(sign_in: Any, analyst: Account) -> None:
    tell(analyst)
    notifications.notify(analyst, "extension_refused", obj=FollowupFactory(), note="The <b>House</b> sits in May.")
    db.session.commit()
    assert "The &lt;b&gt;House&lt;/b&gt; sits in May." in sign_in(analyst).get("/inbox").text


def test_everything_is_marked_as_read(sign_in: Any, analyst: Account) -> None:
    tell(analyst, 3)
    client = sign_in(analyst)
    assert client.post("/inbox/read-all").status_code == 303
    assert "Mark all as read" not in client.get("/inbox").text


def test_pages_go_on_to_the_first(sign_in: Any, analyst: Account) -> None:
    tell(analyst, report.SHOWN + 3)
    client = sign_in(analyst)
    page = client.get("/inbox").text
    assert page.count("was returned to you") == report.SHOWN
    older = page.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    assert client.get(older).text.count("was returned to you") == 3


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "²", ""])
def test_a_strange_page_is_the_first(sign_in: Any, analyst: Account, before: str) -> None:
    page = sign_in(analyst).get("/inbox", query_string={"before": before}, follow_redirects=True)
    assert page.status_code == 200


def test_anothers_message_does_not_exist(sign_in: Any, analyst: Account) -> None:
    tell(analyst)
    row = db.session.scalars(sa.select(Notification)).one()
    other = AccountFactory(states=["PAK"])
    db.session.commit()
    assert sign_in(other).post(f"/inbox/{row.id}/read").status_code == 404


def test_a_message_on_a_state_out_of_scope_is_not_shown(sign_in: Any, analyst: Account) -> None:
    notifications.notify(analyst, "record_signed", obj=FollowupFactory(state_id="NGA"))
    db.session.commit()
    page = sign_in(analyst).get("/inbox").text
    assert "NGA" not in page
    assert '<span class="visually-hidden">waiting</span>' not in page  # nor is it counted in the sidebar


def test_each_kind_of_record_has_an_address(app: Flask) -> None:
    named = {
        "followup": ("PAK-F001", "/follow-ups/PAK-F001"),
        "conclusion": ("PAK-2006-1-C3", "/conclusions/PAK-2006-1-C3"),
        "matrix": ("PAK-2006-1-M", "/visits/PAK-2006-1/matrix"),
        "visit": ("PAK-2006-1", "/visits/PAK-2006-1"),
    }
    with app.test_request_context():
        for noun, (reference, address) in named.items():
            assert inbox.address(Notification(object_type=noun, reference=reference)) == address
        assert inbox.address(Notification(object_type=None, reference=None)) is None
