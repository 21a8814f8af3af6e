"""Follow-ups: written, edited, assessed, tracked, withdrawn, superseded. What is attached has modules of its own.

A follow-up belongs to the State and outlives visits. Sealed fields change only while the text is not before the
reviewers; owner, priority, next step, sharing and the State's position at any time until the follow-up has ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tracker import clock, policy, workflow
from tracker.errors import Invalid, NotFound, Stale
from tracker.extensions import db
from tracker.models import (
    Account,
    Basis,
    Conclusion,
    ConclusionStatus,
    ExtensionStatus,
    Followup,
    FollowupArea,
    FollowupAuthority,
    FollowupConclusion,
    FollowupCounter,
    FollowupParagraph,
    FollowupStatus,
    Implementation,
    MeetingOutcome,
    Position,
    Priority,
    Purpose,
    Sharing,
    State,
    Visit,
)
from tracker.models.followup import ENDED
from tracker.partial_date import PartialDate
from tracker.policy import Permission
from tracker.reports import catalogue
from tracker.services import authorities, dates, links, records, signoff
from tracker.services import sharing as sharing_rule
from tracker.texts import gettext as _

LONGEST_TITLE = 300


@dataclass(frozen=True)
class FollowupInput:
    """What an analyst writes of a follow-up. Links are full sets; authorities are given by name."""

    title: str
    text: str = ""
    area_code: str | None = None
    further_areas: Sequence[str] = ()
    paragraph_ids: Sequence[int] = ()
    basis: Basis | None = None
    priority: Priority | None = None
    authorities: Sequence[str] = ()
    conclusion_ids: Sequence[int] = ()
    no_conclusion_reason: str = ""
    visit_id: int | None = None
    owner_id: int | None = None
    indicator: str = ""
    no_indicator_reason: str = ""
    due: PartialDate | None = None
    no_due_reason: str = ""
    source: str = ""
    next_step: str = ""
    sharing: Sharing = Sharing.INTERNAL


def create(state_id: str, given: FollowupInput, *, by: Account) -> Followup:
    """A new draft of the State, under the State's next number. Gaps are allowed; no number is given twice."""
    policy.require(by, Permission.FOLLOWUP_EDIT, state_id)
    if db.session.get(State, state_id) is None:
        raise Invalid(_("There is no Member State with this code."), "state_id")
    number = _next_number(state_id)
    now = clock.now()
    followup = Followup(
        state_id=state_id,
        reference=f"{state_id}-F{number:03}",
        number=number,
        title=given.title,
        workflow=FollowupStatus.DRAFT,
        position=Position.NONE_YET,
        reported_status=Implementation.NOT_ASSESSED,
        assessed_status=Implementation.NOT_ASSESSED,
        drafted_by_id=by.id,
        created_at=now,
        updated_at=now,
    )
    db.session.add(followup)
    _write(followup, given, by)
    records.save(followup, "followup.created", by=by)
    return followup


def edit(
    followup: Followup, given: FollowupInput, *, by: Account, reason: str = "", version: int | None = None
) -> None:
    """Write all fields anew. A changed sealed field raises the content version; signed_off → draft ("changed")."""
    policy.require(by, Permission.FOLLOWUP_EDIT, followup)
    records.require_version(followup, version)
    _write(followup, given, by)
    records.save(followup, "followup.edited", by=by, reason=reason)


def assess_status(
    followup: Followup,
    status: Implementation,
    on: PartialDate | None,
    source: str = "",
    *,
    by: Account,
    version: int | None = None,
) -> None:
    """Set the status that we assess, with its date: sealed, so that a signed_off record becomes a draft."""
    policy.require(by, Permission.FOLLOWUP_EDIT, followup)
    records.require_version(followup, version)
    if status is not Implementation.NOT_ASSESSED and on is None:
        raise Invalid(_("Give the date of the assessment."), "assessed_on")
    dates.refuse_future(on, "assessed_on")
    followup.assessed_status = status
    followup.assessed_on = on
    followup.assessed_source = source
    records.save(followup, "followup.assessed", by=by)


