"""What is done with a visit as a whole: created, edited, moved through its stages, consented to, shared, put on a tour.

Its parts (components, delegation, counterparts, checks, scope, sources) are in ``visit_parts``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from tracker import clock, policy, workflow
from tracker.errors import Invalid, Stale
from tracker.extensions import db
from tracker.models import (
    Account,
    ConsentScope,
    Sharing,
    State,
    Visit,
    VisitMode,
    VisitMove,
    VisitSequence,
    VisitStage,
    VisitType,
)
from tracker.partial_date import PartialDate, Precision
from tracker.policy import Permission
from tracker.services import dates, deadlines, tours, turns
from tracker.services import sharing as sharing_rule
from tracker.services import visit_parts as parts
from tracker.texts import gettext as _
from tracker.workflow.moves import Move
from tracker.workflow.visit import LINE

S = VisitStage
CLOCKED = (S.WITH_STATE, S.RESPONSE_DUE)
"""The stages at which a clock runs for the State."""


@dataclass(frozen=True)
class Details:
    """What a visit is, beside its dates."""

    type: VisitType = VisitType.NOT_STATED
    sequence: VisitSequence = VisitSequence.NOT_STATED
    summary: str = ""
    conclusions_due: PartialDate | None = None


@dataclass(frozen=True)
class Standing:
    """Where a visit stands when it is entered: ``happened`` is when it came there, as exactly as is known.

    ``due`` is the end of the clock that runs at the stage, where it cannot be worked out from ``happened``;
    ``no_clock`` says that neither is known.
    """

    stage: VisitStage = S.PROPOSED
    happened: PartialDate | None = None
    reason: str = ""
    due: date | None = None
    no_clock: bool = False


def create(
    state_id: str,
    *,
    by: Account,
    details: Details = Details(),
    components: Sequence[parts.Component] = (parts.Component(),),
    areas: Sequence[str] = (),
    resolutions: Sequence[int] | None = None,
    sources: Sequence[parts.Source] = (),
    tour: str = "",
    year: int | None = None,
    standing: Standing = Standing(),
) -> Visit:
    """Enter a visit: nothing → the stage it stands at. Its reference takes the next number of the State and year.

    A past visit may be entered at any stage and then names its source. Without ``resolutions``, those adopted by its
    date are taken; ``year`` counts where no date is known.
    """
    policy.require(by, Permission.VISIT_EDIT, state_id)
    _check_new(state_id, components, sources, standing)
    scope = parts.known_areas(areas)
    known = next((date for part in components for date in (part.start, part.end) if date), None)
    _check_year(year, known)
    visit = _numbered(state_id, known.year if known else year or clock.today().year, details, by)
    visit.tour = tours.named(tour, by=by) if tour.strip() else None
    rows = [parts.put_component(visit, component) for component in components]
    parts.derive(visit)
    parts.check_begun(visit, standing.stage)
    _arrive(visit, None, standing, by)
    db.session.add(visit)
    db.session.flush()  # areas of components name the visit's id
    for row, component in zip(rows, components, strict=True):
        parts.put_component_areas(visit, row, component.areas)
    parts.join_scope(visit, scope)
    parts.put_resolutions(visit, parts.propose_resolutions(visit.sort_day) if resolutions is None else resolutions)
    for source in sources:
        parts.put_source(visit, source)
    parts.note(visit, "created", by, standing.reason)
    return visit


def edit(visit: Visit, details: Details, *, by: Account) -> None:
    """Change what the visit is. The reference stays, also when its dates have slipped to another year."""
    parts.allow(visit, by)
    if parts.assign(visit, **vars(details)):
        parts.note(visit, "edited", by)


def record_visit_consent(visit: Visit, *, by: Account, given_on: PartialDate | None, given_by: str) -> None:
    """Record the State's consent to the visit itself: when it was given, and by whom."""
    parts.allow(visit, by)
    dates.refuse_future(given_on, "visit_consent_on")
    if given_by.strip() and given_on is None:
        raise Invalid(_("Enter when the consent was given, as exactly as is known."), "visit_consent_on")
    if parts.assign(visit, visit_consent_on=given_on, visit_consent_by=given_by):
        parts.note(visit, "visit_consent_recorded", by)


