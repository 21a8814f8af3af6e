"""Carries out a generated story: each act leaves the rows and events that the service of the same name would leave.

The sealed texts, the moves, the clocks and the folded words come from the functions that the services use.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from tracker import history, seals
from tracker.folding import fold
from tracker.models import (
    Basis,
    Category,
    Conclusion,
    ConclusionKind,
    DelegateKind,
    Disposition,
    ExtensionStatus,
    Followup,
    Implementation,
    Matrix,
    Position,
    Priority,
    Purpose,
    Role,
    Sharing,
    Visit,
    VisitMode,
    VisitSequence,
    VisitStage,
    VisitType,
    search,
)
from tracker.partial_date import PartialDate
from tracker.sample import plan as plans
from tracker.sample import vocabulary
from tracker.sample.desk import Desk, view
from tracker.services import deadlines, signoff
from tracker.workflow import MOVES
from tracker.workflow.moves import Move

MODELS: dict[str, Any] = {"visit": Visit, "conclusion": Conclusion, "matrix": Matrix, "followup": Followup}
MOVE: dict[tuple[str, str], Move] = {
    (noun, move.action): move for noun, model in MODELS.items() for move in MOVES[model]
}
REOPENED = {noun: MOVE[noun, "reopen"].sources for noun in ("conclusion", "matrix", "followup")}
UNREAD_FOR = timedelta(days=60)
TYPES = (VisitType.COMPREHENSIVE, VisitType.FOCUSED, VisitType.FOLLOW_UP, VisitType.REGIONAL)
FAR = (Implementation.NOT_STARTED, Implementation.IN_PROGRESS, Implementation.PARTIALLY_IMPLEMENTED)


@dataclass(frozen=True)
class Notice:
    """A line in somebody's inbox."""

    account_id: int
    kind: str
    noun: str
    record_id: int
    reference: str
    created_at: datetime


