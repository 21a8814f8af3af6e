"""What happens to a conclusion: written, changed, shared with the State, commented on, made final, withdrawn."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from tracker import clock, policy, workflow
from tracker.errors import Invalid
from tracker.extensions import db
from tracker.models import (
    Account,
    Basis,
    Conclusion,
    ConclusionKind,
    ConclusionParagraph,
    ConclusionStatus,
    Purpose,
    Sharing,
    Visit,
)
from tracker.partial_date import PartialDate
from tracker.policy import Permission
from tracker.reports import catalogue
from tracker.services import dates, links, records, signoff
from tracker.services import sharing as sharing_rule
from tracker.texts import gettext as _


def create(
    visit: Visit,
    *,
    by: Account,
    kind: ConclusionKind,
    area_code: str,
    text: str,
    basis: Basis | None = None,
    paragraph_ids: Sequence[int] = (),
    source: str = "",
    sharing: Sharing = Sharing.INTERNAL,
) -> Conclusion:
    """Write a conclusion of the visit (→ draft), with the visit's next number."""
    policy.require(by, Permission.CONCLUSION_EDIT, visit)
    edition = catalogue.assessable(area_code).edition
    _check_paragraphs(paragraph_ids)
    sharing_rule.check(sharing, visit)
    number = _next_number(visit)
    conclusion = Conclusion(
        reference=f"{visit.reference}-C{number}",
        visit_id=visit.id,
        visit=visit,
        state_id=visit.state_id,
        number=number,
        kind=kind,
        area_code=area_code,
        area_edition=edition,
        text=text,
        basis=basis,
        workflow=ConclusionStatus.DRAFT,
        source=source,
        sharing=sharing,
        drafted_by_id=by.id,
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    db.session.add(conclusion)
    db.session.flush()
    _set_paragraphs(conclusion, paragraph_ids)
    records.save(conclusion, "conclusion.created", by=by)
    return conclusion


def edit(
    conclusion: Conclusion,
    *,
    by: Account,
    kind: ConclusionKind,
    area_code: str,
    text: str,
    basis: Basis | None,
    paragraph_ids: Sequence[int],
    source: str,
    sharing: Sharing,
    version: int | None = None,
) -> Conclusion:
    """Change what it says. A sealed field changed on a signed_off one: → draft; the follow-ups that answer it too."""
    policy.require(by, Permission.CONCLUSION_EDIT, conclusion)
    _lock(conclusion, by, Permission.CONCLUSION_EDIT, version)
    _check_paragraphs(paragraph_ids)
    given = (kind, area_code, text, basis, source, sharing, sorted(set(paragraph_ids)))
    if given == _stored(conclusion):
        return conclusion
    if sharing is not conclusion.sharing:
        sharing_rule.check(sharing, conclusion.visit)
    text_before = conclusion.text
    if area_code != conclusion.area_code:
        conclusion.area_edition = catalogue.assessable(area_code).edition
    conclusion.kind, conclusion.area_code, conclusion.text = kind, area_code, text
    conclusion.basis, conclusion.source, conclusion.sharing = basis, source, sharing
    _set_paragraphs(conclusion, paragraph_ids)
    records.save(conclusion, "conclusion.edited", by=by)
    if text != text_before:
        records.conclusion_changed(conclusion, by)
    return conclusion


def share_with_state(conclusion: Conclusion, *, by: Account, happened: PartialDate, version: int | None = None) -> None:
    """signed_off → shared_with_state, with the day on which the State received it."""
    policy.require(by, Permission.CONCLUSION_SHARE, conclusion)
    _lock(conclusion, by, Permission.CONCLUSION_SHARE, version)
    dates.refuse_future(happened, "happened")
    workflow.move(conclusion, "share", by=by, details={"happened": happened.iso})


def record_comment(
    conclusion: Conclusion, *, by: Account, text: str, date: PartialDate, version: int | None = None
) -> None:
    """shared_with_state|commented → commented: what the State says stands beside our text, and changes none of it."""
    policy.require(by, Permission.CONCLUSION_SHARE, conclusion)
    _lock(conclusion, by, Permission.CONCLUSION_SHARE, version)
    if not text.strip():
        raise Invalid(_("Enter what the Member State says."), "text")
    dates.refuse_future(date, "date")
    conclusion.state_comment, conclusion.state_commented_on = text, date
    workflow.move(conclusion, "comment", by=by)


def finalise(conclusion: Conclusion, *, by: Account, version: int | None = None) -> None:
    """shared_with_state|commented → final: it is changed no more."""
    policy.require(by, Permission.CONCLUSION_SHARE, conclusion)
    _lock(conclusion, by, Permission.CONCLUSION_SHARE, version)
    workflow.move(conclusion, "finalise", by=by)


def withdraw(conclusion: Conclusion, *, by: Account, reason: str, version: int | None = None) -> None:
    """Never sealed: draft|returned → withdrawn. Sealed before: → submitted, for a reviewer's seal to the withdrawal."""
    policy.require(by, Permission.CONCLUSION_EDIT, conclusion)
    _lock(conclusion, by, Permission.CONCLUSION_EDIT, version)
    if not reason.strip():
        raise Invalid(_("Give a reason."), "reason")
    if conclusion.seal_count:
        signoff.submit(conclusion, by=by, note=reason, purpose=Purpose.WITHDRAW)
    else:
        workflow.move(conclusion, "withdraw", by=by, reason=reason)


def _lock(conclusion: Conclusion, by: Account, permission: Permission, version: int | None) -> None:
    """Take the row as it is now; it must still be what was on the screen, and open to this change."""
    signoff.lock(conclusion)
    records.require_version(conclusion, version)
    policy.require(by, permission, conclusion)


def _next_number(visit: Visit) -> int:
    """One more than the visit's last; whoever else writes one on this visit waits here."""
    db.session.execute(sa.select(Visit.id).where(Visit.id == visit.id).with_for_update())
    last = db.session.scalar(sa.select(sa.func.max(Conclusion.number)).where(Conclusion.visit_id == visit.id))
    return (last or 0) + 1


def _stored(conclusion: Conclusion) -> tuple[object, ...]:
    return (
        conclusion.kind,
        conclusion.area_code,
        conclusion.text,
        conclusion.basis,
        conclusion.source,
        conclusion.sharing,
        sorted(link.paragraph_id for link in conclusion.paragraphs),
    )


def _set_paragraphs(conclusion: Conclusion, ids: Sequence[int]) -> None:
    def make(paragraph_id: int) -> ConclusionParagraph:
        return ConclusionParagraph(paragraph_id=paragraph_id, state_id=conclusion.state_id)

    links.put(conclusion.paragraphs, sorted(set(ids)), "paragraph_id", make)


def _check_paragraphs(ids: Sequence[int]) -> None:
    if not set(ids) <= set(catalogue.paragraphs()):
        raise Invalid(_("Choose paragraphs of the catalogue."), "paragraph_ids")
