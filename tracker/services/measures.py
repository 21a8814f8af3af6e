"""What happens to a measure: written, edited, retired, taken up again; a status stated beside the computed one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from tracker import clock, history, policy
from tracker.errors import Invalid, refuse_all
from tracker.extensions import db
from tracker.models import (
    PILLARS,
    Account,
    Measure,
    MeasureCarries,
    MeasureState,
    MeasureStatus,
    Plan,
    PlanKind,
    RegionRule,
)
from tracker.partial_date import PartialDate
from tracker.policy import Permission
from tracker.services import links, plans
from tracker.texts import gettext as _


@dataclass(frozen=True)
class Wording:
    """What a measure says. ``carries`` are ids of measures of the Strategy; ``named`` belongs to the rule ``named``."""

    text: str
    pillar: str
    wording_note: str = ""
    lead_body: str = ""
    partners: str = ""
    deadline: PartialDate | None = None
    indicator: str = ""
    carries: Sequence[int] = ()
    rule: RegionRule | None = RegionRule.ALL
    """None where what was given is no rule: that is refused by whoever read it, and nothing follows from it."""
    named: Sequence[str] = ()


MOST_OF_A_PLAN = 900
"""Measures: as many as one form can put in order (``MAX_FORM_PARTS``)."""


def reference(plan: Plan, pillar: str, number: int) -> str:
    """``GCTS-II-10`` in the Strategy, which numbers within each pillar; ``CA-2011-M07`` in a regional plan."""
    return f"{plan.code}-{pillar}-{number}" if plan.kind is PlanKind.STRATEGY else f"{plan.code}-M{number:02}"


def create(plan: Plan, wording: Wording, *, by: Account, number: int | None = None) -> Measure:
    """Add a measure at the end of the plan, with the next number unless one is given, and its participants' cells."""
    policy.require(by, Permission.PLAN_EDIT, plan)
    plans.hold(plan)
    refuse_all([*_number_taken(plan, wording.pillar, number), *faults(plan, wording)])
    _refuse_one_too_many(plan)
    number = number or _next_number(plan, wording.pillar)
    last = db.session.scalar(sa.select(sa.func.max(Measure.position)).where(Measure.plan_id == plan.id))
    measure = Measure(
        reference=reference(plan, wording.pillar, number),
        plan_id=plan.id,
        pillar=wording.pillar,
        number=number,
        position=(last or 0) + 1,
        text=wording.text,
    )
    _put(measure, wording)
    plans.put_cells(measure, plan)
    db.session.add(measure)
    db.session.flush()
    db.session.expire(plan, ["measures"])  # added by its id: the plan itself is not changed
    history.record("measure.created", measure, by=by)
    return measure


def edit(measure: Measure, wording: Wording, *, by: Account) -> bool:
    """Change what the measure says; whether that differs. Its reference stays, whichever pillar it moves to."""
    policy.require(by, Permission.PLAN_EDIT, measure.plan)
    _refuse_retired(measure)
    plans.hold(measure.plan)
    refuse_all(faults(measure.plan, wording, measure))
    _put(measure, wording)
    is_changed = history.has_changes(measure)
    if is_changed:
        _touch(measure)
        history.record("measure.edited", measure, by=by)
    return is_changed


def retire(measure: Measure, reason: str, *, by: Account) -> None:
    """Take the measure out of the plan, for a reason: it counts nowhere from then on, and stays to be read."""
    policy.require(by, Permission.PLAN_EDIT, measure.plan)
    _refuse_retired(measure)
    _check_reason(reason)
    measure.retired_on, measure.retired_reason = clock.today(), reason
    history.record("measure.retired", measure, by=by, reason=reason)


def reinstate(measure: Measure, reason: str, *, by: Account) -> None:
    """Put a retired measure back into the plan, for a reason, unless another says the same by now."""
    policy.require(by, Permission.PLAN_EDIT, measure.plan)
    if measure.retired_on is None:
        raise Invalid(_("The measure is not retired."))
    _check_reason(reason)
    plans.hold(measure.plan)
    twin = _twin(measure.plan, measure.pillar, measure.text, measure)
    if twin is not None:
        raise Invalid(
            _(
                "%(reference)s says the same under this pillar by now. Change its text or retire it, then put this one "
                "back.",
                reference=twin.reference,
            )
        )
    measure.retired_on, measure.retired_reason = None, ""
    history.record("measure.reinstated", measure, by=by, reason=reason)


def state_status(measure: Measure, status: MeasureStatus, stated_on: date, reason: str, *, by: Account) -> bool:
    """State a status, with the day and the reason; whether it was stated otherwise before. The computed one stays
    beside it and may differ."""
    policy.require(by, Permission.PLAN_EDIT, measure.plan)
    _refuse_retired(measure)
    refuse_all(faults_of_statement(stated_on, reason))
    measure.stated_status, measure.stated_on, measure.stated_reason = status, stated_on, reason
    is_changed = history.has_changes(measure)
    if is_changed:
        measure.stated_by_id = by.id
        history.record("measure.status_stated", measure, by=by, reason=reason)
    return is_changed


def faults_of_statement(stated_on: date | None, reason: str) -> Iterator[Invalid]:
    """Everything that keeps a status from being stated so."""
    if stated_on is not None and stated_on > clock.today():
        yield Invalid(_("This date lies in the future. State what holds today."), "stated_on")
    if not reason.strip():
        yield Invalid(_("Give a reason."), "stated_reason")


