"""My work: what waits for whoever is signed in, by role. Each figure leads to exactly the rows that it counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from tracker import clock, policy
from tracker.errors import NotFound
from tracker.models import Role
from tracker.policy import Permission
from tracker.reports import catalogue, sealables, work
from tracker.reports.listing import Args, Listing, address
from tracker.reports.states import names_over_time
from tracker.web.lists import ListPage
from tracker.web.locale import language
from tracker.web.presentation import number

blueprint = Blueprint("home", __name__)


@dataclass(frozen=True)
class Section:
    """One thing that waits: its words, where its rows are, its figure, and what an empty one teaches."""

    name: str
    title: str
    href: str
    count: int
    teaches: str = ""


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """The first page: figures that lead to rows, and the first rows of each."""
    desk = work.desk(current_user)
    sections = {one.name: one for one in _sections(desk.counts)}
    return render_template(
        "home/index.html",
        desk=desk,
        sections=sections,
        states=catalogue.states(),
        names=names_over_time(language()),
        needs=_need_words(),
        record_href=_record_href,
        sign_href=_sign_href,
        extension_href=_extension_href,
        may_write=policy.can(current_user, Permission.VISIT_EDIT),
        may_report=policy.can(current_user, Permission.REPORT_RUN),
        may_manage=policy.can(current_user, Permission.CATALOGUE_MANAGE),
        refusals_href=_list("audit", work.recent_refusals()) if policy.can(current_user, Permission.LOG_READ) else "",
        is_coordinator=policy.has_role(current_user, Role.COORDINATOR),
        base=f"{request.script_root}/",
    )


@blueprint.get("/work/<name>")
def rows(name: str) -> ResponseReturnValue:
    """All rows of a section that spans several nouns, or of the visits that need something."""
    policy.require(current_user, Permission.RECORD_READ)
    if name == "visits":
        return _visits_page()
    titles = _list_titles()
    if name not in titles:
        raise NotFound(_("There is no such list. My work shows those that there are."))
    listing, condition = _listings()[name]
    page = listing.page(request.args, condition(current_user))
    return render_template(
        "home/records.html",
        name=name,
        title=titles[name],
        list=ListPage(page, url_for("home.rows", name=name), _counted, {}, {"day": _("day")}),
        states=catalogue.states(),
        record_href=_record_href,
    )


def _visits_page() -> ResponseReturnValue:
    base = work.VISITS.base.add_columns(work.visit_need(clock.today()))
    page = work.VISITS.page(request.args, work.visits_that_need_something(current_user), base=base)
    return render_template(
        "home/visits.html",
        list=ListPage(page, url_for("home.rows", name="visits"), _counted_visits, {}, {"date": _("date")}),
        names=names_over_time(language()),
        needs=_need_words(),
    )


def _listings() -> dict[str, tuple[Listing, Any]]:
    return {
        "returned": (work.RETURNED, work.returned_to),
        "waiting": (work.WAITING, work.waiting_of),
        "changed": (work.CHANGED, work.changed_since_signed_by),
    }


def _list_titles() -> dict[str, str]:
    return {
        "returned": _("Returned to me"),
        "waiting": _("Waiting for the reviewers"),
        "changed": _("Changed since I signed it"),
    }


def _sections(counts: dict[str, int]) -> list[Section]:
    """The sections that belong to the reader's roles, in the order of the page."""
    return [
        Section(name, title, href, counts[name], teaches)
        for name, title, href, teaches in (*_analyst(), *_reviewer(), *_readers(), *_administrator())
        if name in counts
    ]


def _analyst() -> list[tuple[str, str, str, str]]:
    own = work.OWN_FOLLOWUPS
    titles = _list_titles()
    return [
        (
            "to_write",
            _("Follow-ups to write"),
            _list("follow-ups", own["to_write"]),
            _("Drafts that you own or began stand here. Begin one from a conclusion, or from the list of follow-ups."),
        ),
        (
            "conclusions",
            _("Conclusions to write"),
            _list("conclusions", work.conclusion_question(current_user)),
            _("Conclusions that you drafted stand here until you submit them. Write them on the page of a visit."),
        ),
        (
            "returned",
            titles["returned"],
            url_for("home.rows", name="returned"),
            _("When a reviewer returns what you submitted, it stands here with the reason."),
        ),
        (
            "waiting",
            titles["waiting"],
            url_for("home.rows", name="waiting"),
            _("What you submit is locked and stands here until a reviewer signs or returns it. You may recall it."),
        ),
        (
            "late",
            _("Late"),
            _list("follow-ups", own["late"]),
            _("Open follow-ups that you own stand here from the day after their due date's period has passed."),
        ),
        (
            "without_next_step",
            _("Without a next step"),
            _list("follow-ups", own["without_next_step"]),
            _("Each open follow-up that you own has a next step."),
        ),
        (
            "visits",
            _("Visits that need something"),
            url_for("home.rows", name="visits"),
            _(
                "A visit stands here when its dates have passed and its stage has not moved, when a comment or a"
                " response of the Member State is late, or when no clock runs for it."
            ),
        ),
    ]


def _reviewer() -> list[tuple[str, str, str, str]]:
    review = f"{request.script_root}/review"
    return [
        (
            "to_sign",
            _("To sign"),
            review,
            _("When an analyst submits a follow-up, a conclusion or a matrix, it stands here, the oldest first."),
        ),
        (
            "extensions",
            _("Extensions asked for"),
            f"{review}#extensions-title",
            _("An analyst asks for a later due date with a reason; you approve or refuse it."),
        ),
        (
            "changed",
            _list_titles()["changed"],
            url_for("home.rows", name="changed"),
            _("Your signature holds what you saw. Where a record has changed since, it stands here."),
        ),
    ]


def _readers() -> list[tuple[str, str, str, str]]:
    return [
        ("open", _("Open follow-ups"), _list("follow-ups", work.ALL_FOLLOWUPS["open"]), ""),
        ("overdue", _("Overdue follow-ups"), _list("follow-ups", work.ALL_FOLLOWUPS["overdue"]), ""),
    ]


def _administrator() -> list[tuple[str, str, str, str]]:
    people = f"{request.script_root}/admin/people"
    return [
        ("people", _("Active accounts"), f"{people}?active=yes", ""),
        ("closed_people", _("Disabled accounts"), f"{people}?active=no", ""),
    ]


def _list(name: str, args: Args) -> str:
    return address(f"{request.script_root}/{name}", args)


def _record_href(row: Any) -> str:
    """The record's page, by its published address."""
    return request.script_root + sealables.address(row.object_type, row.reference)


def _sign_href(row: Any) -> str:
    """The item in the queue, where it is signed or returned."""
    return url_for("review.item", object_type=row.object_type, reference=row.reference)


def _extension_href(row: Any) -> str:
    """The place where the extension is decided."""
    return url_for("extensions.decide", reference=row.reference, extension_id=row.id)


def _need_words() -> dict[str, str]:
    """What a visit needs, in words."""
    return {
        "dates_passed": _("its dates have passed: move its stage on, postpone or cancel it"),
        "comments_late": _("the comments of the Member State are late"),
        "response_late": _("the response of the Member State is late"),
        "no_clock": _("no clock runs for the Member State: find out the day, and move the stage again with it"),
    }


def _counted(count: int) -> str:
    return ngettext("%(counted)s record", "%(counted)s records", count, counted=number(count))


def _counted_visits(count: int) -> str:
    return ngettext("%(counted)s visit", "%(counted)s visits", count, counted=number(count))
