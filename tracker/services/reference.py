"""Puts the shipped reference data into the database, and brings it up to date after an upgrade.

What people may edit is theirs: labels of ratings and rows of organisations are added but never overwritten,
and the wording of an area is never changed in place. New wording is a new edition; records keep pointing at
theirs.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from tracker import clock, history
from tracker.extensions import db
from tracker.models import (
    Area,
    AreaEdition,
    AreaPillar,
    Mark,
    Measure,
    Organisation,
    Paragraph,
    Plan,
    PlanKind,
    PlanReview,
    RatingLevel,
    Region,
    RegionName,
    Resolution,
    State,
    StateKind,
    StateName,
)
from tracker.partial_date import PartialDate
from tracker.reference import read

MARK = "reference"
STRATEGY = "GCTS"

Changes = Counter[str]


def load() -> None:
    """Bring the catalogue to the files' state; does nothing when the same files were loaded last."""
    digest = read.digest()
    mark = db.session.get(Mark, MARK)
    if mark is not None and mark.value == digest:
        return
    changes: Changes = Counter()
    for step in (_regions, _states, _resolutions, _areas, _ratings, _strategy, _area_pillars, _organisations):
        step(changes)
        db.session.flush()  # the next step's rows point at these
    if mark is None:
        db.session.add(Mark(name=MARK, value=digest))
    else:
        mark.value = digest
    if changes:
        history.record("reference.loaded", None, by=None, details=dict(changes) | {"sha256": digest})


def _regions(changes: Changes) -> None:
    rows = read.rows("regions")
    known = _by_key(Region, "code")
    for row in rows:
        values = {"parent_code": row["parent"] or None, "name": row["en"]}
        _put(Region, known, {"code": row["code"]}, values, changes)
    db.session.flush()
    names = _by_key(RegionName, "region_code", "language")
    for row in rows:
        for language in read.LANGUAGES:
            key = {"region_code": row["code"], "language": language}
            _put(RegionName, names, key, {"name": row[language]}, changes)


def _states(changes: Changes) -> None:
    known = _by_key(State, "id")
    for row in read.rows("states"):
        values = {
            "m49": row["m49"],
            "kind": StateKind(row["kind"]),
            "name": row["name"],
            "region_code": row["region"],
            "subregion_code": row["subregion"],
        }
        _put(State, known, {"id": row["iso3"]}, values, changes)
    db.session.flush()
    _state_names(changes)


def _state_names(changes: Changes) -> None:
    """Names by date. A name that the files no longer hold under that day was corrected, and goes."""
    names = _by_key(StateName, "state_id", "language", "valid_from")
    for row in read.rows("state_names"):
        key: dict[str, Any] = {
            "state_id": row["state"],
            "language": row["language"],
            "valid_from": read.day(row["valid_from"]),
        }
        _put(StateName, names, key, {"name": row["name"], "valid_to": read.day(row["valid_to"])}, changes)
    for corrected in names.values():
        db.session.delete(corrected)
        changes["state_name"] += 1


def _resolutions(changes: Changes) -> None:
    known = _by_key(Resolution, "number")
    for row in read.rows("resolutions"):
        values = {
            "symbol": row["symbol"],
            "title": row["title"],
            "adopted_on": date.fromisoformat(row["adopted_on"]),
        }
        _put(Resolution, known, {"number": int(row["number"])}, values, changes)


def _areas(changes: Changes) -> None:
    resolutions = {row["symbol"]: int(row["number"]) for row in read.rows("resolutions")}
    paragraphs = _by_key(Paragraph, "resolution_number", "label")
    areas = {
        area.code: area
        for area in db.session.scalars(
            sa.select(Area).options(selectinload(Area.editions).selectinload(AreaEdition.paragraphs))
        )
    }
    for position, row in enumerate(read.rows("areas"), start=1):
        number = resolutions[row["resolution"]]
        cited = [_paragraph(paragraphs, number, label, changes) for label in read.paragraphs(row["paragraph"])]
        values = {"parent_code": row["parent_code"] or None, "position": position}
        is_new = row["code"] not in areas
        area = _put(Area, areas, {"code": row["code"]}, values, changes)
        if not any(_says_the_same(edition, row, cited) for edition in area.editions):
            _add_edition(area, row, cited, valid_from=None if is_new else clock.today(), changes=changes)


def _paragraph(known: dict[Any, Paragraph], number: int, label: str, changes: Changes) -> Paragraph:
    key = (number, label)
    if key not in known:
        known[key] = Paragraph(resolution_number=number, label=label, position=read.position(label))
        db.session.add(known[key])
        changes["paragraph"] += 1
    return known[key]