def withdraw_status(measure: Measure, reason: str, *, by: Account) -> None:
    """Take the stated status back, for a reason: the computed one stands alone again."""
    policy.require(by, Permission.PLAN_EDIT, measure.plan)
    if measure.stated_status is None:
        raise Invalid(_("No status is stated that could be taken back."))
    _check_reason(reason)
    measure.stated_status, measure.stated_on, measure.stated_reason, measure.stated_by_id = None, None, "", None
    history.record("measure.status_withdrawn", measure, by=by, reason=reason)


def _put(measure: Measure, wording: Wording) -> None:
    measure.text, measure.pillar, measure.wording_note = wording.text, wording.pillar, wording.wording_note
    measure.lead_body, measure.partners, measure.indicator = wording.lead_body, wording.partners, wording.indicator
    measure.deadline, measure.rule = wording.deadline, wording.rule or RegionRule.ALL
    named = sorted(set(wording.named)) if wording.rule is RegionRule.NAMED else []

    def carry(strategy_measure_id: int) -> MeasureCarries:
        return MeasureCarries(strategy_measure_id=strategy_measure_id)

    def name(state_id: str) -> MeasureState:
        return MeasureState(state_id=state_id)

    links.put(measure.carries, sorted(set(wording.carries)), "strategy_measure_id", carry)
    links.put(measure.named_states, named, "state_id", name)


def faults(plan: Plan, wording: Wording, own: Measure | None = None) -> Iterator[Invalid]:
    """Everything that keeps a measure of the plan from saying this: a new one, or ``own``."""
    if not wording.text.strip():
        yield Invalid(_("Enter the text of the measure."), "text")
    if wording.pillar not in PILLARS:
        yield Invalid(_("Choose a pillar, I to IV."), "pillar")
    twin = _twin(plan, wording.pillar, wording.text, own)
    if twin is not None:
        yield Invalid(has_text_already(twin), "text")
    if plan.kind is PlanKind.REGIONAL:
        yield from _faults_of_rule(plan, wording)
        return
    if wording.carries or wording.named or wording.rule is not RegionRule.ALL:
        yield Invalid(_("Only a measure of a regional plan carries out others or has a rule for its region."))
    if own is not None and wording.pillar != own.pillar:
        yield Invalid(_("The pillar stands in the reference of a measure of the Strategy and stays."), "pillar")


def _faults_of_rule(plan: Plan, wording: Wording) -> Iterator[Invalid]:
    """What is wrong with the rule for the region, and with what a measure carries out."""
    if wording.rule is None:
        yield Invalid(_("Choose a rule."), "rule")
    if wording.rule is RegionRule.NAMED and not wording.named:
        yield Invalid(_("Name the Member States that must be done, or choose another rule."), "named")
    if wording.named and wording.rule not in (RegionRule.NAMED, None):
        yield Invalid(
            _("Member States are named only for the rule that names them: choose it, or take the ticks off."), "named"
        )
    if not set(wording.named) <= set(plan.participants):
        yield Invalid(_("Name only Member States that take part in the plan."), "named")
    if not set(wording.carries) <= strategy_ids(wording.carries):
        yield Invalid(_("Choose measures of the Strategy."), "carries")


def _number_taken(plan: Plan, pillar: str, number: int | None) -> Iterator[Invalid]:
    name = reference(plan, pillar, number) if number else None
    if name and db.session.scalar(sa.select(Measure.id).where(Measure.reference == name)) is not None:
        yield Invalid(_("%(reference)s is there already. Leave the number free.", reference=name), "number")


def _refuse_one_too_many(plan: Plan) -> None:
    count = db.session.scalar(sa.select(sa.func.count()).where(Measure.plan_id == plan.id)) or 0
    if count >= MOST_OF_A_PLAN:
        raise Invalid(_("A plan holds at most %(most)s measures. Put this one into another plan.", most=MOST_OF_A_PLAN))


def _twin(plan: Plan, pillar: str, text: str, own: Measure | None) -> Measure | None:
    """Another measure in use that says this: a plan does not say the same twice under one pillar."""
    same = sa.select(Measure).where(
        Measure.plan_id == plan.id, Measure.pillar == pillar, Measure.text == text, Measure.retired_on.is_(None)
    )
    return next((one for one in db.session.scalars(same) if one is not own), None)


def has_text_already(twin: Measure) -> str:
    """What keeps a further measure of the plan from saying the same."""
    return _("%(reference)s has this text already. Say how this one differs.", reference=twin.reference)


def strategy_ids(wanted: Sequence[int]) -> set[int]:
    """Those of the ids that are measures of the Strategy."""
    if not wanted:
        return set()
    of_strategy = sa.select(Measure.id).join(Plan).where(Plan.kind == PlanKind.STRATEGY, Measure.id.in_(wanted))
    return set(db.session.scalars(of_strategy))


def _next_number(plan: Plan, pillar: str) -> int:
    within = [Measure.plan_id == plan.id]
    if plan.kind is PlanKind.STRATEGY:
        within.append(Measure.pillar == pillar)
    return (db.session.scalar(sa.select(sa.func.max(Measure.number)).where(*within)) or 0) + 1


def _refuse_retired(measure: Measure) -> None:
    if measure.retired_on is not None:
        raise Invalid(_("The measure is retired and counts nowhere. Put it back into the plan first."))


def _check_reason(reason: str, field: str = "reason") -> None:
    if not reason.strip():
        raise Invalid(_("Give a reason."), field)


def _touch(measure: Measure) -> None:
    """Two who edit a measure at once meet at its version, also where each changes another of its links."""
    flag_modified(measure, "text")
