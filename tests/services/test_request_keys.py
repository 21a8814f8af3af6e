"""R21: the second use of a form's key lands on what the first one made."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.factories import AccountFactory
from tracker import clock
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


def later(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    moment = clock.now() + by
    monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.mark.parametrize("within", [request_keys.SHORTLY, request_keys.KEPT])
def test_a_request_is_a_repeat_for_so_long_and_then_one_of_its_own(
    session: Any, monkeypatch: pytest.MonkeyPatch, within: timedelta
) -> None:
    account = AccountFactory()
    assert request_keys.claim(KEY, account, within) is None
    request_keys.land(KEY, account, "/followups/1")
    db.session.commit()
    later(monkeypatch, within - timedelta(seconds=2))
    assert request_keys.claim(KEY, account, within) == request_keys.landed(KEY, account, within) == "/followups/1"
    later(monkeypatch, timedelta(seconds=5))
    assert request_keys.landed(KEY, account, within) is None
    assert request_keys.claim(KEY, account, within) is None
    request_keys.land(KEY, account, "/followups/2")
    db.session.commit()
    assert request_keys.claim(KEY, account, within) == "/followups/2", "a repeat of the second"


def test_one_moment_decides_whether_a_request_is_a_repeat(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    account, begun = AccountFactory(), clock.now()
    monkeypatch.setattr(clock, "now", lambda: begun)
    request_keys.claim(KEY, account)
    request_keys.land(KEY, account, "/followups/1")
    db.session.commit()
    ticks = (begun + request_keys.SHORTLY + timedelta(seconds=number) for number in range(-1, 9))
    monkeypatch.setattr(clock, "now", lambda: next(ticks))
    assert request_keys.claim(KEY, account) == "/followups/1", "else two would do it, and neither hold the key"


def test_repeats_are_of_minutes() -> None:
    assert timedelta(minutes=1) <= request_keys.SHORTLY <= timedelta(minutes=10)
