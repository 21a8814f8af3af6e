"""The parts of a visit, row by row: components, delegation, counterparts met, on-site checks, sources.

One table says what each part is; adding, editing and removing go the same road for all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import day_words, policy
from tracker.errors import Invalid, NotFound, Stale
from tracker.extensions import db
from tracker.forms.fields import option
from tracker.forms.visits import (
    CheckForm,
    ComponentForm,
    CounterpartForm,
    DelegateForm,
    PartForm,
    RemoveForm,
    SourceForm,
)
from tracker.models import Visit, VisitCheck, VisitComponent, VisitCounterpart, VisitDelegate, VisitSource
from tracker.policy import Permission
from tracker.reports import catalogue, visits
from tracker.reports.states import names_over_time
from tracker.services import visit_parts as service
from tracker.texts import gettext as _
from tracker.texts import lazy_gettext as _l
from tracker.web import overlaps
from tracker.web.dates import period_words
from tracker.web.locale import language
from tracker.web.request_keys import Made, once, repeated
from tracker.web.words import words

blueprint = Blueprint(
    "visit_parts",
    __name__,
    url_prefix="/visits/<reference>/<any(components, delegation, counterparts, checks, sources):part>",
)


@dataclass(frozen=True)
class Part:
    """What a part is: its rows, its form, the words on its pages, and what the service does with it."""

    model: type[Any]
    form: type[PartForm]
    given: type[Any]
    add_words: Any
    edit_words: Any
    remove_words: Any
    add: Callable[..., Any]
    edit: Callable[..., None]
    remove: Callable[..., None]
    called: Callable[[Any], str]


PARTS: dict[str, Part] = {
    "components": Part(
        VisitComponent,
        ComponentForm,
        service.Component,
        _l("Add a component"),
        _l("Edit the component"),
        _l("Remove the component"),
        service.add_component,
        service.edit_component,
        service.remove_component,
        lambda row: f"{words(row.mode)}, {period_words(row.start, row.end)}",
    ),
    "delegation": Part(
        VisitDelegate,
        DelegateForm,
        service.Delegate,
        _l("Add to the delegation"),
        _l("Edit the delegation"),
        _l("Remove from the delegation"),
        service.add_delegate,
        service.edit_delegate,
        service.remove_delegate,
        lambda row: row.organisation.name if row.organisation else row.function or str(words(row.kind)),
    ),
    "counterparts": Part(
        VisitCounterpart,
        CounterpartForm,
        service.Counterpart,
        _l("Add a counterpart met"),
        _l("Edit the counterpart met"),
        _l("Remove the counterpart met"),
        service.add_counterpart,
        service.edit_counterpart,
        service.remove_counterpart,
        lambda row: row.authority.name,
    ),
    "checks": Part(
        VisitCheck,
        CheckForm,
        service.Check,
        _l("Add an on-site check"),
        _l("Edit the on-site check"),
        _l("Remove the on-site check"),
        service.add_check,
        service.edit_check,
        service.remove_check,
        lambda row: row.place,
    ),
    "sources": Part(
        VisitSource,
        SourceForm,
        service.Source,
        _l("Add a source"),
        _l("Edit the source"),
        _l("Remove the source"),
        service.add_source,
        service.edit_source,
        service.remove_source,
        lambda row: row.title,
    ),
}


@blueprint.route("/new", methods=["GET", "POST"])
def add(reference: str, part: str) -> ResponseReturnValue:
    """Add a row to a part of the visit."""
    visit = _editable(reference)
    kind = PARTS[part]
    form = _form(kind)
    back = _back(visit, part)

    def put() -> Made:
        kind.add(visit, kind.given(**form.values()), by=current_user)
        _warn(visit, part, form)
        return back, _("Added.")

    if form.validate_on_submit() and (answer := once(form, put)):
        return answer
    return _page(visit, form, kind.add_words, back)


@blueprint.route("/<int:row_id>", methods=["GET", "POST"])
def edit(reference: str, part: str, row_id: int) -> ResponseReturnValue:
    """Change a row of a part of the visit."""
    visit = _editable(reference)
    kind = PARTS[part]
    row = _row(visit, kind, row_id)
    form = _form(kind)
    form.show(row)
    back = _back(visit, part)
    stale, conflicts = None, []
    if form.validate_on_submit():
        try:
            form.check_section(visit, row.id)
            kind.edit(row, kind.given(**form.values()), by=current_user)
            _warn(visit, part, form)
            db.session.commit()
        except Stale as error:
            db.session.rollback()
            stale, conflicts = error, form.conflict(row)
        except Invalid as error:
            db.session.rollback()
            form.refuse(error)
        else:
            flash(_("Saved."))
            return redirect(back, 303)
    remove = url_for("visit_parts.remove", reference=visit.reference, part=part, row_id=row.id)
    return _page(visit, form, kind.edit_words, back, remove, str(kind.remove_words), stale, conflicts)


@blueprint.route("/<int:row_id>/remove", methods=["GET", "POST"])
def remove(reference: str, part: str, row_id: int) -> ResponseReturnValue:
    """Take a row off the visit, once it is confirmed. The history keeps it."""
    visit = _editable(reference)
    kind = PARTS[part]
    form = RemoveForm(part)
    if answer := repeated(form):
        return answer
    row = _row(visit, kind, row_id)
    form.show(row)

    def take_off() -> Made:
        form.check_section(visit, row.id)
        kind.remove(row, by=current_user)
        return _back(visit, part), _("Removed. The timeline keeps what it said.")

    stale = None
    try:
        if form.validate_on_submit() and (answer := once(form, take_off)):
            return answer
    except Stale as error:
        db.session.rollback()
        stale = error
        form.conflict(row)
    page = render_template(
        "visits/remove.html",
        visit=visit,
        stale=stale,
        form=form,
        title=kind.remove_words,
        called=kind.called(row),
        back=_back(visit, part),
        state_name=_state_name(visit),
    )
    return page, 409 if stale else 200


def _editable(reference: str) -> Visit:
    visit: Visit = policy.load(current_user, Visit, reference=reference.upper())
    policy.require(current_user, Permission.VISIT_EDIT, visit)
    return visit


def _row(visit: Visit, kind: Part, row_id: int) -> Any:
    row = db.session.get(kind.model, row_id)
    if row is None or row.visit_id != visit.id:
        raise NotFound(_("This is no longer on the visit: somebody removed it, or the address is wrong."))
    return row


def _form(kind: Part) -> PartForm:
    """The part's form, with the choices that come from the catalogue."""
    form: Any = kind.form()
    if "areas" in form:
        form.areas.choices = [option(*choice) for choice in catalogue.area_choices()]
    if "organisation_id" in form:
        form.organisation_id.choices = [option(one.id, one.words) for one in catalogue.organisations().values()]
    made: PartForm = form
    return made


