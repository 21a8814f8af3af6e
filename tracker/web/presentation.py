"""What every template may use: filters and globals. An undefined name is an error."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.numbers import format_decimal
from flask import Flask, current_app, url_for
from flask_login import current_user
from jinja2 import StrictUndefined
from markupsafe import Markup, escape
from wtforms import Field
from wtforms.form import BaseForm

from tracker import clock, policy, tape, texts
from tracker.extensions import babel
from tracker.forms.drawing import choice_boxes
from tracker.models import SealedState
from tracker.partial_date import PartialDate
from tracker.policy import Permission
from tracker.texts import gettext as _
from tracker.texts import ngettext
from tracker.web import assets, dates, locale, words
from tracker.web.sidebar import MOST_COUNTED, may_search, page_exists, sidebar, viewer

LONGEST_TAG = 22
"""Characters beyond which a tag may wrap within a table."""
LONGEST_DIFF = 4_000
"""Words beyond which two texts are shown whole, one after the other: comparing costs their product."""

_PIECES = re.compile(r"\s+|\w+|[^\w\s]")
_DIGEST = Markup('<bdi class="digest" translate="no">'), Markup("</bdi>")
_TAG = Markup('<span class="tag tag-{}">{}</span>')


TONES = {
    value: tone
    for tone, values in {
        "info": "shared_with_state commented in_progress partly under_way provisional_issued response_received",
        "waiting": "submitted partially_implemented draft_report with_state for_adoption response_due requested"
        " asked partly_met suspended",
        "attention": "returned not_started disputes changed high deferred postponed refused failed still_open delayed",
        "done": "signed_off signed final implemented accepts adopted closed approved met full completed",
        "ended": "withdrawn superseded overtaken declined cancelled recalled",
    }.items()
    for value in values.split()
}
"""The tone of a tag by the member's value; what is not here is neutral."""

SHAPES = {
    "HiddenField": "hidden",
    "CSRFTokenField": "hidden",
    "PartialDateField": "date parts",
    "RadioField": "radio",
    "SelectMultipleField": "checkbox",
    "SelectField": "select",
    "BooleanField": "tick",
}
"""How a field is drawn, by its ``type``; every other is one input."""


def init_presentation(app: Flask) -> None:
    """Make templates strict, and give them words, dates, assets, the language and the sidebar."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    locale.init_locale(app, babel)
    assets.init_assets(app)
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals.update(GLOBALS)


def isolated(text: Any) -> Markup:
    """A name or text typed by people, apart from the direction of what stands around it (R30); of nothing, nothing."""
    return Markup("") if text is None or text == "" else Markup(f"<bdi>{escape(text)}</bdi>")  # noqa: S704  # escaped


def reference(text: Any) -> Markup:
    """A reference: isolated, never broken, never translated."""
    if text is None:
        return Markup("")
    return Markup(f'<bdi class="reference" translate="no">{escape(text)}</bdi>')  # noqa: S704  # escaped


def digest(text: Any) -> Markup:
    """A SHA-256: isolated, never translated, broken anywhere, because it is wider than a narrow screen."""
    return Markup("") if text is None else _DIGEST[0] + text + _DIGEST[1]


def overdue_words(due: PartialDate) -> str:
    """How late it is today, no more exactly than the due date is known."""
    return dates.overdue_words(due, clock.today())


def kept(make: Callable[[Any], str]) -> Callable[[Any], str]:
    """The same function, asked once for each value; members of two enums with one value are two."""
    return lru_cache(maxsize=None, typed=True)(make)


def printed_at() -> Markup:
    """The moment of this page, for its print."""
    return Markup(tape.minted(lambda: str(dates.moment(clock.now()))))  # noqa: S704  # a moment's own markup


def number(value: int | None) -> str:
    """A whole number with the separators of the page's language."""
    return "" if value is None else _number(value, texts.locale())


def areas_map_href() -> str:
    """Where the map of areas and pillars is edited, for those who may; nothing for others."""
    return url_for("area_pillars.edit") if policy.can(current_user, Permission.CATALOGUE_MANAGE) else ""


def states_counted(members: int, observers: Sequence[str] = ()) -> str:
    """How many Member States, and beside them the observers by name."""
    if not observers:
        return ngettext("%(counted)s Member State", "%(counted)s Member States", members, counted=number(members))
    named = {"total": number(members + len(observers)), "observers": texts.listed(observers)}
    if not members:
        return ngettext(
            "%(total)s State with observer status: %(observers)s",
            "%(total)s States with observer status: %(observers)s",
            len(observers),
            **named,
        )
    return ngettext(
        "%(total)s States: %(counted)s Member State; observer status: %(observers)s",
        "%(total)s States: %(counted)s Member States; observer status: %(observers)s",
        members,
        counted=number(members),
        **named,
    )


@lru_cache(maxsize=8192)
def _number(value: int, language: Locale) -> str:
    return format_decimal(value, locale=language)


