"""The fields of dates: a full day in one text, and a date as exactly as it is known in three inputs.

What the texts mean is read in ``typed_dates``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import wtforms
from babel import Locale
from babel.dates import get_month_names
from wtforms.validators import StopValidation

from tracker import day_words, texts
from tracker.forms import checks, typed_dates
from tracker.forms.fields import Required, TypedField, Words, label_of, missing, set_required
from tracker.partial_date import EARLIEST, LATEST, PartialDate, Precision
from tracker.texts import gettext as _
from tracker.texts import lazy_gettext as _l

ANY_PRECISION = tuple(Precision)
ALL_PARTS = ("day", "month", "year")


class DayField(TypedField):
    """A full day in one text, never ambiguous: ``2026-03-31`` or ``31 March 2026``; ``data`` is a date or None."""

    data: date | None

    def __init__(self, label: Words, *, hint: Words = "", **kwargs: Any) -> None:
        written = _l("Written like 2026-03-31 or 31 March 2026.")
        said = _l("%(hint)s %(written)s", hint=hint, written=written) if hint else written
        super().__init__(label, hint=said, **kwargs)
        self.type = "DateField"

    def read(self, text: str) -> date:
        day = typed_dates.whole_date(text)
        if day is None or day.precision is not Precision.DAY:
            raise ValueError(
                _(
                    "%(label)s must be a real day from %(earliest)d to %(latest)d, written like 2026-03-31",
                    label=label_of(self),
                    earliest=EARLIEST,
                    latest=LATEST,
                )
            )
        return day.first_day


class PartialDateField(wtforms.Field):
    """A date as exactly as it is known: inputs ``<name>-day``, ``<name>-month`` (number or name) and ``<name>-year``.

    The precision follows from what is filled in. A whole date that was pasted into the day is spread over
    the three. ``day_text``, ``month_text`` and ``year_text`` keep what was typed;
    ``precisions`` limits what is taken.
    """

    data: PartialDate | None

    def __init__(
        self,
        label: Words,
        *,
        precisions: Sequence[Precision] = ANY_PRECISION,
        required: Required = False,
        hint: Words = "",
        validators: Sequence[checks.Validator] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(label, list(validators), description=hint, **kwargs)
        self.type = "PartialDateField"
        self.precisions = tuple(precisions)
        self._at_fault: tuple[str, ...] = ()
        set_required(self, required)

    @property
    def wrong_parts(self) -> tuple[str, ...]:
        """The inputs that an error is about: all three, unless reading them found which."""
        return (self._at_fault or ALL_PARTS) if self.errors else ()

    @property
    def months(self) -> list[tuple[str, str]]:
        """Choices for a select of months, in the reader's language."""
        return _months(texts.locale())

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Read the three inputs, or show a date that is there."""
        self.process_errors = []
        self._at_fault = ()
        self.problem: str | None = None
        self.object_data = data if isinstance(data, PartialDate) else None
        if formdata is None:
            self._show(self.object_data)
        else:
            self._take(formdata)

    def _show(self, shown: PartialDate | None) -> None:
        self.data = shown
        self.day_text, self.month_text, self.year_text = _parts(shown)

    def _take(self, formdata: Any) -> None:
        self.day_text, self.month_text, self.year_text = (
            checks.trimmed(formdata.get(f"{self.name}-{part}", "")) for part in ALL_PARTS
        )
        self.data = None
        pasted = None if self.month_text or self.year_text else typed_dates.whole_date(self.day_text)
        if pasted:
            self.day_text, self.month_text, self.year_text = _parts(pasted)
        try:
            self.data = typed_dates.date_of_parts(self.day_text, self.month_text, self.year_text, self.precisions)
        except typed_dates.WrongPart as wrong:
            self.problem = f"{label_of(self)}: {wrong}"
            self._at_fault = wrong.parts

    def pre_validate(self, form: Any) -> None:
        if self.problem:
            raise StopValidation(self.problem)
        if self.data is None and self.flags.required:
            raise missing(self, _("Enter: %(label)s", label=label_of(self)))

    def shown(self, value: Any) -> str:
        """The date in words, for the page that shows two people's texts."""
        return "" if value is None else day_words.of_partial(value)

    def marked(self, value: Any) -> str:
        """The date as ISO 8601 text at its precision: the same whoever reads it in whichever language."""
        return "" if value is None else str(value)

    def typed(self) -> str:
        """What was typed: in words, or as it stands where it is no date."""
        return self._as_typed() if self.data is None else self.shown(self.data)

    def typed_mark(self) -> str:
        """The same as ``marked`` says it."""
        return self._as_typed() if self.data is None else self.marked(self.data)

    def _as_typed(self) -> str:
        return " ".join(part for part in (self.day_text, self.month_text, self.year_text) if part)


@lru_cache
def _months(language: Locale) -> list[tuple[str, str]]:
    names = get_month_names("wide", context="stand-alone", locale=language)
    return [("", "")] + [(str(number), names[number]) for number in range(1, 13)]


def _parts(shown: PartialDate | None) -> tuple[str, str, str]:
    if shown is None:
        return "", "", ""
    return str(shown.day or ""), str(shown.month or ""), f"{shown.year:04}"
