"""The chain that one record stands in: paragraph → area → conclusion → follow-up → measure → pillar; of a plan, what
it is made of: plan → pillar → measure → measure of the Strategy that it carries out; of a meeting, what came of it:
meeting → topic or outcome → measure → follow-up. A measure or a follow-up that came from a meeting names it. The chain
of an area holds what was concluded on it and the follow-ups whose main area it is; of a top area, of all under it.

What is missing is told by the definitions of the lists and of the gaps: what is withdrawn or retired is drawn, and
fills no gap.

It is read in a fixed number of statements, whatever hangs on the record. What lies out of the reader's scope is neither
shown nor counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from tracker import policy
from tracker.errors import NotFound
from tracker.extensions import db
from tracker.models import (
    PILLARS,
    Account,
    AreaEdition,
    Conclusion,
    ConclusionParagraph,
    ConclusionStatus,
    Followup,
    FollowupConclusion,
    FollowupMeasure,
    FollowupParagraph,
    Measure,
    MeasureCarries,
    Meeting,
    MeetingOutcome,
    OutcomeFollowup,
    OutcomeKind,
    Paragraph,
    Plan,
    Visit,
)
from tracker.policy import Reach
from tracker.reports import areas, catalogue, conclusions, followups
from tracker.reports.filters import Condition, as_condition
from tracker.reports.listing import Columns
from tracker.texts import gettext as _

MOST = 200
"""Conclusions, follow-ups, measures of a plan, outcomes of a meeting, that one chain shows; the lists show all."""
EXCERPT = 160

NOUNS = {
    "followup": re.compile(r"[A-Z]{3}-F[0-9]{1,9}"),
    "conclusion": re.compile(r"[A-Z]{3}-[0-9]{4}-[0-9]{1,4}-C[0-9]{1,5}"),
    "visit": re.compile(r"[A-Z]{3}-[0-9]{4}-[0-9]{1,4}"),
    "meeting": re.compile(r"MTG-[0-9]{4}-[0-9]{1,4}"),
    "paragraph": re.compile(r"[0-9]{3,5}(?:[- ].{1,9})?"),
    "area": re.compile(r"[A-Z]{3}(?:-[0-9]{2})?"),
}
"""How a reference tells its noun; any other is a measure's or the code of a plan, which may look like one of these."""

ORDER = ("paragraphs", "area", "conclusion", "followup", "pillar", "measure", "carried", "meeting", "gap")
"""The kinds of steps that stand side by side. ``carried``: a measure that stands in full elsewhere."""


@dataclass(frozen=True)
class Step:
    """One place in a chain. ``paragraphs`` holds those that a text rests on together; a gap says what is missing."""

    noun: str
    reference: str = ""
    title: str = ""
    status: Any = None
    kind: Any = None
    within: str = ""
    paragraphs: tuple[tuple[int, str], ...] = ()


_carried = aliased(Measure)
_carried_plan = aliased(Plan)

Tree = dict[Step, "Tree"]
Path = tuple[Step, ...]


@dataclass(frozen=True)
class Root:
    """The record whose chain it is. An area has no number: ``areas`` are those that it stands for, by their codes."""

    noun: str
    id: int
    reference: str
    areas: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trace:
    """The chain of a record as a tree from the paragraphs, or the plan, down; ``has_more``: it holds more than is
    shown."""

    root: Root
    tree: Tree
    has_more: bool


def trace(account: Account, reference: str) -> Trace:
    """The chain of the record of this reference; NotFound where there is none or it is out of scope."""
    reach = policy.reach(account)
    root = _root(reference, reach)
    if root.noun == "plan":
        return _of_plan(root)
    if root.noun == "meeting":
        return _of_meeting(root, reach)
    concluded = _read(Conclusion, _CONCLUSIONS.where(_conclusions_of(root)), reach)
    followed = _read(Followup, _answering(root).where(_followups_of(root)), reach)
    found = _Found(root, concluded[:MOST], followed[:MOST])
    tree: Tree = {}
    for path in found.paths():
        under = tree
        for step in path:
            under = under.setdefault(step, {})
    return Trace(root, _in_order(tree), len(concluded) > MOST or len(followed) > MOST)


def _in_order(tree: Tree) -> Tree:
    """Each kind of step together, in the order of the chain, then where it came from and what is missing."""
    steps = sorted(tree, key=lambda step: ORDER.index(step.noun))
    return {step: _in_order(tree[step]) for step in steps}


# The record itself