def record_share_consent(
    visit: Visit,
    *,
    by: Account,
    consent: ConsentScope,
    given_on: PartialDate | None = None,
    given_by: str = "",
    excluded: str = "",
) -> None:
    """Record whether the State consents to sharing what came of the visit: another thing than the visit itself.

    Without its consent nothing goes further than to the State: a wider sharing level falls back at once.
    """
    parts.allow(visit, by)
    _check_share_consent(consent, given_on, given_by, excluded)
    falls_back = consent not in sharing_rule.GIVEN and visit.sharing in sharing_rule.OUTSIDE
    given = {
        "share_consent": consent,
        "share_consent_on": given_on,
        "share_consent_by": given_by,
        "share_excluded": excluded,
        "sharing": Sharing.STATE_ONLY if falls_back else visit.sharing,
    }
    if parts.assign(visit, **given):
        parts.note(visit, "share_consent_recorded", by)
    if consent not in sharing_rule.GIVEN:
        sharing_rule.fall_back(visit, by)


def set_sharing(visit: Visit, sharing: Sharing, *, by: Account) -> None:
    """Set how far the record may leave the house; beyond the State only with its consent to share."""
    parts.allow(visit, by)
    sharing_rule.check(sharing, visit)
    if parts.assign(visit, sharing=sharing):
        parts.note(visit, "sharing_set", by)


def join_tour(visit: Visit, title: str, *, by: Account) -> None:
    """Put the visit on a tour, by its title; an empty title takes it off."""
    parts.allow(visit, by)
    if parts.assign(visit, tour=tours.named(title, by=by) if title.strip() else None):
        parts.note(visit, "tour_set", by)


def move_stage(
    visit: Visit,
    stage: VisitStage,
    *,
    by: Account,
    happened: PartialDate | None = None,
    reason: str = "",
    due: date | None = None,
    no_clock: bool = False,
) -> VisitMove:
    """Move the visit to ``stage``, keeping the day that it happened beside the moment it was entered.

    Sending the draft and the receipt of the report start a clock; where its end cannot be worked out, ``due`` is it,
    or ``no_clock`` says that no day is known.
    """
    found = _move_to(visit, stage)
    policy.require(by, found.permission, visit)
    dates.refuse_future(happened, "happened")
    _check_order(visit, found, happened)
    parts.check_begun(visit, stage, "stage")
    moved = _arrive(visit, visit.stage, Standing(stage, happened, reason, due, no_clock), by)
    workflow.move(visit, found.action, by=by, reason=reason)
    return moved


def _numbered(state_id: str, year: int, details: Details, by: Account) -> Visit:
    """A visit with the State's next number in the year; two at once take turns."""
    turns.take("visit", state_id)
    last = db.session.scalar(sa.select(sa.func.max(Visit.number)).where(Visit.state_id == state_id, Visit.year == year))
    number = (last or 0) + 1
    now = clock.now()
    return Visit(
        reference=f"{state_id}-{year}-{number}",
        state_id=state_id,
        year=year,
        number=number,
        type=details.type,
        sequence=details.sequence,
        summary=details.summary,
        conclusions_due=details.conclusions_due,
        mode=VisitMode.ON_SITE,
        stage=S.PROPOSED,
        created_by_id=by.id,
        created_at=now,
        updated_at=now,
    )


def _check_new(
    state_id: str, components: Sequence[parts.Component], sources: Sequence[parts.Source], standing: Standing
) -> None:
    if db.session.get(State, state_id) is None:
        raise Invalid(_("There is no such Member State. Choose from the list."), "state")
    if not components:
        raise Invalid(_("A visit has at least one component."), "mode")
    if standing.stage is not S.PROPOSED and not sources:
        raise Invalid(_("Name the source: this visit is entered at a later stage than proposed."), "source_title")
    if standing.stage not in LINE and not standing.reason.strip():
        raise Invalid(_("Give a reason."), "reason")
    dates.refuse_future(standing.happened, "happened")


def _check_year(year: int | None, known: PartialDate | None) -> None:
    """The year of the reference follows from the dates; another one beside them would be lost."""
    if known and year and year != known.year:
        raise Invalid(
            _("The year follows from the dates of the visit: %(year)s. Leave this empty.", year=known.year), "year"
        )


