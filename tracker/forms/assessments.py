"""What a browser may send of an assessment: the rating of one area, with its explanation."""

from __future__ import annotations

from tracker.forms.base import TrackerForm
from tracker.forms.choice_fields import RadioChoiceField
from tracker.forms.fields import TextField
from tracker.texts import lazy_gettext as _l


class AssessmentForm(TrackerForm):
    """The view sets the choices of ``rating``: the scale as it is now, and a retired level that is still given."""

    rating = RadioChoiceField(
        _l("Rating"),
        required=_l("Choose a rating"),
        hint=_l("The tracker's own scale: it is not official and is never presented as such."),
    )
    explanation = TextField(
        _l("Explanation"),
        hint=_l("What was seen and heard, and why it comes to this rating."),
    )