def _root(reference: str, reach: Reach) -> Root:
    written = reference.strip()
    like = [noun for noun, form in NOUNS.items() if form.fullmatch(written.upper())]
    for noun in *(like or ["measure"]), "plan":
        found = _ROOTS[noun](written, reach)
        if found is not None:
            return found
    raise NotFound(_("There is no such record, or it lies outside your scope."))


Finder = Callable[[str, Reach], Root | None]


def _by_reference(noun: str, model: Any) -> Finder:
    """A record that every signed-in person may read."""
    named = model.code if model is Plan else model.reference
    return lambda reference, _reach: _found(noun, sa.select(model.id, named).where(named == reference.upper()))


def _of_state(noun: str, model: Any) -> Finder:
    """A record that follows its State."""

    def find(reference: str, reach: Reach) -> Root | None:
        rows = sa.select(model.id, model.reference).where(model.reference == reference.upper())
        return _found(noun, rows.where(reach.condition(model.state_id)))

    return find


def _found(noun: str, rows: Columns) -> Root | None:
    row = db.session.execute(rows).one_or_none()
    return None if row is None else Root(noun, *row)


def _paragraph(reference: str, _reach: Reach) -> Root | None:
    number, label = catalogue.paragraph_said(reference) or (0, "")
    rows = sa.select(Paragraph.id).where(Paragraph.resolution_number == number, Paragraph.label == label)
    found = db.session.scalar(rows)
    return None if found is None else Root("paragraph", found, catalogue.paragraph_reference(number, label))


def _area(reference: str, _reach: Reach) -> Root | None:
    """An area of either level; a top area stands for those under it."""
    code, known = reference.upper(), catalogue.areas()
    if code not in known:
        return None
    under = tuple(one.code for one in known.values() if one.parent_code == code)
    return Root("area", 0, code, under or (code,))


_ROOTS: dict[str, Finder] = {
    "followup": _of_state("followup", Followup),
    "conclusion": _of_state("conclusion", Conclusion),
    "visit": _of_state("visit", Visit),
    "measure": _by_reference("measure", Measure),
    "plan": _by_reference("plan", Plan),
    "meeting": _by_reference("meeting", Meeting),
    "paragraph": _paragraph,
    "area": _area,
}


# The chain of a plan


def _of_plan(root: Root) -> Trace:
    """Its pillars with their measures, each with those of the Strategy that it carries out."""
    plan = db.session.get_one(Plan, root.id)
    pillars: Tree = {Step("pillar", pillar, within=plan.code): {} for pillar in PILLARS}
    rows = _measures_of(plan)
    shown = list(dict.fromkeys(row.reference for row in rows))[:MOST]
    has_more = len({row.reference for row in rows}) > MOST
    for row in rows:
        if row.reference in shown:
            under = pillars[Step("pillar", row.pillar, within=plan.code)].setdefault(_measure(row), {})
            if row.carried:
                under[Step("measure", row.carried, _shortened(row.carried_text))] = {}
            if row.meeting:
                under[_came_from(row)] = {}
    for under in pillars.values():
        for leading_on in under:
            under[leading_on] = _in_order(under[leading_on])
        if not has_more and all(step.status for step in under):
            gap = _("No measure in use stands under it.") if under else _("No measure stands under it.")
            under[Step("gap", title=gap)] = {}
    tops = {pillar: under for pillar, under in pillars.items() if under}
    return Trace(root, {Step("plan", plan.code, plan.title): tops}, has_more)


def _measures_of(plan: Plan) -> Sequence[Any]:
    """The measures in their order, one more than is shown, each with every measure that it carries out."""
    some = sa.select(Measure.id).where(Measure.plan_id == plan.id).order_by(Measure.position, Measure.id)
    own = sa.select(some.limit(MOST + 1).subquery().c.id)
    rows = _leading_on(sa.select(*_MEASURE).select_from(Measure)).where(Measure.id.in_(own))
    return db.session.execute(rows.order_by(Measure.position, Measure.id, _carried.position)).all()


# The chain of a meeting

Owned = tuple[Mapping[int, list[Step]], bool]


