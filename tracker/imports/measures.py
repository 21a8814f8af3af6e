"""Measures of a plan from a CSV file: checked whole, loaded whole or not at all, and nothing the second time.

A row whose number is given stands for that measure; one without a number for the measure of the same pillar and text,
and gets the next free number where there is none. An optional column that the file does not have says nothing of the
measures that are there; an empty cell says that there is nothing.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from io import StringIO
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from tracker import clock
from tracker.errors import Invalid
from tracker.extensions import db
from tracker.forms import checks
from tracker.models import PILLARS, Account, Measure, Plan, PlanKind, RegionRule
from tracker.partial_date import PartialDate
from tracker.reports import plans as report
from tracker.reports.csv_file import unguard
from tracker.services import measures, plans
from tracker.texts import gettext as _
from tracker.texts import lazy_gettext as _l

COLUMNS: dict[str, Any] = {
    "pillar": _l("Pillar"),
    "number": _l("Number"),
    "text": _l("Text"),
    "lead_body": _l("Lead body"),
    "partners": _l("Partners"),
    "deadline": _l("Deadline"),
    "indicator": _l("Indicator"),
    "strategy_measures": _l("Measures of the Strategy"),
    "wording_note": _l("Whose words the text is"),
    "rule": _l("Rule"),
    "named_states": _l("Member States named"),
}
EXAMPLE: dict[str, Any] = {
    "pillar": "II",
    "text": _l("Exchange what is known of the movement of funds"),
    "deadline": "2027-06",
    "strategy_measures": "GCTS-II-10; GCTS-II-12",
    "wording_note": _l("paraphrased for reference"),
    "rule": RegionRule.ALL.value,
}
"""A row, to be read on the page: in a file somebody would load it."""
OF_A_REGION = ("strategy_measures", "rule", "named_states")
"""Columns that only the measures of a regional plan have."""
REQUIRED = ("pillar", "text")
LONGEST = {"text": 10_000, "lead_body": 300, "partners": 5_000, "indicator": 5_000, "wording_note": 300}
LINES = ("lead_body", "wording_note")
MOST_ROWS, MOST_CELLS = 300, 3_000
"""Of one file: new measures, and cells of Member States that they bring, so that loading takes seconds (R34)."""
MOST_COLUMNS = 50
MOST_FAULTS = 200
"""That are listed: whoever has more mends a column, not a cell."""
MOST_BYTES = 500 * 1024
LARGEST_NUMBER = 9_999
DELIMITERS = ",;\t"
BETWEEN = re.compile(r"[;,\s]+")


@dataclass(frozen=True)
class Fault:
    """What is wrong, by the row as a spreadsheet counts it and the column's name; "" for the row as a whole."""

    row: int
    column: str
    message: str


@dataclass
class Row:
    """A row that was read. ``is_there``: the plan has this measure already. ``columns`` are those that the file has: of
    the others it says nothing. ``is_sound``: no cell has a fault; of one that has, what could not be read is None."""

    row: int
    wording: measures.Wording
    number: int | None
    columns: Collection[str]
    reference: str = ""
    is_there: bool = False
    is_sound: bool = True

    @property
    def is_past(self) -> bool:
        """Whether loading brings a measure whose deadline lies in the past: no fault, for plans are entered late."""
        deadline = self.wording.deadline
        return not self.is_there and deadline is not None and deadline.last_day < clock.today()


@dataclass
class Checked:
    """The file as it was read: its rows, and every fault in it."""

    read: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def rows(self) -> list[Row]:
        """The rows whose cells are sound."""
        return [row for row in self.read if row.is_sound]

    @property
    def listed(self) -> list[Fault]:
        """The first of the faults, as many as a page shows."""
        return self.faults[:MOST_FAULTS]

    @property
    def new(self) -> list[Row]:
        """The rows that loading makes measures of."""
        return [row for row in self.rows if not row.is_there]

    @property
    def past(self) -> list[Row]:
        """The rows that bring a deadline of the past, for the reader to look at again."""
        return [row for row in self.rows if row.is_past]


