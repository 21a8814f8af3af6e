"""Carry-overs: a later visit takes a follow-up up again and says what it found."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import AccountFactory, FollowupFactory, VisitFactory
from tracker.errors import Forbidden, Invalid
from tracker.models import Disposition, Implementation, Role
from tracker.services import carry_overs


def test_a_later_visit_takes_it_up_and_says_what_it_found(session: Any) -> None:
    analyst = AccountFactory()
    followup = FollowupFactory(visit_id=VisitFactory().id)
    later = VisitFactory(year=2012)
    row = carry_overs.add(later, followup, by=analyst)
    carry_overs.set_disposition(row, Disposition.PARTLY_MET, by=analyst, note="The bill was tabled.")
    session.commit()
    assert followup.carry_overs == [row]
    assert (row.disposition, row.note) == (Disposition.PARTLY_MET, "The bill was tabled.")
    assert followup.assessed_status is Implementation.NOT_ASSESSED


def test_not_the_visit_that_raised_it_nor_one_before_nor_elsewhere_nor_twice(session: Any) -> None:
    analyst = AccountFactory()
    raised, earlier, later = VisitFactory(year=2006), VisitFactory(year=2005), VisitFactory(year=2012)
    followup = FollowupFactory(visit_id=raised.id)
    carry_overs.add(later, followup, by=analyst)
    for visit in (raised, earlier, VisitFactory(state_id="IND", year=2012), later):
        with pytest.raises(Invalid) as refused:
            carry_overs.add(visit, followup, by=analyst)
        assert refused.value.field == "visit_id"


def test_only_analysts(session: Any) -> None:
    followup, visit = FollowupFactory(), VisitFactory(year=2012)
    reviewer = AccountFactory(role=Role.REVIEWER)
    with pytest.raises(Forbidden):
        carry_overs.add(visit, followup, by=reviewer)
    row = carry_overs.add(visit, followup, by=AccountFactory())
    with pytest.raises(Forbidden):
        carry_overs.set_disposition(row, Disposition.MET, by=reviewer)