def _says_the_same(edition: AreaEdition, row: dict[str, str], cited: list[Paragraph]) -> bool:
    """Whether the files' wording is an edition already, perhaps one that someone has since reworded."""
    return (edition.title, edition.description) == (row["title"], row["description"]) and set(
        edition.paragraphs
    ) == set(cited)


def _add_edition(
    area: Area, row: dict[str, str], cited: list[Paragraph], *, valid_from: date | None, changes: Changes
) -> None:
    number = max((edition.edition for edition in area.editions), default=0) + 1
    area.current_edition = number
    edition = AreaEdition(edition=number, title=row["title"], description=row["description"], valid_from=valid_from)
    edition.paragraphs.extend(cited)
    area.editions.append(edition)
    changes["area_edition"] += 1


def _ratings(changes: Changes) -> None:
    known = _by_key(RatingLevel, "code")
    for position, row in enumerate(read.rows("ratings"), start=1):
        values = {"label": row["label"], "position": position, "on_scale": row["on_scale"] == "yes"}
        _put(RatingLevel, known, {"code": row["code"]}, values, changes, overwrite=False)


def _strategy(changes: Changes) -> None:
    """The Strategy, its reviews and measures. What is there is a coordinator's to edit and stays as it is."""
    plan = db.session.scalar(sa.select(Plan).where(Plan.code == STRATEGY))
    if plan is None:
        plan = Plan(
            code=STRATEGY,
            kind=PlanKind.STRATEGY,
            title="United Nations Global Counter-Terrorism Strategy",
            symbol="A/RES/60/288",
            adopted_on=date(2006, 9, 8),
        )
        plan.reviews = [
            PlanReview(symbol=row["symbol"], held_on=PartialDate.parse(row["held_on"]), note=row["note"])
            for row in read.rows("strategy_reviews")
        ]
        db.session.add(plan)
        history.record("plan.created", plan, by=None)
        changes["plan"] += 1
    known = set(db.session.scalars(sa.select(Measure.reference)))
    for position, row in enumerate(read.rows("strategy_measures"), start=1):
        reference = f"{STRATEGY}-{row['pillar']}-{row['measure_number']}"
        if reference not in known:
            _strategy_measure(plan, reference, position, row)
            changes["measure"] += 1


def _strategy_measure(plan: Plan, reference: str, position: int, row: dict[str, str]) -> None:
    measure = Measure(
        reference=reference,
        plan_id=plan.id,
        pillar=row["pillar"],
        number=int(row["measure_number"]),
        position=position,
        text=row["paraphrase"],
        wording_note="In short words of our own, not the Strategy's",
    )
    db.session.add(measure)
    history.record("measure.created", measure, by=None)


def _area_pillars(changes: Changes) -> None:
    """Which pillars an area mostly relates to: a beginning that an administrator edits."""
    if db.session.scalar(sa.select(AreaPillar.area_code).limit(1)) is not None:
        return
    for row in read.rows("area_pillars"):
        db.session.add(AreaPillar(area_code=row["area"], pillar=row["pillar"]))
        changes["area_pillar"] += 1


def _organisations(changes: Changes) -> None:
    known = _by_key(Organisation, "acronym")
    for row in read.rows("organisations"):
        values = {"name": row["name"], "kind": row["kind"], "url": row["url"] or None}
        _put(Organisation, known, {"acronym": row["acronym"]}, values, changes, overwrite=False)


def _by_key(model: Any, *columns: str) -> dict[Any, Any]:
    """All rows of a small table by the values of ``columns``, a tuple when there are several."""
    return {_key({name: getattr(row, name) for name in columns}): row for row in db.session.scalars(sa.select(model))}


def _put(
    model: Any,
    known: dict[Any, Any],
    key: dict[str, Any],
    values: dict[str, Any],
    changes: Changes,
    *,
    overwrite: bool = True,
) -> Any:
    """Add the row, or bring it to ``values``; takes it out of ``known`` and counts what changed."""
    row = known.pop(_key(key), None)
    if row is None:
        row = model(**key, **values)
        db.session.add(row)
        changes[model.__tablename__] += 1
        return row
    different = {name: value for name, value in values.items() if getattr(row, name) != value}
    if overwrite and different:
        for name, value in different.items():
            setattr(row, name, value)
        changes[model.__tablename__] += 1
    return row


def _key(values: dict[str, Any]) -> Any:
    return tuple(values.values()) if len(values) > 1 else next(iter(values.values()))
