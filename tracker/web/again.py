"""A page that is asked for again is not made again while all that was read for it is as it was.

Whoever goes from a list to a record and back, or asks again what has changed, gets the page that was made before, once
the database has been asked every question of it anew and has answered each with the same rows (``tape``). A page
follows from the address, the session and these rows; so no rule is needed that says when it ceases to be true. What
each page has of its own, such as the key of a form, is minted for each answer.

A process keeps the last few pages of all its readers, each for one session, in memory and nowhere else. Who asks is
checked before, as for every page.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import wraps
from hashlib import sha256
from threading import Lock
from typing import Any

from flask import Flask, Response, current_app, g, make_response, request
from flask_wtf.csrf import generate_csrf

from tracker import clock, tape
from tracker.extensions import db
from tracker.tape import Asked, Minted, Tape
from tracker.web import sessions

ENDPOINTS = (
    "areas.index",
    "areas.show",
    "assessments.index",
    "boards.index",
    "conclusions.index",
    "conclusions.page",
    "coverage.index",
    "followups.index",
    "followups.page",
    "gaps.index",
    "gaps.show",
    "home.index",
    "home.rows",
    "inbox.index",
    "measures.show",
    "meetings.index",
    "meetings.show",
    "plans.index",
    "plans.show",
    "reports.status_preview",
    "resolutions.index",
    "resolutions.show",
    "review.index",
    "review.item",
    "search.index",
    "states.index",
    "states.show",
    "trace.show",
    "visits.index",
    "visits.show",
)
"""The pages that people read and come back to."""
LARGEST = 300_000  # bytes

View = Callable[..., Any]


class Page:
    """A page that was made, what it rests on, and where in it stands what is minted for each answer."""

    def __init__(self, response: Response, taken: Tape, known: int, minted: Iterable[Minted]) -> None:
        self.status, self.headers = response.status_code, list(response.headers)
        self.minted = {one.mark.encode(): one.make for one in minted}
        self.pieces = [response.get_data()]
        for mark in self.minted:
            self.pieces = [part for piece in self.pieces for part in _around(piece, mark)]
        self.before, self.asked = _digest(taken.asked[:known]), taken.asked[known:]

    def holds(self, before: list[Asked]) -> bool:
        """Whether all that was read for the page, before its view and in it, is as it was."""
        if _digest(before) != self.before:
            return False
        connection = db.session.connection()
        cursor = connection.connection.cursor()
        try:
            return all(asked.still_holds(cursor) for asked in self.asked)
        except connection.dialect.loaded_dbapi.Error:  # the driver's own: the page is made, and says what is wrong
            db.session.rollback()  # PostgreSQL answers nothing more in a transaction that failed
            return False
        finally:
            cursor.close()

    def answer(self) -> Response:
        """The page with all that is minted for this answer."""
        fresh = {mark: make().encode() for mark, make in self.minted.items()}
        body = b"".join([fresh.get(piece, piece) for piece in self.pieces])
        return Response(body, self.status, self.headers)


def _digest(asked: list[Asked]) -> bytes:
    """What was read before the view, by which it is known again: the account with what must not be kept."""
    return sha256("".join([one.said for one in asked]).encode(errors="surrogatepass")).digest()


def _around(piece: bytes, mark: bytes) -> Iterator[bytes]:
    """The piece, cut at each mark, with the marks as pieces of their own."""
    first, *others = piece.split(mark)
    yield first
    for part in others:
        yield mark
        yield part


def init_again(app: Flask) -> None:
    """Keep the pages of ``app`` that are asked for again; before anything reads."""
    app.extensions["tracker_pages"] = OrderedDict()
    app.before_request(_listen)
    app.teardown_request(_listen_no_more)


def wrap(app: Flask) -> None:
    """Put the pages' views behind what was kept of them."""
    for endpoint in ENDPOINTS:
        app.view_functions[endpoint] = _again(app.view_functions[endpoint])


def _listen() -> None:
    keeps = current_app.config["PAGES_KEPT"] and request.method == "GET" and request.endpoint in ENDPOINTS
    tape.use(Tape() if keeps else None)


def _listen_no_more(_error: BaseException | None) -> None:
    tape.use(None)


def _again(view: View) -> View:
    @wraps(view)
    def answer(**given: Any) -> Any:
        taken = tape.current()
        if taken is None:
            return view(**given)
        key = _key()
        kept = _pages().get(key)
        if kept is not None:
            tape.use(None)
            if kept.holds(taken.asked):
                _keep(key, kept)
                return kept.answer()
            tape.use(taken)
        return _made(view, given, key, taken)

    return answer


def _made(view: View, given: dict[str, Any], key: Hashable, taken: Tape) -> Response:
    """The page made anew, and kept where it rests on nothing but what was read."""
    known, taken.is_spoiled, taken.is_making = len(taken.asked), False, True
    try:
        response = make_response(view(**given))
    finally:
        tape.use(None)
    minted = [*taken.minted, *([Minted(g.csrf_token, generate_csrf)] if "csrf_token" in g else [])]
    page = Page(response, taken, known, minted)
    if known and _may_be_kept(response, taken):
        _keep(key, page)
    return page.answer()


def _may_be_kept(response: Response, taken: Tape) -> bool:
    is_whole = response.status_code == 200 and (response.content_length or 0) <= LARGEST
    return is_whole and not taken.is_spoiled and not sessions.current().modified


def _key() -> Hashable:
    """Whatever a page may follow from that no row tells: where it was asked for, in which session, language and day."""
    told = request.environ.get
    return (
        sessions.current().row_id,
        told("wsgi.url_scheme"),
        told("HTTP_HOST"),
        told("SERVER_NAME"),
        told("SERVER_PORT"),
        told("SCRIPT_NAME"),
        told("PATH_INFO"),
        told("QUERY_STRING"),
        told("HTTP_ACCEPT_LANGUAGE"),
        clock.today(),
    )


def _pages() -> OrderedDict[Hashable, Page]:
    found: OrderedDict[Hashable, Page] = current_app.extensions["tracker_pages"]
    return found


_keeping = Lock()


def _keep(key: Hashable, page: Page) -> None:
    """As the page that was asked for last; those that nobody asked for go first."""
    pages = _pages()
    with _keeping:
        pages[key] = page
        pages.move_to_end(key)
        while len(pages) > current_app.config["PAGES_KEPT"]:
            pages.popitem(last=False)
