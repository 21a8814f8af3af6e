"""Nothing leaves the house beyond the State without its consent to share, and what is taken back falls back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import AccountFactory, ConclusionFactory, FollowupFactory, VisitFactory
from tracker.errors import Invalid
from tracker.models import ConsentScope, Role, Sharing
from tracker.partial_date import PartialDate
from tracker.services import followups, visits


@pytest.fixture
def analyst(session: Any) -> Any:
    return AccountFactory(role=Role.ANALYST)


def consent(visit: Any, analyst: Any, scope: ConsentScope) -> None:
    visits.record_share_consent(
        visit, by=analyst, consent=scope, given_on=PartialDate(2007, 1, 15), given_by="Ministry of Foreign Affairs"
    )


def test_a_follow_up_is_shared_further_only_with_the_consent_of_its_visit(session: Any, analyst: Any) -> None:
    visit = VisitFactory()
    followup = FollowupFactory(visit=visit)
    followups.track(followup, by=analyst, sharing=Sharing.STATE_ONLY)
    with pytest.raises(Invalid, match="consent to share"):
        followups.track(followup, by=analyst, sharing=Sharing.PARTNERS)
    consent(visit, analyst, ConsentScope.FULL)
    followups.track(followup, by=analyst, sharing=Sharing.PARTNERS)
    session.commit()
    assert followup.sharing is Sharing.PARTNERS


def test_a_free_standing_follow_up_names_a_visit_before_it_is_shared_further(session: Any, analyst: Any) -> None:
    with pytest.raises(Invalid, match="Name the visit"):
        followups.track(FollowupFactory(), by=analyst, sharing=Sharing.PUBLIC)


def test_when_the_consent_is_taken_back_everything_falls_back(session: Any, analyst: Any) -> None:
    visit = VisitFactory()
    consent(visit, analyst, ConsentScope.FULL)
    conclusion = ConclusionFactory(visit=visit, sharing=Sharing.PUBLIC)
    followup = FollowupFactory(visit=visit, sharing=Sharing.PARTNERS)
    internal = FollowupFactory(visit=visit)
    visits.set_sharing(visit, Sharing.PARTNERS, by=analyst)
    consent(visit, analyst, ConsentScope.REFUSED)
    session.commit()
    assert {visit.sharing, conclusion.sharing, followup.sharing} == {Sharing.STATE_ONLY}
    assert internal.sharing is Sharing.INTERNAL
