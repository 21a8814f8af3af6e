"""What a browser may send of a plan: the plan itself, its phases and reviews, the order of its measures, and a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tracker.forms.base import Conflict, OnScreen, TrackerForm
from tracker.forms.choice_fields import CodesField
from tracker.forms.date_fields import DayField, PartialDateField
from tracker.forms.fields import FileField, LineField, NumberField, TextField
from tracker.models import Plan, PlanPart
from tracker.texts import lazy_gettext as _l

LAST_PLACE = 1_000
LONGEST_FILE = 512_000  # characters; a plan of 200 measures has a tenth of it


class CodedForm(TrackerForm):
    """The code that every reference of the plan's measures starts with; above the plan's other fields on the page."""

    code = LineField(
        _l("Code"),
        longest=20,
        required=_l("Enter the code"),
        hint=_l("Capital letters, digits and hyphens, such as CA-2011. It cannot be changed later."),
    )


class PlanForm(TrackerForm):
    """What a plan says of itself, whoever takes part."""

    title = LineField(_l("Title"), required=_l("Enter the title"))
    symbol = LineField(_l("Symbol"), longest=40, hint=_l("Of the document that holds it, where it has one."))
    adopted_on = DayField(_l("Adopted on"), hint=_l("Member States bear their names of this day on the plan's page."))
    region = LineField(_l("Region"), longest=200, hint=_l("In words, such as Central Asia."))
    description = TextField(_l("Description"))
    source = TextField(_l("Source"), hint=_l("The documents that this was taken from."))

    def stored(self, row: Plan) -> dict[str, Any]:
        """The row's values; of a regional plan also who takes part."""
        stored = super().stored(row)
        if "participants" in self:
            stored["participants"] = row.participants
            stored["observers"] = [one.state_id for one in row.states if one.part is PlanPart.OBSERVER]
            stored["hosts"] = [one.organisation_id for one in row.hosts]
        return stored


class RegionalPlanForm(PlanForm):
    """A regional plan. The view sets the choices of States and organisations."""

    participants = CodesField(
        _l("Participating Member States"),
        required=_l("Choose the Member States that take part: at least one"),
        hint=_l("Each has a cell for each measure. Only Member States within your grant can be chosen."),
    )
    observers = CodesField(_l("Observers"), hint=_l("An observer has no cells."))
    hosts = CodesField(_l("Host bodies"), coerce=int, hint=_l("The organisations that host or carry the plan."))


class NewPlanForm(CodedForm, RegionalPlanForm):
    """A new regional plan, with its code."""


class PlanPartForm(TrackerForm):
    """A row of a plan, which is shown with the plan's version."""

    def show(self, row: Any, plan: Plan) -> None:
        """Show the row."""
        self.fill(OnScreen(row, plan))

    def conflict_in(self, row: Any, plan: Plan) -> list[Conflict]:
        """Both texts of each field that differs."""
        return self.conflict(OnScreen(row, plan))


class PhaseForm(PlanPartForm):
    """A phase of a plan."""

    title = LineField(_l("Title"), longest=200, required=_l("Enter the title of the phase"))
    start = PartialDateField(_l("Start"), hint=_l("As exactly as is known: a year alone, a month, or a full day."))
    end = PartialDateField(_l("End"))
    note = TextField(_l("Note"))


class ReviewForm(PlanPartForm):
    """A review of the Strategy by the General Assembly."""

    symbol = LineField(_l("Symbol"), longest=40, required=_l("Enter the symbol of the resolution"))
    held_on = PartialDateField(_l("Date of the review"), required=_l("Enter the date of the review"))
    note = TextField(_l("Note"))


class RemovePartForm(PlanPartForm):
    """The confirmation that a phase or a review is taken off."""


class PlacesOnScreen:
    """The places of a plan's measures as a form shows them, by the measure's id, with the plan's version."""

    def __init__(self, places: Mapping[int, int], plan: Plan) -> None:
        self.places, self.version = places, plan.version


class OrderForm(TrackerForm):
    """A place for each measure of a plan, within its pillar; made by ``order_form``."""

    def stored(self, row: Any) -> dict[str, Any]:
        return {f"place-{key}": place for key, place in row.places.items() if f"place-{key}" in self}

    def places(self) -> dict[int, int]:
        """The places given, by the measure's id."""
        given = {name: self._fields[name].data for name in self.names()}
        return {int(name.removeprefix("place-")): place for name, place in given.items() if place is not None}

    def show(self, places: Mapping[int, int]) -> None:
        """Show these places in the stead of those that were typed."""
        for key, place in places.items():
            self[f"place-{key}"].process(None, place)


def order_form(rows: Sequence[tuple[int, str, int]], plan: Plan) -> OrderForm:
    """The form for these measures: id, reference, present place."""
    fields = {f"place-{key}": NumberField(label, least=1, most=LAST_PLACE) for key, label, _place in rows}
    form: OrderForm = type("MeasuresInOrder", (OrderForm,), fields)()
    form.fill(PlacesOnScreen({key: place for key, _label, place in rows}, plan))
    return form


class MeasuresFileForm(TrackerForm):
    """Measures of a plan as a CSV file, or pasted."""

    file = FileField(_l("CSV file"))
    content = TextField(
        _l("Rows"),
        longest=LONGEST_FILE,
        hint=_l("Or paste them here, the line of column names first."),
    )
