"""My work: what waits for whoever is signed in, by role. Each figure leads to exactly the rows that it counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.errors import NotFound
from tracker.models import Account, Role
from tracker.policy import Permission
from tracker.reports import catalogue, plan_desk, work, work_desk
from tracker.reports.listing import MOST_COUNTED, Args, Page, address
from tracker.reports.states import names_over_time
from tracker.texts import gettext as _
from tracker.texts import ngettext
from tracker.web import record_rows
from tracker.web.exports import csv_response
from tracker.web.lists import ListPage
from tracker.web.locale import language
from tracker.web.presentation import number
from tracker.web.record_rows import Rows, extension_href, record_href, sign_href

blueprint = Blueprint("home", __name__)
blueprint.add_app_template_global(record_rows.followup_rows, "rows_of_followups")


@dataclass(frozen=True)
class Section:
    """One thing that waits: its words, where its rows are, its figure, and what an empty one teaches."""

    name: str
    title: str
    href: str
    count: int
    teaches: str = ""

    @property
    def counted(self) -> str:
        """The figure, which was counted up to a thousand and one."""
        if self.count > MOST_COUNTED:
            return _("more than %(most)s", most=number(MOST_COUNTED))
        return number(self.count)


@dataclass(frozen=True)
class Card:
    """The first rows of a section."""

    section: Section
    caption: str
    rows: Rows


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """The first page: figures that lead to rows, and the first rows of each."""
    account: Account = current_user._get_current_object()
    desk = work_desk.desk(account)
    is_coordinator = policy.has_role(account, Role.COORDINATOR)
    plans = plan_desk.counts(account) if is_coordinator else {}
    sections = {one.name: one for one in _sections(desk.counts | plans, account)}
    return render_template(
        "home/index.html",
        sections=sections,
        cards=_cards(desk, sections),
        may_write=policy.can(account, Permission.VISIT_EDIT),
        may_report=policy.can(account, Permission.REPORT_RUN),
        may_manage=policy.can(account, Permission.CATALOGUE_MANAGE),
        refusals_href=_list("audit", work.recent_refusals()) if policy.can(account, Permission.LOG_READ) else "",
        is_coordinator=is_coordinator,
        base=f"{request.script_root}/",
    )


@blueprint.get("/my-work/<name>")
def rows(name: str) -> ResponseReturnValue:
    """All rows of a section that spans several nouns, or of the visits that need something."""
    policy.require(current_user, Permission.RECORD_READ)
    if _is_of_measures(name):
        return _measures_page(name)
    page = work.page(name, request.args, current_user)
    if name == "visits":
        return _visits_page(page)
    return _rows_page(
        "home/records.html",
        ListPage(page, url_for("home.rows", name=name), _counted, {}, {"day": _("day")}),
        name,
        title=_list_titles()[name],
        rows=_record_rows(name, page.rows, is_whole=True),
    )


@blueprint.get("/my-work/<name>.csv")
def export(name: str) -> ResponseReturnValue:
    """The rows of the list as a file."""
    policy.require(current_user, Permission.RECORD_READ)
    policy.require(current_user, Permission.REPORT_RUN)
    return _measures_file(name) if _is_of_measures(name) else _records_file(name)


def _is_of_measures(name: str) -> bool:
    """Whether the list is one of a coordinator's measures; NotFound where the reader has none of that name."""
    is_coordinators = name in plan_desk.LISTS and policy.has_role(current_user, Role.COORDINATOR)
    if not is_coordinators and name not in work.LISTS:
        raise NotFound(_("There is no such list. My work shows those that there are."))
    return is_coordinators


def _measures_page(name: str) -> ResponseReturnValue:
    found = plan_desk.page(name, request.args, current_user)
    return _rows_page(
        "home/records.html",
        ListPage(found.page, url_for("home.rows", name=name), _counted_measures, {}, {"plan": _("plan")}),
        name,
        title=_list_titles()[name],
        rows=record_rows.measure_rows(found.page.rows, found.standings),
    )


def _visits_page(page: Page) -> ResponseReturnValue:
    return _rows_page(
        "home/visits.html",
        ListPage(page, url_for("home.rows", name="visits"), _counted_visits, {}, {"date": _("date")}),
        "visits",
        rows=_visit_rows(page.rows),
    )


def _rows_page(template: str, shown: ListPage, name: str, **more: Any) -> ResponseReturnValue:
    return render_template(
        template,
        list=shown,
        may_export=policy.can(current_user, Permission.REPORT_RUN),
        export_href=shown.export_href(url_for("home.export", name=name)),
        **more,
    )


def _measures_file(name: str) -> ResponseReturnValue:
    such = plan_desk.standings(name, current_user)
    return csv_response(
        f"my-work-{name}",
        plan_desk.HEADER,
        plan_desk.MEASURES,
        request.args,
        plan_desk.scope(such),
        plan_desk.row_maker(such),
        bom=request.args.get("bom") != "0",
    )


def _records_file(name: str) -> ResponseReturnValue:
    mine = work.mine(name, current_user)
    return csv_response(
        f"my-work-{name}",
        work.HEADERS[name],
        mine.listing,
        request.args,
        mine.scope,
        work.row_maker(name, names_over_time(language())),
        base=mine.base,
        bom=request.args.get("bom") != "0",
    )


