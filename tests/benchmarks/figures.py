"""What is made of measured times: medians, multiples, verdicts, tables, and growth between two runs. Pure functions."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

MOST_GROWTH = 1.5
"""What a page's CPU time may be at ten times the rows, as a multiple of what it was."""

Result = dict[str, Any]


def median(values: Sequence[float]) -> float:
    """The middle one; raises ValueError where there is none."""
    if not values:
        raise ValueError("nothing was measured")
    return float(statistics.median(values))


def ratio(ours: float, theirs: float) -> float:
    """How many times ``theirs`` ours is; infinite beside nothing."""
    return ours / theirs if theirs else float("inf")


def verdict(value: float, target: float | None, at_least: bool = False) -> bool | None:
    """Whether the target is met; None where there is none."""
    if target is None:
        return None
    return value >= target if at_least else value <= target


def page_result(name: str, target: float | None, rounds: Sequence[tuple[Sequence[float], Sequence[float]]]) -> Result:
    """A page's figures from its rounds, each the seconds of hello's requests and of the page's between them."""
    hello = median([median(pair[0]) for pair in rounds])
    page = median([median(pair[1]) for pair in rounds])
    multiple = ratio(page, hello)
    return {
        "name": name,
        "ms": round(page * 1000, 3),
        "hello_ms": round(hello * 1000, 3),
        "multiple": round(multiple, 2),
        "target": target,
        "met": verdict(multiple, target),
        "worst_round": round(max(ratio(median(ours), median(theirs)) for theirs, ours in rounds), 2),
    }


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns as wide as they must be: the first to the left, the others to the right."""
    written = [[_cell(value) for value in row] for row in (headings, *rows)]
    widths = [max(len(row[column]) for row in written) for column in range(len(headings))]
    lines = ["  ".join(_placed(row[at], widths[at], at) for at in range(len(headings))).rstrip() for row in written]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _placed(text: str, width: int, column: int) -> str:
    return text.rjust(width) if column else text.ljust(width)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def pages_table(results: Sequence[Mapping[str, Any]]) -> str:
    """What each page took where it was made, what it may take, and what it took where it was asked for again."""
    names = ("name", "ms", "multiple", "target", "met", "cpu_ms", "cpu_multiple", "again_ms", "again_multiple")
    headings = ("page", "ms", "× hello", "target", "met", "CPU ms", "CPU × hello", "again ms", "again × hello")
    return table(headings, [[one.get(name) for name in names] for one in results])


def checks_table(results: Sequence[Mapping[str, Any]]) -> str:
    """Figures that are not a page's time: requests and rows per second, memory."""
    rows = [(one["name"], one["value"], one["unit"], _bound(one), one["met"]) for one in results]
    return table(("what", "value", "", "target", "met"), rows)


def check(name: str, value: float | None, unit: str, target: float | None, *, at_least: bool = False) -> Result:
    """One such figure; not judged where it could not be measured."""
    met = None if value is None else verdict(value, target, at_least)
    rounded = None if value is None else round(float(value), 4)
    return {"name": name, "value": rounded, "unit": unit, "target": target, "at_least": at_least, "met": met}


def _bound(one: Mapping[str, Any]) -> str | None:
    return None if one["target"] is None else f"{'≥' if one['at_least'] else '≤'} {one['target']:g}"


def tally(results: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """How many of the results with a target meet it, and how many there are."""
    judged = [one["met"] for one in results if one["met"] is not None]
    return sum(judged), len(judged)


def growth(small: Mapping[str, Any], large: Mapping[str, Any]) -> list[Result]:
    """For each page that both runs measured: its CPU time in the second run as a multiple of that in the first.

    CPU time counts as a multiple of hello's in the same run, so that runs on different days can be compared.
    """
    before = {one["name"]: one["cpu_multiple"] for one in small["pages"]}
    grown = []
    for one in large["pages"]:
        if one["name"] in before:
            times = ratio(one["cpu_multiple"], before[one["name"]])
            grown.append(
                {
                    "name": one["name"],
                    "before": before[one["name"]],
                    "after": one["cpu_multiple"],
                    "growth": round(times, 2),
                    "met": verdict(times, MOST_GROWTH),
                }
            )
    return grown


def growth_table(grown: Sequence[Mapping[str, Any]]) -> str:
    """The growth of each page."""
    rows = [(one["name"], one["before"], one["after"], one["growth"], one["met"]) for one in grown]
    return table(("page", "CPU × hello before", "after", "growth", "met"), rows)