def track(followup: Followup, *, by: Account, version: int | None = None, **values: Any) -> None:
    """Set any of ``owner_id``, ``priority``, ``next_step``, ``sharing``, as one event. None of them is sealed."""
    policy.require(by, Permission.FOLLOWUP_TRACK, followup)
    records.require_version(followup, version)
    unknown = set(values) - {"owner_id", "priority", "next_step", "sharing"}
    if unknown:
        raise ValueError(f"not tracked: {sorted(unknown)}")
    if values.get("owner_id") is not None:
        _require_owner(values["owner_id"], followup)
    if values.get("sharing", followup.sharing) is not followup.sharing:
        sharing_rule.check(values["sharing"], followup.visit)
    for name, value in values.items():
        setattr(followup, name, value)
    records.save(followup, "followup.tracked", by=by)


def set_position(
    followup: Followup,
    position: Position,
    on: PartialDate | None,
    source: str = "",
    *,
    by: Account,
    version: int | None = None,
) -> None:
    """Set the State's position, with its date and source."""
    policy.require(by, Permission.FOLLOWUP_TRACK, followup)
    records.require_version(followup, version)
    if position is not Position.NONE_YET and on is None:
        raise Invalid(_("Give the date of the position."), "position_on")
    dates.refuse_future(on, "position_on")
    followup.position, followup.position_on, followup.position_source = position, on, source
    records.save(followup, "followup.position_recorded", by=by)


def withdraw(followup: Followup, reason: str, *, by: Account, version: int | None = None) -> None:
    """Never sealed: draft or returned → withdrawn. Once sealed: → submitted, for a reviewer's seal."""
    _require_ending(followup, reason, by, version)
    followup.status_reason = reason
    if followup.seal_count:
        db.session.flush()  # submitting takes the row afresh
        signoff.submit(followup, by=by, note=reason, purpose=Purpose.WITHDRAW)
    else:
        workflow.move(followup, "withdraw", by=by, reason=reason)


def supersede(followup: Followup, by_reference: str, reason: str, *, by: Account, version: int | None = None) -> None:
    """Let another follow-up of the same State take this one's place; once sealed it needs a reviewer's seal."""
    _require_ending(followup, reason, by, version)
    successor = _successor(followup, by_reference, by)
    followup.superseded_by_id = successor.id
    followup.status_reason = reason
    if followup.seal_count:
        db.session.flush()
        signoff.submit(followup, by=by, note=reason, purpose=Purpose.SUPERSEDE)
    else:
        workflow.move(followup, "supersede", by=by, reason=reason, details={"superseded_by": successor.reference})


def from_conclusion(conclusion: Conclusion) -> FollowupInput:
    """What a follow-up that answers the conclusion starts from: its area, paragraphs, basis and visit.

    Its words are a finding; what the State should do about it is another sentence, which is still to be written.
    """
    return FollowupInput(
        title="",
        area_code=conclusion.area_code,
        paragraph_ids=[link.paragraph_id for link in conclusion.paragraphs],
        basis=conclusion.basis,
        conclusion_ids=[conclusion.id],
        visit_id=conclusion.visit_id,
        source=conclusion.source,
    )


def from_recommendation(outcome: MeetingOutcome) -> FollowupInput:
    """What a follow-up that a meeting recommended starts from: its words, the meeting and its source.

    It answers no conclusion, and says why.
    """
    meeting, text = outcome.meeting, " ".join(outcome.text.split())
    return FollowupInput(
        title=text if len(text) <= LONGEST_TITLE else "",
        text=outcome.text,
        no_conclusion_reason=_("Recommended by the meeting %(meeting)s.", meeting=meeting.reference),
        source=f"{meeting.reference} {meeting.title}: {meeting.source}",
    )


