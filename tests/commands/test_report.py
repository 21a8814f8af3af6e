"""``flask report status``: what it refuses before it gives a file."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import AccountFactory, FollowupFactory


@pytest.mark.parametrize("query", ["owner=me", "person=me", "person=%20me%20&state=PAK"])
def test_nobody_in_particular_is_not_me(app: Any, session: Any, query: str) -> None:
    FollowupFactory(owner_id=AccountFactory(name="Somebody named Jaime").id)
    session.commit()
    told = app.test_cli_runner().invoke(args=["report", "status", "--filter", query])
    assert told.exit_code == 1
    assert "needs --as" in told.stderr
    assert told.stdout == ""


def test_with_a_person_it_is_that_person(app: Any, session: Any) -> None:
    analyst = AccountFactory()
    FollowupFactory(drafted_by_id=analyst.id), FollowupFactory()
    session.commit()
    asked = ["report", "status", "--as", analyst.email, "--filter", "person=me"]
    told = app.test_cli_runner().invoke(args=asked)
    assert told.exit_code == 0
    assert "PAK-F001" in told.stdout
    assert "PAK-F002" not in told.stdout
