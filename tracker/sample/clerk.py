"""Keeps the records of one generated visit: what the services share, on a desk in memory instead of a session.

What happens to the records stands by noun in ``acts``. The sealed texts, the moves and the folded words come from the
functions that the services use.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from tracker import history, seals
from tracker.models import Category, Conclusion, Followup, Matrix, Purpose, Visit, search
from tracker.sample import plan as plans
from tracker.sample import vocabulary
from tracker.sample.desk import Desk, search_row, view
from tracker.services import signoff
from tracker.workflow import MOVES
from tracker.workflow.moves import Move

MODELS: dict[str, Any] = {"visit": Visit, "conclusion": Conclusion, "matrix": Matrix, "followup": Followup}
MOVE: dict[tuple[str, str], Move] = {
    (noun, move.action): move for noun, model in MODELS.items() for move in MOVES[model]
}
REOPENED = {noun: MOVE[noun, "reopen"].sources for noun in ("conclusion", "matrix", "followup")}


@dataclass(frozen=True)
class Notice:
    """A line in somebody's inbox."""

    account_id: int
    kind: str
    noun: str
    record_id: int
    reference: str
    second: int


class Clerk:
    """Works for the people of the State's region; the acts leave on the clerk what later ones need."""

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

    def searched(self) -> Iterator[tuple[Any, ...]]:
        """The search rows of the records."""
        places = self.ground.places[self.state_id]
        for (noun, _number), record_id in self.ids.items():
            if noun in search.NOUNS:
                row = {**self.desk.row(noun, record_id), "tour": None}
                yield search_row(MODELS[noun], row, self.state_id, places)

    def add_sealable(self, table: str, record_id: int, **values: Any) -> None:
        """A new record that can be sealed: a draft of the analyst's."""
        self.desk.add(
            table,
            id=record_id,
            state_id=self.state_id,
            workflow="draft",
            drafted_by_id=self.analyst,
            created_at=self.desk.at,
            updated_at=self.desk.at,
            **values,
        )

    def save(
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
            self.desk.change(noun, record_id, updated_at=self.desk.at, version=version, **values)
        differs = is_sealed and self._refresh(noun, record_id, by)
        self.record(kind, (noun, record_id), by, reason=reason, details=details)
        if differs and self.desk.row(noun, record_id)["sealed_sha256"] is not None:
            self._reopen(noun, record_id, by)

    def _refresh(self, noun: str, record_id: int, by: int) -> bool:
        """Compare the sealed fields and note who changed them; whether they differ."""
        row = self.desk.row(noun, record_id)
        text = seals.canonical_text(noun, self.reference(noun, record_id), self.content(noun, record_id))
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
        """An official record that was changed is a draft again, and its signer hears of it."""
        row = self.desk.row(noun, record_id)
        if row["workflow"] in REOPENED[noun]:
            self.desk.change(noun, record_id, workflow="draft", version=row["version"] + 1)
            self.record(f"{noun}.reopened", (noun, record_id), by, category=Category.SIGN_OFF)
        signer = next(seal["signer_id"] for seal in reversed(self.seals) if seal["id"] == row["seal_id"])
        self.tell(noun, record_id, "sealed_record_changed", {signer} - {by})

    def submit(self, noun: str, record_id: int, purpose: Purpose, note: str, **values: Any) -> None:
        """What ``signoff.submit`` does, for each of its purposes."""
        row = self.desk.row(noun, record_id)
        record = view({**row, "reference": self.reference(noun, record_id)})
        submission_id = self.submissions[noun, record_id] = self.next_id("submission")
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
            submitted_at=self.desk.at,
            note=note,
        )
        is_reason = purpose is not Purpose.SIGN_OFF
        reason, details = (note, {}) if is_reason else ("", {"note": note})
        self.move(noun, record_id, signoff.ACTIONS[purpose], self.analyst, reason=reason, details=details, **values)

    def move(
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
            noun, record_id, workflow=status, updated_at=self.desk.at, version=row["version"] + 1, **values
        )
        kind = f"{noun}.{move.past}"
        self.record(kind, (noun, record_id), by, reason=reason, details=details, category=move.category)

    def record(self, kind: str, root: tuple[str, int], by: int, **values: Any) -> None:
        """What ``history.record`` does."""
        self.desk.record(kind, root, self.state_id, by=by, **values)

    def content(self, noun: str, record_id: int) -> seals.Content:
        """The sealed fields of the record."""
        if noun == "matrix":
            return seals.matrix_content(map(view, self.assessments))
        compose = seals.followup_content if noun == "followup" else seals.conclusion_content
        return compose(view(self.desk.row(noun, record_id)), self.links[noun, record_id])

    def tell(self, noun: str, record_id: int, kind: str, people: set[int]) -> None:
        """A notice to each of the people."""
        reference, second = self.reference(noun, record_id), self.desk.second
        self.notices += [Notice(person, kind, noun, record_id, reference, second) for person in sorted(people)]

    def reference(self, noun: str, record_id: int) -> str:
        """The record's reference; a matrix bears its visit's."""
        return f"{self.plan.reference}-M" if noun == "matrix" else str(self.desk.row(noun, record_id)["reference"])

    def add_paragraphs(self, noun: str, record_id: int, code: str) -> list[str]:
        """Link the record to the first paragraphs of its area; their words."""
        chosen = self.ground.paragraphs_of[code][:2]
        for paragraph_id in chosen:
            self.desk.add(
                f"{noun}_paragraph",
                **{f"{noun}_id": record_id},
                paragraph_id=paragraph_id,
                state_id=self.state_id,
            )
        return [self.ground.paragraphs[paragraph_id] for paragraph_id in chosen]

    def text(self) -> str:
        """A text in a language drawn by chance."""
        return vocabulary.text(self.rng, vocabulary.language(self.rng))

    def note(self) -> str:
        """The same, short."""
        return vocabulary.note(self.rng, vocabulary.language(self.rng))

    def one(self, choices: Sequence[Any]) -> Any:
        """One of them by chance, as a column holds it."""
        return history.plain(choices[int(self.rng.random() * len(choices))])

    def next_id(self, table: str) -> int:
        """The next of the ids that were set aside for the visit."""
        found = self.next_ids[table]
        self.next_ids[table] = found + 1
        return found


def _request_ids(rng: Random) -> Iterator[str]:
    """UUIDs of version 4, like those of real requests; written out here, because the library takes longer."""
    while True:
        digits = f"{rng.getrandbits(128) & ~(3 << 62) | 2 << 62:032x}"
        yield f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{digits[16:20]}-{digits[20:]}"
