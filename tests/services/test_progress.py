"""Progress entries: kept as noted, beside every status."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import AccountFactory, FollowupFactory
from tracker import clock
from tracker.errors import Forbidden, Invalid
from tracker.models import Event, FollowupStatus, Implementation, Role
from tracker.partial_date import PartialDate
from tracker.services import progress


def test_an_entry_is_kept_with_its_day_and_writer(session: Any) -> None:
    analyst, followup = AccountFactory(), FollowupFactory()
    entry = progress.add(followup, "The bill passed its first reading.", by=analyst, happened=PartialDate(2007, 3))
    session.commit()
    assert followup.progress == [entry]
    assert (entry.state_id, entry.written_by_id, entry.happened) == ("PAK", analyst.id, PartialDate(2007, 3))
    assert followup.assessed_status is Implementation.NOT_ASSESSED
    assert session.scalar(sa.select(Event.kind).order_by(Event.seq.desc()).limit(1)) == "progress.added"


def test_it_raises_the_version_but_not_the_content_version(session: Any) -> None:
    analyst, followup = AccountFactory(), FollowupFactory()
    progress.add(followup, "One", by=analyst)
    version, content = followup.version, followup.content_version
    progress.add(followup, "Two", by=analyst)
    assert (followup.version, followup.content_version) == (version + 1, content)


def test_it_is_taken_while_the_text_is_before_the_reviewers(session: Any) -> None:
    followup = FollowupFactory(workflow=FollowupStatus.SUBMITTED)
    progress.add(followup, "Moved", by=AccountFactory())


@pytest.mark.parametrize("status", [FollowupStatus.WITHDRAWN, FollowupStatus.SUPERSEDED])
def test_not_once_it_has_ended(session: Any, status: FollowupStatus) -> None:
    with pytest.raises(Forbidden):
        progress.add(FollowupFactory(workflow=status), "Moved", by=AccountFactory())


def test_nothing_and_the_future_are_refused(session: Any) -> None:
    analyst, followup = AccountFactory(), FollowupFactory()
    with pytest.raises(Invalid):
        progress.add(followup, "  ", by=analyst)
    with pytest.raises(Invalid) as refused:
        progress.add(followup, "x", by=analyst, happened=PartialDate.of(clock.today() + timedelta(days=1)))
    assert refused.value.field == "happened"


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.COORDINATOR, Role.AUDITOR, Role.ADMINISTRATOR])
def test_only_analysts_in_scope(session: Any, role: Role) -> None:
    followup = FollowupFactory()
    for account in (AccountFactory(role=role), AccountFactory(states=["IND"])):
        with pytest.raises(Forbidden):
            progress.add(followup, "Moved", by=account)
