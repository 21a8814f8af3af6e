"""The sections of a visit, each a short form of its own: what it is, tour, scope, resolutions, the two consents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.errors import Invalid, Stale
from tracker.extensions import db
from tracker.forms.fields import option
from tracker.forms.visits import (
    DetailsForm,
    ResolutionsForm,
    ScopeForm,
    SectionForm,
    ShareConsentForm,
    SharingForm,
    TourForm,
    VisitConsentForm,
)
from tracker.models import Visit
from tracker.policy import Permission
from tracker.reports import catalogue, visits
from tracker.reports.states import names_over_time
from tracker.services import visit_parts as parts
from tracker.services import visits as service
from tracker.texts import gettext as _
from tracker.web import sharing as sharing_levels
from tracker.web.locale import language

blueprint = Blueprint("visit_sections", __name__, url_prefix="/visits/<reference>")

Save = Callable[[Visit, dict[str, Any]], None]


@blueprint.route("/edit", methods=["GET", "POST"])
def edit(reference: str) -> ResponseReturnValue:
    """Type, sequence, summary, and when the conclusions are due."""
    visit = _editable(reference)
    form = DetailsForm()
    form.conclusions_due.label.text = _("%(conclusions)s due", conclusions=visits.conclusion_label(visit))
    return _section(visit, form, _("Edit the visit"), lambda row, given: _edit(row, given))


def _edit(visit: Visit, given: dict[str, Any]) -> None:
    service.edit(visit, service.Details(**given), by=current_user)


@blueprint.route("/tour", methods=["GET", "POST"])
def tour(reference: str) -> ResponseReturnValue:
    """The trip that the visit is part of."""

    def save(visit: Visit, given: dict[str, Any]) -> None:
        service.join_tour(visit, given["tour"], by=current_user)

    return _section(_editable(reference), TourForm(), _("Tour"), save)


@blueprint.route("/scope", methods=["GET", "POST"])
def scope(reference: str) -> ResponseReturnValue:
    """The areas that the visit takes up."""
    visit = _editable(reference)
    form = ScopeForm()
    form.areas.choices = [option(*choice) for choice in catalogue.area_choices()]

    def save(visit: Visit, given: dict[str, Any]) -> None:
        parts.set_areas(visit, given["areas"], by=current_user)

    return _section(visit, form, _("Areas in scope"), save)


@blueprint.route("/resolutions", methods=["GET", "POST"])
def resolutions(reference: str) -> ResponseReturnValue:
    """The resolutions that the visit measures against; those adopted by its date are marked."""
    visit = _editable(reference)
    form = ResolutionsForm()
    adopted = set(parts.propose_resolutions(visit.sort_day))
    form.resolutions.choices = [
        option(
            one.number,
            _("%(number)s (%(year)s) %(title)s", number=one.number, year=one.adopted_on.year, title=one.title),
            _("Adopted by the date of the visit") if one.number in adopted else _("Adopted later"),
        )
        for one in visits.resolutions(adopted)
    ]

    def save(visit: Visit, given: dict[str, Any]) -> None:
        parts.set_resolutions(visit, given["resolutions"], by=current_user)

    return _section(visit, form, _("Applicable resolutions"), save)


@blueprint.route("/visit-consent", methods=["GET", "POST"])
def visit_consent(reference: str) -> ResponseReturnValue:
    """The State's consent to the visit itself."""

    def save(visit: Visit, given: dict[str, Any]) -> None:
        service.record_visit_consent(
            visit, by=current_user, given_on=given["visit_consent_on"], given_by=given["visit_consent_by"]
        )

    note = _("This is the State's consent to being visited. Its consent to share is another, recorded on its own.")
    return _section(_editable(reference), VisitConsentForm(), _("Consent to the visit"), save, note)


@blueprint.route("/share-consent", methods=["GET", "POST"])
def share_consent(reference: str) -> ResponseReturnValue:
    """The State's consent to share what came of the visit."""

    def save(visit: Visit, given: dict[str, Any]) -> None:
        service.record_share_consent(
            visit,
            by=current_user,
            consent=given["share_consent"],
            given_on=given["share_consent_on"],
            given_by=given["share_consent_by"],
            excluded=given["share_excluded"],
        )

    note = _("Without it nothing goes further than to the State: a wider sharing level falls back at once.")
    return _section(_editable(reference), ShareConsentForm(), _("Consent to share"), save, note)


@blueprint.route("/sharing", methods=["GET", "POST"])
def sharing(reference: str) -> ResponseReturnValue:
    """How far the record may leave the house."""

    def save(visit: Visit, given: dict[str, Any]) -> None:
        service.set_sharing(visit, given["sharing"], by=current_user)

    visit = _editable(reference)
    form = SharingForm()
    sharing_levels.limit(form.sharing, visit)
    note = _("Partners and the public only with the State's consent to share.")
    return _section(visit, form, _("Sharing level"), save, note)


def _editable(reference: str) -> Visit:
    visit: Visit = policy.load(current_user, Visit, reference=reference.upper())
    policy.require(current_user, Permission.VISIT_EDIT, visit)
    return visit


def _section(visit: Visit, form: SectionForm, title: str, save: Save, note: str = "") -> ResponseReturnValue:
    """Show the section, or save it and go back to the visit."""
    form.fill(visit)
    back = url_for("visits.show", reference=visit.reference)
    stale, conflicts = None, []
    if form.validate_on_submit():
        try:
            form.check_section(visit)
            save(visit, form.values())
            db.session.commit()
        except Stale as error:
            db.session.rollback()
            stale, conflicts = error, form.conflict(visit)
        except Invalid as error:
            db.session.rollback()
            form.refuse(error)
        else:
            flash(_("Saved."))
            return redirect(back, 303)
    page = render_template(
        "visits/section.html",
        visit=visit,
        form=form,
        title=title,
        note=note,
        back=back,
        remove=None,
        stale=stale,
        conflicts=conflicts,
        state_name=names_over_time(language()).as_at(visit.state_id, visit.sort_day),
    )
    return page, 409 if stale else 422 if form.errors else 200
