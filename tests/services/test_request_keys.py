"""R21: the second use of a form's key lands on what the first one made."""

from __future__ import annotations

from typing import Any

from tests.factories import AccountFactory
from tracker.extensions import db
from tracker.services import request_keys

KEY = "a" * 36


def test_the_repeat_lands_where_the_first_one_landed(session: Any) -> None:
    account = AccountFactory()
    assert request_keys.claim(KEY, account) is None
    request_keys.land(KEY, account, "/visits/PAK-2006-1")
    db.session.commit()
    assert request_keys.claim(KEY, account) == "/visits/PAK-2006-1"


def test_one_persons_keys_never_meet_anothers(session: Any) -> None:
    account, other = AccountFactory(), AccountFactory()
    request_keys.claim(KEY, account)
    request_keys.land(KEY, account, "/visits/PAK-2006-1")
    assert request_keys.claim(KEY, other) is None


def test_no_key_and_a_key_too_long_are_no_key(session: Any) -> None:
    account = AccountFactory()
    assert request_keys.claim(None, account) is None
    assert request_keys.claim("x" * 65, account) is None