def _of_meeting(root: Root, reach: Reach) -> Trace:
    """What it discussed and produced, each with the measure and the follow-ups in scope that came of it."""
    meeting = db.session.get_one(Meeting, root.id)
    outcomes = _outcomes_of(meeting)
    shown = outcomes[:MOST]
    became, more_became = _became([row.id for row in shown], reach)
    serving, more_serving = _serving([row.measure_id for row in shown if row.measure_id], reach)
    under: Tree = {}
    for row in shown:
        branch: Tree = {}
        if row.measure_id:
            branch[_measure(row)] = {step: {} for step in serving.get(row.measure_id, ())}
        branch.update({step: {} for step in became.get(row.id, ())})
        if not branch and row.kind is OutcomeKind.RECOMMENDATION and not more_became:
            branch[Step("gap", title=_("No measure and no follow-up in your scope came of it."))] = {}
        under[Step("outcome", str(row.id), _shortened(row.said), kind=row.kind, within=meeting.reference)] = branch
    has_more = len(outcomes) > MOST or more_became or more_serving
    return Trace(root, {Step("meeting", meeting.reference, meeting.title): under}, has_more)


def _outcomes_of(meeting: Meeting) -> Sequence[Any]:
    """The topics, then what it produced, in their order, one more than is shown, each with its measure."""
    return db.session.execute(
        sa.select(
            MeetingOutcome.id,
            MeetingOutcome.kind,
            MeetingOutcome.text.label("said"),
            MeetingOutcome.measure_id,
            Measure.reference,
            Measure.text,
            Measure.retired_on,
        )
        .outerjoin(Measure, Measure.id == MeetingOutcome.measure_id)
        .where(MeetingOutcome.meeting_id == meeting.id, MeetingOutcome.position.is_not(None))
        .order_by(MeetingOutcome.kind != OutcomeKind.TOPIC, MeetingOutcome.position, MeetingOutcome.id)
        .limit(MOST + 1)
    ).all()


def _became(outcome_ids: list[int], reach: Reach) -> Owned:
    """The follow-ups in scope that recommendations became."""
    rows = _SHORT.add_columns(OutcomeFollowup.outcome_id.label("owner")).join(
        OutcomeFollowup, OutcomeFollowup.followup_id == Followup.id
    )
    return _steps(rows.where(OutcomeFollowup.outcome_id.in_(outcome_ids), reach.condition(Followup.state_id)))


def _serving(measure_ids: list[int], reach: Reach) -> Owned:
    """The follow-ups in scope that serve measures."""
    rows = _SHORT.add_columns(FollowupMeasure.measure_id.label("owner")).join(
        FollowupMeasure, FollowupMeasure.followup_id == Followup.id
    )
    in_scope = reach.condition(FollowupMeasure.state_id)
    return _steps(rows.where(FollowupMeasure.measure_id.in_(measure_ids), in_scope))


_SHORT = sa.select(Followup.reference, Followup.title, Followup.workflow, Followup.assessed_status)


def _steps(rows: Any) -> Owned:
    """The first follow-ups by their owner, and whether there are more than are shown."""
    read = db.session.execute(rows.order_by(Followup.id).limit(MOST + 1)).all()
    found: dict[int, list[Step]] = {}
    for row in read[:MOST]:
        step = Step("followup", row.reference, row.title, row.workflow, row.assessed_status)
        found.setdefault(row.owner, []).append(step)
    return found, len(read) > MOST


# A measure, what it carries out, and the meeting that it came from

_MEETING = (
    Meeting.reference.label("meeting"),
    Meeting.title.label("meeting_title"),
    MeetingOutcome.kind.label("meeting_kind"),
)
"""Where a measure or a follow-up came from."""
_MEASURE = (
    Measure.reference,
    Measure.text,
    Measure.pillar,
    Measure.retired_on,
    _carried.reference.label("carried"),
    _carried.text.label("carried_text"),
    *_MEETING,
)


def _leading_on(rows: Any) -> Any:
    """Measures with each measure of the Strategy that they carry out, and with the meeting that they came from."""
    return (
        rows.outerjoin(MeasureCarries, MeasureCarries.measure_id == Measure.id)
        .outerjoin(_carried, _carried.id == MeasureCarries.strategy_measure_id)
        .outerjoin(MeetingOutcome, MeetingOutcome.measure_id == Measure.id)
        .outerjoin(Meeting, Meeting.id == MeetingOutcome.meeting_id)
    )


def _measure(row: Any) -> Step:
    return Step("measure", row.reference, _shortened(row.text), "retired" if row.retired_on else None)


def _came_from(row: Any) -> Step:
    return Step("meeting", row.meeting, row.meeting_title, kind=row.meeting_kind)


# Its conclusions and follow-ups

