"""The fields that our forms are made of: text, numbers, ticks and files, and what those of dates (``date_fields``) and
choices (``choice_fields``) share with them. Each keeps what was typed for the page that shows it again, says what is
wrong in a sentence with a remedy, and holds in ``data`` a value that a service can take.

Labels and hints are lazy translations. ``required`` is True or the sentence to show when nothing was given.
No field sets ``maxlength``: browsers cut pasted text there without a word (R30).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import wtforms
from werkzeug.datastructures import FileStorage
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import StopValidation, ValidationError

from tracker.forms import checks, drawing
from tracker.texts import gettext as _

Words = Any  # str or a lazy translation
Required = Any  # bool, str or a lazy translation


def option(value: object, words: Words, group: Words | None = None) -> Any:
    """One choice of a select, of radios or of checkboxes; neighbours of one group stand together."""
    return SelectChoice(value=str(value), label=words, optgroup=group)


def label_of(field: wtforms.Field) -> str:
    """The field's name in words, for messages."""
    return str(field.label.text)


def set_required(field: Any, required: Required) -> None:
    """Mark the field as one that must be given, and keep the sentence for when it is not."""
    field.flags.required = bool(required)
    field.required_message = None if isinstance(required, bool) else required


def missing(field: Any, default: str) -> StopValidation:
    """What to raise when a required field was not given: its own sentence, or the default."""
    return StopValidation(str(field.required_message or default))


class LineField(wtforms.StringField):
    """One line of text, trimmed; ``data`` is "" when empty."""

    data: str
    widget: Any = drawing.TextInput()

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
        set_required(self, required)

    def process_data(self, value: Any) -> None:
        self.data = "" if value is None else str(value)

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = checks.trimmed(valuelist[0]) if valuelist else ""

    def pre_validate(self, form: Any) -> None:
        """Refuse what is missing, too long or holds characters that cannot be kept."""
        if not self.data:
            if self.flags.required:
                raise missing(self, _("Enter: %(label)s", label=label_of(self)))
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

    widget = drawing.TextArea()

    def __init__(self, label: Words, *, longest: int = checks.LONGEST_TEXT, **kwargs: Any) -> None:
        super().__init__(label, longest=longest, **kwargs)
        self.type = "TextAreaField"

    def _fault(self) -> str | None:
        return checks.fault_in_text(self.data, label_of(self), self.longest)


class AddressField(LineField):
    """An address on the web, http or https."""

    widget = drawing.URLInput()

    def __init__(self, label: Words, *, longest: int = 1000, **kwargs: Any) -> None:
        super().__init__(label, longest=longest, validators=[checks.web_address()], **kwargs)
        self.type = "URLField"


class TypedField(wtforms.Field):
    """A field whose ``data`` is read from one typed text, kept in ``text``; ``problem`` is what ``read`` found."""

    widget: Any = drawing.TextInput()

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
        set_required(self, required)

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
            raise missing(self, _("Enter: %(label)s", label=label_of(self)))

    def _value(self) -> str:
        return self.text

    def shown(self, value: Any) -> str:
        """The value in words."""
        return "" if value is None else str(value)

    def typed(self) -> str:
        """What was typed, valid or not."""
        return self.text


class NumberField(TypedField):
    """A whole number; ``data`` is an int or None."""

    data: int | None
    widget = drawing.NumberInput()

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
        set_required(self, required)

    def pre_validate(self, form: Any) -> None:
        if self.flags.required and not self.data:
            raise missing(self, _("Tick: %(label)s", label=label_of(self)))

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
        set_required(self, required)

    def process_data(self, value: Any) -> None:
        self.data = None

    def process_formdata(self, valuelist: list[Any]) -> None:
        files = (sent for sent in valuelist if isinstance(sent, FileStorage) and sent.filename)
        self.data = next(files, None)

    def pre_validate(self, form: Any) -> None:
        if self.data is None:
            if self.flags.required:
                raise missing(self, _("Choose a file: %(label)s", label=label_of(self)))
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
