"""The figures of the benchmark: what is made of measured times. The measuring itself is ``make bench``."""

from __future__ import annotations

import pytest

from tests.benchmarks import figures

HELLO = [0.001, 0.001, 0.009]


def page(name: str, cpu_multiple: float) -> dict[str, object]:
    return {"name": name, "cpu_multiple": cpu_multiple}


def test_a_median_is_the_middle_one_and_noise_at_an_end_does_not_move_it() -> None:
    assert figures.median([3, 1, 2]) == 2
    assert figures.median([1, 2, 3, 400]) == 2.5


def test_nothing_measured_has_no_median() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        figures.median([])


def test_a_ratio_says_how_many_times_the_other_it_is() -> None:
    assert figures.ratio(12, 4) == 3
    assert figures.ratio(1, 0) == float("inf")


@pytest.mark.parametrize(
    ("value", "target", "at_least", "met"),
    [
        (15, 15, False, True),
        (15.01, 15, False, False),
        (0.07, 0.07, True, True),
        (0.069, 0.07, True, False),
        (1, None, False, None),
    ],
)
def test_a_target_is_met_at_the_bound_itself(
    value: float, target: float | None, at_least: bool, met: bool | None
) -> None:
    assert figures.verdict(value, target, at_least) is met


def test_a_page_is_judged_by_the_medians_of_its_rounds_beside_hellos_of_the_same_rounds() -> None:
    calm, noisy = (HELLO, [0.010, 0.011, 0.012]), (HELLO, [0.2, 0.2, 0.2])
    result = figures.page_result("List", 12, [calm, noisy, calm])
    assert (result["ms"], result["hello_ms"], result["multiple"], result["met"]) == (11.0, 1.0, 11.0, True)
    assert result["worst_round"] == 200.0


def test_a_page_above_its_target_does_not_meet_it() -> None:
    assert figures.page_result("List", 10, [(HELLO, [0.011])])["met"] is False


def test_what_could_not_be_measured_is_not_judged() -> None:
    assert figures.check("sqlite3", None, "rows/s", 0.5, at_least=True)["met"] is None


def test_a_check_may_ask_for_no_less() -> None:
    assert figures.check("CSV", 0.6, "of its speed", 0.5, at_least=True)["met"] is True
    assert figures.check("memory", 9, "MB", 8)["met"] is False


def test_the_tally_counts_only_what_has_a_target() -> None:
    assert figures.tally([{"met": True}, {"met": None}, {"met": False}]) == (1, 2)


def test_a_table_stands_in_columns_and_says_what_is_missing_and_what_fails() -> None:
    shown = figures.table(("page", "ms", "met"), [("List", 1234.5, True), ("Member State", None, False)])
    assert shown.splitlines() == [
        "page                ms  met",
        "------------  --------  ---",
        "List          1,234.50  yes",
        "Member State         –   NO",
    ]


def test_the_table_of_checks_shows_which_way_the_bound_lies() -> None:
    shown = figures.checks_table([figures.check("CSV", 0.6, "of it", 0.5, at_least=True)])
    assert "≥ 0.5" in shown.splitlines()[-1]


def test_growth_compares_cpu_as_multiples_of_hello_page_by_page() -> None:
    small = {"pages": [page("List", 10.0), page("Search", 8.0), page("Only there", 1.0)]}
    large = {"pages": [page("List", 15.0), page("Search", 12.1), page("New", 3.0)]}
    grown = figures.growth(small, large)
    assert [(one["name"], one["growth"], one["met"]) for one in grown] == [("List", 1.5, True), ("Search", 1.51, False)]
    assert "List" in figures.growth_table(grown)