def input_of(followup: Followup) -> FollowupInput:
    """The follow-up as it stands, to be changed in part with ``dataclasses.replace`` and edited."""
    return FollowupInput(
        title=followup.title,
        text=followup.text,
        area_code=followup.area_code,
        further_areas=[link.area_code for link in followup.further_areas],
        paragraph_ids=[link.paragraph_id for link in followup.paragraphs],
        basis=followup.basis,
        priority=followup.priority,
        authorities=[link.authority.name for link in followup.authorities],
        conclusion_ids=[link.conclusion_id for link in followup.conclusions],
        no_conclusion_reason=followup.no_conclusion_reason,
        visit_id=followup.visit_id,
        owner_id=followup.owner_id,
        indicator=followup.indicator,
        no_indicator_reason=followup.no_indicator_reason,
        due=followup.current_due,
        no_due_reason=followup.no_due_reason,
        source=followup.source,
        next_step=followup.next_step,
        sharing=followup.sharing,
    )


def has_free_due_date(followup: Followup) -> bool:
    """Whether the due date is written like any other field: until a reviewer put a name to it, by a seal or by an
    extension; then only an extension moves it, and the original stays."""
    if followup.original_due is None:
        return True
    was_moved = any(extension.status is ExtensionStatus.APPROVED for extension in followup.extensions)
    return followup.seal_count == 0 and not was_moved


# Writing


def _write(followup: Followup, given: FollowupInput, by: Account) -> None:
    kept_sharing = followup.sharing
    with db.session.no_autoflush:
        _write_columns(followup, given)
        _write_area(followup, given)
        _write_due(followup, given)
        _check_visit(followup, given)
        if given.sharing is not kept_sharing:
            visit = db.session.get(Visit, given.visit_id) if given.visit_id is not None else None
            sharing_rule.check(given.sharing, visit)
        if given.owner_id is not None:
            _require_owner(given.owner_id, followup)
        followup.owner_id = given.owner_id
    db.session.flush()
    _write_paragraphs(followup, given.paragraph_ids)
    _write_conclusions(followup, given.conclusion_ids)
    _write_authorities(followup, given.authorities, by)


def _write_columns(followup: Followup, given: FollowupInput) -> None:
    if not given.title.strip():
        raise Invalid(_("Give it a title in the imperative."), "title")
    if len(given.title) > LONGEST_TITLE:
        raise Invalid(_("The title is too long."), "title")
    for name in ("title", "text", "basis", "priority", "indicator", "source", "next_step", "sharing"):
        setattr(followup, name, getattr(given, name))
    for name in ("no_conclusion_reason", "no_indicator_reason", "no_due_reason"):
        setattr(followup, name, getattr(given, name))


def _write_area(followup: Followup, given: FollowupInput) -> None:
    """The main area at its current edition; an unchanged area keeps the edition it was written under."""
    known = catalogue.areas()
    wanted = [code for code in dict.fromkeys(given.further_areas) if code != given.area_code]
    for code, field in [(given.area_code, "area_code"), *((code, "further_areas") for code in wanted)]:
        if code is not None and (code not in known or not known[code].is_assessable):
            raise Invalid(_("“%(code)s” is not an area that follow-ups are linked to.", code=code[:40]), field)
    if given.area_code != followup.area_code:
        followup.area_code = given.area_code
        followup.area_edition = known[given.area_code].edition if given.area_code else None

    def make(code: str) -> FollowupArea:
        return FollowupArea(area_code=code, state_id=followup.state_id)

    links.put(followup.further_areas, wanted, "area_code", make)


def _write_due(followup: Followup, given: FollowupInput) -> None:
    if given.due == followup.current_due:
        return
    if not has_free_due_date(followup):
        raise Invalid(_("A reviewer put a name to the due date. Ask for an extension to move it."), "due")
    followup.original_due = given.due
    followup.set_current_due(given.due)


def _check_visit(followup: Followup, given: FollowupInput) -> None:
    if given.visit_id is not None and given.visit_id != followup.visit_id:
        visit = db.session.get(Visit, given.visit_id)
        if visit is None or visit.state_id != followup.state_id:
            raise Invalid(_("The visit is not one to this Member State."), "visit_id")
    followup.visit_id = given.visit_id


