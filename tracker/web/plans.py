"""Plans that follow-ups serve: the list, one plan with its measures, a new one, edits, the order of the measures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.errors import NotFound, Stale
from tracker.extensions import db
from tracker.forms.fields import option
from tracker.forms.plans import NewPlanForm, PlacesOnScreen, PlanForm, RegionalPlanForm, order_form
from tracker.models import Plan, PlanKind
from tracker.policy import Permission
from tracker.reports import catalogue, meetings
from tracker.reports import plans as report
from tracker.reports.timeline import Seen
from tracker.services import plans as service
from tracker.texts import gettext as _
from tracker.web import timeline
from tracker.web.locale import language
from tracker.web.presentation import number
from tracker.web.request_keys import Made, once

blueprint = Blueprint("plans", __name__, url_prefix="/plans")

DETAILS = ("title", "symbol", "adopted_on", "region", "description", "source")
PARTIES = ("participants", "observers", "hosts")
STEP = re.compile(r"(up|down)-([0-9]{1,10})")
Pillars = list[tuple[report.Pillar, list[Any]]]


@blueprint.get("")
def index() -> ResponseReturnValue:
    """The plans that there are."""
    may_create = policy.can(current_user, Permission.PLAN_EDIT)
    return render_template("plans/index.html", rows=report.plans(language()), may_create=may_create)


@blueprint.get("/<code>")
def show(code: str) -> ResponseReturnValue:
    """One plan: its reviews or phases, who takes part, its measures by pillar."""
    plan = report.load(code)
    told = report.sheet(plan, language())
    is_regional = plan.kind is PlanKind.REGIONAL
    return render_template(
        "plans/show.html",
        plan=plan,
        told=told,
        is_regional=is_regional,
        meetings=meetings.of_plan(plan) if is_regional else [],
        may_edit=policy.can(current_user, Permission.PLAN_EDIT, plan),
        reach=policy.reach(current_user),
        measures_base=url_for("measures.show", reference="-").removesuffix("-"),
        history=timeline.page(plan, Seen(policy.reach(current_user))),
    )


@blueprint.route("/new", methods=["GET", "POST"])
def create() -> ResponseReturnValue:
    """A new regional plan."""
    policy.require(current_user, Permission.PLAN_EDIT)
    form = NewPlanForm()
    _offer(form)

    def given() -> tuple[str, service.Details, service.Parties]:
        code = form.values()["code"].upper()  # the field keeps what was typed
        return code, _details(form), _parties(form)

    def make() -> Made:
        plan = service.create(*given(), by=current_user)
        words = _("%(code)s is made. Next: its phases and its measures.", code=plan.code)
        return url_for("plans.show", code=plan.code), words

    if form.checks_out(lambda: service.faults_of_new(*given())) and (answer := once(form, make, lasts=True)):
        return answer
    return render_template("plans/new.html", form=form), _status(form)


@blueprint.route("/<code>/edit", methods=["GET", "POST"])
def edit(code: str) -> ResponseReturnValue:
    """Change what the plan says of itself and, of a regional one, who takes part."""
    plan = editable(code)
    form = RegionalPlanForm() if plan.kind is PlanKind.REGIONAL else PlanForm()
    _offer(form)
    form.fill(plan)

    def given() -> tuple[service.Details, service.Parties | None]:
        return _details(form), _parties(form) if "hosts" in form else None

    def save() -> Made:
        form.check_version(plan)
        is_changed = service.edit(plan, *given(), by=current_user)
        words = _("%(code)s is saved.", code=plan.code) if is_changed else _("Nothing was changed.")
        return url_for("plans.show", code=plan.code), words

    try:
        if form.checks_out(lambda: service.faults_of_edit(plan, *given())) and (answer := once(form, save)):
            return answer
    except Stale as stale:
        db.session.rollback()
        now = report.load(code)
        conflicts = form.conflict(now)
        return render_template("plans/edit.html", plan=now, form=form, stale=stale, conflicts=conflicts), 409
    return render_template("plans/edit.html", plan=plan, form=form), _status(form)


@blueprint.route("/<code>/order", methods=["GET", "POST"])
def order(code: str) -> ResponseReturnValue:
    """The order of the measures within each pillar: places that are typed, and a button that moves one measure a step,
    which holds the keyboard's focus on the page that it leads to."""
    plan = editable(code)
    pillars = [(pillar, _in_order(pillar)) for pillar in report.by_pillar(plan)]
    rows = [(row.id, row.reference, place) for _pillar, own in pillars for place, row in enumerate(own, start=1)]
    form = order_form(rows, plan)
    stale, both, step = None, [], Step.pressed()
    if step is not None and step.measure_id not in {row_id for row_id, _reference, _place in rows}:
        raise NotFound(_("%(code)s has no such measure as the one to be moved. Nothing was changed.", code=plan.code))

    def save() -> Made:
        form.check_version(plan)
        places = _with_step(form.places(), step, pillars)
        is_changed = service.reorder(plan, places, by=current_user)
        if step is not None:
            return _moved(plan, step)
        words = _("The order is saved.") if is_changed else _("Nothing was changed.")
        return url_for("plans.show", code=plan.code), words

    try:
        if form.validate_on_submit() and (answer := once(form, save)):
            return answer
    except Stale as error:
        db.session.rollback()
        stale = error
        form.conflict(PlacesOnScreen({key: place for key, _label, place in rows}, report.load(code)))
        both = _both_orders(pillars, _with_step(form.places(), step, pillars))
        form.show({row.id: place for _pillar, pairs in both for place, (_now, row) in enumerate(pairs, start=1)})
    page = render_template("plans/order.html", plan=plan, form=form, pillars=pillars, stale=stale, both=both)
    return page, 409 if stale else _status(form)


