"""What a browser may send of a conclusion: its text, and what happens to it once it is signed off."""

from __future__ import annotations

from typing import Any

from tracker.forms.base import TrackerForm
from tracker.forms.choice_fields import ChoiceField, CodesField, EnumField
from tracker.forms.date_fields import PartialDateField
from tracker.forms.fields import TextField
from tracker.models import Basis, Conclusion, ConclusionKind, Sharing
from tracker.texts import lazy_gettext as _l


class ConclusionForm(TrackerForm):
    """What the delegation concluded on one area. The view sets the choices of areas and paragraphs."""

    kind = EnumField(
        _l("Kind"), ConclusionKind, blank=_l("Choose a kind"), required=_l("Choose the kind of conclusion")
    )
    area_code = ChoiceField(
        _l("Area"),
        blank=_l("Choose an area"),
        required=_l("Choose the area"),
        hint=_l("One area. Write another conclusion for another area."),
    )
    text = TextField(
        _l("Text"), required=_l("Write the text"), hint=_l("What was found, in words that the Member State could read.")
    )
    paragraph_ids = CodesField(
        _l("Paragraphs"), coerce=int, hint=_l("What it rests on. At least one is needed before it can be submitted.")
    )
    basis = EnumField(
        _l("Basis"),
        Basis,
        blank=_l("Not stated"),
        hint=_l("Resolutions oblige; conventions and codes are standards; practices are examples."),
    )
    source = TextField(_l("Source"), hint=_l("The document or meeting that this comes from."))
    sharing = EnumField(
        _l("Sharing level"),
        Sharing,
        blank=None,
        required=True,
        hint=_l("Internal until the Member State has consented."),
    )

    def stored(self, row: Conclusion) -> dict[str, Any]:
        return super().stored(row) | {"paragraph_ids": [link.paragraph_id for link in row.paragraphs]}


class ShareForm(TrackerForm):
    """When the State received it."""

    happened = PartialDateField(
        _l("Handed over on"), required=_l("Enter the day on which the Member State received it, as far as it is known")
    )


class StateCommentForm(TrackerForm):
    """What the State says to it; our text stays as it is."""

    text = TextField(_l("Comment of the Member State"), required=_l("Enter what the Member State says"))
    date = PartialDateField(_l("Date of the comment"), required=_l("Enter the date of the comment"))

    def stored(self, row: Conclusion) -> dict[str, Any]:
        return {"text": row.state_comment, "date": row.state_commented_on}


class FinaliseForm(TrackerForm):
    """Nothing to fill in: the version of the row on the screen."""


class WithdrawForm(TrackerForm):
    """Why it is withdrawn."""

    reason = TextField(
        _l("Reason"), longest=5_000, required=_l("Give a reason"), hint=_l("It stands in the timeline for ever.")
    )