_CONCLUSIONS = (
    sa.select(
        Conclusion.id,
        Conclusion.reference,
        Conclusion.kind,
        Conclusion.workflow,
        Conclusion.area_code,
        AreaEdition.title.label("area_title"),
        sa.func.substr(Conclusion.text, 1, EXCERPT + 1).label("title"),
        Visit.reference.label("visit"),
        sa.and_(Conclusion.workflow != ConclusionStatus.WITHDRAWN, ~conclusions.is_answered()).label("is_gap"),
    )
    .join(Visit, Visit.id == Conclusion.visit_id)
    .join(
        AreaEdition,
        sa.and_(AreaEdition.area_code == Conclusion.area_code, AreaEdition.edition == Conclusion.area_edition),
    )
)
_FOLLOWUPS = sa.select(
    Followup.id,
    Followup.reference,
    Followup.title,
    Followup.workflow,
    Followup.assessed_status,
    Followup.area_code,
    AreaEdition.title.label("area_title"),
    sa.and_(sa.type_coerce(Followup.is_open, sa.Boolean), ~followups.serves_a_measure(Followup.id)).label("is_gap"),
).outerjoin(
    AreaEdition, sa.and_(AreaEdition.area_code == Followup.area_code, AreaEdition.edition == Followup.area_edition)
)


def _answering(root: Root) -> Any:
    """The follow-ups, each with whether it answers a conclusion of this chain, drawn or not."""
    link = aliased(FollowupConclusion)
    answered = sa.exists().where(
        link.followup_id == Followup.id, Conclusion.id == link.conclusion_id, _conclusions_of(root)
    )
    return _FOLLOWUPS.add_columns(answered.label("is_answer"))


def _read(model: Any, rows: Any, reach: Reach) -> Sequence[Any]:
    """The first of them in scope, one more than is shown."""
    return db.session.execute(rows.where(reach.condition(model.state_id)).order_by(model.id).limit(MOST + 1)).all()


def _conclusions_of(root: Root) -> Condition:
    answered = sa.select(FollowupConclusion.conclusion_id)
    conditions: dict[str, Any] = {
        "conclusion": Conclusion.id == root.id,
        "visit": Conclusion.visit_id == root.id,
        "followup": Conclusion.id.in_(answered.where(FollowupConclusion.followup_id == root.id)),
        "paragraph": Conclusion.id.in_(
            sa.select(ConclusionParagraph.conclusion_id).where(ConclusionParagraph.paragraph_id == root.id)
        ),
        "measure": Conclusion.id.in_(
            answered.join(FollowupMeasure, FollowupMeasure.followup_id == FollowupConclusion.followup_id).where(
                FollowupMeasure.measure_id == root.id
            )
        ),
        "area": areas.within(Conclusion.area_code, root.areas),
    }
    return as_condition(conditions[root.noun])


def _followups_of(root: Root) -> Condition:
    answering = sa.select(FollowupConclusion.followup_id)
    on_paragraph = answering.join(
        ConclusionParagraph, ConclusionParagraph.conclusion_id == FollowupConclusion.conclusion_id
    )
    of_conclusion = answering.join(Conclusion, Conclusion.id == FollowupConclusion.conclusion_id)
    conditions: dict[str, Any] = {
        "followup": Followup.id == root.id,
        "conclusion": Followup.id.in_(answering.where(FollowupConclusion.conclusion_id == root.id)),
        "visit": Followup.id.in_(
            sa.union(
                sa.select(Followup.id).where(Followup.visit_id == root.id),
                of_conclusion.where(Conclusion.visit_id == root.id),
            )
        ),
        "paragraph": Followup.id.in_(
            sa.union(
                sa.select(FollowupParagraph.followup_id).where(FollowupParagraph.paragraph_id == root.id),
                on_paragraph.where(ConclusionParagraph.paragraph_id == root.id),
            )
        ),
        "measure": Followup.id.in_(sa.select(FollowupMeasure.followup_id).where(FollowupMeasure.measure_id == root.id)),
        "area": Followup.id.in_(
            sa.union(
                sa.select(Followup.id).where(Followup.area_code.in_(root.areas)),
                of_conclusion.where(Conclusion.area_code.in_(root.areas)),
            )
        ),
    }
    return as_condition(conditions[root.noun])


# What binds them

Place = tuple[int, int, str]
"""A paragraph: resolution, place in it, label; so that they stand in their order."""


