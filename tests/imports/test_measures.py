"""Measures from CSV: every fault by row and column, all or nothing, nothing the second time."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from tests.factories import AccountFactory
from tests.services.test_plans import made, ordered
from tracker.errors import Invalid
from tracker.imports import measures as imports
from tracker.models import RegionRule, Role
from tracker.partial_date import PartialDate
from tracker.reports import plans as report
from tracker.services import measures

FILE = """\
pillar,number,text,lead_body,partners,deadline,indicator,strategy_measures
ii,3,"Watch the passes,
together",UNRCCA,UNODC,2013-06,A post at each pass,GCTS-II-10;gcts-ii-12
IV,,Respect the law,,,,,
I,,'=Listen,,,2014,,
"""


@pytest.fixture
def coordinator(session: Any) -> Any:
    return AccountFactory(role=Role.COORDINATOR)


@pytest.fixture
def plan(coordinator: Any) -> Any:
    return made(coordinator)


def faults(plan: Any, content: str) -> list[tuple[int, str]]:
    return [(fault.row, fault.column) for fault in imports.check(plan, content).faults]


def loaded(plan: Any, content: str, by: Any) -> int:
    return imports.load(plan, imports.check(plan, content), by=by)


def test_a_file_becomes_measures_and_nothing_the_second_time(session: Any, plan: Any, coordinator: Any) -> None:
    assert loaded(plan, FILE, coordinator) == 3
    session.commit()
    assert [one.reference for one in plan.measures] == ["CX-2011-M03", "CX-2011-M01", "CX-2011-M02"]
    first, _second, third = plan.measures
    assert (first.pillar, first.text, first.deadline) == ("II", "Watch the passes,\ntogether", PartialDate(2013, 6))
    assert (first.lead_body, first.partners, first.indicator) == ("UNRCCA", "UNODC", "A post at each pass")
    assert len(first.carries) == 2 and len(first.cells) == 4
    assert third.text == "=Listen", "the guard of our own files is taken off"
    assert loaded(plan, FILE, coordinator) == 0
    session.commit()
    assert len(plan.measures) == 3


def test_a_byte_order_mark_tabs_and_blank_lines_are_no_matter(session: Any, plan: Any, coordinator: Any) -> None:
    text = imports.decoded(BytesIO(b"\xef\xbb\xbftext\tpillar\r\n\r\nListen\tI\r\n"))
    assert loaded(plan, text, coordinator) == 1
    assert loaded(plan, "\ufeffPillar , TEXT\nI,Listen\n,\n", coordinator) == 0


def test_every_fault_is_told_by_row_and_column(session: Any, plan: Any) -> None:
    wrong = (
        "pillar,number,text,lead_body,deadline,strategy_measures\n"
        "V,x,,two\u202elines,soon,GCTS-IX-1\n"
        "I,1,Fine,,2020,\n"
        "I,1,Fine as well,,2020-02-30,GCTS-II-10\n"
        "II,0,a,b,2020,,too many\n"
    )
    assert faults(plan, wrong) == [
        (2, "text"),
        (2, "lead_body"),
        (2, "pillar"),
        (2, "number"),
        (2, "deadline"),
        (2, "strategy_measures"),
        (4, "deadline"),
        (4, "number"),
        (5, ""),
        (5, "number"),
    ]


def test_what_stands_twice_is_told_beside_other_faults(session: Any, plan: Any) -> None:
    rows = "I,5,One,\nV,5,Two,\nII,5,,\nII,,Said twice,soon\nII,,Said twice,\nV,,,\nV,,,\n"
    checked = imports.check(plan, "pillar,number,text,deadline\n" + rows)
    said = [(fault.row, fault.column) for fault in checked.faults if fault.message.startswith("The same as in row")]
    assert said == [(3, "number"), (4, "number"), (6, "text")]
    strategy = imports.check(report.load("GCTS"), "pillar,number,text\nV,50,One\nV,50,Two\nI,50,x\nI,50,\n")
    assert [(fault.row, fault.column) for fault in strategy.faults] == [
        *((2, "pillar"), (3, "pillar")),
        *((5, "text"), (5, "number")),
    ]


def test_a_fault_says_what_to_do(session: Any, plan: Any) -> None:
    content = "pillar,text,rule,named_states\n,,all,\nI,One,named,\nI,Two,all,KAZ\n"
    assert [fault.message for fault in imports.check(plan, content).faults] == [
        "Enter the text of the measure.",
        "Enter the pillar: I, II, III or IV.",
        "The rule “named” needs the Member States that count: write their codes here, such as KAZ; KGZ, or write "
        "another rule.",
        "Member States count here only with the rule “named”: write named as the rule, or leave this cell empty.",
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", [(1, "")]),
        ("\n\n", [(1, "")]),
        ("pillar,text\n", [(1, "")]),
        ("pillar,wording\nI,x\n", [(1, "wording"), (1, "text")]),
        ("pillar,text,text\nI,x,y\n", [(1, "text")]),
        ('pillar,text\nI,"left open\n', [(1, "")]),
        ("pillar,text\nI,same\nI,same\n", [(3, "text")]),
        ("pillar,number,text\nI,1,one\nII,1,two\n", [(3, "number")]),
        ("pillar,text\n" + "I,x\n" * 1001, [(1, "")]),
        ("pillar,text\nI," + "x" * 10_001, [(2, "text")]),
        ("x" * 200_000, [(1, "")]),
        ("pillar,text\nI,a\0b\n", [(2, "text")]),
        ("pillar,number,text\nI,²,x\n", [(2, "number")]),
    ],
)
def test_a_file_that_is_none_is_said_to_be(session: Any, plan: Any, content: str, expected: Any) -> None:
    assert faults(plan, content) == expected


def test_what_contradicts_the_plan_is_a_fault_at_its_column(session: Any, plan: Any, coordinator: Any) -> None:
    measures.create(plan, measures.Wording("Watch the passes", "II", lead_body="UNRCCA"), by=coordinator)
    session.commit()
    wrong = "pillar,number,text,lead_body\nIII,1,Watch the passes,UNODC\n"
    assert faults(plan, wrong) == [(2, "pillar"), (2, "lead_body")]
    assert faults(plan, "pillar,number,text,lead_body\nII,1,Watch the passes,UNRCCA\n") == []


def test_a_column_that_is_absent_says_nothing_and_an_empty_cell_does(session: Any, plan: Any, coordinator: Any) -> None:
    strategy = next(key for key, reference, _text, _pillar in report.strategy_choices() if reference == "GCTS-II-10")
    told = measures.Wording(
        "Watch the passes",
        "II",
        lead_body="UNRCCA",
        partners="UNODC",
        deadline=PartialDate(2013, 6),
        indicator="A post at each pass",
        carries=[strategy],
    )
    measures.create(plan, told, by=coordinator)
    session.commit()
    for numbered in ("pillar,number,text\nII,1,Watch the passes\n", "pillar,text\nII,Watch the passes\n"):
        checked = imports.check(plan, numbered)
        assert checked.faults == [] and [row.is_there for row in checked.rows] == [True]
    optional = ("lead_body", "partners", "deadline", "indicator", "strategy_measures")
    for column in optional:
        assert faults(plan, f"pillar,number,text,{column}\nII,1,Watch the passes,\n") == [(2, column)]


def test_a_file_with_a_fault_loads_nothing(session: Any, plan: Any, coordinator: Any) -> None:
    with pytest.raises(Invalid):
        loaded(plan, "pillar,text\nI,fine\nV,wrong\n", coordinator)
    assert ordered(plan) == []


def test_a_plan_that_was_edited_since_says_so_at_loading(session: Any, plan: Any, coordinator: Any) -> None:
    checked = imports.check(plan, "pillar,number,text\nI,1,fine\n")
    measures.create(plan, measures.Wording("Another", "I"), by=coordinator)
    with pytest.raises(Invalid):
        imports.load(plan, checked, by=coordinator)


def test_the_strategy_numbers_within_each_pillar(session: Any, coordinator: Any) -> None:
    strategy = report.load("GCTS")
    checked = imports.check(strategy, "pillar,text,strategy_measures\nII,x,\nI,y,\nII,z,\n")
    assert [row.reference for row in checked.new] == ["GCTS-II-19", "GCTS-I-9", "GCTS-II-20"]
    assert faults(strategy, "pillar,text,strategy_measures\nII,x,GCTS-II-1\n") == [(2, "strategy_measures")]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"caf\xe9", b"\x89PNG\r\n\x1a\n\x00", b"x" * (500 * 1024 + 1)])
def test_a_file_that_is_no_text_or_too_much_is_refused(content: bytes, app: Any) -> None:
    with app.test_request_context(), pytest.raises(Invalid) as refused:
        imports.decoded(BytesIO(content))
    assert refused.value.field == "file"


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_header_tells_what_divides_the_columns(session: Any, plan: Any, mark: str) -> None:
    rows = [["pillar", "text", "strategy_measures", "number"], ["II", "Watch", '"GCTS-II-10; GCTS-II-12"', "7"]]
    checked = imports.check(plan, "\n".join(mark.join(row) for row in rows))
    assert [(fault.column, fault.message) for fault in checked.faults] == []
    assert [(row.wording.text, row.number, len(row.wording.carries)) for row in checked.rows] == [("Watch", 7, 2)]


def test_a_number_that_is_given_pushes_no_other_along(session: Any, plan: Any) -> None:
    content = "pillar,number,text\nII,20,One\nII,,Two\nII,2,Three\nII,,Four\n"
    assert [row.number for row in imports.check(plan, content).rows] == [20, 1, 2, 3]


def test_rule_and_whose_words_it_is_are_columns(session: Any, plan: Any, coordinator: Any) -> None:
    names = "pillar,text,wording_note,rule,named_states\n"
    content = names + "II,One,of the agenda,named,kaz; KGZ\nII,Two,,majority,\nII,Three,,,\n"
    assert loaded(plan, content, coordinator) == 3
    first = plan.measures[0]
    assert (first.wording_note, first.rule, [one.state_id for one in first.named_states]) == (
        "of the agenda",
        RegionRule.NAMED,
        ["KAZ", "KGZ"],
    )
    assert [one.rule for one in plan.measures[1:]] == [RegionRule.MAJORITY, RegionRule.ALL]
    assert loaded(plan, content, coordinator) == 0
    wrong = "II,Four,,some,\nII,Five,,named,\nII,Six,,all,KAZ\nII,Seven,,named,PAK\nII,One,,named,KAZ\n"
    assert faults(plan, names + wrong) == [
        *((2, "rule"), (3, "named_states"), (4, "named_states"), (5, "named_states")),
        *((6, "wording_note"), (6, "named_states")),
    ]


def test_the_file_to_start_from_brings_no_measure(session: Any, plan: Any) -> None:
    for one in (plan, report.load("GCTS")):
        checked = imports.check(one, "\n".join(",".join(row) for row in imports.template(one)))
        assert [fault.message for fault in checked.faults] == ["There is no row under the names of the columns."]
        assert checked.rows == []


def test_the_example_on_the_page_can_be_loaded(session: Any, plan: Any) -> None:
    for one in (plan, report.load("GCTS")):
        example = imports.example(one)
        checked = imports.check(one, ",".join(example) + "\n" + ",".join(example.values()))
        assert (checked.faults, len(checked.new)) == ([], 1)


def test_a_header_without_end_is_one_fault(session: Any, plan: Any) -> None:
    assert faults(plan, ",".join(f"x{number}" for number in range(20_000)) + "\n") == [(1, "")]


def test_only_the_first_faults_are_listed(session: Any, plan: Any) -> None:
    checked = imports.check(plan, "pillar,text\n" + "V,\n" * imports.MOST_ROWS)
    assert (len(checked.faults), len(checked.listed)) == (2 * imports.MOST_ROWS, imports.MOST_FAULTS)


def test_a_file_brings_what_can_be_loaded_at_once(
    session: Any, plan: Any, coordinator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "MOST_CELLS", 8)  # the plan has four Member States
    rows = [f"I,Measure {number}\n" for number in range(3)]
    assert [fault.message for fault in imports.check(plan, "pillar,text\n" + "".join(rows)).faults] == [
        "More than 2 new measures for so many Member States. Load them in parts."
    ]
    assert loaded(plan, "pillar,text\n" + "".join(rows[:2]), coordinator) == 2


def test_an_apostrophe_of_theirs_stays(session: Any, plan: Any, coordinator: Any) -> None:
    assert loaded(plan, "pillar,text\nI,'Tis the season\nI,''Tis guarded\n", coordinator) == 2
    assert [one.text for one in plan.measures] == ["'Tis the season", "'Tis guarded"]


def test_a_plan_holds_as_many_as_can_be_put_in_order(
    session: Any, plan: Any, coordinator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measures, "MOST_OF_A_PLAN", 1)
    measures.create(plan, measures.Wording("The first", "I"), by=coordinator)
    with pytest.raises(Invalid, match="at most 1 measures"):
        measures.create(plan, measures.Wording("The second", "I"), by=coordinator)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["77,Watch the passes"], [(2, "text")]),
        (["77,The same", "78,The same"], [(3, "text")]),
        (["77,The same", ",The same"], [(3, "text")]),
        ([",The same", "77,The same"], [(3, "text")]),
        (["1,Watch the passes", ",Watch the passes"], [(3, "text")]),
        (["1,Watch the passes", "77,Watch the passes"], [(3, "text")]),
        (["1,Watch the passes", "77,The same"], []),
    ],
)
def test_a_text_stands_once_under_a_pillar_whatever_its_number(
    session: Any, plan: Any, coordinator: Any, rows: list[str], expected: Any
) -> None:
    measures.create(plan, measures.Wording("Watch the passes", "II"), by=coordinator)
    session.commit()
    content = "pillar,number,text\n" + "".join(f"II,{row}\n" for row in rows)
    assert faults(plan, content) == expected
    if not expected:
        assert loaded(plan, content, coordinator) == 1
    assert faults(plan, "pillar,number,text\nIII,79,Watch the passes\n") == []


def test_a_retired_text_may_be_said_again_and_both_are_known(session: Any, plan: Any, coordinator: Any) -> None:
    old = measures.create(plan, measures.Wording("Watch the passes", "II"), by=coordinator)
    measures.retire(old, "Merged", by=coordinator)
    content = "pillar,number,text\nII,1,Watch the passes\nII,2,Watch the passes\n"
    assert loaded(plan, content, coordinator) == 1
    assert loaded(plan, content, coordinator) == 0


def test_more_than_a_plan_holds_is_told_at_the_row(
    session: Any, plan: Any, coordinator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    measures.retire(measures.create(plan, measures.Wording("The first", "I"), by=coordinator), "x", by=coordinator)
    monkeypatch.setattr(measures, "MOST_OF_A_PLAN", 2)
    content = "pillar,number,text\nI,1,The first\nI,,The second\nI,,The third\nI,,The fourth\n"
    (fault,) = imports.check(plan, content).faults
    assert (fault.row, fault.column) == (4, "")
    assert fault.message.startswith("A plan holds at most 2 measures")
    assert loaded(plan, "\n".join(content.splitlines()[:3]), coordinator) == 1
