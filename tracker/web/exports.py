"""Files that leave the house: streamed from the same question as the page, and logged (R17, R32).

The question is in the log before the first byte; the rows and the SHA-256 of what left follow at the end, also when
the reader went away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from flask import Flask, Response, current_app, request
from flask_login import current_user

from tracker import clock, history
from tracker.errors import TrackerError
from tracker.extensions import db
from tracker.models import Account, Category, Outcome
from tracker.reports import csv_file
from tracker.reports.listing import Args, Columns, Listing
from tracker.reports.streams import Told

Condition = Any


def csv_response(
    name: str,
    header: Sequence[str],
    listing: Listing,
    args: Any,
    scope: Condition,
    row_of: Callable[[Any], Sequence[Any]] | None = None,
    *,
    told: Told | None = None,
    base: Columns | None = None,
    note: dict[str, Any] | None = None,
    bom: bool = True,
) -> Response:
    """The rows that ``args`` ask of ``listing``, as ``<name>-<day>-<count>.csv``, an attachment. The count is that of
    the rows in the file, also when others write meanwhile.

    ``base`` selects other columns than the list's own. ``row_of`` makes a row of the file from each, or ``told`` those
    of a chunk at once; without either they are the file's, and the database writes the lines. ``note`` stands in the
    log beside the question.
    """
    question = listing.read(args)
    if question.problems:
        raise TrackerError(" ".join(f"{problem.name}: {problem.message}." for problem in question.problems))
    if request.method == "HEAD":  # nothing leaves, so there is nothing to log
        return Response(headers=_named(name, listing.count(args, scope)), mimetype="text/csv")
    db.session.rollback()  # gives its connection back: the rows are read on one of their own
    as_lines = row_of is None and told is None
    total, chunks = listing.counted(question, scope, base=base, as_lines=as_lines, told=told)
    if as_lines:
        content = csv_file.joined(header, chunks, bom)
    else:
        begun = chain([next(chunks, [])], chunks)  # nothing leaves before: what cannot be read is still an error's page
        content = csv_file.lines(_rows(header, begun, row_of or (lambda row: row)), bom)
    details = {"question": _plain(question.args), "sort": question.sort, **(note or {})}
    return _logged(name, total, content, details)


def rows_response(name: str, header: Sequence[str], rows: Sequence[Sequence[Any]], args: Args, bom: bool) -> Response:
    """Rows that are at hand, as a file like any other; ``args`` are the question that they answer."""
    if request.method == "HEAD":
        return Response(headers=_named(name, len(rows)), mimetype="text/csv")
    return _logged(name, len(rows), csv_file.lines([header, *rows], bom), {"question": _plain(args)})


def _logged(name: str, total: int, content: Iterator[csv_file.Part], details: dict[str, Any]) -> Response:
    """The answer that streams the file, its question in the log before the first byte."""
    noted = {"report": name, **details, "rows": total}
    history.record_alone("export.started", by=_me(), outcome=Outcome.DONE, category=Category.FILE, details=noted)
    app, account_id, request_id = current_app._get_current_object(), history.account_id(_me()), history.request_id()  # type: ignore[attr-defined]  # a proxy's
    return Response(
        csv_file.logged(content, lambda tally: _log_end(app, account_id, request_id, name, tally)),
        headers=_named(name, total),
        mimetype="text/csv",
    )


def shown(value: object) -> str:
    """A cell as the file writes it, without the guard against formulas: for a preview."""
    written = csv_file.cell(value)
    return csv_file.unguard(written) if isinstance(written, str) else "" if written is None else str(written)


def _named(name: str, total: int) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}-{clock.today().isoformat()}-{total}.csv"'}


def _rows(
    header: Sequence[str], chunks: Iterable[Sequence[Any]], row_of: Callable[[Any], Sequence[Any]]
) -> Iterator[Sequence[Any]]:
    yield header
    for chunk in chunks:
        for row in chunk:
            yield row_of(row)


def _me() -> Account:
    return current_user._get_current_object()  # type: ignore[no-any-return]  # a proxy of Flask-Login's


def _plain(args: Args) -> dict[str, list[str]]:
    return {name: list(values) for name, values in sorted(args.items())}


def _log_end(app: Flask, account_id: int, request_id: str, name: str, tally: csv_file.Tally) -> None:
    """The closing entry: after the request is gone, hence in a context of its own."""
    with app.app_context():
        history.record_alone(
            "export.ended",
            by=db.session.get(Account, account_id),
            outcome=Outcome.DONE if tally.is_complete else Outcome.FAILED,
            category=Category.FILE,
            details={"report": name, "rows": tally.rows, "sha256": tally.sha256, "request": request_id},
        )
