"""The board of a plan, and the shares and statuses that stand on the pages of plans and measures."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.errors import TrackerError
from tracker.models import MeasureStatus, Plan
from tracker.policy import Permission
from tracker.reports import area_pillars, boards, catalogue, plans
from tracker.reports.boards import Board, Column, Question
from tracker.reports.listing import address, without
from tracker.texts import gettext as _
from tracker.texts import ngettext
from tracker.web.board_cells import rows, section_rows
from tracker.web.exports import rows_response
from tracker.web.presentation import areas_map_href, number
from tracker.web.words import words

blueprint = Blueprint("boards", __name__)


@blueprint.get("/plans/<code>/board")
def index(code: str) -> ResponseReturnValue:
    """The measures of the plan by participating States, as the address narrows them."""
    plan = plans.load(code)
    question = boards.asked(request.args)
    found = boards.board(plan, policy.reach(current_user), question)
    path = url_for("boards.index", code=plan.code)
    shown = () if found.sections else found.rows
    by_pillar = [(pillar, list(own)) for pillar, own in groupby(shown, key=lambda row: row.pillar)]
    return render_template(
        "boards/index.html",
        plan=plan,
        board=found,
        question=question,
        path=path,
        sentence=_sentence(plan, found),
        by_pillar=by_pillar,
        pillar_titles=plans.PILLARS,
        row_of=rows(plan, found, policy.reach(current_user, Permission.CELL_EDIT), question.args),
        section_of=section_rows(plan, found, _opening(question, path)),
        whole_href=address(path, question.args | {"measures": [boards.ALL]}),
        tags=_tags(question, path),
        choices=_choices(found),
        opens={column.code: address(path, question.args | {"region": [column.code]}) for column in found.columns},
        switch_href=_switched(question, path),
        export_href=address(url_for("boards.export", code=plan.code), question.args),
        unmapped=area_pillars.unmapped(found.empty_pillars()),
        map_href=areas_map_href(),
        may_export=policy.can(current_user, Permission.REPORT_RUN),
    )


@blueprint.get("/plans/<code>/board.csv")
def export(code: str) -> Response:
    """The board as a file: the same rows, columns and numbers."""
    plan = plans.load(code)
    question = boards.asked(request.args)
    if question.problems:
        raise TrackerError(" ".join(f"{problem}." for problem in question.problems))
    found = boards.board(plan, policy.reach(current_user), question)
    told = question.args | {"plan": [plan.code]}
    header, lines = boards.header(found), list(boards.lines(found))
    return rows_response("plan-board", header, lines, told, request.args.get("bom") != "0")


def _sentence(plan: Plan, found: Board) -> str:
    """What stands on the page, in one line."""
    measures = ngettext("%(n)s measure", "%(n)s measures", len(found.rows), n=number(len(found.rows)))
    count = len(found.columns)
    if all(column.is_state for column in found.columns):
        across = ngettext("%(n)s Member State", "%(n)s Member States", count, n=number(count))
    else:
        across = ngettext("%(n)s region", "%(n)s regions", count, n=number(count))
    return _("%(measures)s of %(plan)s by %(across)s", measures=measures, plan=plan.code, across=across)


def _tags(question: Question, path: str) -> list[tuple[str, str]]:
    """What the board is narrowed by, each with the address without it."""
    said: dict[str, Any] = {
        "region": (_("Region"), lambda value: _region_name(value)),
        "pillar": (_("Pillar"), str),
        "status": (_("Status"), lambda value: words(MeasureStatus(value))),
        "computed": (_("Computed status"), lambda value: words(MeasureStatus(value))),
        "unsigned": (_("Including unsigned"), None),
        "measures": (_("All measures"), None),
    }
    tags = []
    for name, (value,) in question.args.items():
        label, say = said[name]
        try:
            shown = label if say is None else _("%(label)s: %(value)s", label=label, value=say(value))
        except ValueError:
            shown = _("%(label)s: %(value)s", label=label, value=value[:60])
        tags.append((shown, address(path, without(question.args, name))))
    return tags


def _opening(question: Question, path: str) -> Callable[[str, Column | None], str]:
    """The address of a pillar's measures: in all columns, or in those of a region."""

    def href(pillar: str, column: Column | None) -> str:
        region = {"region": [column.code]} if column and not column.is_state else {}
        return address(path, question.args | {"pillar": [pillar]} | region)

    return href


def _region_name(code: str) -> str:
    known = catalogue.regions().get(code)
    return known.name if known else code[:60]


def _switched(question: Question, path: str) -> str:
    """The same question with what is not signed, or without it."""
    if question.signed_only:
        return address(path, question.args | {"unsigned": ["1"]})
    return address(path, without(question.args, "unsigned"))


def _choices(found: Board) -> dict[str, list[tuple[str, Any]]]:
    regions = catalogue.regions()
    return {
        "pillar": [("", _("All")), *((one, f"{one}. {title}") for one, title in plans.PILLARS.items())],
        "status": [("", _("All")), *((one.value, words(one)) for one in MeasureStatus)],
        "region": [
            ("", _("All")),
            *(
                (code, f"– {regions[code].name}" if regions[code].parent_code else regions[code].name)
                for code in found.regions
            ),
        ],
        "unsigned": [("", _("Signed only")), ("1", _("Including unsigned"))],
    }