class _Found:
    """The conclusions and follow-ups of a chain with all that binds them, and the ways through it from top to end."""

    def __init__(self, root: Root, concluded: Sequence[Any], followed: Sequence[Any]) -> None:
        self.root = root
        self.conclusions = {row.id: row for row in concluded}
        self.followups = {row.id: row for row in followed}
        self.paragraphs = _paragraphs(root, list(self.conclusions), list(self.followups))
        self.answering: dict[int, list[int]] = {}
        self.answered: dict[int, list[int]] = {}
        for conclusion_id, followup_id in _answers(list(self.conclusions), list(self.followups)):
            self.answering.setdefault(conclusion_id, []).append(followup_id)
            self.answered.setdefault(followup_id, []).append(conclusion_id)
        self.ends = _ends(root, list(self.followups))
        self.origins = _origins(list(self.followups))

    def paths(self) -> list[Path]:
        """Every way through the chain, in order. Without any, a measure still stands under its pillar."""
        found = [*self._through_conclusions(), *self._past_conclusions()]
        found.sort(key=lambda way: way[0])
        ways = [path for _key, path in found]
        return ways or [end for ends in self.ends.values() for end in ends]

    def _through_conclusions(self) -> Iterator[tuple[Any, Path]]:
        for row in self.conclusions.values():
            places = self.paragraphs.get(("conclusion", row.id), ())
            above = (*_above(places, row), _conclusion(row))
            for followup_id in self.answering.get(row.id, []):
                for end in self._from(followup_id):
                    yield _order(places, row, row.id, followup_id), (*above, *end)
            is_drawn = row.id in self.answering
            if row.is_gap:
                gap = _("No follow-up in force answers it.") if is_drawn else _("No follow-up answers it.")
                yield _order(places, row, row.id, 0), (*above, Step("gap", title=gap))
            elif not is_drawn and self.root.noun not in ("measure", "followup"):
                yield _order(places, row, row.id, 0), above  # its follow-ups lie beyond those that are drawn

    def _past_conclusions(self) -> Iterator[tuple[Any, Path]]:
        """Follow-ups by paragraphs of their own, which no conclusion of theirs rests on."""
        for row in self.followups.values():
            answered = self.answered.get(row.id, [])
            if self.root.areas and row.area_code not in self.root.areas:
                continue  # it is here for a conclusion of the area alone
            if row.is_answer and (not answered or self.root.noun in ("conclusion", "visit")):
                continue  # it stands under its conclusions, or under one beyond those that are drawn
            covered = {place for one in answered for place in self.paragraphs.get(("conclusion", one), ())}
            places = tuple(one for one in self.paragraphs.get(("followup", row.id), ()) if one not in covered)
            if answered and not places:
                continue
            for end in self._from(row.id):
                yield _order(places, row, 0, row.id), (*_above(places, row), *end)

    def _from(self, followup_id: int) -> Iterable[Path]:
        """The follow-up, and each way on from it."""
        row = self.followups[followup_id]
        step = Step("followup", row.reference, row.title, row.workflow, row.assessed_status)
        ends = list(self.ends.get(followup_id, ()))
        if row.is_gap:
            gap = _("It serves no measure in use.") if ends else _("It serves no measure.")
            ends.append((Step("gap", title=gap),))
        ends += self.origins.get(followup_id, ())
        return [(step, *end) for end in ends] or [(step,)]


def _order(places: Sequence[Place], row: Any, conclusion_id: int, followup_id: int) -> tuple[Any, ...]:
    """Those without a paragraph come last, of one paragraph set those without a conclusion, of one conclusion what is
    missing."""
    place = (not places, tuple(places), row.area_code or "~")
    return (*place, not conclusion_id, conclusion_id, not followup_id, followup_id)


def _above(places: Sequence[Place], row: Any) -> Path:
    """The paragraphs and the area that a text rests on."""
    top = Step("paragraphs", paragraphs=tuple((number, label) for number, _place, label in places))
    first = top if places else Step("gap", title=_("No paragraph is named."))
    return (first, Step("area", row.area_code, row.area_title)) if row.area_code else (first,)


def _conclusion(row: Any) -> Step:
    return Step("conclusion", row.reference, _shortened(row.title), row.workflow, row.kind, row.visit)


