"""The reference files as they ship, and the reading of paragraph lists."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from tracker.reference import read

NAMES = read.rows("state_names")


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("1(a)", ["1(a)"]),
        ("2(a), 2(c), 2(d)", ["2(a)", "2(c)", "2(d)"]),
        ("2(f), 3(a)-(c), 3(e)", ["2(f)", "3(a)", "3(b)", "3(c)", "3(e)"]),
        ("2-6, 8, 9", ["2", "3", "4", "5", "6", "8", "9"]),
        ("9-11", ["9", "10", "11"]),
        ("13, 15", ["13", "15"]),
        ("", [""]),
        ("  ", [""]),
    ],
)
def test_a_list_of_paragraphs_is_spelled_out(text: str, labels: list[str]) -> None:
    assert read.paragraphs(text) == labels


@pytest.mark.parametrize("text", ["2(e", "a", "1,,2", "3(a)-5", "3-(c)", "6-2", "3(c)-(a)", "٣", "2(A)"])
def test_what_names_no_paragraph_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"paragraph|runs"):
        read.paragraphs(text)


def test_paragraphs_stand_in_their_natural_order() -> None:
    labels = ["10", "2(b)", "2", "", "3(a)", "2(a)", "9"]
    assert sorted(labels, key=read.position) == ["", "2", "2(a)", "2(b)", "3(a)", "9", "10"]


def test_a_label_that_is_none_has_no_position() -> None:
    with pytest.raises(ValueError, match="label"):
        read.position("3(a)-(c)")


def test_there_are_193_member_states_and_two_observers() -> None:
    rows = read.rows("states")
    assert Counter(row["kind"] for row in rows) == {"member": 193, "observer": 2}
    assert {row["iso3"] for row in rows if row["kind"] == "observer"} == {"VAT", "PSE"}
    for column, length in (("iso3", 3), ("iso2", 2), ("m49", 3), ("name", None)):
        assert len({row[column] for row in rows}) == 195
        assert length is None or {len(row[column]) for row in rows} == {length}


@pytest.mark.parametrize(
    ("iso3", "name"),
    [
        ("TZA", "United Republic of Tanzania"),
        ("KOR", "Republic of Korea"),
        ("TUR", "Türkiye"),
        ("CIV", "Côte d'Ivoire"),
        ("GBR", "United Kingdom of Great Britain and Northern Ireland"),
        ("PSE", "State of Palestine"),
        ("MKD", "North Macedonia"),
    ],
)
def test_states_bear_the_names_that_the_organization_uses(iso3: str, name: str) -> None:
    assert {row["iso3"]: row["name"] for row in read.rows("states")}[iso3] == name


def test_each_state_lies_in_a_subregion_of_its_region() -> None:
    parents = {row["code"]: row["parent"] for row in read.rows("regions")}
    for row in read.rows("states"):
        assert parents[row["subregion"]] == row["region"], row["iso3"]
        assert parents[row["region"]] == "", row["iso3"]


def test_regions_bear_names_in_the_six_languages() -> None:
    for row in read.rows("regions"):
        assert all(row[language] for language in read.LANGUAGES), row["code"]


@pytest.mark.parametrize(
    ("iso3", "day", "name"),
    [
        ("MKD", "2006-03-05", "The former Yugoslav Republic of Macedonia"),
        ("MKD", "2019-02-12", "North Macedonia"),
        ("TUR", "2007-01-01", "Turkey"),
        ("TUR", "2022-05-31", "Turkey"),
        ("TUR", "2022-06-01", "Türkiye"),
        ("SRB", "2005-06-01", "Serbia and Montenegro"),
        ("SRB", "2013-03-01", "Serbia"),
        ("SWZ", "2010-01-01", "Swaziland"),
        ("LBY", "2011-09-15", "Libyan Arab Jamahiriya"),
        ("NRU", "2026-06-25", "Nauru"),
        ("PAK", "2006-11-01", "Pakistan"),
    ],
)
def test_a_state_is_named_as_it_was_on_the_day(iso3: str, day: str, name: str) -> None:
    assert names_on(iso3, "en", date.fromisoformat(day)) == [name]


def test_each_state_has_exactly_one_name_today_in_each_language() -> None:
    today = date(2026, 11, 1)
    for state in read.rows("states"):
        for language in read.LANGUAGES:
            assert len(names_on(state["iso3"], language, today)) == 1, (state["iso3"], language)
        assert names_on(state["iso3"], "en", today) == [state["name"]]


def test_each_lettered_paragraph_of_resolution_1373_appears_at_sub_area_level() -> None:
    cited = {
        label
        for row in read.rows("areas")
        if row["parent_code"] and row["resolution"] == "S/RES/1373 (2001)"
        for label in read.paragraphs(row["paragraph"])
    }
    letters = [("1", "abcd"), ("2", "abcdefg"), ("3", "abcdefg")]
    assert cited == {f"{number}({letter})" for number, run in letters for letter in run} | {"4", "5", "6"}


def test_areas_stand_in_two_levels_under_known_resolutions() -> None:
    rows = read.rows("areas")
    tops = {row["code"] for row in rows if not row["parent_code"]}
    assert (len(tops), len(rows)) == (14, 79)
    assert {row["parent_code"] for row in rows if row["parent_code"]} == tops
    assert {row["resolution"] for row in rows} <= {row["symbol"] for row in read.rows("resolutions")}


@pytest.mark.parametrize(
    ("number", "adopted"),
    [("1373", "2001-09-28"), ("1624", "2005-09-14"), ("2178", "2014-09-24"), ("2396", "2017-12-21")],
)
def test_resolutions_carry_their_day_of_adoption(number: str, adopted: str) -> None:
    assert {row["number"]: row["adopted_on"] for row in read.rows("resolutions")}[number] == adopted


def test_the_year_in_a_symbol_is_the_year_of_adoption() -> None:
    for row in read.rows("resolutions"):
        assert row["symbol"] == f"S/RES/{row['number']} ({row['adopted_on'][:4]})"


def test_the_strategy_has_47_measures_in_four_pillars() -> None:
    pillars = Counter(row["pillar"] for row in read.rows("strategy_measures"))
    assert pillars == {"I": 8, "II": 18, "III": 13, "IV": 8}


def test_two_ratings_stand_beside_the_scale() -> None:
    rows = read.rows("ratings")
    assert [row["code"] for row in rows if row["on_scale"] == "yes"] == [
        "in_place",
        "largely",
        "partially",
        "marginally",
        "not_in_place",
    ]
    assert [row["code"] for row in rows if row["on_scale"] == "no"] == ["not_assessed", "not_applicable"]


def test_each_organisation_has_an_acronym_of_its_own() -> None:
    acronyms = [row["acronym"] for row in read.rows("organisations")]
    assert len(set(acronyms)) == len(acronyms) == 86


def names_on(iso3: str, language: str, day: date) -> list[str]:
    """The names that the file gives for the day."""
    return [
        row["name"]
        for row in NAMES
        if (row["state"], row["language"]) == (iso3, language)
        and (read.day(row["valid_from"]) or date.min) <= day < (read.day(row["valid_to"]) or date.max)
    ]