def _write_paragraphs(followup: Followup, ids: Sequence[int]) -> None:
    known = catalogue.paragraphs()
    if any(paragraph_id not in known for paragraph_id in ids):
        raise Invalid(_("There is no such paragraph."), "paragraph_ids")

    def make(paragraph_id: int) -> FollowupParagraph:
        return FollowupParagraph(paragraph_id=paragraph_id, state_id=followup.state_id)

    links.put(followup.paragraphs, ids, "paragraph_id", make)


def _write_conclusions(followup: Followup, ids: Sequence[int]) -> None:
    present = {link.conclusion_id for link in followup.conclusions}
    fresh = [key for key in dict.fromkeys(ids) if key not in present]
    found = db.session.scalars(
        sa.select(Conclusion.id).where(
            Conclusion.id.in_(fresh),
            Conclusion.state_id == followup.state_id,
            Conclusion.workflow != ConclusionStatus.WITHDRAWN,
        )
    ).all()
    if set(found) != set(fresh):
        raise Invalid(_("A conclusion is not one on this Member State, or was withdrawn."), "conclusion_ids")

    def make(conclusion_id: int) -> FollowupConclusion:
        return FollowupConclusion(conclusion_id=conclusion_id, state_id=followup.state_id)

    links.put(followup.conclusions, ids, "conclusion_id", make)


def _write_authorities(followup: Followup, names: Iterable[str], by: Account) -> None:
    found = [authorities.named(followup.state_id, name, by=by) for name in names if name.strip()]

    def make(authority_id: int) -> FollowupAuthority:
        return FollowupAuthority(authority_id=authority_id, state_id=followup.state_id)

    links.put(followup.authorities, [row.id for row in found], "authority_id", make)


# Guards


def _require_owner(owner_id: int, followup: Followup) -> None:
    """A new owner must be able to work on it; whoever owns it already may stay, also after a change of rights."""
    if owner_id == followup.owner_id:
        return
    owner = db.session.get(Account, owner_id)
    if owner is None or not policy.can(owner, Permission.FOLLOWUP_TRACK, followup.state_id):
        raise Invalid(
            _(
                "The owner must be able to work on follow-ups of this Member State (%(role)s). Choose someone else, or "
                "have an administrator extend that person's grants.",
                role=policy.who_may(Permission.FOLLOWUP_TRACK),
            ),
            "owner_id",
        )


def _require_ending(followup: Followup, reason: str, by: Account, version: int | None) -> None:
    """Rights first, then a page that is out of date, then the reason; the move itself asks for the rest."""
    policy.require(by, Permission.SUBMIT if followup.seal_count else Permission.FOLLOWUP_EDIT, followup)
    records.require_version(followup, version)
    if not reason.strip():
        raise Invalid(_("Give a reason."), "reason")
    if followup.workflow is FollowupStatus.SUBMITTED:
        raise Stale(_("It is before the reviewers and locked. Recall it first."))


def _successor(followup: Followup, reference: str, by: Account) -> Followup:
    try:
        found: Followup = policy.load(by, Followup, reference=reference.strip().upper())
    except NotFound as error:
        raise Invalid(error.message, "by_reference") from error
    if found.id == followup.id:
        raise Invalid(_("A follow-up cannot take its own place."), "by_reference")
    if found.state_id != followup.state_id:
        raise Invalid(_("It belongs to another Member State."), "by_reference")
    is_asked_for = found.workflow is FollowupStatus.SUBMITTED and found.superseded_by_id is not None
    if found.workflow in ENDED or is_asked_for:
        raise Invalid(_("It has ended itself, or is about to be superseded."), "by_reference")
    return found


def _next_number(state_id: str) -> int:
    """Raise the State's counter and take its number; others wait for this transaction (SQLite's writers do anyway)."""
    insert: Any = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    return int(
        db.session.execute(
            insert(FollowupCounter)
            .values(state_id=state_id, last_number=1)
            .on_conflict_do_update(
                index_elements=[FollowupCounter.state_id],
                set_={"last_number": FollowupCounter.last_number + 1},
            )
            .returning(FollowupCounter.last_number)
        ).scalar_one()
    )
