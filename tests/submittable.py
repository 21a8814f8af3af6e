"""A follow-up that lacks nothing, for tests that submit and sign it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from tests.factories import AuthorityFactory, FollowupFactory
from tracker.extensions import db
from tracker.models import (
    Account,
    Basis,
    Followup,
    FollowupAuthority,
    FollowupParagraph,
    Paragraph,
    Priority,
)
from tracker.services import records


def submittable(by: Account, **columns: Any) -> Followup:
    """A draft by ``by`` with everything that a submission asks for."""
    followup: Followup = FollowupFactory(
        drafted_by_id=by.id,
        **{
            "basis": Basis.OBLIGATION,
            "priority": Priority.HIGH,
            "no_conclusion_reason": "The State asked for it itself.",
            "no_due_reason": "No date was agreed.",
            "indicator": "The act is in force.",
            **columns,
        },
    )
    paragraph = db.session.scalars(
        sa.select(Paragraph).where(Paragraph.resolution_number == 1373, Paragraph.label == "1(b)")
    ).one()
    authority = AuthorityFactory(state_id=followup.state_id)
    followup.paragraphs.append(FollowupParagraph(paragraph_id=paragraph.id, state_id=followup.state_id))
    followup.authorities.append(FollowupAuthority(authority_id=authority.id, state_id=followup.state_id))
    records.save(followup, "followup.edited", by=by)
    return followup
