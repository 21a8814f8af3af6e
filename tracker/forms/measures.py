"""What a browser may send of a measure: what it says, why it is retired, the status that is stated of it."""

from __future__ import annotations

from typing import Any

from tracker.forms.base import TrackerForm
from tracker.forms.choice_fields import ChoiceField, CodesField, EnumField, EnumRadioField
from tracker.forms.date_fields import DayField, PartialDateField
from tracker.forms.fields import LineField, TextField
from tracker.models import Measure, MeasureStatus, RegionRule
from tracker.texts import lazy_gettext as _l


class MeasureForm(TrackerForm):
    """A measure of the Strategy, and what a regional one has as well. The view sets the choices of pillars."""

    text = TextField(_l("Text"), longest=10_000, required=_l("Enter the text of the measure"))
    wording_note = LineField(
        _l("Whose words the text is"),
        hint=_l("Where they are not the plan's own, such as “paraphrased for reference”."),
    )
    pillar = ChoiceField(_l("Pillar"), blank=_l("Choose a pillar"), required=_l("Choose a pillar"))
    lead_body = LineField(_l("Lead body"))
    partners = TextField(_l("Partners"), longest=5_000)
    deadline = PartialDateField(
        _l("Deadline"), hint=_l("The measure is late after the last day of what is given here.")
    )
    indicator = TextField(_l("Indicator"), longest=5_000, hint=_l("By what one sees that it is done."))


class RegionalMeasureForm(MeasureForm):
    """A measure of a regional plan. The view sets the choices of measures of the Strategy and of States."""

    carries = CodesField(_l("Measures of the Strategy that it carries out"), coerce=int)
    rule = EnumRadioField(
        _l("It counts as done in the region when it is done in"), RegionRule, default=RegionRule.ALL, required=True
    )
    named = CodesField(_l("Member States named"), hint=_l("Only for the rule that names them."))

    def stored(self, row: Measure) -> dict[str, Any]:
        """The row's values with its links."""
        return super().stored(row) | {
            "carries": [one.strategy_measure_id for one in row.carries],
            "named": [one.state_id for one in row.named_states],
        }


class MeasureReasonForm(TrackerForm):
    """Why a measure is retired or put back, or a stated status is taken back."""

    reason = TextField(
        _l("Reason"), longest=5_000, required=_l("Give a reason"), hint=_l("It stands in the timeline for ever.")
    )


class StatedStatusForm(TrackerForm):
    """The status that a coordinator states, beside the computed one."""

    stated_status = EnumField(
        _l("Status"), MeasureStatus, blank=_l("Choose a status"), required=_l("Choose the status")
    )
    stated_on = DayField(_l("Date of the status"), required=_l("Enter the day from which this holds"))
    stated_reason = TextField(_l("Reason"), longest=5_000, required=_l("Give a reason"))
