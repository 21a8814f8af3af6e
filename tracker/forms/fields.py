"""The fields that our forms are made of. Each keeps what was typed for the page that shows it again, says what is
wrong in a sentence with a remedy, and holds in ``data`` a value that a service can take.

Labels and hints are lazy translations. ``required`` is True or the sentence to show when nothing was given.
No field sets ``maxlength``: browsers cut pasted text there without a word (R30).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any

import wtforms
from babel import Locale
from babel.dates import get_month_names
from flask import current_app
from werkzeug.datastructures import FileStorage
from wtforms import widgets
from wtforms.fields.choices import Choice, SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import StopValidation, ValidationError

from tracker import texts
from tracker.forms import checks, dates
from tracker.partial_date import EARLIEST, LATEST, PartialDate, Precision
from tracker.texts import gettext as _
from tracker.texts import lazy_gettext as _l
from tracker.texts import ngettext

Words = Any  # str or a lazy translation
Required = Any  # bool, str or a lazy translation
ANY_PRECISION = tuple(Precision)
ALL_PARTS = ("day", "month", "year")
MOST_CODES = 500


def option(value: object, words: Words, group: Words | None = None) -> Any:
    """One choice of a select, of radios or of checkboxes; neighbours of one group stand together."""
    return SelectChoice(value=str(value), label=words, optgroup=group)


def label_of(field: wtforms.Field) -> str:
    """The field's name in words, for messages."""
    return str(field.label.text)


def _require(field: Any, required: Required) -> None:
    field.flags.required = bool(required)
    field.required_message = None if isinstance(required, bool) else required


def _missing(field: Any, default: str) -> StopValidation:
    return StopValidation(str(field.required_message or default))