def _paragraphs(
    root: Root, conclusion_ids: list[int], followup_ids: list[int]
) -> Mapping[tuple[str, int], tuple[Place, ...]]:
    """The paragraphs that each text rests on; of a paragraph's own chain, that one."""
    columns = (Paragraph.resolution_number, Paragraph.position, Paragraph.label)
    only = [Paragraph.id == root.id] if root.noun == "paragraph" else []
    rows = sa.union_all(
        sa.select(sa.literal("conclusion").label("noun"), ConclusionParagraph.conclusion_id.label("owner"), *columns)
        .join(Paragraph, Paragraph.id == ConclusionParagraph.paragraph_id)
        .where(ConclusionParagraph.conclusion_id.in_(conclusion_ids), *only),
        sa.select(sa.literal("followup").label("noun"), FollowupParagraph.followup_id.label("owner"), *columns)
        .join(Paragraph, Paragraph.id == FollowupParagraph.paragraph_id)
        .where(FollowupParagraph.followup_id.in_(followup_ids), *only),
    )
    found: dict[tuple[str, int], list[Place]] = {}
    for noun, owner, number, position, label in db.session.execute(rows):
        found.setdefault((noun, owner), []).append((number, position, label))
    return {owner: tuple(sorted(places)) for owner, places in found.items()}


def _answers(conclusion_ids: list[int], followup_ids: list[int]) -> list[tuple[int, int]]:
    """Which conclusion is answered by which follow-up."""
    rows = db.session.execute(
        sa.select(FollowupConclusion.conclusion_id, FollowupConclusion.followup_id)
        .where(FollowupConclusion.conclusion_id.in_(conclusion_ids), FollowupConclusion.followup_id.in_(followup_ids))
        .order_by(FollowupConclusion.conclusion_id, FollowupConclusion.followup_id)
    )
    return [(row.conclusion_id, row.followup_id) for row in rows]


def _origins(followup_ids: list[int]) -> Mapping[int, list[Path]]:
    """The meetings that recommended the follow-ups."""
    rows = db.session.execute(
        sa.select(OutcomeFollowup.followup_id, *_MEETING)
        .join(Meeting, Meeting.id == OutcomeFollowup.meeting_id)
        .join(MeetingOutcome, MeetingOutcome.id == OutcomeFollowup.outcome_id)
        .where(OutcomeFollowup.followup_id.in_(followup_ids))
        .order_by(OutcomeFollowup.outcome_id)
    )
    found: dict[int, list[Path]] = {}
    for row in rows:
        found.setdefault(row.followup_id, []).append((_came_from(row),))
    return found


def _ends(root: Root, followup_ids: list[int]) -> Mapping[int, list[Path]]:
    """From each follow-up the measures and their pillars; of a measure's own chain, that one, linked or not."""
    is_end = root.noun == "measure"
    of_these = sa.and_(FollowupMeasure.measure_id == Measure.id, FollowupMeasure.followup_id.in_(followup_ids))
    serving = (
        sa.select(
            *_MEASURE,
            FollowupMeasure.followup_id,
            Plan.code,
            _carried.pillar.label("carried_pillar"),
            _carried_plan.code.label("carried_code"),
        )
        .select_from(Measure)
        .join(Plan, Plan.id == Measure.plan_id)
        .join(FollowupMeasure, of_these, isouter=is_end)
    )
    rows = db.session.execute(
        _leading_on(serving)
        .outerjoin(_carried_plan, _carried_plan.id == _carried.plan_id)
        .where(Measure.id == root.id if is_end else sa.true())
        .order_by(Plan.kind.desc(), Plan.code, Measure.position, _carried.position)
    )
    found: dict[int, list[Path]] = {}
    read = rows.all()
    whole = {(row.followup_id, row.reference) for row in read}  # each measure stands in full once under a follow-up
    for row in read:
        measure = _measure(row)
        ends = found.setdefault(row.followup_id or 0, [])
        ends.append((measure, Step("pillar", row.pillar, within=row.code)))
        if row.carried and (row.followup_id, row.carried) in whole:
            ends.append((measure, Step("carried", row.carried)))
        elif row.carried:
            whole.add((row.followup_id, row.carried))
            carried = Step("measure", row.carried, _shortened(row.carried_text))
            ends.append((measure, carried, Step("pillar", row.carried_pillar, within=row.carried_code)))
        if row.meeting:
            ends.append((measure, _came_from(row)))
    return found


def _shortened(text: str) -> str:
    """The beginning of a text on one line, cut at the end of a word."""
    line = " ".join(text.split())
    if len(line) <= EXCERPT:
        return line
    whole, _space, cut = line[:EXCERPT].rpartition(" ")
    return (whole if len(cut) < EXCERPT // 2 else line[: EXCERPT - 1]) + "…"  # some languages write no spaces
