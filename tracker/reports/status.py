"""The status report: one row per follow-up, in the list's order, with the header that recipients rely on (design 6).

``content="current"`` gives the values of today with ``sealed_state`` beside them; ``content="sealed"`` gives those that
a reviewer signed: a follow-up without a seal keeps its row, and the sealed columns of that row are empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy.orm import aliased

from tracker import clock
from tracker.models import (
    Account,
    AreaEdition,
    Authority,
    Conclusion,
    Followup,
    FollowupArea,
    FollowupAuthority,
    FollowupConclusion,
    FollowupMeasure,
    FollowupParagraph,
    Implementation,
    Measure,
    Paragraph,
    Plan,
    Purpose,
    Region,
    Seal,
    State,
    StateResponse,
    Visit,
)
from tracker.models.followup import SETTLED, is_open
from tracker.partial_date import PartialDate
from tracker.reports.filters import BadValue
from tracker.reports.listing import Columns

CONTENTS = ("current", "sealed")

# The header, once and literally: columns are added at the end or not at all.
COLUMNS: dict[str, LazyString] = {
    "item_id": _l("Reference of the follow-up"),
    "iso3": _l("Member State, ISO 3166 alpha-3"),
    "member_state": _l("Member State, today's English short name"),
    "region": _l("Region of the M49 standard"),
    "visit_id": _l("Visit that first raised it"),
    "visit_type": _l("Type of that visit"),
    "visit_start": _l("First day of that visit, as exactly as it is known"),
    "visit_end": _l("Last day of that visit, as exactly as it is known"),
    "area_code": _l("Main area"),
    "area_title": _l("Title of the main area, in the edition that the follow-up was written under"),
    "further_areas": _l("Further areas, joined by ;"),
    "resolution": _l("Resolution of each paragraph, joined by ; in the order of the next column"),
    "paragraph": _l("Paragraphs, joined by ;"),
    "conclusion_refs": _l("Conclusions that it answers, joined by ;"),
    "finding_type": _l("Kinds of those conclusions, joined by ;"),
    "recommendation": _l("Title, then the text on a line of its own"),
    "basis": _l("Obligation, standard or good practice"),
    "priority": _l("High, medium or low"),
    "responsible_authority": _l("Authorities that answer for it, joined by ;"),
    "owner": _l("Who follows it here"),
    "workflow_status": _l("Where its text stands"),
    "state_position": _l("The State's position"),
    "state_reported_status": _l("Status that the State reports"),
    "state_reported_on": _l("Date of that report"),
    "implementation_status": _l("Status that we assess"),
    "status_date": _l("Date of that assessment"),
    "sealed_state": _l("unsigned, signed, or changed since it was signed"),
    "signed_off_by": _l("Who signed last"),
    "signed_off_role": _l("In which role"),
    "signed_off_on": _l("When, UTC"),
    "sign_off_meaning": _l("What the signature means"),
    "seal_sha256": _l("SHA-256 of the seal"),
    "original_due": _l("Due date first agreed"),
    "current_due": _l("Due date now"),
    "due_precision": _l("Precision of the due date now"),
    "overdue": _l("yes when it is open and the last day of its due date's period has passed, else no"),
    "days_late": _l("Days since then; empty when not overdue"),
    "response_due": _l("When the State's response to the visit's report is due"),
    "response_received": _l(
        "When the newest response on this follow-up was received, else that to the visit's report; in the sealed report"
        " always the latter"
    ),
    "assistance_need": _l("Not in use yet: empty"),
    "plan_code": _l("Plan of each measure that it serves, joined by ; in the order of the links"),
    "pillar": _l("Pillar of each of these measures, joined by ;"),
    "measure_number": _l("Number of each of these measures in its plan, joined by ;"),
    "sharing": _l("How far it may leave the house"),
    "last_updated": _l("Last change of the record, UTC"),
}
HEADER = tuple(COLUMNS)


def row_maker(content: str) -> Callable[[Any], Sequence[Any]]:
    """What turns a row of ``base`` into a row of the report, as at today."""
    return partial(sealed_row if content == "sealed" else current_row, today=clock.today())


def content_asked(args: Mapping[str, Any]) -> str:
    """Which of the two contents an address asks for; raises BadValue on another."""
    asked = args.get("content", CONTENTS[0])
    asked = asked if isinstance(asked, str) else asked[-1]
    if asked not in CONTENTS:
        raise BadValue(_("“%(value)s” is not one of: %(known)s", value=asked[:60], known=", ".join(CONTENTS)))
    return asked


def base() -> Columns:
    """What the report reads of each follow-up; give it to the list's ``page`` or ``stream`` as ``base``."""
    region, owner = aliased(Region), aliased(Account)
    return (
        sa.select(
            Followup.reference,
            Followup.state_id,
            State.name.label("member_state"),
            region.name.label("region"),
            Visit.reference.label("visit"),
            Visit.type.label("visit_type"),
            Visit.start.label("visit_start"),
            Visit.end.label("visit_end"),
            Visit.response_due,
            Visit.response_received,
            _newest_response().label("own_response_received"),
            Followup.area_code,
            _area_title(Followup).label("area_title"),
            Followup.title,
            Followup.text,
            Followup.basis,
            Followup.priority,
            Followup.owner_id,
            owner.name.label("owner"),
            Followup.workflow,
            Followup.position,
            Followup.reported_status,
            Followup.reported_on,
            Followup.assessed_status,
            Followup.assessed_on,
            Followup.sealed_state.label("sealed_state"),
            Followup.original_due,
            Followup.current_due,
            Followup.current_due_last,
            Followup.sharing,
            Followup.updated_at,
            Seal.signer_name,
            Seal.signer_role,
            Seal.signed_at,
            Seal.meaning,
            Seal.seal_sha256,
            Seal.title.label("sealed_title"),
            Seal.text.label("sealed_text"),
            Seal.area_code.label("sealed_area"),
            _area_title(Seal).label("sealed_area_title"),
            Seal.further_areas.label("sealed_further_areas"),
            Seal.paragraphs.label("sealed_paragraphs"),
            Seal.conclusion_refs.label("sealed_conclusion_refs"),
            Seal.basis.label("sealed_basis"),
            Seal.authorities.label("sealed_authorities"),
            Seal.assessed_status.label("sealed_assessed_status"),
            Seal.assessed_on.label("sealed_assessed_on"),
            Seal.current_due.label("sealed_due"),
            Seal.current_due_last.label("sealed_due_last"),
            *(link.label(name) for name, link in _links().items()),
        )
        .join(State, State.id == Followup.state_id)
        .join(region, region.code == State.region_code)
        .outerjoin(Visit, Visit.id == Followup.visit_id)
        .outerjoin(owner, owner.id == Followup.owner_id)
        .outerjoin(Seal, Seal.id == Followup.seal_id)
    )