class LineField(wtforms.StringField):
    """One line of text, trimmed; ``data`` is "" when empty."""

    data: str

    def __init__(
        self,
        label: Words,
        *,
        longest: int = 300,
        required: Required = False,
        hint: Words = "",
        validators: Sequence[checks.Validator] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(label, list(validators), description=hint, **kwargs)
        self.type = "StringField"
        self.longest = longest
        _require(self, required)

    def process_data(self, value: Any) -> None:
        self.data = "" if value is None else str(value)

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = checks.trimmed(valuelist[0]) if valuelist else ""

    def pre_validate(self, form: Any) -> None:
        """Refuse what is missing, too long or holds characters that cannot be kept."""
        if not self.data:
            if self.flags.required:
                raise _missing(self, _("Enter: %(label)s", label=label_of(self)))
            return
        fault = self._fault()
        if fault:
            raise StopValidation(fault)

    def _fault(self) -> str | None:
        return checks.fault_in_line(self.data, label_of(self), self.longest)

    def shown(self, value: Any) -> str:
        """The value in words, for the page that sets two versions side by side."""
        return "" if value is None else str(value)

    def typed(self) -> str:
        """What was typed, valid or not."""
        return self.data


class TextField(LineField):
    """Text of several lines, kept exactly as typed within its outer white space."""

    widget = widgets.TextArea()

    def __init__(self, label: Words, *, longest: int = checks.LONGEST_TEXT, **kwargs: Any) -> None:
        super().__init__(label, longest=longest, **kwargs)
        self.type = "TextAreaField"

    def _fault(self) -> str | None:
        return checks.fault_in_text(self.data, label_of(self), self.longest)


class AddressField(LineField):
    """An address on the web, http or https."""

    widget = widgets.URLInput()

    def __init__(self, label: Words, *, longest: int = 1000, **kwargs: Any) -> None:
        super().__init__(label, longest=longest, validators=[checks.web_address()], **kwargs)
        self.type = "URLField"


class _Typed(wtforms.Field):
    """A field whose ``data`` is read from one typed text, kept in ``text``; ``problem`` is what ``read`` found."""

    widget: Any = widgets.TextInput()

    def __init__(
        self,
        label: Words,
        *,
        required: Required = False,
        hint: Words = "",
        validators: Sequence[checks.Validator] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(label, list(validators), description=hint, **kwargs)
        _require(self, required)

    def read(self, text: str) -> Any:
        """The value of the text; raises ValueError with a sentence."""
        raise NotImplementedError  # each kind of field reads its own

    def process_data(self, value: Any) -> None:
        self.data = value
        self.text = self.shown(value)
        self.problem: str | None = None

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.text = checks.trimmed(valuelist[0]) if valuelist else ""
        self.data = None
        try:
            self.data = self.read(self.text) if self.text else None
        except ValueError as error:
            self.problem = str(error)

    def pre_validate(self, form: Any) -> None:
        if self.problem:
            raise StopValidation(self.problem)
        if self.data is None and self.flags.required:
            raise _missing(self, _("Enter: %(label)s", label=label_of(self)))

    def _value(self) -> str:
        return self.text

    def shown(self, value: Any) -> str:
        """The value in words."""
        return "" if value is None else str(value)

    def typed(self) -> str:
        """What was typed, valid or not."""
        return self.text


class NumberField(_Typed):
    """A whole number; ``data`` is an int or None."""

    data: int | None
    widget = widgets.NumberInput()

    def __init__(self, label: Words, *, least: int = 0, most: int = checks.LARGEST_ID, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.type = "IntegerField"
        self.least, self.most = least, most

    def read(self, text: str) -> int:
        if not checks.is_ascii_number(text) or not self.least <= _small(text) <= self.most:
            raise ValueError(
                _(
                    "%(label)s must be a whole number from %(least)s to %(most)s, in the digits 0 to 9",
                    label=label_of(self),
                    least=self.bound(self.least),
                    most=self.bound(self.most),
                )
            )
        return int(text)

    def bound(self, number: int) -> str:
        """A bound as the sentence names it."""
        return f"{number:,}"


class YearField(NumberField):
    """A year: a whole number that bears no separator of thousands."""

    def bound(self, number: int) -> str:
        return str(number)


def _small(digits: str) -> int:
    """The number, or one beyond all bounds: Python refuses to read thousands of digits."""
    return int(digits) if len(digits) <= 20 else 10**20


class DayField(_Typed):
    """A full day in one text, never ambiguous: ``2026-03-31`` or ``31 March 2026``; ``data`` is a date or None."""

    data: date | None

    def __init__(self, label: Words, *, hint: Words = "", **kwargs: Any) -> None:
        written = _l("Written like 2026-03-31 or 31 March 2026.")
        said = _l("%(hint)s %(written)s", hint=hint, written=written) if hint else written
        super().__init__(label, hint=said, **kwargs)
        self.type = "DateField"

    def read(self, text: str) -> date:
        day = dates.whole_date(text)
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


@lru_cache
def _months(language: Locale) -> list[tuple[str, str]]:
    names = get_month_names("wide", context="stand-alone", locale=language)
    return [("", "")] + [(str(number), names[number]) for number in range(1, 13)]


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
        _require(self, required)

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
        pasted = None if self.month_text or self.year_text else dates.whole_date(self.day_text)
        if pasted:
            self.day_text, self.month_text, self.year_text = _parts(pasted)
        try:
            self.data = self._read()
        except _WrongPart as wrong:
            self.problem = f"{label_of(self)}: {wrong}"
            self._at_fault = wrong.parts

    def _read(self) -> PartialDate | None:
        if not (self.day_text or self.month_text or self.year_text):
            return None
        year = _year(self.year_text)
        month = _month(self.month_text)
        day = _day(self.day_text, year, month)
        known = PartialDate(year, month, day)
        if known.precision not in self.precisions:
            raise _too_vague_or_exact(known.precision, self.precisions)
        return known

    def pre_validate(self, form: Any) -> None:
        if self.problem:
            raise StopValidation(self.problem)
        if self.data is None and self.flags.required:
            raise _missing(self, _("Enter: %(label)s", label=label_of(self)))

    def shown(self, value: Any) -> str:
        """The date as ISO 8601 text at its precision."""
        return "" if value is None else str(value)

    def typed(self) -> str:
        """What was typed, valid or not."""
        if self.data is not None:
            return self.data.iso
        return " ".join(part for part in (self.day_text, self.month_text, self.year_text) if part)


class _WrongPart(ValueError):
    """What is wrong, and in which of the three inputs."""

    def __init__(self, message: str, *parts: str) -> None:
        super().__init__(message)
        self.parts = parts


def _parts(shown: PartialDate | None) -> tuple[str, str, str]:
    if shown is None:
        return "", "", ""
    return str(shown.day or ""), str(shown.month or ""), f"{shown.year:04}"


def _year(text: str) -> int:
    if not text:
        raise _WrongPart(_("enter the year as well"), "year")
    if checks.has_other_digits(text):
        raise _WrongPart(_("write the year in the digits 0 to 9, such as 2006"), "year")
    if not (checks.is_ascii_number(text) and len(text) == 4):
        raise _WrongPart(_("the year must have four digits, such as 2006"), "year")
    if not EARLIEST <= int(text) <= LATEST:
        raise _WrongPart(
            _("the year must lie between %(earliest)d and %(latest)d", earliest=EARLIEST, latest=LATEST), "year"
        )
    return int(text)


def _month(text: str) -> int | None:
    if not text:
        return None
    named = dates.month_named(text)
    if named:
        return named
    if checks.has_other_digits(text):
        raise _WrongPart(_("write the month in the digits 0 to 9, such as 11"), "month")
    if not (checks.is_ascii_number(text) and len(text) <= 2 and 1 <= int(text) <= 12):
        raise _WrongPart(_("the month must be a number from 1 to 12 or a name, such as March"), "month")
    return int(text)


def _day(text: str, year: int, month: int | None) -> int | None:
    if not text:
        return None
    if checks.has_other_digits(text):
        raise _WrongPart(_("write the day in the digits 0 to 9, such as 13"), "day")
    if not (checks.is_ascii_number(text) and len(text) <= 2 and 1 <= int(text) <= 31):
        raise _WrongPart(_("the day must be a number from 1 to 31"), "day")
    if month is None:
        raise _WrongPart(_("give the month as well, or leave the day empty"), "month")
    last = monthrange(year, month)[1]
    if int(text) > last:
        raise _WrongPart(
            _("that month has %(last)d days: there is no day %(day)d", last=last, day=int(text)), "day", "month"
        )
    return int(text)


def _too_vague_or_exact(given: Precision, taken: Sequence[Precision]) -> _WrongPart:
    order = (Precision.YEAR, Precision.MONTH, Precision.DAY)
    if order.index(given) > max(order.index(precision) for precision in taken):
        return _WrongPart(_("give no more than is asked: leave the day empty"), "day")
    if Precision.MONTH in taken:
        return _WrongPart(_("give the month as well"), "month")
    missing = ("day",) if given is Precision.MONTH else ("month", "day")
    return _WrongPart(_("a full day is needed: enter day, month and year"), *missing)


class _Choices:
    """What selects, radios and checkboxes share: choices as ``option`` makes them, drawn with what was posted."""

    choices: Any
    posted: Any
    closed: Collection[str] = ()

    def close(self, values: Collection[str], why: Words) -> None:
        """Draw these choices as closed, and say why; the service refuses them all the same."""
        self.closed = values
        self.description = why

    def options(self) -> list[Any]:
        """The choices, as given by the form or set by the view."""
        return list(self.choices or ())

    def iter_choices(self) -> Any:
        """What WTForms draws."""
        return [self._drawn(one) for one in self.options()]

    def iter_groups(self) -> Any:
        """What WTForms draws when the choices stand in groups."""
        groups: dict[Any, list[Any]] = {}
        for one in self.options():
            groups.setdefault(one.optgroup, []).append(self._drawn(one))
        return list(groups.items())

    def has_groups(self) -> bool:
        """Whether any choice stands in a group."""
        return any(one.optgroup is not None for one in self.options())

    def is_chosen(self, value: str) -> bool:
        """Whether the choice is drawn as chosen."""
        raise NotImplementedError  # one choice or many: each field knows

    def _drawn(self, one: Any) -> Any:
        attributes = {**(one.render_kw or {}), "disabled": True} if one.value in self.closed else one.render_kw
        return Choice(value=one.value, label=one.label, selected=self.is_chosen(one.value), render_kw=attributes)


def _unknown(field: Any, value: str) -> StopValidation:
    return StopValidation(
        _(
            "%(label)s: “%(value)s” is not one of the choices. Choose from the list",
            label=label_of(field),
            value=value[:60],
        )
    )


def _key(value: Any) -> str:
    return "" if value is None else str(value)


class ChoiceField(_Choices, wtforms.SelectField):
    """A select of ``option(value, words)``; ``data`` is the value chosen or None. ``blank`` is the empty choice.

    Choices may be set by the view: ``form.owner_id.choices = [option(account.id, account.name), …]``.
    """

    def __init__(
        self,
        label: Words,
        *,
        choices: Iterable[Any] | Callable[[], Iterable[Any]] = (),
        coerce: Callable[[str], Any] = str,
        blank: Words | None = "",
        required: Required = False,
        hint: Words = "",
        validators: Sequence[checks.Validator] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(
            label,
            list(validators),
            coerce=lambda value: value,
            choices=choices if callable(choices) else list(choices),
            description=hint,
            **kwargs,
        )
        self.type = "SelectField"
        self.to_value = coerce
        self.blank = blank
        self.posted = ""
        _require(self, required)

    def options(self) -> list[Any]:
        """The choices, the empty one first where there is one."""
        blank = [] if self.blank is None else [option("", self.blank)]
        return blank + super().options()

    def is_chosen(self, value: str) -> bool:
        return bool(value == self.posted)

    def process_data(self, value: Any) -> None:
        self.data = value
        self.posted = _key(value)

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.posted = valuelist[0].strip() if valuelist else ""
        self.data = None

    def post_process(self, formdata: Any = None) -> None:
        super().post_process(formdata)  # type: ignore[misc]  # newer than its stubs
        if formdata is not None:
            self._choose()

    def _choose(self) -> None:
        """Turn what was posted into the value, when it is one of the choices (set by the view or not)."""
        if self.posted and any(one.value == self.posted for one in self.options()):
            self.data = self.to_value(self.posted)

    def pre_validate(self, form: Any) -> None:
        self._choose()
        if not self.posted:
            if self.flags.required:
                raise _missing(self, _("Choose: %(label)s", label=label_of(self)))
            return
        if self.data is None:
            raise _unknown(self, self.posted)

    def shown(self, value: Any) -> str:
        """The words of a choice."""
        return next((str(one.label) for one in self.options() if value and one.value == _key(value)), _key(value))

    def typed(self) -> str:
        """The words of what was chosen."""
        return self.shown(self.posted)


class RadioChoiceField(ChoiceField):
    """The same with a radio button for each choice."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.RadioInput()

    def __init__(self, label: Words, **kwargs: Any) -> None:
        super().__init__(label, **{"blank": None, **kwargs})
        self.type = "RadioField"


class EnumField(ChoiceField):
    """A select of an enum's members; ``data`` is a member or None. ``words`` are those of the pages by default."""

    def __init__(
        self,
        label: Words,
        members: Iterable[StrEnum],
        *,
        words: Callable[[Any], str] | None = None,
        **kwargs: Any,
    ) -> None:
        given = tuple(members)
        super().__init__(
            label,
            choices=lambda: [option(member.value, (words or page_words)(member)) for member in given],
            coerce={member.value: member for member in given}.__getitem__,
            **kwargs,
        )

    def shown(self, value: Any) -> str:
        return super().shown(getattr(value, "value", value))


class EnumRadioField(EnumField):
    """The same with a radio button for each member."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.RadioInput()

    def __init__(self, label: Words, members: Iterable[StrEnum], **kwargs: Any) -> None:
        super().__init__(label, members, **{"blank": None, **kwargs})
        self.type = "RadioField"


def page_words(member: StrEnum) -> str:
    """The words that pages show for an enum's member: the template filter's, so that they stand in one place."""
    return str(current_app.jinja_env.filters["words"](member))


class StateField(ChoiceField):
    """A select of Member States by their alpha-3 code; the view sets the choices to those in the reader's scope."""

    data: str | None

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        self.posted = self.posted.upper()


class CodesField(_Choices, wtforms.SelectMultipleField):
    """Checkboxes of ``option(value, words, group)``; ``data`` is the list of values ticked, in the choices' order."""

    data: list[Any]
    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()

    def __init__(
        self,
        label: Words,
        *,
        choices: Iterable[Any] | Callable[[], Iterable[Any]] = (),
        coerce: Callable[[str], Any] = str,
        required: Required = False,
        hint: Words = "",
        validators: Sequence[checks.Validator] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(
            label,
            list(validators),
            coerce=lambda value: value,
            choices=choices if callable(choices) else list(choices),
            description=hint,
            **kwargs,
        )
        self.type = "SelectMultipleField"
        self.to_value = coerce
        self.posted: list[str] = []
        self.left_out = 0  # how many ticks were more than are kept
        _require(self, required)

    def is_chosen(self, value: str) -> bool:
        return value in self.posted

    def process_data(self, value: Any) -> None:
        self.data = list(value or ())
        self.posted = [_key(one) for one in self.data]

    def process_formdata(self, valuelist: list[Any]) -> None:
        posted = list(dict.fromkeys(text.strip() for text in valuelist if text.strip()))
        self.posted, self.left_out = posted[:MOST_CODES], len(posted[MOST_CODES:])
        self.data = []

    def post_process(self, formdata: Any = None) -> None:
        super().post_process(formdata)  # type: ignore[misc]  # newer than its stubs
        if formdata is not None:
            self._choose()

    def _choose(self) -> None:
        self.data = [self.to_value(one.value) for one in self.options() if one.value in self.posted]

    def pre_validate(self, form: Any) -> None:
        self._choose()
        known = {one.value for one in self.options()}
        unknown = [text for text in self.posted if text not in known]
        if unknown:
            raise _unknown(self, unknown[0])
        if self.left_out:
            raise StopValidation(self.too_many())
        if not self.data and self.flags.required:
            raise _missing(self, _("Choose at least one: %(label)s", label=label_of(self)))

    def too_many(self) -> str:
        """The sentence on ticks that were not kept."""
        return ngettext(
            "%(label)s: %(most)s can be chosen at once. The last %(num)s tick was not kept",
            "%(label)s: %(most)s can be chosen at once. The last %(num)s ticks were not kept",
            self.left_out,
            label=label_of(self),
            most=MOST_CODES,
        )

    def shown(self, value: Any) -> str:
        """The words of the choices, joined."""
        wanted = {_key(one) for one in value or ()}
        return "; ".join(str(one.label) for one in self.options() if one.value in wanted)

    def typed(self) -> str:
        """The words of what was ticked."""
        return self.shown(self.posted)


class TickField(wtforms.BooleanField):
    """One checkbox: yes or no."""

    def __init__(
        self,
        label: Words,
        *,
        required: Required = False,
        hint: Words = "",
        validators: Sequence[checks.Validator] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(label, list(validators), description=hint, **kwargs)
        self.type = "BooleanField"
        _require(self, required)

    def pre_validate(self, form: Any) -> None:
        if self.flags.required and not self.data:
            raise _missing(self, _("Tick: %(label)s", label=label_of(self)))

    def shown(self, value: Any) -> str:
        """Yes or no."""
        return _("yes") if value else _("no")

    def typed(self) -> str:
        """Yes or no."""
        return self.shown(self.data)


class FileField(wtforms.FileField):
    """One file; ``data`` is what the browser sent or None. What is in it is checked by ``storage.save``."""

    data: FileStorage | None

    def __init__(
        self,
        label: Words,
        *,
        required: Required = False,
        hint: Words = "",
        validators: Sequence[checks.Validator] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(label, list(validators), description=hint, **kwargs)
        self.type = "FileField"
        _require(self, required)

    def process_data(self, value: Any) -> None:
        self.data = None

    def process_formdata(self, valuelist: list[Any]) -> None:
        files = (sent for sent in valuelist if isinstance(sent, FileStorage) and sent.filename)
        self.data = next(files, None)

    def pre_validate(self, form: Any) -> None:
        if self.data is None:
            if self.flags.required:
                raise _missing(self, _("Choose a file: %(label)s", label=label_of(self)))
            return
        fault = checks.fault_in_line(self.data.filename or "", _("The file's name"), 255)
        if fault:
            raise ValidationError(fault)

    def shown(self, value: Any) -> str:
        """Files are not compared."""
        return ""

    def typed(self) -> str:
        """The name of the file that was sent."""
        return (self.data.filename or "") if self.data else ""
