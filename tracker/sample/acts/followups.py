"""What becomes of generated follow-ups: written, tracked, answered, given more time, carried over, ended."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tracker import history, seals
from tracker.models import (
    Basis,
    Category,
    Disposition,
    ExtensionStatus,
    Implementation,
    Position,
    Priority,
    Purpose,
    Sharing,
)
from tracker.partial_date import PartialDate
from tracker.sample import vocabulary
from tracker.sample.clerk import Clerk

FAR = (Implementation.NOT_STARTED, Implementation.IN_PROGRESS, Implementation.PARTIALLY_IMPLEMENTED)


def create_followup(clerk: Clerk, number: int, has_due: bool) -> None:
    """A draft that is ready to be submitted."""
    followup_id = clerk.ids["followup", number] = clerk.next_id("followup")
    place = clerk.plan.first_followup_number + sum(noun == "followup" for noun, _number in clerk.ids) - 1
    code, *further = clerk.rng.sample(clerk.scope, 1 + int(2.3 * clerk.rng.random() ** 2))
    language = vocabulary.language(clerk.rng)
    due = _due(clerk) if has_due else None
    answered = sorted(clerk.rng.sample(clerk.conclusions, 1 + (clerk.rng.random() < 0.2)))
    clerk.add_sealable(
        "followup",
        followup_id,
        reference=f"{clerk.state_id}-F{place:03}",
        number=place,
        title=vocabulary.title(clerk.rng, language),
        text=vocabulary.text(clerk.rng, language),
        area_code=code,
        area_edition=clerk.ground.editions[code],
        basis=clerk.one(tuple(Basis)),
        priority=clerk.one(tuple(Priority)),
        visit_id=clerk.plan.id,
        owner_id=_owner(clerk),
        indicator=vocabulary.title(clerk.rng, language),
        original_due=due.iso if due else None,
        current_due=due.iso if due else None,
        current_due_last=due.last_day.isoformat() if due else None,
        no_due_reason="" if due else vocabulary.NONE_AGREED,
        source=vocabulary.SOURCE,
        sharing=clerk.one((Sharing.INTERNAL, Sharing.INTERNAL, Sharing.STATE_ONLY)),
    )
    for area in sorted(further):
        _attach(clerk, "followup_area", followup_id, area_code=area)
    for conclusion_id in answered:
        _attach(clerk, "followup_conclusion", followup_id, conclusion_id=conclusion_id)
    clerk.links["followup", followup_id] = seals.Links(
        further_areas=sorted(further),
        paragraphs=clerk.add_paragraphs("followup", followup_id, code),
        conclusions=[_reference_and_text(clerk, conclusion_id) for conclusion_id in answered],
        authorities=_authorities(clerk, followup_id),
    )
    clerk.save("followup", followup_id, "followup.created", clerk.analyst, is_new=True)


def link_measure(clerk: Clerk, number: int, place: int) -> None:
    """It serves a measure, for the second time another one; its version stays, as it does in ``measure_links``."""
    followup_id = clerk.ids["followup", number]
    served = clerk.ground.random("serves", clerk.plan.id, number).sample(clerk.ground.measures, 2)
    measure_id, reference = served[place]
    _attach(
        clerk,
        "followup_measure",
        followup_id,
        measure_id=measure_id,
        reason=vocabulary.SERVES,
        linked_by_id=clerk.analyst,
        linked_at=clerk.desk.at,
    )
    linked = {"reason": vocabulary.SERVES, "details": {"measure": reference}}
    clerk.record("followup.measure_linked", ("followup", followup_id), clerk.analyst, **linked)


def edit_followup(clerk: Clerk, number: int) -> None:
    """The text is written anew."""
    followup_id = clerk.ids["followup", number]
    text = before = clerk.desk.row("followup", followup_id)["text"]
    while text == before:
        text = clerk.text()
    clerk.save("followup", followup_id, "followup.edited", clerk.analyst, text=text)


def assess_followup(clerk: Clerk, number: int, progress: int) -> None:
    """The status that we assess, as of today: further than the last."""
    status = FAR[progress] if progress < len(FAR) else Implementation.IMPLEMENTED
    if status is Implementation.IMPLEMENTED and clerk.rng.random() < 0.15:
        status = Implementation.OVERTAKEN
    clerk.save(
        "followup",
        clerk.ids["followup", number],
        "followup.assessed",
        clerk.analyst,
        assessed_status=status.value,
        assessed_on=PartialDate.of(clerk.desk.now.date()).iso,
        assessed_source=vocabulary.SOURCE,
    )


def track(clerk: Clerk, number: int) -> None:
    """Owner, priority and next step, which is another than before."""
    followup_id = clerk.ids["followup", number]
    before = clerk.desk.row("followup", followup_id)["next_step"]
    clerk.save(
        "followup",
        followup_id,
        "followup.tracked",
        clerk.analyst,
        is_sealed=False,
        owner_id=_owner(clerk),
        priority=clerk.one(tuple(Priority)),
        next_step=clerk.one([step for step in vocabulary.NEXT_STEPS if step != before]),
    )


def set_position(clerk: Clerk, number: int) -> None:
    """The State's position, as of today."""
    clerk.save(
        "followup",
        clerk.ids["followup", number],
        "followup.position_recorded",
        clerk.analyst,
        is_sealed=False,
        position=clerk.one(tuple(Position)[1:]),
        position_on=PartialDate.of(clerk.desk.now.date()).iso,
        position_source=vocabulary.SOURCE,
    )


