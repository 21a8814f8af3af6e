"""How controls are drawn: as WTForms draws them, in a tenth of its steps; a form may offer hundreds of choices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from markupsafe import Markup, escape
from wtforms import widgets


def attributes(**given: Any) -> Markup:
    """Attributes of an element, in the order of their names: one that is true has no value, one that is false is left
    out."""
    named = sorted((_name(name), value) for name, value in given.items() if value is not False)
    told = [name if value is True else f'{name}="{_quoted(value)}"' for name, value in named]
    return Markup(" ".join(told))  # noqa: S704  # escaped


def _name(given: str) -> str:
    """``aria_invalid`` → ``aria-invalid``, ``class_`` → ``class``."""
    name = given.removesuffix("_")
    return name.replace("_", "-") if name.startswith(("aria_", "data_")) else name


def _quoted(value: Any) -> str:
    """Markup may hold a quotation mark, which would end the attribute."""
    return str(escape(value)).replace('"', "&quot;")


class TextInput(widgets.TextInput):
    """One line of text."""

    html_params = staticmethod(attributes)


class URLInput(widgets.URLInput):
    """An address on the web."""

    html_params = staticmethod(attributes)


class NumberInput(widgets.NumberInput):
    """A whole number."""

    html_params = staticmethod(attributes)


class TextArea(widgets.TextArea):
    """Text of several lines. The line break after the tag is no part of the text; without it a first one would be
    lost."""

    def __call__(self, field: Any, **given: Any) -> Markup:
        told = attributes(name=field.name, **_with_flags(field, self.validation_attrs, given))
        return Markup(f"<textarea {told}>\r\n{escape(field._value())}</textarea>")  # noqa: S704  # escaped


class Select(widgets.Select):
    """A select, of choices that may stand in groups."""

    @classmethod
    def render_option(cls, choice: Any, **given: Any) -> Markup:  # type: ignore[override]  # newer than its stubs
        told = {"value": choice.value, **(choice.render_kw or {}), **given, "selected": bool(choice.selected)}
        said = escape(choice.label or choice.value)
        return Markup(f"<option {attributes(**told)}>{said}</option>")  # noqa: S704  # escaped


def choice_boxes(field: Any, kind: str, choices: Iterable[Any], first: int = 0) -> Markup:
    """A line for each choice of a field, with its ``radio`` button or ``checkbox``; ``first`` is the number of the
    first of them in the field."""
    wrong = " is-invalid" if field.errors else ""
    start = f'<input class="form-check-input{wrong}" type="{kind}" name="{escape(field.name)}"'
    told = []
    for number, choice in enumerate(choices, first):
        at = f"{field.id}-{number}"
        ticked = " checked" if choice.selected else ""
        more = f" {attributes(**choice.render_kw)}" if choice.render_kw else ""
        box = f'{start} id="{at}" value="{escape(choice.value)}"{ticked}{more} />'
        told.append(f'<div class="choice">{box} <label for="{at}">{escape(choice.label)}</label></div>\n')
    return Markup("".join(told))  # noqa: S704  # escaped


def _with_flags(field: Any, names: Iterable[str], given: dict[str, Any]) -> dict[str, Any]:
    """What the field says of itself, such as that it must be filled in, beside what its page gives."""
    said = {name: getattr(field.flags, name) for name in names if name in field.flags}
    return {"id": field.id, **said, **given}