def _back(visit: Visit, part: str) -> str:
    return url_for("visits.show", reference=visit.reference, _anchor=part)


def _warn(visit: Visit, part: str, form: PartForm) -> None:
    """What is allowed and hardly meant is said."""
    if part == "components":
        overlaps.warn(visit)
    day: Any = next((form[name].data for name in ("met_on", "checked_on") if name in form), None)
    if visits.is_outside(visit, day):
        words = _(
            "%(day)s lies outside the dates of the visit, %(dates)s. That is allowed; check both.",
            day=day_words.of_partial(day),
            dates=period_words(visit.start, visit.end),
        )
        flash(words, "warning")


def _page(
    visit: Visit,
    form: PartForm,
    title: Any,
    back: str,
    remove: str | None = None,
    remove_words: str = "",
    stale: Stale | None = None,
    conflicts: Any = (),
) -> ResponseReturnValue:
    page = render_template(
        "visits/section.html",
        visit=visit,
        form=form,
        title=title,
        note="",
        back=back,
        stale=stale,
        conflicts=conflicts,
        remove=remove,
        remove_words=remove_words,
        state_name=_state_name(visit),
    )
    return page, 409 if stale else 422 if form.errors else 200


def _state_name(visit: Visit) -> str:
    return names_over_time(language()).as_at(visit.state_id, visit.sort_day)