def decoded(file: IO[bytes]) -> str:
    """The file as text; raises Invalid for the field ``file`` when it is none, or too much."""
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Invalid(_("The file is larger than %(most)s KB. Load it in parts.", most=MOST_BYTES // 1024), "file")
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Invalid(_("The file is not text in UTF-8. Save it as “CSV UTF-8” and send it again."), "file") from error


def check(plan: Plan, content: str) -> Checked:
    """Read the rows and find every fault."""
    found = Checked()
    records = _records(content, found)
    if records:
        strategy = {reference: key for key, reference, _text, _pillar in report.strategy_choices()}
        for number, record in records:
            _read(number, record, strategy, plan, found)
        present = _present(plan)
        _compare(plan, found, present)
        _number(plan, found, present)
        _refuse_too_many(plan, found, len(present))
    found.faults.sort(key=lambda fault: fault.row)
    return found


def _refuse_too_many(plan: Plan, found: Checked, present: int) -> None:
    """More than the plan holds beside those that are there, told at the first row too many; or more than can be loaded
    at once: each new measure brings a cell for each Member State that takes part."""
    for row in found.new[max(0, measures.MOST_OF_A_PLAN - present) :][:1]:
        said = _(
            "A plan holds at most %(most)s measures, and %(present)s are there. Put this one and those after it into "
            "another plan.",
            most=measures.MOST_OF_A_PLAN,
            present=present,
        )
        found.faults.append(Fault(row.row, "", said))
    most = MOST_CELLS // max(1, len(plan.participants))
    if len(found.new) > most:
        said = _("More than %(most)s new measures for so many Member States. Load them in parts.", most=most)
        found.faults.append(Fault(1, "", said))


def load(plan: Plan, checked: Checked, *, by: Account) -> int:
    """Make a measure of each row that is new; how many those are. A file with a fault is not loaded."""
    if checked.faults:
        raise Invalid(_("Nothing was loaded: put right what is listed below."), "content")
    made = [measures.create(plan, row.wording, by=by, number=row.number) for row in checked.new]
    plans.note_loaded(plan, made, by=by)
    return len(made)


def columns(plan: Plan) -> list[str]:
    """The columns that a file of the plan's measures may have."""
    return [name for name in COLUMNS if plan.kind is PlanKind.REGIONAL or name not in OF_A_REGION]


def template(plan: Plan) -> list[list[str]]:
    """A file to start from: the names of the columns alone, so that sent back as it is it brings no measure."""
    return [columns(plan)]


def example(plan: Plan) -> dict[str, str]:
    """What a row may hold, by the names of the columns, in the reader's language."""
    return {name: str(EXAMPLE[name]) for name in columns(plan) if name in EXAMPLE}


# Reading


def _records(content: str, found: Checked) -> list[tuple[int, dict[str, str]]]:
    """The rows under their column names, numbered as a spreadsheet does; blank ones are passed over."""
    text = content.removeprefix("\ufeff")
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)  # no column's name holds one of them
    try:
        lines = list(enumerate(csv.reader(StringIO(text, ""), delimiter=delimiter, strict=True), start=1))
    except csv.Error:
        found.faults.append(Fault(1, "", _("This is not CSV: a quotation mark is left open, or a cell is too long.")))
        return []
    filled = [(number, cells) for number, cells in lines if any(cell.strip() for cell in cells)]
    if not filled:
        found.faults.append(Fault(1, "", _("There is nothing in it. The first row names the columns.")))
        return []
    header = [cell.strip().lower() for cell in filled[0][1]]
    if len(header) > MOST_COLUMNS:
        names = ", ".join(COLUMNS)
        found.faults.append(Fault(1, "", _("Far too many columns. The columns are: %(names)s.", names=names)))
        return []
    found.faults += [Fault(filled[0][0], *one) for one in _faults_in_header(header)]
    if len(filled) - 1 > MOST_ROWS:
        found.faults.append(Fault(1, "", _("More than %(most)s rows. Load them in parts.", most=MOST_ROWS)))
        return []
    if any(header.count(name) != 1 for name in REQUIRED):
        return []  # of every row it would be said again
    if len(filled) == 1:
        found.faults.append(Fault(1, "", _("There is no row under the names of the columns.")))
    for number, cells in filled[1:]:
        if any(cell.strip() for cell in cells[len(header) :]):
            found.faults.append(Fault(number, "", _("This row has more cells than there are columns.")))
    return [(number, dict(zip(header, _filled(cells, len(header)), strict=True))) for number, cells in filled[1:]]


def _filled(cells: list[str], width: int) -> list[str]:
    """The cells without white space and the guard of our own files, as many as there are columns."""
    plain = [checks.trimmed(unguard(cell)) for cell in cells[:width]]
    return plain + [""] * (width - len(plain))


def _faults_in_header(header: list[str]) -> Iterator[tuple[str, str]]:
    for name in dict.fromkeys(header):
        if name not in COLUMNS:
            yield name[:40], _("No such column. The columns are: %(names)s.", names=", ".join(COLUMNS))
        elif header.count(name) > 1:
            yield name, _("This column stands there more than once.")
    for name in REQUIRED:
        if name not in header:
            yield name, _("This column is missing.")


def _read(number: int, record: dict[str, str], strategy: dict[str, int], plan: Plan, found: Checked) -> None:
    """One row: its faults, or what it says."""
    faults = len(found.faults)

    def taken(column: str, read: Callable[[str], Any]) -> Any:
        try:
            return read(record.get(column, ""))
        except ValueError as error:
            found.faults.append(Fault(number, column, str(error)))
            return None

    texts = {name: taken(name, partial(_text, column=name)) for name in LONGEST}
    pillar = taken("pillar", _pillar)
    given = taken("number", _given_number)
    deadline = taken("deadline", _deadline)
    carries = taken("strategy_measures", lambda text: _carries(text, strategy))
    rule = taken("rule", _rule)
    named = taken("named_states", lambda text: _named(text, plan))
    if plan.kind is PlanKind.STRATEGY:
        needless = [name for name in OF_A_REGION if record.get(name)]
        said = _("Only a measure of a regional plan carries out others or has a rule. Leave the cell empty.")
        found.faults += [Fault(number, name, said) for name in needless]
    if rule is not None and named is not None and bool(named) != (rule is RegionRule.NAMED):
        found.faults.append(Fault(number, "named_states", _unfit(named, plan)))
    wording = measures.Wording(pillar=pillar, deadline=deadline, carries=carries, rule=rule, named=named, **texts)
    found.read.append(Row(number, wording, given, record.keys(), is_sound=len(found.faults) == faults))


def _unfit(named: list[str], plan: Plan) -> str:
    """What to do where Member States are named without the rule for it, or the rule stands without them."""
    if named:
        return _(
            "Member States count here only with the rule “named”: write named as the rule, or leave this cell empty."
        )
    return _(
        "The rule “named” needs the Member States that count: write their codes here, such as %(known)s, or write "
        "another rule.",
        known="; ".join(plan.participants[:2]),
    )


def _text(text: str, column: str) -> str:
    label = str(COLUMNS[column])
    if not text and column in REQUIRED:
        raise ValueError(_("Enter the text of the measure."))
    check_text = checks.fault_in_line if column in LINES else checks.fault_in_text
    fault = check_text(text, label, LONGEST[column])
    if fault:
        raise ValueError(fault)
    return text


def _pillar(text: str) -> str:
    if not text:
        raise ValueError(_("Enter the pillar: I, II, III or IV."))
    if text.upper() not in PILLARS:
        raise ValueError(_("“%(value)s” is no pillar. Write I, II, III or IV.", value=text[:40]))
    return text.upper()


def _given_number(text: str) -> int | None:
    if not text:
        return None
    if not checks.is_ascii_number(text) or len(text) > len(str(LARGEST_NUMBER)) or not int(text):
        raise ValueError(
            _("“%(value)s” is no whole number from 1 to %(most)s.", value=text[:40], most=f"{LARGEST_NUMBER:,}")
        )
    return int(text)


def _deadline(text: str) -> PartialDate | None:
    try:
        return PartialDate.parse(text) if text else None
    except ValueError:
        raise ValueError(_("“%(value)s” is no date. Write 2026, 2026-03 or 2026-03-31.", value=text[:40])) from None


def _carries(text: str, strategy: dict[str, int]) -> list[int]:
    wanted = [one.upper() for one in BETWEEN.split(text) if one]
    unknown = [one for one in wanted if one not in strategy]
    if unknown:
        raise ValueError(
            _(
                "“%(value)s” is no measure of the Strategy. Write references such as GCTS-II-10, joined by “;”.",
                value=unknown[0][:40],
            )
        )
    return sorted({strategy[one] for one in wanted})


def _rule(text: str) -> RegionRule:
    try:
        return RegionRule(text.lower()) if text else RegionRule.ALL
    except ValueError:
        known = ", ".join(RegionRule)
        raise ValueError(_("“%(value)s” is no rule. Write one of: %(known)s.", value=text[:40], known=known)) from None


def _named(text: str, plan: Plan) -> list[str]:
    wanted = sorted({one.upper() for one in BETWEEN.split(text) if one})
    unknown = [one for one in wanted if one not in plan.participants]
    if unknown and plan.kind is PlanKind.REGIONAL:
        raise ValueError(
            _(
                "“%(value)s” does not take part in the plan. Write codes of three letters such as %(known)s.",
                value=unknown[0][:40],
                known="; ".join(plan.participants[:2]),
            )
        )
    return wanted


# Against the plan


def _present(plan: Plan) -> Sequence[Measure]:
    """The plan's measures, retired ones too, with what their rows may say."""
    return db.session.scalars(
        sa.select(Measure)
        .where(Measure.plan_id == plan.id)
        .options(selectinload(Measure.carries), selectinload(Measure.named_states))
    ).all()


def _compare(plan: Plan, found: Checked, present: Sequence[Measure]) -> None:
    """Find which rows are there already, and refuse what would contradict the plan or the file itself."""
    by_reference = {one.reference: one for one in present}
    by_text = {(one.pillar, one.text): one for one in present if one.retired_on is None}
    seen: dict[Any, int] = {}
    for row in found.read:
        wording = (row.wording.pillar, row.wording.text)
        known = by_reference.get(_reference(plan, row)) if row.number else by_text.get(wording)
        if known is not None and row.is_sound:
            row.reference, row.is_there = known.reference, True
            found.faults += [Fault(row.row, column, _said(known)) for column in _differing(known, row)]
        claims = _claims(plan, row, known)
        again = next((column for column, key in claims.items() if key in seen), None)
        if again is not None:
            found.faults.append(Fault(row.row, again, _("The same as in row %(row)s.", row=seen[claims[again]])))
        elif known is None and wording in by_text:
            found.faults.append(Fault(row.row, "text", measures.has_text_already(by_text[wording])))
        for key in claims.values():
            seen.setdefault(key, row.row)


def _claims(plan: Plan, row: Row, known: Measure | None) -> dict[str, Any]:
    """What no other row may say, by column: the number, and the text under its pillar, which is free again where the
    row is that of a retired measure. A cell that could not be read claims nothing."""
    pillar, text = row.wording.pillar, row.wording.text
    is_numbered = row.number and (pillar or plan.kind is PlanKind.REGIONAL)
    claims: dict[str, Any] = {"number": _reference(plan, row)} if is_numbered else {}
    if pillar and text and (known is None or known.retired_on is None):
        claims["text"] = (pillar, text)
    return claims


def _number(plan: Plan, found: Checked, present: Sequence[Measure]) -> None:
    """Rows without a number follow the last one of the plan, past those that the file gives; the Strategy counts in
    each pillar."""

    def series(pillar: str) -> str:
        return pillar if plan.kind is PlanKind.STRATEGY else ""

    last: dict[str, int] = {}
    for one in present:
        last[series(one.pillar)] = max(one.number, last.get(series(one.pillar), 0))
    given = {(series(row.wording.pillar), row.number) for row in found.rows if row.number}
    for row in found.rows:
        if not row.is_there:
            own = series(row.wording.pillar)
            while row.number is None:
                last[own] = last.get(own, 0) + 1
                row.number = None if (own, last[own]) in given else last[own]
            row.reference = _reference(plan, row)


def _reference(plan: Plan, row: Row) -> str:
    return measures.reference(plan, row.wording.pillar, row.number or 0)


def _said(known: Measure) -> str:
    return _("%(reference)s is there already and says something else. Edit it on its page.", reference=known.reference)


def _differing(known: Measure, row: Row) -> list[str]:
    """The columns of the file in which a measure says something else than its row."""
    columns = ("pillar", "text", "lead_body", "partners", "deadline", "indicator", "wording_note", "rule")
    different = [name for name in columns if getattr(known, name) != getattr(row.wording, name)]
    if sorted(link.strategy_measure_id for link in known.carries) != list(row.wording.carries):
        different.append("strategy_measures")
    if sorted(link.state_id for link in known.named_states) != list(row.wording.named):
        different.append("named_states")
    return [name for name in different if name in row.columns]
