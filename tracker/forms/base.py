"""The base of our forms: what is bound, kept for the page that shows it again, and compared when two people edit.

A form takes only the fields that it declares: whatever else is posted is never looked at (R10).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import wtforms
from flask import g, request
from flask_wtf import FlaskForm
from werkzeug.datastructures import CombinedMultiDict

from tracker import tape
from tracker.errors import Invalid, Stale
from tracker.forms import checks
from tracker.texts import gettext as _

_REQUEST_KEY = re.compile(r"[0-9a-f-]{32,64}")
_CHANGING = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Conflict:
    """A field that two people gave different values: both in words."""

    name: str
    label: str
    theirs: str
    mine: str


class OnScreen:
    """A row that counts no versions of its own, as a form shows it: with that of the record that it is part of."""

    def __init__(self, row: Any, record: Any) -> None:
        self.row = row
        self.version = record.version

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


class VersionField(wtforms.HiddenField):
    """The version of the row that is on the screen; ``data`` is None when none was posted or it is no number."""

    data: Any

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.type = "HiddenField"

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = valuelist[0] if valuelist else ""
        is_version = checks.is_ascii_number(text) and len(text) <= 10
        self.data = int(text) if is_version else None

    def _value(self) -> str:
        return "" if self.data is None else str(self.data)


def _new_key() -> str:
    return str(uuid4())


class RequestKeyField(wtforms.HiddenField):
    """A key made for each form drawn, so that its second use lands on what the first one made (R21)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default=lambda: tape.minted(_new_key), **kwargs)
        self.type = "HiddenField"

    def process_formdata(self, valuelist: list[Any]) -> None:
        if valuelist and _REQUEST_KEY.fullmatch(valuelist[0]):
            self.data = valuelist[0]


class ShownField(wtforms.HiddenField):
    """What each field showed when the page was made, as a mark of a few letters; ``data`` maps names to marks.

    Where a field still says what it showed, whoever sends the form did not touch it. Who changes the marks by
    hand changes only what is taken for their own text.
    """

    data: Any

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.type = "HiddenField"

    def process_data(self, value: Any) -> None:
        self.data = dict(value or {})

    def process_formdata(self, valuelist: list[Any]) -> None:
        pairs = (word.rpartition(":") for word in (valuelist[0] if valuelist else "").split())
        self.data = {name: mark for name, _colon, mark in pairs}

    def _value(self) -> str:
        return " ".join(f"{name}:{mark}" for name, mark in self.data.items())

    def note(self, name: str, words: str) -> None:
        """Remember that the field shows these words, or this choice."""
        self.data[name] = self._mark(words)

    def has(self, name: str, words: str) -> bool:
        """Whether the field showed these words, or this choice."""
        return bool(self.data.get(name) == self._mark(words))

    @staticmethod
    def _mark(words: str) -> str:
        return f"{zlib.crc32(words.encode(errors='surrogatepass')):08x}"


def _mark_of(field: Any, value: Any) -> str:
    """What tells the value from every other: its words, but of a choice its value, for two may bear the same words."""
    return str(getattr(field, "marked", field.shown)(value))


def _typed_mark(field: Any) -> str:
    """The same of what was typed or chosen."""
    return str(getattr(field, "typed_mark", field.typed)())


def _both(field: Any, stored: Any) -> Conflict:
    """Both in words, and where these are the same with what tells them apart."""
    theirs, mine = field.shown(stored), field.typed()
    if theirs == mine:
        theirs, mine = f"{theirs} ({_mark_of(field, stored)})", f"{mine} ({_typed_mark(field)})"
    return Conflict(field.short_name, str(field.label.text), theirs, mine)


class TrackerForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """The base of each form. ``fill(row)`` shows a row, ``values()`` gives what a service takes."""

    version = VersionField()
    request_key = RequestKeyField()
    shown = ShownField()

    is_bound = False
    http_status = Invalid.http_status  # of the page that shows what was refused
    form_errors: list[str]

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # Flask-WTF ships no types
        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Form data only: JSON would put numbers and lists where texts are expected."""
            if formdata is None or hasattr(formdata, "getlist"):
                return formdata
            if not (request and request.method in _CHANGING):
                return None
            return CombinedMultiDict([request.files, request.form])

    def post_process(self, formdata: Any = None) -> None:
        """Remember whether something was posted to this form; a page that refuses it names its fields."""
        self.is_bound = formdata is not None
        if self.is_bound:
            g.bound_form = self
        super().post_process(formdata)

    def names(self) -> list[str]:
        """The fields that people fill in, in the order of the page."""
        hidden = ("version", "request_key", "shown", self.meta.csrf_field_name)
        return [name for name in self._fields if name not in hidden]

    def stored(self, row: Any) -> dict[str, Any]:
        """The row's values by field name. Override it where a field is no column of the same name."""
        return {name: getattr(row, name) for name in self.names() if hasattr(row, name)}

    def fill(self, row: Any) -> None:
        """Show the row, with its version; what was posted to this form stays as typed."""
        if self.is_bound:
            return
        for name, value in self.stored(row).items():
            field: Any = self._fields[name]
            field.process(None, value)
            self.shown.note(name, _mark_of(field, value))
        self.version.data = getattr(row, "version", None)

    def values(self) -> dict[str, Any]:
        """What was given, by field name: nothing but the declared fields. One that was refused says nothing."""
        return {name: self._said(self._fields[name]) for name in self.names()}

    @staticmethod
    def _said(field: Any) -> Any:
        """What the field holds; nothing of its kind where that cannot be taken, nor be asked of the database."""
        if not field.errors:
            return field.data
        return type(field.data)() if isinstance(field.data, str | list) else None

    def checks_out(self, faults: Callable[[], Iterable[Invalid]]) -> bool:
        """Whether something was posted that has the right shape.

        Where it has not, ``faults`` says what the rules of the house have against the rest: everything that is wrong is
        told at once, each at its field.
        """
        if self.validate_on_submit():
            return True
        if self.is_bound:
            of_wrong_shape = {name for name, field in self._fields.items() if field.errors}
            for fault in faults():
                if fault.field not in of_wrong_shape:
                    self.refuse(fault)
        return False

    def check_version(self, row: Any) -> None:
        """Refuse a form that was opened on an earlier version of the row (R20)."""
        if self.version.data != row.version:
            raise Stale(
                _(
                    "Someone changed this record after you opened the page. Nothing that you typed is lost: "
                    "compare both texts below, then save again."
                )
            )

    def conflict(self, row: Any) -> list[Conflict]:
        """The fields that were changed on this page and differ from the row, for the page that shows both.

        A field that was left alone takes the row's present value, so that sending the page again undoes nobody's
        work. That page is one of the row's present version: saving it again is a decision, and is taken.
        """
        found = []
        for name, stored in self.stored(row).items():
            field: Any = self._fields[name]
            theirs, mine = _mark_of(field, stored), _typed_mark(field)
            if self.shown.has(name, mine):
                field.process(None, stored)
            elif theirs != mine:
                found.append(_both(field, stored))
            self.shown.note(name, theirs)
        self.version.data = row.version
        return found

    def refuse(self, error: Invalid) -> None:
        """Put everything that a service found wrong beside the field that it is about, or above the form."""
        self.http_status = error.http_status
        for one in (error, *error.others):
            field = self._fields.get(one.field or "")
            if field is None:
                self.form_errors = [*self.form_errors, one.message]
            else:
                field.errors = [*field.errors, one.message]