def tag(member: Any) -> Markup:
    """A member as a tag: the words say it, the colour only helps."""
    return _tag(tone(member), words.words(member))


def stage_tag(row: Any) -> Markup:
    """The stage of a visit, or of a row with its ``stage`` and ``sort_day``, as a tag in the words of its time."""
    return _tag(tone(row.stage), words.stage_words(row, row.stage))


def reported_tag(member: Any) -> Markup:
    """The status that a Member State reports, as a tag."""
    return _tag(tone(member), words.reported_words(member))


@lru_cache(maxsize=4096)
def _tag(tone: str, said: str) -> Markup:
    return _TAG.format(tone + " tag-long" if len(said) > LONGEST_TAG else tone, said)


def tone(member: Any) -> str:
    """The tone of a member's tag."""
    return TONES.get(member, "neutral")


def is_demo() -> bool:
    return bool(current_app.config["SETTINGS"].is_demo)


def problems(form: BaseForm) -> list[tuple[str, str]]:
    """Each error of a form with the id of the control to go to, in the order of the page."""
    return [*(("", str(error)) for error in form.form_errors), *_field_problems(form)]


def drawn_as(field: Field) -> str:
    """How a field is drawn."""
    return SHAPES.get(field.type, "input")


def first_id(field: Any) -> str:
    """The id of the control to go to for a field's error: the first that is wrong."""
    shape = drawn_as(field)
    if shape == "date parts":
        return f"{field.id}-{next(iter(field.wrong_parts), 'day')}"
    return f"{field.id}-0" if shape in ("radio", "checkbox") else str(field.id)


def error_title(form: BaseForm, title: str) -> str:
    """The title of a page with a form: says first that there is an error."""
    return _("Error: %(title)s", title=title) if form.errors else title


def diff(old: str | None, new: str | None) -> list[tuple[str, str]]:
    """Two texts as pieces that are ``same``, ``removed`` or ``added``, word by word, white space kept."""
    before, after = _PIECES.findall(old or ""), _PIECES.findall(new or "")
    if len(before) + len(after) > LONGEST_DIFF:
        return [piece for piece in (("removed", old or ""), ("added", new or "")) if piece[1]]
    pieces: list[tuple[str, str]] = []
    for action, i, j, k, m in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if action == "equal":
            pieces.append(("same", "".join(before[i:j])))
            continue
        pieces += [("removed", "".join(before[i:j]))] * (j > i) + [("added", "".join(after[k:m]))] * (m > k)
    return pieces


def options(choices: Iterable[tuple[str, Any]], value: Any) -> Markup:
    """The options of a select, those with the ``value`` or values selected: of several without the one for all, and
    with one more for what is not offered, so that it stays what it is until somebody changes it."""
    values = (list(value) or [""]) if isinstance(value, list | tuple) else [value]
    several = len(values) > 1
    offered = _options(tuple((str(choice), str(said)) for choice, said in choices if choice or not several))
    for one in values:
        chosen = _OPTION.format(escape(one))
        if chosen not in offered and one:
            offered += f"{chosen}>{escape(one)}</option>"
        offered = offered.replace(chosen, chosen + " selected", 1)
    return Markup(offered)  # noqa: S704  # only an attribute of ours is put in


_OPTION = '<option value="{}"'


@lru_cache(maxsize=512)
def _options(choices: tuple[tuple[str, str], ...]) -> str:
    """Kept by all that they say: lists offer the same hundreds of Member States and areas on every page."""
    return "".join(f"{_OPTION.format(escape(choice))}>{escape(said)}</option>" for choice, said in choices)


def _field_problems(form: BaseForm) -> Iterator[tuple[str, str]]:
    for field in form:
        yield from ((first_id(field), str(error)) for error in field.errors)


FILTERS = {
    "bdi": isolated,
    "day": dates.day,
    "detail_name": words.detail_name,
    "detail_words": words.detail_words,
    "digest": digest,
    "event_words": words.event_words,
    "field_words": words.field_words,
    "listed": texts.listed,
    "moment": dates.moment,
    "noun_words": words.noun_words,
    "number": number,
    "partial": dates.partial,
    "ref": reference,
    "reported_tag": reported_tag,
    "reported_words": words.reported_words,
    "stage_tag": stage_tag,
    "tag": tag,
    "tone": tone,
    "words": words.words,
}

GLOBALS = {
    "LONGEST_TAG": LONGEST_TAG,
    "MOST_COUNTED": MOST_COUNTED,
    "SealedState": SealedState,
    "choice_boxes": choice_boxes,
    "diff_pieces": diff,
    "drawn_as": drawn_as,
    "error_title": error_title,
    "field_words": words.field_words,
    "held": dates.held,
    "is_demo": is_demo,
    "may_search": may_search,
    "options": options,
    "overdue_words": overdue_words,
    "page_direction": locale.direction,
    "page_exists": page_exists,
    "page_language": locale.language,
    "period": dates.period,
    "printed_at": printed_at,
    "problems": problems,
    "sidebar": sidebar,
    "viewer": viewer,
}
