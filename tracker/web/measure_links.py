"""Links between follow-ups and the measures that they serve: chosen from the follow-up, in bulk from the measure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.errors import Invalid, NotFound
from tracker.forms.fields import option
from tracker.forms.measure_links import FollowupsForm, LinksForm, MeasuresForm, UnlinkForm
from tracker.models import Followup, Measure, PlanKind
from tracker.models.plan import PILLARS
from tracker.policy import Permission
from tracker.reports import area_pillars, catalogue
from tracker.reports import measure_links as report
from tracker.reports.filters import BadValue
from tracker.reports.listing import address
from tracker.services import measure_links
from tracker.texts import gettext as _
from tracker.texts import ngettext
from tracker.web import chosen, filters, retired
from tracker.web.lists import FilterWords, ListPage
from tracker.web.presentation import areas_map_href, number
from tracker.web.request_keys import Made, once, repeated

blueprint = Blueprint("measure_links", __name__)

READ = "read"  # what is kept of the follow-ups that the page to confirm them names
AFRESH = "afresh"  # what the button says that takes all ticks off
LONGEST_ADDRESS = 6000
"""What servers on the way take as an address, with room to spare; no search of a length that is taken needs as much."""
MOST_AT_ONCE = 500
"""Follow-ups that are linked in one go: each leaves an event, and others wait meanwhile."""


# From the follow-up


@blueprint.route("/follow-ups/<reference>/measures", methods=["GET", "POST"])
def choose(reference: str) -> ResponseReturnValue:
    """Choose the measures that the follow-up serves: those that are near to it, or by words and pillar."""
    followup = policy.load(current_user, Followup, reference=reference)
    policy.require(current_user, Permission.MEASURE_LINK, followup)
    asked = request.args if "turn" in request.form or "q" not in request.form else request.form
    q, pillar = asked.get("q", "").strip(), asked.get("pillar", "").strip()
    path = url_for("measure_links.choose", reference=followup.reference)
    here = address(path, {name: [value] for name, value in (("q", q), ("pillar", pillar)) if value})
    form = MeasuresForm()
    chosen.show(path, form)
    ticked = report.chosen(followup, form.measures.posted) if form.measures.posted else []
    form.measures.choices = [option(one.reference, one.text) for one in ticked]
    back = url_for("followups.page", reference=reference, _anchor="measures")

    def link() -> Made:
        count = measure_links.link_all([followup], ticked, by=current_user, reason=form.reason.data)
        if not count:
            return back, _("Nothing was changed: %(reference)s serves them already.", reference=reference)
        words = ngettext(
            "%(reference)s serves %(count)s more measure.",
            "%(reference)s serves %(count)s more measures.",
            count,
            reference=reference,
            count=number(count),
        )
        return back, words

    if _looks_on():
        if answer := _look_on(form, path, here, [one.reference for one in ticked]):
            return answer
    elif form.validate_on_submit() and (answer := once(form, link)):
        chosen.forget(path)
        return answer
    offers = _offers(followup, q, pillar)
    shown = {one.reference for one in (*(offers["found"] or ()), *offers["suggested"])}
    return (
        render_template(
            "measure_links/choose.html",
            form=form,
            followup=followup,
            back=back,
            path=path,
            here=here,
            kept=[report.as_offered(one) for one in ticked if one.reference not in shown],
            q=q,
            pillar=pillar,
            pillar_choices=[("", _("All")), *((one, _("Pillar %(number)s", number=one)) for one in PILLARS)],
            present=report.of_followup(followup),
            map_href=areas_map_href(),
            **offers,
        ),
        _status(form),
    )


def _offers(followup: Followup, q: str, pillar: str) -> dict[str, Any]:
    """What is found, where something is looked for; else what is near, and of which areas the map tells nothing."""
    offers: dict[str, Any] = {"found": None, "suggested": [], "unmapped": [], "problem": ""}
    if not (q or pillar):
        pillars = report.pillars_of(followup)
        near = report.suggestions(followup, pillars)
        return offers | {"suggested": near, "unmapped": report.unmapped(followup, pillars)}
    try:
        return offers | {"found": report.offered(followup, q, pillar)}
    except BadValue as bad:
        return offers | {"found": [], "problem": str(bad)}


@blueprint.route("/follow-ups/<reference>/measures/<measure_reference>/remove", methods=["GET", "POST"])
def remove(reference: str, measure_reference: str) -> ResponseReturnValue:
    """Take a measure off, with a reason."""
    followup = policy.load(current_user, Followup, reference=reference)
    policy.require(current_user, Permission.MEASURE_LINK, followup)
    form = UnlinkForm()
    if answer := repeated(form):
        return answer
    measure = _served(followup, measure_reference)
    back = url_for("followups.page", reference=reference, _anchor="measures")

    def unlink() -> Made:
        measure_links.unlink(followup, measure, by=current_user, reason=form.reason.data)
        return back, _("%(reference)s no longer serves %(measure)s.", reference=reference, measure=measure.reference)

    if form.validate_on_submit() and (answer := once(form, unlink)):
        return answer
    return (
        render_template("measure_links/remove.html", form=form, followup=followup, measure=measure, back=back),
        _status(form),
    )


def _served(followup: Followup, reference: str) -> Measure:
    if not any(row.reference == reference.upper() for row in report.of_followup(followup)):
        raise NotFound(_("The follow-up does not serve this measure."))
    return report.measure(reference)


# From the measure


@blueprint.route("/measures/<reference>/follow-ups", methods=["GET", "POST"])
def add_followups(reference: str) -> ResponseReturnValue:
    """Choose the follow-ups that serve the measure; how many they are is read and agreed to before they are linked."""
    policy.require(current_user, Permission.MEASURE_LINK)
    measure = report.measure(reference)
    if answer := retired.way_out(measure):
        return answer
    path = url_for("measure_links.add_followups", reference=measure.reference)
    form = FollowupsForm()
    chosen.show(path, form)
    found = _chosen(form, measure)
    form.followups.choices = [option(one.reference, one.title) for one in found]
    back = f"{request.script_root}/measures/{measure.reference}"

    def link() -> Made:
        count = measure_links.link_all(found, [measure], by=current_user, reason=form.reason.data)
        if not count:
            return back, _("Nothing was changed: they serve %(measure)s already.", measure=measure.reference)
        return back, _linked(count, len(found), measure)

    asked = {name: values for name, values in report.narrowing(_asked()).items() if any(values)}
    if _looks_on():
        ticked = [one.reference for one in found]
        return _look_on(form, path, address(path, asked), ticked) or _list(form, measure, back, found, asked)
    if form.checks_out(lambda: _faults(found)) and _may_go_on(form, found):
        if form.agreed() == len(found) and (answer := once(form, link)):
            chosen.forget(path)
            return answer
        if not form.errors and not form.form_errors:
            ticked = [one.reference for one in found if one.reference in form.followups.posted]
            _keep(form, path, ticked, **{READ: [one.reference for one in found]})
            return redirect(_page_of("measure_links.confirm_followups", measure), 303)
    return _list(form, measure, back, found, asked)


@blueprint.get("/measures/<reference>/follow-ups/confirm")
def confirm_followups(reference: str) -> ResponseReturnValue:
    """What is about to happen, with the exact count, before it does: a page that one comes back to and draws afresh.
    Where nothing waits to be confirmed, because it is done, the list."""
    policy.require(current_user, Permission.MEASURE_LINK)
    measure = report.measure(reference)
    if answer := retired.way_out(measure):
        return answer
    path = url_for("measure_links.add_followups", reference=measure.reference)
    form = FollowupsForm()
    chosen.show(path, form)
    read = chosen.kept(path).get(READ, [])
    found = report.named(measure, read, current_user, MOST_AT_ONCE) if read else []
    here = _page_of("measure_links.add_followups", measure)
    if not found:
        return redirect(here, 303)
    form.confirmed.data = str(len(found))
    return render_template(
        "measure_links/confirm.html", form=form, measure=measure, found=found, states=catalogue.states(), here=here
    )


def _page_of(endpoint: str, measure: Measure) -> str:
    """The address of another page of the measure's, with the filters of this one."""
    args = {name: request.args.getlist(name) for name in request.args}
    return address(url_for(endpoint, reference=measure.reference), args)


