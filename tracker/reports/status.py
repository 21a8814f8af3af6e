"""The status report: one row per follow-up, in the list's order, with the header that recipients rely on (design 6).

``content="current"`` gives the values of today with ``sealed_state`` beside them; ``content="sealed"`` gives those that
a reviewer signed: a follow-up without a seal keeps its row, and the sealed columns of that row are empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from flask_babel.speaklater import LazyString
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

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
from tracker.models.followup import SETTLED
from tracker.reports.csv_lines import code, written
from tracker.reports.filters import BadValue
from tracker.reports.joined import joined, side_by_side
from tracker.reports.listing import Columns
from tracker.texts import gettext as _
from tracker.texts import lazy_gettext as _l

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

_PRECISIONS = {len("2006"): "year", len("2006-11"): "month", len("2006-11-13"): "day"}


def content_asked(args: Mapping[str, Any]) -> str:
    """Which of the two contents an address asks for; raises BadValue on another."""
    asked = args.get("content", CONTENTS[0])
    asked = asked if isinstance(asked, str) else asked[-1]
    if asked not in CONTENTS:
        raise BadValue(_("“%(value)s” is not one of: %(known)s", value=asked[:60], known=", ".join(CONTENTS)))
    return asked


@lru_cache
def base(content: str, today: date, *, as_lines: bool = False) -> Columns:
    """The report's columns, each under its name in the header: give it to the list's ``page``; ``as_lines`` to what
    streams the lines of the file, where lists that go in step are one column, which holds the cells of all of them."""
    record: Any = Seal if content == "sealed" else Followup
    values = _common(as_lines) | (_sealed(today) if content == "sealed" else _current(today, as_lines))
    is_edition = sa.and_(AreaEdition.area_code == record.area_code, AreaEdition.edition == record.area_edition)
    return (
        sa.select(*(written(values[name]).label(name) for name in HEADER if name in values))
        .select_from(Followup)
        .outerjoin(State, State.id == Followup.state_id)  # each has one; but SQLite is to begin at the follow-ups
        .outerjoin(Region, Region.code == State.region_code)
        .outerjoin(Visit, Visit.id == Followup.visit_id)
        .outerjoin(Account, Account.id == Followup.owner_id)
        .outerjoin(Seal, Seal.id == Followup.seal_id)
        .outerjoin(AreaEdition, is_edition)
    )


def _common(as_lines: bool) -> dict[str, Any]:
    """The columns that are the same in both contents."""
    measure = {
        "plan_code": Plan.code,
        "pillar": sa.type_coerce(Measure.pillar, sa.String),
        "measure_number": sa.cast(Measure.number, sa.String),
    }
    return {
        "item_id": code(Followup.reference),
        "iso3": code(Followup.state_id),
        "member_state": State.name,
        "region": Region.name,
        "visit_id": code(Visit.reference),
        "visit_type": Visit.type,
        "visit_start": Visit.start,
        "visit_end": Visit.end,
        "area_title": AreaEdition.title,
        "priority": Followup.priority,
        "owner": Account.name,
        "workflow_status": Followup.workflow,
        "state_position": Followup.position,
        "state_reported_status": Followup.reported_status,
        "state_reported_on": Followup.reported_on,
        "sealed_state": code(Followup.sealed_state),
        "signed_off_by": Seal.signer_name,
        "signed_off_role": Seal.signer_role,
        "signed_off_on": Seal.signed_at,
        "sign_off_meaning": Seal.meaning,
        "seal_sha256": code(Seal.seal_sha256),
        "original_due": Followup.original_due,
        "response_due": Visit.response_due,
        "assistance_need": code(sa.null()),
        **_in_step(_served, measure, as_lines),
        "sharing": Followup.sharing,
        "last_updated": Followup.updated_at,
    }


def _current(today: date, as_lines: bool) -> dict[str, Any]:
    """The values of now."""
    paragraph = {"resolution": sa.cast(Paragraph.resolution_number, sa.String), "paragraph": Paragraph.label}
    conclusion = {
        "conclusion_refs": Conclusion.reference,
        "finding_type": sa.type_coerce(Conclusion.kind, sa.String),
    }
    return {
        "area_code": code(Followup.area_code),
        "further_areas": code(_joined(_FURTHER_AREAS)),
        **_in_step(_paragraphs, paragraph, as_lines),
        **_in_step(_answered, conclusion, as_lines),
        "recommendation": _recommendation(Followup.title, Followup.text),
        "basis": Followup.basis,
        "responsible_authority": _joined(_AUTHORITIES),
        "implementation_status": Followup.assessed_status,
        "status_date": Followup.assessed_on,
        "response_received": sa.func.coalesce(_NEWEST_RESPONSE, Visit.response_received),
        **_due(Followup, Followup.overdue_on(today), today),
    }


def _sealed(today: date) -> dict[str, Any]:
    """The values that were signed last; what was never signed is empty."""
    is_open = sa.and_(Seal.meaning == Purpose.SIGN_OFF, Seal.assessed_status.not_in(SETTLED))
    return {
        "area_code": code(Seal.area_code),
        "further_areas": code(Seal.further_areas),
        "resolution": code(FirstWords(Seal.paragraphs)),
        "paragraph": code(Rests(Seal.paragraphs)),
        "conclusion_refs": code(Seal.conclusion_refs),
        "finding_type": code(sa.null()),
        "recommendation": _recommendation(sa.func.coalesce(Seal.title, ""), sa.func.coalesce(Seal.text, "")),
        "basis": Seal.basis,
        "responsible_authority": Seal.authorities,
        "implementation_status": Seal.assessed_status,
        "status_date": Seal.assessed_on,
        "response_received": Visit.response_received,
        **_due(Seal, sa.and_(is_open, Seal.current_due_last < today), today),
    }


def _due(record: Any, is_late: Any, today: date) -> dict[str, Any]:
    """The due date of the follow-up, or of its seal, and how late it is."""
    since = sa.extract("epoch", sa.literal(today)) - sa.extract("epoch", record.current_due_last)
    return {
        "current_due": record.current_due,
        "due_precision": code(sa.case(_PRECISIONS, value=sa.func.length(record.current_due))),
        "overdue": code(sa.case((is_late, "yes"), else_="no")),
        "days_late": sa.case((is_late, sa.cast(since / 86_400, sa.Integer))),
    }


def _recommendation(title: Any, text: Any) -> Any:
    """The title, then the text on a line of its own; a text that begins with its title says it once."""
    says_title = sa.func.substr(text, 1, sa.func.length(title)) == title
    return sa.case((says_title, text), (text == "", title), else_=title + "\n" + text)


# Lists within a row, joined by the database


def _paragraphs(*columns: Any) -> sa.Select[Any]:
    return (
        sa.select(*columns)
        .join(FollowupParagraph, FollowupParagraph.paragraph_id == Paragraph.id)
        .where(FollowupParagraph.followup_id == Followup.id)
        .order_by(Paragraph.resolution_number, Paragraph.position)
    )


def _answered(*columns: Any) -> sa.Select[Any]:
    return (
        sa.select(*columns)
        .join(FollowupConclusion, FollowupConclusion.conclusion_id == Conclusion.id)
        .where(FollowupConclusion.followup_id == Followup.id)
        .order_by(FollowupConclusion.conclusion_id)
    )


def _served(*columns: Any) -> sa.Select[Any]:
    """Of each measure that the follow-up serves: the columns of one row stay in step."""
    return (
        sa.select(*columns)
        .select_from(FollowupMeasure)
        .join(Measure, Measure.id == FollowupMeasure.measure_id)
        .join(Plan, Plan.id == Measure.plan_id)
        .where(FollowupMeasure.followup_id == Followup.id, Measure.retired_on.is_(None))
        .order_by(FollowupMeasure.linked_at, Measure.id)
    )


def _in_step(question: Callable[..., sa.Select[Any]], columns: dict[str, Any], as_lines: bool) -> dict[str, Any]:
    """Columns that each list something of the same rows: one by one, or the cells of all of them in the first, of
    which none needs quotes."""
    if as_lines:
        return {next(iter(columns)): code(side_by_side(question(*columns.values()), Followup))}
    return {name: code(_joined(question(column))) for name, column in columns.items()}


def _joined(items: sa.Select[Any]) -> sa.ScalarSelect[Any]:
    """The items of one follow-up in one text."""
    return joined(items, Followup)


_FURTHER_AREAS = (
    sa.select(FollowupArea.area_code).where(FollowupArea.followup_id == Followup.id).order_by(FollowupArea.area_code)
)
_AUTHORITIES = (
    sa.select(Authority.name)
    .join(FollowupAuthority, FollowupAuthority.authority_id == Authority.id)
    .where(FollowupAuthority.followup_id == Followup.id)
    .order_by(Authority.name)
)
_NEWEST_RESPONSE = (
    sa.select(sa.func.max(StateResponse.received))
    .where(StateResponse.followup_id == Followup.id)
    .correlate(Followup)
    .scalar_subquery()
)


# A seal holds its paragraphs as ``1373 1(b);1373 2(e)``, each with its resolution


class FirstWords(FunctionElement[str]):
    """The first word of each entry of a list that is joined by ``;``."""

    type = sa.Text()
    inherit_cache = True


class Rests(FunctionElement[str]):
    """What follows the first word, of each entry of such a list."""

    type = sa.Text()
    inherit_cache = True


@compiles(FirstWords)
def _first_words(element: FirstWords, compiler: Any, **kwargs: Any) -> str:
    return _of_each("split_part(entry, ' ', 1)", compiler.process(element.clauses, **kwargs))


@compiles(Rests)
def _rests(element: Rests, compiler: Any, **kwargs: Any) -> str:
    return _of_each("substr(entry, strpos(entry || ' ', ' ') + 1)", compiler.process(element.clauses, **kwargs))


def _of_each(part: str, joined: str) -> str:
    entries = f"unnest(string_to_array({joined}, ';')) WITH ORDINALITY AS listed(entry, place)"
    return f"(SELECT string_agg({part}, ';' ORDER BY place) FROM {entries})"  # noqa: S608  # words of ours alone


@compiles(FirstWords, "sqlite")
def _first_words_sqlite(element: FirstWords, compiler: Any, **kwargs: Any) -> str:
    part = "substr(value, 1, instr(value || ' ', ' ') - 1)"
    return _of_each_sqlite(part, compiler.process(element.clauses, **kwargs))


@compiles(Rests, "sqlite")
def _rests_sqlite(element: Rests, compiler: Any, **kwargs: Any) -> str:
    part = "substr(value, instr(value || ' ', ' ') + 1)"
    return _of_each_sqlite(part, compiler.process(element.clauses, **kwargs))


def _of_each_sqlite(part: str, joined: str) -> str:
    entries = f"""json_each('[' || replace(json_quote({joined}), ';', '","') || ']')"""
    return f"(SELECT group_concat({part}, ';') FROM {entries})"  # noqa: S608  # words of ours alone