def _arrive(visit: Visit, came_from: VisitStage | None, standing: Standing, by: Account) -> VisitMove:
    """Keep the move, set the stage of a new visit, and run or stop the clocks."""
    moved = VisitMove(
        state_id=visit.state_id,
        from_stage=came_from,
        to_stage=standing.stage,
        happened=standing.happened,
        reason=standing.reason,
        recorded_by_id=by.id,
        recorded_at=clock.now(),
    )
    visit.moves.append(moved)
    if came_from is None:
        visit.stage = standing.stage
    _run_clocks(visit, standing)
    return moved


def _run_clocks(visit: Visit, standing: Standing) -> None:
    """The clock that the stage starts, and those that a correction to an earlier stage stops."""
    if standing.stage is S.CONSENTED and visit.visit_consent_on is None:
        visit.visit_consent_on = standing.happened
    _check_clock(standing)
    if standing.stage is S.WITH_STATE:
        visit.comments_due = _due(deadlines.comments_due(standing.happened), standing)
    elif standing.stage is S.RESPONSE_DUE:
        visit.response_due = _due(deadlines.response_due(standing.happened), standing)
    elif standing.stage is S.RESPONSE_RECEIVED:
        visit.response_received = standing.happened
    if _is_before(standing.stage, S.WITH_STATE):
        visit.comments_due = None
    if _is_before(standing.stage, S.RESPONSE_DUE):
        visit.response_due = None
    if _is_before(standing.stage, S.RESPONSE_RECEIVED):
        visit.response_received = None


def _is_before(stage: VisitStage, other: VisitStage) -> bool:
    return stage in LINE and LINE.index(stage) < LINE.index(other)


def _check_clock(standing: Standing) -> None:
    """No clock fails to start unsaid, and no due date is dropped unsaid."""
    if standing.stage not in CLOCKED:
        if standing.due:
            raise Invalid(
                _("No clock runs at this stage: a due date has no place there. Leave this empty."),
                "due",
            )
        return
    is_full = standing.happened is not None and standing.happened.precision is Precision.DAY
    if standing.no_clock and (is_full or standing.due):
        raise Invalid(_("A day is given, so the clock runs from it. Take off this tick, or the day."), "no_clock")
    if not (is_full or standing.due or standing.no_clock):
        raise Invalid(
            _(
                "A clock runs from this day. Enter the full day; or the due date by hand; or tick that the day is not "
                "known."
            ),
            "happened",
        )


def _due(computed: date | None, standing: Standing) -> date | None:
    """The end of a clock. Where it is worked out, another day entered by hand would be an unrecorded extension."""
    given = standing.due
    if computed is None or given is None or computed == given:
        return computed or given
    raise Invalid(
        _("The due date follows from the day it happened: %(day)s. Leave this empty.", day=computed.isoformat()), "due"
    )


def _move_to(visit: Visit, stage: VisitStage) -> Move:
    """The move from where the visit stands to ``stage``."""
    for move in workflow.MOVES[Visit]:
        if move.target == stage and visit.stage in move.sources:
            return move
    raise Stale(_("This cannot be done now: the record has moved on. Look at where it stands and try again."))


def _check_order(visit: Visit, move: Move, happened: PartialDate | None) -> None:
    """A step forward cannot have happened before the step that was recorded last."""
    last = visit.moves[-1].happened if visit.moves else None
    if happened and last and not move.owes_reason and happened.last_day < last.first_day:
        raise Invalid(
            _("The stage before was reached later than that, %(day)s. Correct the day.", day=last.iso),
            "happened",
        )


def _check_share_consent(consent: ConsentScope, given_on: PartialDate | None, given_by: str, excluded: str) -> None:
    dates.refuse_future(given_on, "share_consent_on")
    if consent in sharing_rule.GIVEN and given_on is None:
        raise Invalid(_("Enter when the State gave its consent."), "share_consent_on")
    if consent in sharing_rule.GIVEN and not given_by.strip():
        raise Invalid(_("Enter who gave the State's consent, by office."), "share_consent_by")
    if consent is ConsentScope.PARTIAL and not excluded.strip():
        raise Invalid(_("Enter the parts that the State excludes."), "share_excluded")
    if consent is ConsentScope.FULL and excluded.strip():
        raise Invalid(_("Full consent excludes nothing. Choose consent in part, or empty this."), "share_excluded")
