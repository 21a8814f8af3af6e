"""How far records may leave the house: beyond the State only with its consent to share, which a visit records.

A conclusion and a follow-up stand under the consent of the visit that raised them. When the consent is taken back, all
of them fall back at once.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from tracker import clock, history
from tracker.errors import Invalid
from tracker.extensions import db
from tracker.models import Account, Conclusion, ConsentScope, Followup, Sharing, Visit
from tracker.texts import gettext as _

GIVEN = (ConsentScope.FULL, ConsentScope.PARTIAL)
OUTSIDE = (Sharing.PARTNERS, Sharing.PUBLIC)


def has_consent(visit: Visit | None) -> bool:
    """Whether what came of the visit may go beyond the State."""
    return visit is not None and visit.share_consent in GIVEN


def check(sharing: Sharing, visit: Visit | None) -> None:
    """Raise Invalid when the level goes beyond the State and its consent to share is not recorded."""
    if sharing not in OUTSIDE:
        return
    if visit is None:
        raise Invalid(
            _("Name the visit that raised it first: the consent to share what came of a visit stands there."), "sharing"
        )
    if not has_consent(visit):
        raise Invalid(
            _("Record the State's consent to share first: without it nothing goes further than to the State."),
            "sharing",
        )


def fall_back(visit: Visit, by: Account) -> None:
    """Without consent: whatever came of the visit and was shared further goes no further than to the State."""
    for model in (Conclusion, Followup):
        for record in _shared_further(model, visit):
            record.sharing = Sharing.STATE_ONLY
            record.updated_at = clock.now()
            history.record(f"{record.__tablename__}.sharing_fell_back", record, by=by)


def _shared_further(model: Any, visit: Visit) -> list[Any]:
    return list(
        db.session.scalars(
            sa.select(model).where(model.visit_id == visit.id, model.sharing.in_(OUTSIDE)).order_by(model.id)
        )
    )
