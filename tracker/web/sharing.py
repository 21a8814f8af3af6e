"""The sharing levels that a form offers: beyond the State only where its consent to share is recorded."""

from __future__ import annotations

from tracker.forms.choice_fields import ChoiceField
from tracker.models import Visit
from tracker.services import sharing
from tracker.texts import gettext as _


def limit(field: ChoiceField, visit: Visit | None) -> None:
    """Close the levels beyond the State while it has not consented, and say so at the field."""
    if visit is None:
        said = _("Partners and the public open once the visit that raised it is saved and has consent to share.")
        field.close(sharing.OUTSIDE, said)
    elif not sharing.has_consent(visit):
        said = _("Partners and the public open once the State's consent to share is recorded on the visit.")
        field.close(sharing.OUTSIDE, said)
