"""How far a measure and a plan are, in words and links: what stands on their pages, by the one rule in code.

``measure_standing(measure)`` and ``plan_progress(plan)`` are there for every template; ``unsigned=1`` in the address
counts what is not signed as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask, g, request
from flask_login import current_user
from markupsafe import Markup

from tracker import clock, policy
from tracker.models import Measure, MeasureCell, MeasureStatus, Plan, PlanKind, RegionRule
from tracker.policy import Permission
from tracker.reports import catalogue, kept, measures, plans
from tracker.reports.listing import address, without
from tracker.reports.measures import Progress, Share, Standing, Tally
from tracker.texts import gettext as _
from tracker.texts import listed
from tracker.web.board_cells import DONE, SIGNED, UNSIGNED, status_words
from tracker.web.presentation import number

Pairs = Iterable[tuple[str, str]]
Statuses = tuple[MeasureStatus, MeasureStatus | None]
"""The computed status of a measure, and the stated one."""


def init_measure_status(app: Flask) -> None:
    """Give templates what the includes of a measure's and a plan's page ask for."""
    app.jinja_env.globals.update(measure_standing=measure_standing, plan_progress=plan_progress)


@dataclass(frozen=True)
class Counts:
    """Numbers of follow-ups, with the address of the rows of each."""

    open: int
    done: int
    unsigned: int
    counted: int
    open_href: str
    done_href: str
    unsigned_href: str
    counted_href: str


@dataclass(frozen=True)
class CellShown:
    """A participating State with its cell: the word, the follow-ups that serve the measure there, and its form.

    ``is_named``: the measure is done where the named States are, and this is one of them.
    """

    code: str
    name: str
    cell: MeasureCell | None
    is_done: bool
    is_named: bool
    rests_on_nothing: bool
    counts: Counts
    edit_href: str | None


@dataclass(frozen=True)
class StandingShown:
    """How a measure stands, for its page."""

    standing: Standing
    rule: str
    done_words: str
    states_done_words: str
    counts: Counts
    scope_words: str
    switch_href: str
    states: list[CellShown]


@dataclass(frozen=True)
class ShareShown:
    """A share of a pillar or plan, with the addresses of its rows: follow-ups, and measures on the board."""

    label: str
    share: Share
    counts: Counts
    measures_href: str
    completed_href: str


@dataclass(frozen=True)
class ProgressShown:
    """How far a plan is, for its page; ``statuses`` are those of its measures by id, none where they are not told."""

    progress: Progress
    definition: str
    scope_words: str
    switch_href: str
    shares: list[ShareShown]
    statuses: dict[int, Markup]


def measure_standing(measure: Measure) -> StandingShown:
    """The status of the measure by its rule, with its numbers, and the cells of the States in scope; once a request."""
    shown: dict[int, StandingShown] = g.setdefault("measure_standings", {})
    if measure.id not in shown:
        shown[measure.id] = _standing(measure)
    return shown[measure.id]


def _standing(measure: Measure) -> StandingShown:
    reach, signed_only = policy.reach(current_user), is_signed_only()
    standing = measures.statuses([measure.id], reach, signed_only=signed_only)[measure.id]
    place = [("measure", measure.reference), *_party(measure.plan)]
    whole = measures.sum_of(list(standing.states.values()))
    return StandingShown(
        standing=standing,
        rule=_rule_words(standing),
        done_words=_done_words(signed_only),
        states_done_words=_states_done_words(standing),
        counts=_counts(whole, place, signed_only),
        scope_words=_scope_words(reach.is_all),
        switch_href=_switch_href(signed_only),
        states=_cells(measure, standing, reach, signed_only) if standing.is_regional else [],
    )


def plan_progress(plan: Plan) -> ProgressShown:
    """The shares of the plan and of its pillars, and how far each measure is; once a request."""
    shown: dict[int, ProgressShown] = g.setdefault("plan_progresses", {})
    if plan.id not in shown:
        shown[plan.id] = _progress(plan)
    return shown[plan.id]


def _progress(plan: Plan) -> ProgressShown:
    reach, signed_only = policy.reach(current_user), is_signed_only()
    key = ("progress", plan.id, reach, signed_only, clock.today())

    def make() -> tuple[Progress, dict[int, Statuses]]:
        standings = measures.of_plan(plan, reach, signed_only=signed_only)
        told = {row: (one.status, one.stated) for row, one in standings.items() if one.status is not None}
        return measures.progress(plan, reach, signed_only=signed_only, standings=standings), told

    found, told = kept.answer(key, make)
    return ProgressShown(
        progress=found,
        definition=_definition(signed_only),
        scope_words=_scope_words(reach.is_all),
        switch_href=_switch_href(signed_only),
        shares=[_share(plan, share, signed_only) for share in (found.total, *found.pillars.values())],
        statuses={measure_id: status_words(*both) for measure_id, both in told.items()},
    )


def is_signed_only() -> bool:
    """Whether the address asks for what is signed alone."""
    return request.args.get("unsigned") != "1"


def _switch_href(signed_only: bool) -> str:
    args = {name: request.args.getlist(name) for name in request.args}
    path = request.script_root + request.path
    return address(path, args | {"unsigned": ["1"]} if signed_only else without(args, "unsigned"))


# Words


def _rule_words(standing: Standing) -> str:
    if not standing.is_regional:
        return _(
            "Completed when every follow-up that counts is done; under way when any is; delayed when its deadline has "
            "passed; else planned. What counts: linked follow-ups that are open or assessed implemented."
        )
    return _(
        "Completed when it is done in %(region)s; under way when any follow-up or cell is done, or a cell says under "
        "way; delayed when its deadline has passed; else planned. A Member State is done when it has follow-ups that "
        "count or a word in its cell, and all of them are done. What counts: linked follow-ups that are open or "
        "assessed implemented.",
        region=_region_words(standing),
    )


def _region_words(standing: Standing) -> str:
    if standing.rule is RegionRule.ALL:
        return _("all participating Member States")
    if standing.rule is RegionRule.MAJORITY:
        return _("more than half of the participating Member States")
    known = catalogue.states()
    return _("the Member States named: %(names)s", names=listed(known[one].name for one in standing.named))


def _states_done_words(standing: Standing) -> str:
    """How many participating States are done: of all, or of those on whom the rule rests and of the others."""
    done, participants = standing.states_done, len(standing.participants)
    if standing.rule is not RegionRule.NAMED:
        return _("%(done)s of %(all)s", done=number(done), all=number(participants))
    named = _named(standing)
    own = sum(standing.states[one].is_done(standing.signed_only) for one in named if one in standing.states)
    told = _("%(done)s of the %(all)s named", done=number(own), all=number(len(named)))
    if len(named) == participants:
        return told
    others = number(done - own), number(participants - len(named))
    return _("%(named)s; of the others %(done)s of %(all)s", named=told, done=others[0], all=others[1])


def _named(standing: Standing) -> set[str]:
    """The participating States on whom the rule rests, where it names some."""
    return set(standing.named).intersection(standing.participants) if standing.rule is RegionRule.NAMED else set()


def _done_words(signed_only: bool) -> str:
    if signed_only:
        return _("Done means: signed off as implemented and not changed since.")
    return _("Done means: assessed implemented, signed or not.")


def _definition(signed_only: bool) -> str:
    return _(
        "Share of follow-ups done among those that serve a measure and are open or assessed implemented; each counts "
        "once. %(done)s Retired measures count nowhere.",
        done=_done_words(signed_only),
    )


def _scope_words(is_everything: bool) -> str:
    return _("All Member States.") if is_everything else _("The Member States in your scope.")


# Numbers and their rows


def _party(plan: Plan) -> list[tuple[str, str]]:
    """In a regional plan, the follow-ups of an observer do not count."""
    return [("party", plan.code)] if plan.kind is PlanKind.REGIONAL else []


def _followups(*pairs: tuple[str, str]) -> str:
    args: dict[str, list[str]] = {}
    for name, value in pairs:
        args.setdefault(name, []).append(value)
    return address(f"{request.script_root}/follow-ups", args)


def _counts(tally: Tally, place: Pairs, signed_only: bool) -> Counts:
    place = list(place)
    return Counts(
        open=tally.open,
        done=tally.followups_done(signed_only),
        unsigned=tally.unsigned if signed_only else 0,
        counted=tally.followups,
        open_href=_followups(*place, ("open", "1")),
        done_href=_followups(*place, *(SIGNED if signed_only else DONE)),
        unsigned_href=_followups(*place, *UNSIGNED),
        counted_href=_followups(*place, ("counted", "1")),
    )


def _cells(measure: Measure, standing: Standing, reach: policy.Reach, signed_only: bool) -> list[CellShown]:
    """Each participating State in scope, by name."""
    own = {cell.state_id: cell for cell in measure.cells}
    editable = policy.reach(current_user, Permission.CELL_EDIT)
    named = _named(standing)
    found = []
    for code, entry in catalogue.states().items():
        if code in standing.participants and reach.covers(code):
            tally = standing.states.get(code, Tally())
            place = [("measure", measure.reference), ("state", code)]
            may_edit = editable.covers(code) and code in own and not standing.is_retired
            href = f"{request.script_root}/measures/{measure.reference}/cells/{code}" if may_edit else None
            counts = _counts(tally, place, signed_only)
            is_done, is_bare = tally.is_done(signed_only), tally.rests_on_nothing
            cell = own.get(code)
            found.append(CellShown(code, entry.name, cell, is_done, code in named, is_bare, counts, href))
    return found


def _share(plan: Plan, share: Share, signed_only: bool) -> ShareShown:
    wanted = ("plan", plan.code) if share.pillar is None else ("pillar", f"{plan.code}-{share.pillar}")
    board = {"pillar": [share.pillar]} if share.pillar else {}
    board |= {} if signed_only else {"unsigned": ["1"]}
    path = f"{request.script_root}/plans/{plan.code}/board"
    return ShareShown(
        label=_pillar_words(share.pillar),
        share=share,
        counts=_counts(share.tally, [wanted, *_party(plan)], signed_only),
        measures_href=address(path, board),
        completed_href=address(path, board | {"computed": [MeasureStatus.COMPLETED.value]}),
    )


def _pillar_words(pillar: str | None) -> Any:
    if pillar is None:
        return _("Whole plan")
    return _("Pillar %(number)s: %(title)s", number=pillar, title=plans.PILLARS[pillar])