def _linked(count: int, of_all: int, measure: Measure) -> str:
    """How many of the follow-ups that were chosen were linked."""
    said: dict[str, str] = {"count": number(count), "all": number(of_all), "measure": measure.reference}
    if count == of_all:
        return ngettext(
            "%(count)s follow-up now serves %(measure)s.",
            "%(count)s follow-ups now serve %(measure)s.",
            count,
            **said,
        )
    return ngettext(
        "Of %(all)s follow-ups %(count)s was linked to %(measure)s; the rest served it already.",
        "Of %(all)s follow-ups %(count)s were linked to %(measure)s; the rest served it already.",
        count,
        **said,
    )


def _looks_on() -> bool:
    """Whether a button was pressed that narrows or turns the list: ticks and reason go along, nothing is linked."""
    return "narrow" in request.form or "turn" in request.form


def _look_on(form: LinksForm, path: str, here: str, ticked: list[str]) -> ResponseReturnValue | None:
    """Keep what was ticked and typed, and lead to the list at ``here``, which is a page that one comes back to; None
    where something cannot be kept, or no address can say what is looked for."""
    if form.cannot_be_kept() or len(here) > LONGEST_ADDRESS:
        return None
    if request.form.get("turn") == AFRESH:
        chosen.keep(path, {"reason": form.reason.data})
    else:
        _keep(form, path, ticked)
    return redirect(here, 303)


