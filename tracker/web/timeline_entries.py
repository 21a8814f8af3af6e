"""The entries of a timeline and of the log: who did what and when, and each change as old and new.

A page holds fifty entries with hundreds of changes, and a template takes longer over them than over all the rest of the
page. So they are made here; what recurs from change to change is made once for each language. Texts typed by people
are escaped here as a template would.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import lru_cache
from typing import NamedTuple

from babel import Locale
from flask import Flask, current_app, get_template_attribute, request
from markupsafe import Markup, escape

from tracker import texts
from tracker.models import Outcome, Visit
from tracker.reports.timeline import BY_STRANGERS, KEPT, Entry, FieldChange, Moved, RowChange
from tracker.texts import gettext as _
from tracker.texts import ngettext
from tracker.web import dates
from tracker.web.presentation import number, reference
from tracker.web.words import event_words, field_words, noun_words, value_words, words

MOST_CHANGES = 3
"""Changes beyond which an entry is folded."""
MOST_MEASURES = 5
"""Measures that an entry names of those that were moved or added."""
LONG_CHANGE = 160
"""Characters beyond which a change is shown word by word instead of as old and new."""


class Frames(NamedTuple):
    """What stands around the words of every change and entry, in one language."""

    removed: str
    arrow: str
    added: str
    emptied: str
    is_new: str
    is_gone: str
    reason: str
    command_line: str
    somebody: str


def init_entries(app: Flask) -> None:
    """Give templates the entries of a timeline, the changes of an entry, one change, and whose act an entry is."""
    app.jinja_env.globals.update(timeline_entries=entries, changes=changes, change=change)
    app.add_template_filter(who)


def entries(shown: Iterable[Entry], root: str, visit: Visit | None = None) -> Markup:
    """The entries as a list; ``root`` is the noun of the record, ``visit`` that which the stages are told of."""
    if visit is None:
        page = _page(root, texts.locale(), current_app.config["SETTINGS"].timezone, request.script_root)
        told = "".join([(_kept if entry.is_kept else _kept.__wrapped__)(entry, page) for entry in shown])
    else:
        language = texts.locale()
        told = "".join([_entry(entry, root, visit, language) for entry in shown])
    return Markup(f'<ol class="timeline">{told}</ol>')  # noqa: S704  # escaped below


@dataclass(frozen=True, eq=False)
class Page:
    """What entries look like on the pages of one noun, but for what they tell: one for all pages that are alike."""

    root: str
    language: Locale
    zone: tzinfo
    script_root: str


@lru_cache
def _page(root: str, language: Locale, zone: tzinfo, script_root: str) -> Page:
    return Page(root, language, zone, script_root)


@lru_cache(maxsize=KEPT)
def _kept(entry: Entry, page: Page) -> str:
    """An entry as it stands on every such page."""
    return _entry(entry, page.root, None, page.language)


def changes(rows: Sequence[RowChange], root: str, visit: Visit | None = None) -> Markup:
    """The rows of an entry, those of other nouns than ``root`` under their names, with their changes."""
    return Markup(_rows(rows, root, visit, texts.locale()))  # noqa: S704  # escaped below


def change(old: str, new: str) -> Markup:
    """Old and new in words; long texts word by word."""
    return Markup(_change(old, new, _frames(texts.locale())))  # noqa: S704  # escaped below


def _entry(entry: Entry, root: str, visit: Visit | None, language: Locale) -> str:
    frames = _frames(language)
    actor = _who(entry, frames)
    outcome = "" if entry.outcome is Outcome.DONE else _outcome(entry.outcome)
    reason = f'<p class="text-kept">{frames.reason} <bdi>{escape(entry.reason)}</bdi></p>' if entry.reason else ""
    note = f'<p class="text-kept"><bdi>{escape(entry.note)}</bdi></p>' if entry.note else ""
    return (
        f'<li><p class="timeline-what"><strong>{actor}</strong> {escape(event_words(entry.kind, visit))}{outcome}'
        f' <span class="timeline-when">{dates.moment(entry.at)}</span></p>'
        f"{reason}{note}{_moved(entry.moved)}{_added(entry.added)}{_folded(entry.rows, root, visit, language)}</li>"
    )


def who(entry: Entry) -> Markup:
    """Whose act it is: a person's, somebody's who is not signed in, or the command line's."""
    return Markup(_who(entry, _frames(texts.locale())))  # noqa: S704  # escaped below


def _who(entry: Entry, frames: Frames) -> str:
    if entry.actor:
        return f"<bdi>{escape(entry.actor)}</bdi>"
    return frames.somebody if entry.kind in BY_STRANGERS else frames.command_line