def add_progress(clerk: Clerk, number: int) -> None:
    """What has moved."""
    followup_id, day = clerk.ids["followup", number], clerk.desk.now.date()
    _attach(
        clerk,
        "progress_entry",
        followup_id,
        id=clerk.next_id("progress_entry"),
        happened=clerk.one((day.isoformat(), f"{day:%Y-%m}", f"{day:%Y}")),
        text=clerk.note(),
        source=vocabulary.SOURCE,
        written_by_id=clerk.analyst,
        written_at=clerk.desk.at,
    )
    clerk.save("followup", followup_id, "progress.added", clerk.analyst, is_sealed=False)


def record_response(clerk: Clerk, number: int) -> None:
    """What the State says; the newest is shown."""
    followup_id, received = clerk.ids["followup", number], PartialDate.of(clerk.desk.now.date()).iso
    reported = clerk.one(tuple(Implementation))
    position = clerk.one(tuple(Position)[1:]) if clerk.rng.random() < 0.3 else None
    _attach(
        clerk,
        "state_response",
        followup_id,
        id=clerk.next_id("state_response"),
        received=received,
        reported_status=reported,
        position=position,
        text=clerk.text(),
        source=vocabulary.SOURCE,
        recorded_by_id=clerk.analyst,
        recorded_at=clerk.desk.at,
    )
    shown: history.Row = {}
    if reported != Implementation.NOT_ASSESSED:
        shown = {"reported_status": reported, "reported_on": received, "reported_source": vocabulary.SOURCE}
    if position is not None:
        shown |= {"position": position, "position_on": received, "position_source": vocabulary.SOURCE}
    clerk.save("followup", followup_id, "response.recorded", clerk.analyst, is_sealed=False, **shown)


def comment(clerk: Clerk, number: int) -> None:
    """A remark among colleagues; the follow-up stays as it is."""
    followup_id = clerk.ids["followup", number]
    coordinator = clerk.ground.cast["coordinator"].id
    by = coordinator if clerk.rng.random() < 0.4 else clerk.analyst
    clerk.desk.add(
        "comment",
        id=clerk.next_id("comment"),
        object_type="followup",
        object_id=followup_id,
        state_id=clerk.state_id,
        text=clerk.note(),
        written_by_id=by,
        written_at=clerk.desk.at,
    )
    clerk.record("comment.written", ("followup", followup_id), by, category=Category.COMMENT)


def ask_extension(clerk: Clerk, number: int) -> None:
    """A later due date is asked for."""
    followup_id = clerk.ids["followup", number]
    row = clerk.desk.row("followup", followup_id)
    later = date.fromisoformat(row["current_due_last"]) + timedelta(days=120 + int(400 * clerk.rng.random()))
    extension_id = clerk.extensions[followup_id] = clerk.next_id("due_extension")
    _attach(
        clerk,
        "due_extension",
        followup_id,
        id=extension_id,
        status=ExtensionStatus.REQUESTED.value,
        old_due=row["current_due"],
        new_due=PartialDate(later.year, later.month).iso,
        reason=vocabulary.MORE_TIME,
        requested_by_id=clerk.analyst,
        requested_at=clerk.desk.at,
    )
    clerk.save(
        "followup",
        followup_id,
        "extension.requested",
        clerk.analyst,
        reason=vocabulary.MORE_TIME,
        is_sealed=False,
    )


def approve_extension(clerk: Clerk, number: int) -> None:
    """The current due date moves; the original stays."""
    followup_id = clerk.ids["followup", number]
    due = PartialDate.parse(_decide(clerk, followup_id, ExtensionStatus.APPROVED, "")["new_due"])
    by = clerk.reviewers[0].id
    values: history.Row = {"current_due": due.iso, "current_due_last": due.last_day.isoformat()}
    clerk.save("followup", followup_id, "extension.approved", by, **values)
    clerk.tell("followup", followup_id, "extension_approved", {clerk.analyst} - {by})