def _keep(form: LinksForm, path: str, ticked: list[str], **more: list[str]) -> None:
    """These ticks, as far as they are of records that may be linked, and what else was given."""
    others = {name: form[name].data for name in form.names() if name not in (form.ticks, "confirmed")}
    chosen.keep(path, {form.ticks: ticked, **others, **more})


def _asked() -> Mapping[str, Any]:
    """What narrows the list: the filters as they are typed. Where they are those of the address, that says the page of
    the list as well; a button that turns it says so in its address."""
    typed, applied = request.form, request.args
    if "q" not in typed or "turn" in typed:
        return applied
    is_applied = all(typed.get(name, "").strip() == applied.get(name, "").strip() for name in ("q", "state", "area"))
    return applied if is_applied else typed


def _chosen(form: FollowupsForm, measure: Measure) -> list[Followup]:
    """The follow-ups that were ticked, or all that the address finds; nothing before something was posted or kept."""
    if form.is_bound and form.everything.data and not _looks_on():
        return report.asked_for(measure, request.args, current_user, MOST_AT_ONCE)
    if not form.followups.posted:
        return []
    return report.named(measure, form.followups.posted, current_user, MOST_AT_ONCE)


def _faults(found: list[Followup]) -> Iterator[Invalid]:
    """Nothing to link, or too much at once."""
    if len(found) > MOST_AT_ONCE:
        many = _("Link %(most)s follow-ups or fewer at once: narrow the list.", most=MOST_AT_ONCE)
        yield Invalid(many, "followups")
    elif not found:
        yield Invalid(_("Tick a follow-up at least"), "followups")


def _may_go_on(form: FollowupsForm, found: list[Followup]) -> bool:
    faults = list(_faults(found))
    for fault in faults:
        form.refuse(fault)
    return not faults


def _list(
    form: FollowupsForm, measure: Measure, back: str, ticked: list[Followup], asked: dict[str, list[str]]
) -> ResponseReturnValue:
    """What may be linked, as ``asked`` narrows it. What was ticked stays, also where the filters no longer find it."""
    form.confirmed.data = ""  # whatever was agreed to before, this page may change
    page = report.page(measure, asked, current_user)
    states = catalogue.states()
    covered = policy.reach(current_user, Permission.MEASURE_LINK)
    is_regional = measure.plan.kind is PlanKind.REGIONAL
    offered = [one for one in (measure.plan.participants if is_regional else states) if covered.covers(one)]
    words = {
        "state": filters.state_words(),
        "area": filters.area_words(_("Main area")),
        "q": FilterWords(_("Words")),
    }
    path = url_for("measure_links.add_followups", reference=measure.reference)
    shown = ListPage(page, path, _counted, words, {"due": _("due date")})
    mapped = {} if asked else area_pillars.by_area()
    suggested = [] if asked else report.suggested_followups(measure, current_user, mapped)
    return (
        render_template(
            "measure_links/followups.html",
            form=form,
            measure=measure,
            back=back,
            list=shown,
            suggested=suggested,
            unmapped=[] if asked else report.unmapped_areas(page.rows, mapped),
            map_href=areas_map_href(),
            suggested_references={one.row.reference for one in suggested},
            ticked=[one for one in ticked if one.reference in form.followups.posted],
            shown_references={one.row.reference for one in suggested} | {row.reference for row in shown.rows},
            here=address(path, asked),
            states=states,
            exact=page.count if not page.is_capped else report.count(measure, asked, current_user),
            most=MOST_AT_ONCE,
            state_choices=filters.with_all((one.id, one.name) for one in states.values() if one.id in offered),
            area_choices=filters.with_all(filters.areas()),
        ),
        _status(form),
    )


def _counted(count: int) -> str:
    return ngettext("%(counted)s follow-up", "%(counted)s follow-ups", count, counted=number(count))


def _status(form: Any) -> int:
    return 422 if form.errors or form.form_errors else 200