def _moved(moved: Sequence[Moved]) -> str:
    """The first measures that were moved, each with its places, and how many more."""
    if not moved:
        return ""
    told = [
        escape(_("%(measure)s moved from place %(old)s to place %(new)s"))
        % {"measure": _measure(name), "old": number(old), "new": number(new)}
        for name, old, new in moved[:MOST_MEASURES]
    ]
    return _listed(told, len(moved))


def _added(added: Sequence[str]) -> str:
    """How many measures a file brought, the first by name."""
    if not added:
        return ""
    counted = ngettext("%(count)s measure added", "%(count)s measures added", len(added), count=number(len(added)))
    return f"<p>{escape(counted)}</p>{_listed([_measure(name) for name in added[:MOST_MEASURES]], len(added))}"


def _listed(told: Sequence[Markup], count: int) -> str:
    rest = count - len(told)
    more = [escape(ngettext("and %(num)s more", "and %(num)s more", rest))] if rest else []
    return f"<ul>{''.join(f'<li>{one}</li>' for one in (*told, *more))}</ul>"


def _measure(name: str) -> Markup:
    """A measure by its reference, as a link: everyone who reads the plan reads its measures."""
    href = escape(f"{request.script_root}/measures/{name}")
    return Markup(f'<a href="{href}">{reference(name)}</a>')  # noqa: S704  # both are escaped


def _outcome(outcome: Outcome) -> str:
    return f' <span class="tag tag-attention">{escape(words(outcome))}</span>'


def _folded(rows: Sequence[RowChange], root: str, visit: Visit | None, language: Locale) -> str:
    """The changes of an entry; many are folded under their number."""
    count = sum([len(row.fields) for row in rows])
    told = _rows(rows, root, visit, language) if count else ""
    if count <= MOST_CHANGES:
        return told
    return f'<details class="disclosure"><summary>{_summary(count, language)}</summary>{told}</details>'


@lru_cache(maxsize=256)
def _summary(count: int, _language: Locale) -> Markup:
    return escape(ngettext("%(count)s change", "%(count)s changes", count, count=count))


def _rows(rows: Sequence[RowChange], root: str, visit: Visit | None, language: Locale) -> str:
    frames = _frames(language)
    told = []
    for row in rows:
        told += ["" if row.table == root else _heading(row, frames), '<dl class="changes">']
        told += [_field(one, visit, language, frames) for one in row.fields]
        told.append("</dl>")
    return "".join(told)


def _heading(row: RowChange, frames: Frames) -> str:
    name = f" {reference(row.name)}" if row.name else ""
    happened = frames.is_new if row.is_new else frames.is_gone if row.is_gone else ""
    return f'<p class="timeline-row">{escape(noun_words(row.table))}{name}{happened}</p>'


def _field(one: FieldChange, visit: Visit | None, language: Locale, frames: Frames) -> str:
    table, column, old, new = one
    said = _change(value_words(table, column, old, visit), value_words(table, column, new, visit), frames)
    return f"{_label(table, column, language)}{said}</dd></div>"


@lru_cache(maxsize=1024)
def _label(table: str, column: str, _language: Locale) -> str:
    return f"<div><dt>{escape(field_words(column, table))}</dt><dd>"


def _change(old: str, new: str, frames: Frames) -> str:
    if old and new and len(old) + len(new) > LONG_CHANGE:
        return _compared(old, new, texts.locale())
    removed = f"{frames.removed}<bdi>{escape(old)}</bdi></del>" if old else ""
    if not new:
        return f"{removed}{frames.emptied}"
    return f"{removed}{frames.arrow if old else ''}{frames.added}<bdi>{escape(new)}</bdi></ins>"


@lru_cache(maxsize=256)
def _compared(old: str, new: str, _language: Locale) -> str:
    """Comparing takes as long as twenty other changes, and what an entry says stays the same for ever."""
    return str(get_template_attribute("macros/records.html", "diff")(old, new))


@lru_cache
def _frames(language: Locale) -> Frames:
    arrow = "←" if language.text_direction == "rtl" else "→"
    return Frames(
        removed=f'<del class="text-kept"><span class="visually-hidden">{escape(_("was"))} </span>',
        arrow=f'<span aria-hidden="true">{arrow}</span>',
        added=f'<ins class="text-kept"><span class="visually-hidden">{escape(_("now"))} </span>',
        emptied=f' <span class="muted">{escape(_("emptied"))}</span>',
        is_new=f" – {escape(_('added'))}",
        is_gone=f" – {escape(_('taken off'))}",
        reason=str(escape(_("Reason:"))),
        command_line=str(escape(_("The command line"))),
        somebody=str(escape(_("Somebody"))),
    )