def current_row(row: Any, today: date) -> Sequence[Any]:
    """A row of the report with the values of now."""
    return _row(
        row,
        area=(row.area_code, row.area_title, row.further_areas),
        paragraphs=_split(row.paragraphs),
        conclusions=(row.conclusion_refs, row.finding_types),
        text=(row.title, row.text, row.basis),
        authorities=row.authorities,
        status=(row.assessed_status, row.assessed_on),
        due=(row.current_due, row.current_due_last),
        received=row.own_response_received or row.response_received,
        is_open=is_open(row.workflow, row.assessed_status),
        today=today,
    )


def sealed_row(row: Any, today: date) -> Sequence[Any]:
    """A row of the report with the values that were signed last; what was never signed is empty."""
    if row.seal_sha256 is None:
        return _row(row, received=row.response_received, today=today)
    return _row(
        row,
        area=(row.sealed_area, row.sealed_area_title, row.sealed_further_areas),
        paragraphs=_split(row.sealed_paragraphs),
        conclusions=(row.sealed_conclusion_refs, ""),
        text=(row.sealed_title, row.sealed_text, row.sealed_basis),
        authorities=row.sealed_authorities,
        status=(row.sealed_assessed_status, row.sealed_assessed_on),
        due=(row.sealed_due, row.sealed_due_last),
        received=row.response_received,
        is_open=row.meaning is Purpose.SIGN_OFF and row.sealed_assessed_status not in SETTLED,
        today=today,
    )


