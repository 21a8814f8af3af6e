"""Loading the reference data: once, again, and after the files or the people changed something."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from tracker import clock
from tracker.models import (
    Area,
    AreaEdition,
    Event,
    Mark,
    Measure,
    Organisation,
    Paragraph,
    Plan,
    RatingLevel,
    Resolution,
    State,
    StateName,
)
from tracker.reference import read
from tracker.services import reference


@pytest.fixture
def change_rows(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[dict[str, str]], None]], None]:
    """``change_rows("areas", change)`` lets the files say something else, as after an upgrade."""
    true_rows = read.rows

    def change(name: str, edit: Callable[[dict[str, str]], None]) -> None:
        def rows(asked: str) -> list[dict[str, str]]:
            found = true_rows(asked)
            for row in found if asked == name else []:
                edit(row)
            return found

        monkeypatch.setattr(read, "rows", rows)
        monkeypatch.setattr(read, "digest", lambda: f"other {name}")

    return change


def load_anew(session: Any) -> None:
    """Load although the files are those loaded last."""
    session.get(Mark, reference.MARK).value = "older files"
    reference.load()
    session.flush()


def count(session: Any, model: Any) -> int:
    return int(session.scalar(sa.select(sa.func.count()).select_from(model)))


def test_the_catalogue_is_there(session: Any) -> None:
    assert count(session, State) == 195
    assert count(session, Area) == count(session, AreaEdition) == 79
    assert count(session, Measure) == 47
    assert count(session, RatingLevel) == 7


def test_each_paragraph_of_1373_stands_in_its_natural_order(session: Any) -> None:
    labels = [paragraph.label for paragraph in session.get(Resolution, 1373).paragraphs]
    expected = [
        f"{number}({letter})" for number, run in (("1", "abcd"), ("2", "abcdefg"), ("3", "abcdefg")) for letter in run
    ]
    assert [label for label in labels if "(" in label] == expected
    assert labels[-3:] == ["4", "5", "6"]


def test_a_range_of_paragraphs_is_linked_paragraph_by_paragraph(session: Any) -> None:
    (edition,) = session.get(Area, "INT").editions
    assert [paragraph.label for paragraph in edition.paragraphs] == ["2(f)", "3(a)", "3(b)", "3(c)", "3(e)"]


def test_a_whole_resolution_is_the_paragraph_without_a_label(session: Any) -> None:
    (edition,) = session.get(Area, "INC-07").editions
    assert [(each.resolution_number, each.label) for each in edition.paragraphs] == [(2354, "")]


def test_measures_are_referred_to_by_plan_pillar_and_number(session: Any) -> None:
    plan = session.scalar(sa.select(Plan).filter_by(code="GCTS"))
    assert (plan.symbol, plan.adopted_on) == ("A/RES/60/288", date(2006, 9, 8))
    assert plan.measures[17].reference == "GCTS-II-10"


def test_a_name_holds_from_a_day_to_a_day(session: Any) -> None:
    names = session.scalars(
        sa.select(StateName).filter_by(state_id="MKD", language="en").order_by(StateName.valid_from)
    ).all()
    assert [(row.name, row.valid_to) for row in names] == [
        ("The former Yugoslav Republic of Macedonia", date(2019, 2, 12)),
        ("North Macedonia", None),
    ]


def test_the_same_files_are_not_read_again(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "rows", lambda name: pytest.fail(f"read {name}"))
    reference.load()


def test_loading_again_changes_nothing(session: Any) -> None:
    events = count(session, Event)
    load_anew(session)
    assert count(session, StateName) == 1222
    session.commit()
    assert count(session, Event) == events


def test_new_wording_of_an_area_is_a_new_edition(session: Any, change_rows: Any) -> None:
    def reworded(row: dict[str, str]) -> None:
        if row["code"] == "FIN-02":
            row.update(title="The financing offence", paragraph="1(b), 1(d)")

    change_rows("areas", reworded)
    with clock.at(datetime(2027, 3, 1, tzinfo=UTC)):
        reference.load()
    session.commit()
    area = session.get(Area, "FIN-02")
    session.refresh(area)
    assert area.current_edition == 2
    old, new = area.editions
    assert (old.title, old.valid_from) == ("Financing offence", None)
    assert (new.title, new.valid_from) == ("The financing offence", date(2027, 3, 1))
    assert [paragraph.label for paragraph in new.paragraphs] == ["1(b)", "1(d)"]
    event = session.scalars(sa.select(Event).order_by(Event.seq.desc())).first()
    assert event.kind == "reference.loaded"
    assert '"area_edition":1' in event.text


def test_an_area_that_people_reworded_is_not_put_back(session: Any) -> None:
    area = session.get(Area, "FIN-02")
    area.editions.append(AreaEdition(edition=2, title="In our words", description="", valid_from=None))
    area.current_edition = 2
    session.flush()
    load_anew(session)
    assert (area.current_edition, len(area.editions)) == (2, 2)


def test_labels_that_people_changed_stay(session: Any) -> None:
    session.get(RatingLevel, "largely").label = "Mostly in place"
    organisation = session.scalar(sa.select(Organisation).filter_by(acronym="WCO"))
    organisation.name = "World Customs Organization, Brussels"
    session.flush()
    load_anew(session)
    assert session.get(RatingLevel, "largely").label == "Mostly in place"
    assert organisation.name == "World Customs Organization, Brussels"


def test_a_state_that_changes_its_name_keeps_the_old_one_by_date(session: Any, change_rows: Any) -> None:
    def closed(row: dict[str, str]) -> None:
        if (row["state"], row["language"]) == ("FJI", "en"):
            row["valid_to"] = "2027-01-01"

    change_rows("state_names", closed)
    reference.load()
    session.flush()
    (name,) = session.scalars(sa.select(StateName).filter_by(state_id="FJI", language="en")).all()
    assert (name.name, name.valid_to) == ("Fiji", date(2027, 1, 1))


def test_codes_that_reports_write_unguarded_are_plain(session: Any) -> None:
    """No spreadsheet computes one and none needs quotes: the status report takes them as they are."""
    codes = [*session.scalars(sa.select(Area.code)), *session.scalars(sa.select(Paragraph.label).distinct())]
    assert len(codes) > 100
    assert [one for one in codes if not re.fullmatch(r"([0-9A-Za-z][0-9A-Za-z().-]*)?", one)] == []