def _cards(desk: work_desk.Desk, sections: dict[str, Section]) -> list[Card]:
    """The sections that hold something, in the order of the page."""
    return [
        Card(sections[name], caption, _first_rows(desk, name))
        for name, caption in _captions()
        if name in sections and sections[name].count
    ]


def _captions() -> list[tuple[str, str]]:
    return [
        ("to_sign", _("To sign, oldest first")),
        ("extensions", _("Extensions asked for, oldest first")),
        ("changed", _("Changed since I signed it")),
        ("returned", _("Returned to me, newest first")),
        ("late", _("Late")),
        ("to_write", _("Follow-ups to write")),
        ("conclusions", _("Conclusions to write")),
        ("without_next_step", _("Without a next step")),
        ("waiting", _("Waiting for the reviewers, oldest first")),
        ("asked", _("Extensions that I asked for, oldest first")),
        ("visits", _("Visits that need something")),
    ]


def _first_rows(desk: work_desk.Desk, name: str) -> Rows:
    if name in work.OWN_FOLLOWUPS:
        return record_rows.followup_rows(desk.followups.get(name, []), catalogue.states())
    return _visit_rows(desk.visits) if name == "visits" else _record_rows(name, desk.records.get(name, []))


def _record_rows(name: str, found: Any, is_whole: bool = False) -> Rows:
    """The rows of a section that spans several nouns, with where they lead and the words over their last columns. A
    list as a whole shows what the person noted."""
    made = record_rows.record_rows
    states = catalogue.states()
    match name:
        case "to_sign":
            return made(found, states, sign_href, _("Submitted"), _("Submitted by"), _("Note"))
        case "extensions":
            return made(found, states, extension_href, _("Asked"), _("Asked by"), _("Reason"))
        case "asked":
            return made(found, states, extension_href, _("Asked"), reason=_("Reason"))
        case "returned":
            return made(found, states, record_href, _("Returned"), _("Returned by"), _("Reason"))
        case "changed":
            return made(found, states, record_href, _("Signed"))
        case "conclusions":
            return made(found, states, record_href, _("Last change"))
    return made(found, states, record_href, _("Submitted"), reason=_("Note") if is_whole else "")


def _visit_rows(found: Any) -> Rows:
    return record_rows.visit_rows(found, names_over_time(language()), _need_words())


def _list_titles() -> dict[str, str]:
    return {
        "returned": _("Returned to me"),
        "waiting": _("Waiting for the reviewers"),
        "asked": _("Extensions that I asked for"),
        "changed": _("Changed since I signed it"),
        "past-deadline": _("Measures past their deadline"),
        "differing": _("Measures whose stated status differs"),
    }


def _sections(counts: dict[str, int], account: Account) -> list[Section]:
    """The sections that belong to the reader's roles, in the order of the page."""
    told: list[tuple[str, str, str, str]] = []
    if "to_write" in counts:
        told += _analyst(account)
    if "to_sign" in counts:
        told += _reviewer()
    if "unserved" in counts:
        told += _coordinator()
    if "open" in counts:
        told += _readers()
    if "people" in counts:
        told += _administrator()
    return [Section(name, title, href, counts[name], teaches) for name, title, href, teaches in told]


def _analyst(account: Account) -> list[tuple[str, str, str, str]]:
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
            _list("conclusions", work.conclusion_question(account)),
            _("Conclusions that you drafted stand here until you submit them. Write them on the page of a visit."),
        ),
        (
            "returned",
            titles["returned"],
            _list("my-work/returned", {}),
            _("When a reviewer returns what you submitted, it stands here with the reason."),
        ),
        (
            "waiting",
            titles["waiting"],
            _list("my-work/waiting", {}),
            _("What you submit is locked and stands here until a reviewer signs or returns it. You may recall it."),
        ),
        (
            "asked",
            titles["asked"],
            _list("my-work/asked", {}),
            _("When you ask for a later due date, it stands here until a reviewer approves or refuses it."),
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
            _list("my-work/visits", {}),
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
            f"{review}/extensions",
            _("An analyst asks for a later due date with a reason; you approve or refuse it."),
        ),
        (
            "changed",
            _list_titles()["changed"],
            _list("my-work/changed", {}),
            _("Your signature holds what you saw. Where a record has changed since, it stands here."),
        ),
    ]


def _coordinator() -> list[tuple[str, str, str, str]]:
    titles = _list_titles()

    def gap(name: str) -> str:
        kind, asked = plan_desk.GAPS[name]
        return _list(f"gaps/{kind}", asked)

    return [
        (
            "past-deadline",
            titles["past-deadline"],
            _list("my-work/past-deadline", {}),
            _(
                "A measure of your plans stands here from the day after its deadline's period has passed, until it is"
                " completed."
            ),
        ),
        (
            "differing",
            titles["differing"],
            _list("my-work/differing", {}),
            _(
                "A measure of your plans stands here while the status that a coordinator states is another than the"
                " one computed from its follow-ups and cells."
            ),
        ),
        (
            "unserved",
            _("Measures without a follow-up"),
            gap("unserved"),
            _("Each measure has a follow-up in your scope that is open or implemented."),
        ),
        (
            "silent",
            ngettext(
                "Cells without a word for %(num)s month",
                "Cells without a word for %(num)s months",
                plan_desk.MONTHS,
            ),
            gap("silent"),
            _("Each cell of a regional plan in your scope has a word from the last months."),
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


def _counted_measures(count: int) -> str:
    return ngettext("%(counted)s measure", "%(counted)s measures", count, counted=number(count))