def _row(
    row: Any,
    *,
    today: date,
    area: tuple[Any, Any, Any] = ("", "", ""),
    paragraphs: Sequence[tuple[str, str]] = (),
    conclusions: tuple[Any, Any] = ("", ""),
    text: tuple[Any, Any, Any] = ("", "", ""),
    authorities: str | None = "",
    status: tuple[Implementation | str | None, PartialDate | None] = (None, None),
    due: tuple[PartialDate | None, date | None] = (None, None),
    received: PartialDate | None = None,
    is_open: bool = False,
) -> Sequence[Any]:
    is_late = is_open and due[1] is not None and due[1] < today
    return (
        row.reference,
        row.state_id,
        row.member_state,
        row.region,
        row.visit,
        row.visit_type,
        row.visit_start,
        row.visit_end,
        area[0],
        area[1],
        area[2],
        ";".join(number for number, _label in paragraphs),
        ";".join(label for _number, label in paragraphs),
        conclusions[0],
        conclusions[1],
        _recommendation(text[0] or "", text[1] or ""),
        text[2],
        row.priority,
        authorities,
        row.owner,
        row.workflow,
        row.position,
        row.reported_status,
        row.reported_on,
        status[0],
        status[1],
        row.sealed_state,
        row.signer_name,
        row.signer_role,
        row.signed_at,
        row.meaning,
        row.seal_sha256,
        row.original_due,
        due[0],
        due[0].precision if due[0] else None,
        "yes" if is_late else "no",
        (today - due[1]).days if is_late and due[1] else None,
        row.response_due,
        received,
        None,
        row.plan_codes,
        row.pillars,
        row.measure_numbers,
        row.sharing,
        row.updated_at,
    )


def _recommendation(title: str, text: str) -> str:
    """The title, then the text on a line of its own; a text that begins with its title says it once."""
    return text if text.startswith(title) else "\n".join(part for part in (title, text) if part)


# Lists within a row, joined by the database


def _links() -> dict[str, sa.ScalarSelect[Any]]:
    return {
        "further_areas": _joined(
            sa.select(FollowupArea.area_code.label("item"))
            .where(FollowupArea.followup_id == Followup.id)
            .order_by(FollowupArea.area_code)
        ),
        "paragraphs": _joined(
            sa.select((sa.cast(Paragraph.resolution_number, sa.String) + " " + Paragraph.label).label("item"))
            .select_from(FollowupParagraph)
            .join(Paragraph, Paragraph.id == FollowupParagraph.paragraph_id)
            .where(FollowupParagraph.followup_id == Followup.id)
            .order_by(Paragraph.resolution_number, Paragraph.position)
        ),
        "authorities": _joined(
            sa.select(Authority.name.label("item"))
            .join(FollowupAuthority, FollowupAuthority.authority_id == Authority.id)
            .where(FollowupAuthority.followup_id == Followup.id)
            .order_by(Authority.name)
        ),
        "conclusion_refs": _joined(_answered(Conclusion.reference)),
        "finding_types": _joined(_answered(Conclusion.kind)),
        "plan_codes": _joined(_served(Plan.code)),
        "pillars": _joined(_served(Measure.pillar)),
        "measure_numbers": _joined(_served(Measure.number)),
    }


def _served(column: Any) -> sa.Select[Any]:
    """Of each measure that the follow-up serves: the columns of one row stay in step."""
    return (
        sa.select(sa.cast(column, sa.String).label("item"))
        .select_from(FollowupMeasure)
        .join(Measure, Measure.id == FollowupMeasure.measure_id)
        .join(Plan, Plan.id == Measure.plan_id)
        .where(FollowupMeasure.followup_id == Followup.id, Measure.retired_on.is_(None))
        .order_by(FollowupMeasure.linked_at, Measure.id)
    )


def _newest_response() -> sa.ScalarSelect[Any]:
    """When the Member State's newest response on the follow-up was received."""
    return (
        sa.select(StateResponse.received)
        .where(StateResponse.followup_id == Followup.id)
        .order_by(StateResponse.received.desc(), StateResponse.id.desc())
        .limit(1)
        .correlate(Followup)
        .scalar_subquery()
    )


def _answered(column: Any) -> sa.Select[Any]:
    return (
        sa.select(sa.cast(column, sa.String).label("item"))
        .join(FollowupConclusion, FollowupConclusion.conclusion_id == Conclusion.id)
        .where(FollowupConclusion.followup_id == Followup.id)
        .order_by(Conclusion.id)
    )


def _joined(items: sa.Select[Any]) -> sa.ScalarSelect[Any]:
    """The items of one follow-up in one text, in their order."""
    inner = items.correlate(Followup).subquery()
    return sa.select(sa.func.aggregate_strings(inner.c.item, ";")).scalar_subquery()


def _area_title(record: Any) -> sa.ScalarSelect[str]:
    """The title in the edition that the record, or its seal, was written under."""
    return (
        sa.select(AreaEdition.title)
        .where(AreaEdition.area_code == record.area_code, AreaEdition.edition == record.area_edition)
        .correlate(record)
        .scalar_subquery()
    )


def _split(paragraphs: str | None) -> list[tuple[str, str]]:
    """``1373 1(b);1373 2(e)`` as pairs of resolution and label."""
    pairs = [entry.partition(" ") for entry in (paragraphs or "").split(";") if entry]
    return [(resolution, label) for resolution, _space, label in pairs]
