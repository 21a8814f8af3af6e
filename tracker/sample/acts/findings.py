"""What a generated visit found: the matrix of its assessments, and its conclusions."""

from __future__ import annotations

from tracker import history, seals
from tracker.models import Basis, ConclusionKind, Sharing
from tracker.partial_date import PartialDate
from tracker.sample import vocabulary
from tracker.sample.clerk import Clerk


def open_matrix(clerk: Clerk, place: int) -> None:
    """The first rating makes the matrix."""
    matrix_id = clerk.ids["matrix", 0] = clerk.next_id("matrix")
    clerk.add_sealable("matrix", matrix_id, visit_id=clerk.plan.id)
    assess_area(clerk, place)


def assess_area(clerk: Clerk, place: int) -> None:
    """A rating drawn by chance, which says so."""
    matrix_id, code = clerk.ids["matrix", 0], clerk.scope[place]
    row = clerk.desk.add(
        "assessment",
        id=clerk.next_id("assessment"),
        matrix_id=matrix_id,
        visit_id=clerk.plan.id,
        state_id=clerk.state_id,
        area_code=code,
        area_edition=clerk.ground.editions[code],
        rating=clerk.one(clerk.ground.ratings),
        explanation=f"{vocabulary.RATED} {clerk.note()}",
        updated_by_id=clerk.analyst,
        updated_at=clerk.desk.at,
    )
    clerk.assessments.append(row)
    clerk.save("matrix", matrix_id, "matrix.assessed", clerk.analyst, details={"area": code})


def create_conclusion(clerk: Clerk, number: int) -> None:
    """A draft on an area in scope."""
    conclusion_id = clerk.ids["conclusion", number] = clerk.next_id("conclusion")
    clerk.conclusions.append(conclusion_id)
    code = clerk.one(clerk.scope)
    place = len(clerk.conclusions)
    clerk.add_sealable(
        "conclusion",
        conclusion_id,
        reference=f"{clerk.plan.reference}-C{place}",
        visit_id=clerk.plan.id,
        number=place,
        kind=clerk.one(tuple(ConclusionKind)),
        area_code=code,
        area_edition=clerk.ground.editions[code],
        text=clerk.text(),
        basis=clerk.one(tuple(Basis)),
        source=vocabulary.SOURCE,
        sharing=Sharing.INTERNAL.value,
    )
    words = clerk.add_paragraphs("conclusion", conclusion_id, code)
    clerk.links["conclusion", conclusion_id] = seals.Links(paragraphs=words)
    clerk.save("conclusion", conclusion_id, "conclusion.created", clerk.analyst, is_new=True)


def share_conclusion(clerk: Clerk, number: int) -> None:
    """The State received it today."""
    happened = {"happened": PartialDate.of(clerk.desk.now.date()).iso}
    clerk.move("conclusion", clerk.ids["conclusion", number], "share", clerk.analyst, details=happened)


def comment_conclusion(clerk: Clerk, number: int) -> None:
    """What the State says stands beside it."""
    said: history.Row = {
        "state_comment": clerk.text(),
        "state_commented_on": PartialDate.of(clerk.desk.now.date()).iso,
    }
    clerk.move("conclusion", clerk.ids["conclusion", number], "comment", clerk.analyst, **said)


def finalise_conclusion(clerk: Clerk, number: int) -> None:
    """It is changed no more."""
    clerk.move("conclusion", clerk.ids["conclusion", number], "finalise", clerk.analyst)