@dataclass(frozen=True)
class Step:
    """A step of one measure, as the button says it that was pressed: ``up-12``."""

    way: str
    measure_id: int

    @classmethod
    def pressed(cls) -> Step | None:
        """The step that the form asks for, if any; NotFound where no button says it so."""
        asked = request.form.get("move", "")
        found = STEP.fullmatch(asked)
        if asked and found is None:
            raise NotFound(_("A measure is moved one step up or down. Nothing was changed."))
        return None if found is None else cls(found[1], int(found[2]))


def _with_step(places: dict[int, int], step: Step | None, pillars: Pillars) -> dict[int, int]:
    """The places that were typed, with the step taken from there."""
    for _pillar, own in pillars:
        if step is not None:
            places = service.stepped(own, places, step.measure_id, 1 if step.way == "down" else -1)
    return places


def _moved(plan: Plan, step: Step) -> Made:
    """The page of the order at the button that was pressed, or at its neighbour where the measure stands at an end."""
    pillar, own, at = next(
        (pillar, own, place)
        for pillar in report.by_pillar(plan)
        for own in [_in_order(pillar)]
        for place, row in enumerate(own, start=1)
        if row.id == step.measure_id
    )
    is_last = at == (len(own) if step.way == "down" else 1)
    way = {"up": "down", "down": "up"}[step.way] if is_last else step.way
    words = _(
        "%(measure)s is at place %(place)s of pillar %(pillar)s.",
        measure=own[at - 1].reference,
        place=number(at),
        pillar=pillar.number,
    )
    return url_for("plans.order", code=plan.code, _anchor=f"{way}-{step.measure_id}"), words


def _both_orders(pillars: Pillars, places: dict[int, int]) -> list[tuple[report.Pillar, list[tuple[Any, Any]]]]:
    """Of each pillar in which they differ: the measures as they stand, and as saving what was typed would put them."""
    pairs = [(pillar, own, service.ordered(own, places)) for pillar, own in pillars]
    return [(pillar, list(zip(theirs, mine, strict=True))) for pillar, theirs, mine in pairs if theirs != mine]


def _in_order(pillar: report.Pillar) -> list[Any]:
    """All measures of a pillar as they stand, those that are retired among them."""
    return sorted([*pillar.measures, *pillar.retired], key=lambda row: (row.position, row.id))


def editable(code: str) -> Plan:
    """The plan, when the reader keeps it."""
    plan = report.load(code)
    policy.require(current_user, Permission.PLAN_EDIT, plan)
    return plan


def _offer(form: Any) -> None:
    """The States and organisations to choose from; only States within the grant can take part."""
    if "participants" not in form:
        return
    reach = policy.reach(current_user, Permission.PLAN_EDIT)
    everywhere = [option(*choice) for choice in catalogue.state_choices()]
    form.participants.choices = [one for one in everywhere if reach.covers(one.value)]
    form.observers.choices = everywhere
    form.hosts.choices = [option(one.id, one.words) for one in catalogue.organisations().values()]


def _details(form: PlanForm) -> service.Details:
    given = form.values()
    return service.Details(**{name: given[name] for name in DETAILS})


def _parties(form: PlanForm) -> service.Parties:
    given = form.values()
    return service.Parties(**{name: given[name] for name in PARTIES})


def _status(form: Any) -> int:
    return 422 if form.errors or form.form_errors else 200