class Clerk:
    """Tells one visit's story, by the people of the State's region."""

    def __init__(
        self, ground: plans.Ground, plan: plans.VisitPlan, numbers: Sequence[int], first: dict[str, int]
    ) -> None:
        self.ground, self.plan = ground, plan
        self.rng = ground.random("words", plan.id)
        self.desk = Desk(numbers, _request_ids(ground.random("requests", plan.id)))
        self.next_ids = dict(first)
        self.state_id = plan.state_id
        self.analyst = ground.analyst(plan.state_id).id
        self.reviewers = ground.reviewers(plan.state_id)
        self.ids: dict[tuple[str, int], int] = {}
        self.links: dict[tuple[str, int], seals.Links] = {}
        self.canonical: dict[tuple[str, int], str] = {}
        self.submissions: dict[tuple[str, int], int] = {}
        self.extensions: dict[int, int] = {}
        self.carried: dict[int, int] = {}
        self.notices: list[Notice] = []
        self.seals: list[history.Row] = []
        self.scope: list[str] = []
        self.conclusions: list[int] = []
        self.assessments: list[history.Row] = []

    def carry_out(self, acts: list[plans.Act]) -> None:
        """Do each act at its moment."""
        for act in acts:
            self.desk.begin(plans.moment_of(act.second))
            getattr(self, act.name)(*act.args)

    def searched(self) -> Iterator[tuple[Any, ...]]:
        """The search rows: number, type, id, State, and the folded words."""
        for (noun, _number), record_id in self.ids.items():
            if noun in search.NOUNS:
                words = MODELS[noun].searched.fget(view({**self.desk.row(noun, record_id), "tour": None}))
                row_id, places = search.row_id(noun, record_id), self.ground.places[self.state_id]
                yield row_id, noun, record_id, self.state_id, places, *map(fold, words)

    # Visits

    def create_visit(self, scope: int) -> None:
        """Proposed, with its dates, scope and resolutions."""
        day, visit_id = self.plan.day, self.plan.id
        self.ids["visit", 0] = visit_id
        start, end = PartialDate.of(day).iso, PartialDate.of(day + timedelta(days=4)).iso
        self.scope = sorted(self.rng.sample(sorted(self.ground.editions), scope))
        self.desk.add(
            "visit",
            id=visit_id,
            reference=self.plan.reference,
            state_id=self.state_id,
            year=day.year,
            number=self.plan.number,
            type=_one(self.rng, TYPES),
            mode=VisitMode.ON_SITE.value,
            sequence=(VisitSequence.FIRST if self.plan.is_first else VisitSequence.LATER_FOLLOW_UP).value,
            stage=VisitStage.PROPOSED.value,
            start=start,
            end=end,
            sort_day=day,
            summary=self._text(),
            created_by_id=self.analyst,
            created_at=self.desk.now,
            updated_at=self.desk.now,
        )
        self._component(1, VisitMode.ON_SITE, start, end, self.scope[:4])
        for code in self.scope:
            self._part("visit_area", area_code=code)
        for number, adopted_on in self.ground.resolutions:
            if adopted_on <= day:
                self._part("visit_resolution", resolution_number=number)
        self._part("visit_source", id=self._next("visit_source"), title=vocabulary.SOURCE)
        self._stage_kept(None, VisitStage.PROPOSED, None)
        self._note_visit("created")

    def add_component(self) -> None:
        """A virtual half some weeks later; the visit's mode and end follow."""
        start = self.desk.now.date() - timedelta(days=2)
        days = [PartialDate.of(start + timedelta(days=days)).iso for days in (0, 1)]
        self._component(2, VisitMode.VIRTUAL, days[0], days[1], self.scope[4:6])
        self._note_visit("component_added", mode=VisitMode.HYBRID.value, end=days[1])

    def move_visit(self, stage: VisitStage) -> None:
        """The visit reaches a stage today."""
        happened = PartialDate.of(self.desk.now.date())
        values: history.Row = {"stage": stage.value}
        if stage is VisitStage.CONSENTED:
            values["visit_consent_on"] = happened.iso
        elif stage is VisitStage.WITH_STATE:
            values["comments_due"] = deadlines.comments_due(happened) or deadlines.months_after(happened.first_day, 2)
        elif stage is VisitStage.RESPONSE_DUE:
            values["response_due"] = deadlines.response_due(happened) or deadlines.months_after(happened.first_day, 6)
        elif stage is VisitStage.RESPONSE_RECEIVED:
            values["response_received"] = happened.iso
        self._stage_kept(self.desk.row("visit", self.plan.id)["stage"], stage, happened.iso)
        self._note_visit(MOVE["visit", stage.value].past, **values)

    def add_delegate(self, place: int) -> None:
        """The head, then experts, partner organisations and teams."""
        others = tuple(kind for kind in DelegateKind if kind is not DelegateKind.HEAD)
        kind = DelegateKind(_one(self.rng, others)) if place else DelegateKind.HEAD
        function = {
            DelegateKind.HEAD: "Head of the delegation",
            DelegateKind.MEMBER: _one(self.rng, vocabulary.FUNCTIONS),
            DelegateKind.TEAM: _one(self.rng, vocabulary.TEAMS),
            DelegateKind.PARTNER: "Representatives",
        }[kind]
        delegate_id = self._next("visit_delegate")
        partner = _one(self.rng, self.ground.organisations) if kind is DelegateKind.PARTNER else None
        self._part("visit_delegate", id=delegate_id, kind=kind.value, function=function, organisation_id=partner)
        if kind is not DelegateKind.HEAD:
            code = _one(self.rng, self.scope)
            self._part("visit_delegate_area", delegate_id=delegate_id, area_code=code)
        self._note_visit("delegate_added")

    def add_counterpart(self, place: int) -> None:
        """An authority met; on the first visit to the State it is entered."""
        authority_id = self.plan.first_authority + place
        if self.plan.is_first:
            name = vocabulary.AUTHORITIES[place]
            self.desk.add("authority", id=authority_id, state_id=self.state_id, name=name)
            self._record("authority.created", ("authority", authority_id), self.analyst)
        self._part(
            "visit_counterpart",
            id=self._next("visit_counterpart"),
            authority_id=authority_id,
            level=_one(self.rng, vocabulary.LEVELS),
            met_on=PartialDate.of(self.plan.day).iso,
            subject=vocabulary.SUBJECT,
        )
        self._note_visit("counterpart_added")

    def add_check(self) -> None:
        """An on-site check."""
        day = PartialDate.of(self.plan.day + timedelta(days=2)).iso
        place = _one(self.rng, vocabulary.PLACES)
        self._part("visit_check", id=self._next("visit_check"), place=place, checked_on=day, note=self._note())
        self._note_visit("check_added")

    def _component(self, number: int, mode: VisitMode, start: str, end: str, areas: list[str]) -> None:
        component_id = self._next("visit_component")
        self._part("visit_component", id=component_id, number=number, mode=mode.value, start=start, end=end)
        for code in areas:
            self._part("visit_component_area", component_id=component_id, area_code=code)

    def _part(self, table: str, **values: Any) -> None:
        self.desk.add(table, visit_id=self.plan.id, state_id=self.state_id, **values)

    def _stage_kept(self, came_from: str | None, stage: VisitStage, happened: str | None) -> None:
        self._part(
            "visit_move",
            id=self._next("visit_move"),
            from_stage=came_from,
            to_stage=stage.value,
            happened=happened,
            recorded_by_id=self.analyst,
            recorded_at=self.desk.now,
        )

    def _note_visit(self, past: str, **values: Any) -> None:
        if past != "created":
            version = self.desk.row("visit", self.plan.id)["version"] + 1
            self.desk.change("visit", self.plan.id, updated_at=self.desk.now, version=version, **values)
        self._record(f"visit.{past}", ("visit", self.plan.id), self.analyst)

    # The matrix

    def open_matrix(self, place: int) -> None:
        """The first rating makes the matrix."""
        matrix_id = self.ids["matrix", 0] = self._next("matrix")
        self._sealable("matrix", matrix_id, visit_id=self.plan.id)
        self.assess_area(place)

    def assess_area(self, place: int) -> None:
        """A rating drawn by chance, which says so."""
        matrix_id, code = self.ids["matrix", 0], self.scope[place]
        row = self.desk.add(
            "assessment",
            id=self._next("assessment"),
            matrix_id=matrix_id,
            visit_id=self.plan.id,
            state_id=self.state_id,
            area_code=code,
            area_edition=self.ground.editions[code],
            rating=_one(self.rng, self.ground.ratings),
            explanation=f"{vocabulary.RATED} {self._note()}",
            updated_by_id=self.analyst,
            updated_at=self.desk.now,
        )
        self.assessments.append(row)
        self._save("matrix", matrix_id, "matrix.assessed", self.analyst, details={"area": code})

    # Conclusions

    def create_conclusion(self, number: int) -> None:
        """A draft on an area in scope."""
        conclusion_id = self.ids["conclusion", number] = self._next("conclusion")
        self.conclusions.append(conclusion_id)
        code = _one(self.rng, self.scope)
        place = len(self.conclusions)
        self._sealable(
            "conclusion",
            conclusion_id,
            reference=f"{self.plan.reference}-C{place}",
            visit_id=self.plan.id,
            number=place,
            kind=_one(self.rng, tuple(ConclusionKind)),
            area_code=code,
            area_edition=self.ground.editions[code],
            text=self._text(),
            basis=_one(self.rng, tuple(Basis)),
            source=vocabulary.SOURCE,
            sharing=Sharing.INTERNAL.value,
        )
        words = self._paragraphs("conclusion", conclusion_id, code)
        self.links["conclusion", conclusion_id] = seals.Links(paragraphs=words)
        self._save("conclusion", conclusion_id, "conclusion.created", self.analyst, is_new=True)

    def share_conclusion(self, number: int) -> None:
        """The State received it today."""
        happened = {"happened": PartialDate.of(self.desk.now.date()).iso}
        self._move("conclusion", self.ids["conclusion", number], "share", self.analyst, details=happened)

    def comment_conclusion(self, number: int) -> None:
        """What the State says stands beside it."""
        said: history.Row = {
            "state_comment": self._text(),
            "state_commented_on": PartialDate.of(self.desk.now.date()).iso,
        }
        self._move("conclusion", self.ids["conclusion", number], "comment", self.analyst, **said)

    def finalise_conclusion(self, number: int) -> None:
        """It is changed no more."""
        self._move("conclusion", self.ids["conclusion", number], "finalise", self.analyst)

    # Follow-ups

    def create_followup(self, number: int, has_due: bool) -> None:
        """A draft that is ready to be submitted."""
        followup_id = self.ids["followup", number] = self._next("followup")
        place = self.plan.first_followup_number + sum(noun == "followup" for noun, _number in self.ids) - 1
        code, *further = self.rng.sample(self.scope, 1 + int(2.3 * self.rng.random() ** 2))
        language = vocabulary.language(self.rng)
        due = self._due() if has_due else None
        answered = sorted(self.rng.sample(self.conclusions, 1 + (self.rng.random() < 0.2)))
        self._sealable(
            "followup",
            followup_id,
            reference=f"{self.state_id}-F{place:03}",
            number=place,
            title=vocabulary.title(self.rng, language),
            text=vocabulary.text(self.rng, language),
            area_code=code,
            area_edition=self.ground.editions[code],
            basis=_one(self.rng, tuple(Basis)),
            priority=_one(self.rng, tuple(Priority)),
            visit_id=self.plan.id,
            owner_id=self._owner(),
            indicator=vocabulary.title(self.rng, language),
            original_due=due.iso if due else None,
            current_due=due.iso if due else None,
            current_due_last=due.last_day if due else None,
            no_due_reason="" if due else vocabulary.NONE_AGREED,
            source=vocabulary.SOURCE,
            sharing=_one(self.rng, (Sharing.INTERNAL, Sharing.INTERNAL, Sharing.STATE_ONLY)),
        )
        for area in sorted(further):
            self._attach("followup_area", followup_id, area_code=area)
        for conclusion_id in answered:
            self._attach("followup_conclusion", followup_id, conclusion_id=conclusion_id)
        self.links["followup", followup_id] = seals.Links(
            further_areas=sorted(further),
            paragraphs=self._paragraphs("followup", followup_id, code),
            conclusions=[self._reference_and_text(conclusion_id) for conclusion_id in answered],
            authorities=self._authorities(followup_id),
        )
        self._save("followup", followup_id, "followup.created", self.analyst, is_new=True)

    def link_measure(self, number: int, place: int) -> None:
        """It serves a measure, for the second time another one; its version stays, as it does in ``measure_links``."""
        followup_id = self.ids["followup", number]
        served = self.ground.random("serves", self.plan.id, number).sample(self.ground.measures, 2)
        measure_id, reference = served[place]
        self._attach(
            "followup_measure",
            followup_id,
            measure_id=measure_id,
            reason=vocabulary.SERVES,
            linked_by_id=self.analyst,
            linked_at=self.desk.now,
        )
        linked = {"reason": vocabulary.SERVES, "details": {"measure": reference}}
        self._record("followup.measure_linked", ("followup", followup_id), self.analyst, **linked)

    def edit_followup(self, number: int) -> None:
        """The text is written anew."""
        followup_id = self.ids["followup", number]
        text = before = self.desk.row("followup", followup_id)["text"]
        while text == before:
            text = self._text()
        self._save("followup", followup_id, "followup.edited", self.analyst, text=text)

    def assess_followup(self, number: int, progress: int) -> None:
        """The status that we assess, as of today: further than the last."""
        status = FAR[progress] if progress < len(FAR) else Implementation.IMPLEMENTED
        if status is Implementation.IMPLEMENTED and self.rng.random() < 0.15:
            status = Implementation.OVERTAKEN
        self._save(
            "followup",
            self.ids["followup", number],
            "followup.assessed",
            self.analyst,
            assessed_status=status.value,
            assessed_on=PartialDate.of(self.desk.now.date()).iso,
            assessed_source=vocabulary.SOURCE,
        )

    def track(self, number: int) -> None:
        """Owner, priority and next step, which is another than before."""
        followup_id = self.ids["followup", number]
        before = self.desk.row("followup", followup_id)["next_step"]
        self._save(
            "followup",
            followup_id,
            "followup.tracked",
            self.analyst,
            is_sealed=False,
            owner_id=self._owner(),
            priority=_one(self.rng, tuple(Priority)),
            next_step=_one(self.rng, [step for step in vocabulary.NEXT_STEPS if step != before]),
        )

    def set_position(self, number: int) -> None:
        """The State's position, as of today."""
        self._save(
            "followup",
            self.ids["followup", number],
            "followup.position_recorded",
            self.analyst,
            is_sealed=False,
            position=_one(self.rng, tuple(Position)[1:]),
            position_on=PartialDate.of(self.desk.now.date()).iso,
            position_source=vocabulary.SOURCE,
        )

    def add_progress(self, number: int) -> None:
        """What has moved."""
        followup_id, day = self.ids["followup", number], self.desk.now.date()
        self._attach(
            "progress_entry",
            followup_id,
            id=self._next("progress_entry"),
            happened=_one(self.rng, (day.isoformat(), f"{day:%Y-%m}", f"{day:%Y}")),
            text=self._note(),
            source=vocabulary.SOURCE,
            written_by_id=self.analyst,
            written_at=self.desk.now,
        )
        self._save("followup", followup_id, "progress.added", self.analyst, is_sealed=False)

    def record_response(self, number: int) -> None:
        """What the State says; the newest is shown."""
        followup_id, received = self.ids["followup", number], PartialDate.of(self.desk.now.date()).iso
        reported = _one(self.rng, tuple(Implementation))
        position = _one(self.rng, tuple(Position)[1:]) if self.rng.random() < 0.3 else None
        self._attach(
            "state_response",
            followup_id,
            id=self._next("state_response"),
            received=received,
            reported_status=reported,
            position=position,
            text=self._text(),
            source=vocabulary.SOURCE,
            recorded_by_id=self.analyst,
            recorded_at=self.desk.now,
        )
        shown: history.Row = {}
        if reported != Implementation.NOT_ASSESSED:
            shown = {"reported_status": reported, "reported_on": received, "reported_source": vocabulary.SOURCE}
        if position is not None:
            shown |= {"position": position, "position_on": received, "position_source": vocabulary.SOURCE}
        self._save("followup", followup_id, "response.recorded", self.analyst, is_sealed=False, **shown)

    def comment(self, number: int) -> None:
        """A remark among colleagues; the follow-up stays as it is."""
        followup_id = self.ids["followup", number]
        coordinator = self.ground.cast["coordinator"].id
        by = coordinator if self.rng.random() < 0.4 else self.analyst
        self.desk.add(
            "comment",
            id=self._next("comment"),
            object_type="followup",
            object_id=followup_id,
            state_id=self.state_id,
            text=self._note(),
            written_by_id=by,
            written_at=self.desk.now,
        )
        self._record("comment.written", ("followup", followup_id), by, category=Category.COMMENT)

    def ask_extension(self, number: int) -> None:
        """A later due date is asked for."""
        followup_id = self.ids["followup", number]
        row = self.desk.row("followup", followup_id)
        later = row["current_due_last"] + timedelta(days=120 + int(400 * self.rng.random()))
        extension_id = self.extensions[followup_id] = self._next("due_extension")
        self._attach(
            "due_extension",
            followup_id,
            id=extension_id,
            status=ExtensionStatus.REQUESTED.value,
            old_due=row["current_due"],
            new_due=PartialDate(later.year, later.month).iso,
            reason=vocabulary.MORE_TIME,
            requested_by_id=self.analyst,
            requested_at=self.desk.now,
        )
        self._save(
            "followup",
            followup_id,
            "extension.requested",
            self.analyst,
            reason=vocabulary.MORE_TIME,
            is_sealed=False,
        )

    def approve_extension(self, number: int) -> None:
        """The current due date moves; the original stays."""
        followup_id = self.ids["followup", number]
        due = PartialDate.parse(self._decide(followup_id, ExtensionStatus.APPROVED, "")["new_due"])
        by = self.reviewers[0].id
        values: history.Row = {"current_due": due.iso, "current_due_last": due.last_day}
        self._save("followup", followup_id, "extension.approved", by, **values)
        self._tell("followup", followup_id, "extension_approved", {self.analyst} - {by})

    def refuse_extension(self, number: int) -> None:
        """The due date stays."""
        followup_id = self.ids["followup", number]
        self._decide(followup_id, ExtensionStatus.REFUSED, vocabulary.REFUSED)
        by = self.reviewers[0].id
        self._save("followup", followup_id, "extension.refused", by, reason=vocabulary.REFUSED, is_sealed=False)
        self._tell("followup", followup_id, "extension_refused", {self.analyst} - {by})

    def carry_over(self, number: int) -> None:
        """The next visit takes it up again."""
        followup_id, later = self.ids["followup", number], self.plan.later
        if later is None:
            raise RuntimeError("there is no later visit")
        self.carried[followup_id] = self._next("carry_over")
        self._attach(
            "carry_over",
            followup_id,
            id=self.carried[followup_id],
            visit_id=later.id,
            disposition=Disposition.PENDING.value,
        )
        details = {"visit": later.reference}
        self._save("followup", followup_id, "followup.carried_over", self.analyst, details=details, is_sealed=False)

    def set_disposition(self, number: int) -> None:
        """What the later visit found of it."""
        followup_id, later = self.ids["followup", number], self.plan.later
        if later is None:
            raise RuntimeError("there is no later visit")
        found = _one(self.rng, (Disposition.STILL_OPEN, Disposition.PARTLY_MET, Disposition.STILL_OPEN))
        self.desk.change("carry_over", self.carried[followup_id], disposition=found, note=self._note())
        details = {"visit": later.reference}
        self._save("followup", followup_id, "carry_over.recorded", self.analyst, details=details, is_sealed=False)

    def withdraw(self, number: int) -> None:
        """Never sealed: withdrawn at once."""
        reason = vocabulary.WITHDRAWN
        followup_id = self.ids["followup", number]
        self._move("followup", followup_id, "withdraw", self.analyst, reason=reason, status_reason=reason)

    def end(self, number: int, purpose: Purpose) -> None:
        """Sealed before: a reviewer is asked to put a seal to the end."""
        reason = vocabulary.WITHDRAWN if purpose is Purpose.WITHDRAW else vocabulary.SUPERSEDED
        successor = self.ids["followup", 0] if purpose is Purpose.SUPERSEDE else None
        self._submit(
            "followup",
            self.ids["followup", number],
            purpose,
            reason,
            status_reason=reason,
            superseded_by_id=successor,
        )

    # To the reviewers and back

    def submit(self, noun: str, number: int, purpose: Purpose) -> None:
        """draft|returned → submitted."""
        record_id = self.ids[noun, number]
        again = self.desk.row(noun, record_id)["workflow"] == "returned"
        self._submit(noun, record_id, purpose, vocabulary.RESUBMITTED if again else "")

    def return_(self, noun: str, number: int) -> None:
        """submitted → returned, with a reason."""
        record_id, by = self.ids[noun, number], self._signer(noun, self.ids[noun, number])
        submission = self._decided(noun, record_id, "returned", by, vocabulary.RETURNED)
        self._move(noun, record_id, "return", by, target="returned", reason=vocabulary.RETURNED)
        self._tell(noun, record_id, "record_returned", {submission["submitted_by_id"]} - {by})

    def recall(self, noun: str, number: int) -> None:
        """submitted → where it was."""
        record_id = self.ids[noun, number]
        submission = self._decided(noun, record_id, "recalled", self.analyst, "")
        self._move(noun, record_id, "recall", self.analyst, target=submission["previous_status"])

    def sign_off(self, noun: str, number: int) -> None:
        """submitted → signed_off, withdrawn or superseded, with a seal."""
        record_id = self.ids[noun, number]
        by = self._signer(noun, record_id)
        submission = self.desk.row("submission", self.submissions[noun, record_id])
        purpose = Purpose(submission["purpose"])
        seal = self._seal(noun, record_id, purpose, by)
        self._decided(noun, record_id, "signed", by, "")
        self._move(
            noun,
            record_id,
            "sign_off",
            by,
            target=signoff.OUTCOMES[purpose],
            seal_id=seal["id"],
            sealed_sha256=seal["content_sha256"],
            seal_count=seal["number"],
            details={
                "note": seal["note"],
                "seal": seal["number"],
                "meaning": purpose.value,
                "content_version": seal["content_version"],
                "content_sha256": seal["content_sha256"],
                "seal_sha256": seal["seal_sha256"],
            },
        )
        self._tell(noun, record_id, "record_signed", {submission["submitted_by_id"]} - {by})

    def _submit(self, noun: str, record_id: int, purpose: Purpose, note: str, **values: Any) -> None:
        row = self.desk.row(noun, record_id)
        record = view({**row, "reference": self._reference(noun, record_id)})
        submission_id = self.submissions[noun, record_id] = self._next("submission")
        self.desk.add(
            "submission",
            id=submission_id,
            object_type=noun,
            object_id=record_id,
            state_id=self.state_id,
            reference=record.reference,
            title=signoff.title_of(record),
            purpose=purpose.value,
            previous_status=row["workflow"],
            content_version=row["content_version"],
            canonical=self.canonical[noun, record_id],
            round=row["seal_count"],
            drafted_by_id=row["drafted_by_id"],
            submitted_by_id=self.analyst,
            submitted_at=self.desk.now,
            note=note,
        )
        is_reason = purpose is not Purpose.SIGN_OFF
        reason, details = (note, {}) if is_reason else ("", {"note": note})
        self._move(noun, record_id, signoff.ACTIONS[purpose], self.analyst, reason=reason, details=details, **values)

    def _decided(self, noun: str, record_id: int, decision: str, by: int, reason: str) -> history.Row:
        return self.desk.change(
            "submission",
            self.submissions[noun, record_id],
            decision=decision,
            decided_by_id=by,
            decided_at=self.desk.now,
            reason=reason,
        )

    def _signer(self, noun: str, record_id: int) -> int:
        """A reviewer who changed nothing since the last seal."""
        count = self.desk.row(noun, record_id)["seal_count"]
        return next(
            reviewer.id
            for reviewer in self.reviewers
            if not self.desk.has("contributor", noun, record_id, reviewer.id, count)
        )

    def _seal(self, noun: str, record_id: int, meaning: Purpose, by: int) -> history.Row:
        row, values = self.desk.row(noun, record_id), self._content(noun, record_id)
        seal = {
            "id": self._next("seal"),
            "object_type": noun,
            "object_id": record_id,
            "state_id": self.state_id,
            "reference": self._reference(noun, record_id),
            "number": row["seal_count"] + 1,
            "content_version": row["content_version"],
            "canonical": self.canonical[noun, record_id],
            "content_sha256": row["content_sha256"],
            "seal_sha256": None,
            "meaning": meaning.value,
            "note": "",
            "signer_id": by,
            "signer_name": next(person.name for person in self.reviewers if person.id == by),
            "signer_role": Role.REVIEWER.value,
            "signed_at": self.desk.now,
            **dict.fromkeys(("assessed_status", "assessed_on", "current_due", "current_due_last")),
            **seals.columns_of(view(row), values, is_followup=noun == "followup"),
        }
        seal["seal_sha256"] = history.digest(seals.seal_text(view(seal)))
        self.seals.append(seal)
        return seal

    # What all of them share

    def _sealable(self, table: str, record_id: int, **values: Any) -> None:
        self.desk.add(
            table,
            id=record_id,
            state_id=self.state_id,
            workflow="draft",
            drafted_by_id=self.analyst,
            created_at=self.desk.now,
            updated_at=self.desk.now,
            **values,
        )

    def _save(
        self,
        noun: str,
        record_id: int,
        kind: str,
        by: int,
        *,
        reason: str = "",
        details: history.Row | None = None,
        is_new: bool = False,
        is_sealed: bool = True,
        **values: Any,
    ) -> None:
        """What ``records.save`` does: the version rises, sealed fields are compared, an official record is reopened."""
        if not is_new:
            version = self.desk.row(noun, record_id)["version"] + 1
            self.desk.change(noun, record_id, updated_at=self.desk.now, version=version, **values)
        differs = is_sealed and self._refresh(noun, record_id, by)
        self._record(kind, (noun, record_id), by, reason=reason, details=details)
        if differs and self.desk.row(noun, record_id)["sealed_sha256"] is not None:
            self._reopen(noun, record_id, by)

    def _refresh(self, noun: str, record_id: int, by: int) -> bool:
        row = self.desk.row(noun, record_id)
        text = seals.canonical_text(noun, self._reference(noun, record_id), self._content(noun, record_id))
        fresh = history.digest(text)
        if fresh == row["content_sha256"]:
            return False
        self.canonical[noun, record_id] = text
        self.desk.change(
            noun,
            record_id,
            content_version=row["content_version"] + (row["content_sha256"] is not None),
            content_sha256=fresh,
            version=row["version"] + 1,
        )
        key = {"object_type": noun, "object_id": record_id, "account_id": by, "round": row["seal_count"]}
        if not self.desk.has("contributor", *key.values()):
            self.desk.add("contributor", **key)
        return True

    def _reopen(self, noun: str, record_id: int, by: int) -> None:
        row = self.desk.row(noun, record_id)
        if row["workflow"] in REOPENED[noun]:
            self.desk.change(noun, record_id, workflow="draft", version=row["version"] + 1)
            self._record(f"{noun}.reopened", (noun, record_id), by, category=Category.SIGN_OFF)
        signer = next(seal["signer_id"] for seal in reversed(self.seals) if seal["id"] == row["seal_id"])
        self._tell(noun, record_id, "sealed_record_changed", {signer} - {by})

    def _move(
        self,
        noun: str,
        record_id: int,
        action: str,
        by: int,
        *,
        target: str | None = None,
        reason: str = "",
        details: history.Row | None = None,
        **values: Any,
    ) -> None:
        """What ``workflow.move`` does."""
        move, row = MOVE[noun, action], self.desk.row(noun, record_id)
        if row["workflow"] not in move.sources:
            raise RuntimeError(f"{noun} {record_id} cannot {action} from {row['workflow']}")
        status = history.plain(target or move.target)
        self.desk.change(
            noun, record_id, workflow=status, updated_at=self.desk.now, version=row["version"] + 1, **values
        )
        kind = f"{noun}.{move.past}"
        self._record(kind, (noun, record_id), by, reason=reason, details=details, category=move.category)

    def _record(self, kind: str, root: tuple[str, int], by: int, **values: Any) -> None:
        self.desk.record(kind, root, self.state_id, by=by, **values)

    def _content(self, noun: str, record_id: int) -> seals.Content:
        if noun == "matrix":
            return seals.matrix_content(map(view, self.assessments))
        compose = seals.followup_content if noun == "followup" else seals.conclusion_content
        return compose(view(self.desk.row(noun, record_id)), self.links[noun, record_id])

    def _tell(self, noun: str, record_id: int, kind: str, people: set[int]) -> None:
        reference = self._reference(noun, record_id)
        self.notices += [Notice(person, kind, noun, record_id, reference, self.desk.now) for person in sorted(people)]

    def _reference(self, noun: str, record_id: int) -> str:
        return f"{self.plan.reference}-M" if noun == "matrix" else str(self.desk.row(noun, record_id)["reference"])

    def _reference_and_text(self, conclusion_id: int) -> list[str]:
        row = self.desk.row("conclusion", conclusion_id)
        return [row["reference"], row["text"]]

    def _paragraphs(self, noun: str, record_id: int, code: str) -> list[str]:
        chosen = self.ground.paragraphs_of[code][:2]
        for paragraph_id in chosen:
            self.desk.add(
                f"{noun}_paragraph",
                **{f"{noun}_id": record_id},
                paragraph_id=paragraph_id,
                state_id=self.state_id,
            )
        return [self.ground.paragraphs[paragraph_id] for paragraph_id in chosen]

    def _authorities(self, followup_id: int) -> list[str]:
        places = sorted(self.rng.sample(range(len(vocabulary.AUTHORITIES)), 1 + (self.rng.random() < 0.25)))
        for place in places:
            self._attach("followup_authority", followup_id, authority_id=self.plan.first_authority + place)
        return [vocabulary.AUTHORITIES[place] for place in places]

    def _attach(self, table: str, followup_id: int, **values: Any) -> None:
        self.desk.add(table, followup_id=followup_id, state_id=self.state_id, **values)

    def _decide(self, followup_id: int, status: ExtensionStatus, note: str) -> history.Row:
        return self.desk.change(
            "due_extension",
            self.extensions[followup_id],
            status=status.value,
            decided_by_id=self.reviewers[0].id,
            decided_at=self.desk.now,
            decision_note=note,
        )

    def _due(self) -> PartialDate:
        """Between half a year and three years from now, as exactly as chance has it."""
        day: date = self.desk.now.date() + timedelta(days=180 + int(920 * self.rng.random()))
        share = self.rng.random()
        if share < 0.15:
            return PartialDate(day.year + 1)
        return PartialDate(day.year, day.month) if share < 0.6 else PartialDate.of(day)

    def _owner(self) -> int | None:
        owner = self.ground.owner(self.state_id)
        return owner.id if owner and self.rng.random() < 0.85 else None

    def _text(self) -> str:
        return vocabulary.text(self.rng, vocabulary.language(self.rng))

    def _note(self) -> str:
        return vocabulary.note(self.rng, vocabulary.language(self.rng))

    def _next(self, table: str) -> int:
        found = self.next_ids[table]
        self.next_ids[table] = found + 1
        return found


def _one(rng: Random, choices: Sequence[Any]) -> Any:
    """One of them by chance, as a column holds it."""
    return history.plain(choices[int(rng.random() * len(choices))])


def _request_ids(rng: Random) -> Iterator[str]:
    """UUIDs of version 4, like those of real requests; written out here, because the library takes longer."""
    while True:
        digits = f"{rng.getrandbits(128) & ~(3 << 62) | 2 << 62:032x}"
        yield f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{digits[16:20]}-{digits[20:]}"
