"""The fields by which one chooses: one of a list, an enum's member, a Member State, or several codes.

Choices are made by ``fields.option``. The view may set them after the form was bound: what was posted is held against
them when it is validated.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from enum import StrEnum
from typing import Any

import wtforms
from flask import current_app
from wtforms import widgets
from wtforms.fields.choices import Choice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import StopValidation

from tracker.forms import checks, drawing
from tracker.forms.fields import Required, Words, label_of, missing, option, set_required
from tracker.texts import gettext as _
from tracker.texts import ngettext

MOST_CODES = 500


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

    widget: Any = drawing.Select()

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
        set_required(self, required)

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
                raise missing(self, _("Choose: %(label)s", label=label_of(self)))
            return
        if self.data is None:
            raise _unknown(self, self.posted)

    def shown(self, value: Any) -> str:
        """The words of a choice."""
        return next((str(one.label) for one in self.options() if value and one.value == _key(value)), _key(value))

    def typed(self) -> str:
        """The words of what was chosen."""
        return self.shown(self.posted)

    def marked(self, value: Any) -> str:
        """What tells a choice from every other, also from one of the same words."""
        return _key(value)

    def typed_mark(self) -> str:
        """The same of what was chosen."""
        return str(self.posted)


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
        set_required(self, required)

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
            raise missing(self, _("Choose at least one: %(label)s", label=label_of(self)))

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

    def marked(self, value: Any) -> str:
        """What tells the choices from all others, also from those of the same words; only what is offered counts."""
        wanted = {_key(one) for one in value or ()}
        return ";".join(one.value for one in self.options() if one.value in wanted)

    def typed_mark(self) -> str:
        """The same of what was ticked."""
        return self.marked(self.posted)