def refuse_extension(clerk: Clerk, number: int) -> None:
    """The due date stays."""
    followup_id = clerk.ids["followup", number]
    _decide(clerk, followup_id, ExtensionStatus.REFUSED, vocabulary.REFUSED)
    by = clerk.reviewers[0].id
    clerk.save("followup", followup_id, "extension.refused", by, reason=vocabulary.REFUSED, is_sealed=False)
    clerk.tell("followup", followup_id, "extension_refused", {clerk.analyst} - {by})


def carry_over(clerk: Clerk, number: int) -> None:
    """The next visit takes it up again."""
    followup_id, later = clerk.ids["followup", number], clerk.plan.later
    if later is None:
        raise RuntimeError("there is no later visit")
    clerk.carried[followup_id] = clerk.next_id("carry_over")
    _attach(
        clerk,
        "carry_over",
        followup_id,
        id=clerk.carried[followup_id],
        visit_id=later.id,
        disposition=Disposition.PENDING.value,
    )
    details = {"visit": later.reference}
    clerk.save("followup", followup_id, "followup.carried_over", clerk.analyst, details=details, is_sealed=False)


def set_disposition(clerk: Clerk, number: int) -> None:
    """What the later visit found of it."""
    followup_id, later = clerk.ids["followup", number], clerk.plan.later
    if later is None:
        raise RuntimeError("there is no later visit")
    found = clerk.one((Disposition.STILL_OPEN, Disposition.PARTLY_MET, Disposition.STILL_OPEN))
    clerk.desk.change("carry_over", clerk.carried[followup_id], disposition=found, note=clerk.note())
    details = {"visit": later.reference}
    clerk.save("followup", followup_id, "carry_over.recorded", clerk.analyst, details=details, is_sealed=False)


def withdraw(clerk: Clerk, number: int) -> None:
    """Never sealed: withdrawn at once."""
    reason = vocabulary.WITHDRAWN
    followup_id = clerk.ids["followup", number]
    clerk.move("followup", followup_id, "withdraw", clerk.analyst, reason=reason, status_reason=reason)


def end(clerk: Clerk, number: int, purpose: Purpose) -> None:
    """Sealed before: a reviewer is asked to put a seal to the end."""
    reason = vocabulary.WITHDRAWN if purpose is Purpose.WITHDRAW else vocabulary.SUPERSEDED
    successor = clerk.ids["followup", 0] if purpose is Purpose.SUPERSEDE else None
    clerk.submit(
        "followup",
        clerk.ids["followup", number],
        purpose,
        reason,
        status_reason=reason,
        superseded_by_id=successor,
    )


def _reference_and_text(clerk: Clerk, conclusion_id: int) -> list[str]:
    row = clerk.desk.row("conclusion", conclusion_id)
    return [row["reference"], row["text"]]


def _authorities(clerk: Clerk, followup_id: int) -> list[str]:
    places = sorted(clerk.rng.sample(range(len(vocabulary.AUTHORITIES)), 1 + (clerk.rng.random() < 0.25)))
    for place in places:
        _attach(clerk, "followup_authority", followup_id, authority_id=clerk.plan.first_authority + place)
    return [vocabulary.AUTHORITIES[place] for place in places]


def _attach(clerk: Clerk, table: str, followup_id: int, **values: Any) -> None:
    clerk.desk.add(table, followup_id=followup_id, state_id=clerk.state_id, **values)


def _decide(clerk: Clerk, followup_id: int, status: ExtensionStatus, note: str) -> history.Row:
    return clerk.desk.change(
        "due_extension",
        clerk.extensions[followup_id],
        status=status.value,
        decided_by_id=clerk.reviewers[0].id,
        decided_at=clerk.desk.at,
        decision_note=note,
    )


def _due(clerk: Clerk) -> PartialDate:
    """Between half a year and three years from now, as exactly as chance has it."""
    day: date = clerk.desk.now.date() + timedelta(days=180 + int(920 * clerk.rng.random()))
    share = clerk.rng.random()
    if share < 0.15:
        return PartialDate(day.year + 1)
    return PartialDate(day.year, day.month) if share < 0.6 else PartialDate.of(day)


def _owner(clerk: Clerk) -> int | None:
    owner = clerk.ground.owner(clerk.state_id)
    return owner.id if owner and clerk.rng.random() < 0.85 else None
