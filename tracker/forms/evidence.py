"""What a browser may send of evidence: a file, a newer revision of one, or the note of a source."""

from __future__ import annotations

from tracker.forms.base import TrackerForm
from tracker.forms.fields import FileField, LineField, TextField
from tracker.texts import lazy_gettext as _l


class EvidenceForm(TrackerForm):
    """A file, or where a source stands that cannot be attached."""

    title = LineField(_l("Title"), hint=_l("What it is. Left empty, the file's name stands in."))
    file = FileField(
        _l("File"), hint=_l("25 MB at most. Its SHA-256 becomes part of what a reviewer signs; it is never replaced.")
    )
    source_note = TextField(
        _l("Note of the source"), longest=5000, hint=_l("Without a file: where the source stands and who keeps it.")
    )


class RevisionForm(TrackerForm):
    """A newer file beside the earlier ones."""

    file = FileField(_l("File"), required=_l("Choose the file"), hint=_l("25 MB at most. Earlier revisions stay."))


class WithdrawEvidenceForm(TrackerForm):
    """Why it is withdrawn."""

    reason = TextField(_l("Reason"), required=_l("Say why it is withdrawn"), longest=5000)


class RemoveBytesForm(TrackerForm):
    """Why the bytes are removed."""

    reason = TextField(
        _l("Reason"),
        required=_l("Say why the content is removed"),
        longest=5000,
        hint=_l("Stands in the log for ever. Write nothing in it that should be removed as well."),
    )
