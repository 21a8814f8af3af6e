"""What a browser may send of a follow-up: its text and links, the statuses, what is tracked, how it ends."""

from __future__ import annotations

from typing import Any

from wtforms import ValidationError

from tracker.errors import Invalid
from tracker.forms import checks
from tracker.forms.base import TrackerForm
from tracker.forms.choice_fields import ChoiceField, CodesField, EnumField, StateField
from tracker.forms.date_fields import PartialDateField
from tracker.forms.fields import LineField, TextField
from tracker.models import Basis, Followup, Implementation, Position, Priority, Sharing
from tracker.texts import gettext as _
from tracker.texts import lazy_gettext as _l

LONGEST_AUTHORITY = 200
MOST_AUTHORITIES = 40


def authority_lines() -> checks.Validator:
    """A validator: one authority a line, none too long and not too many."""

    def check(form: Any, field: Any) -> None:
        lines = lines_of(field.data)
        if len(lines) > MOST_AUTHORITIES:
            raise ValidationError(_("Name %(most)d authorities or fewer", most=MOST_AUTHORITIES))
        for line in lines:
            fault = checks.fault_in_line(line, str(field.label.text), LONGEST_AUTHORITY)
            if fault:
                raise ValidationError(fault)

    return check


def lines_of(text: str) -> list[str]:
    """The lines that say something."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


class ChooseStateForm(TrackerForm):
    """Which Member State a new follow-up belongs to. The view sets the choices to those in the analyst's scope."""

    state = StateField(
        _l("Member State"),
        blank=_l("Choose a Member State"),
        required=_l("Choose the Member State"),
        hint=_l("A follow-up belongs to one Member State and outlives visits."),
    )


class FollowupForm(TrackerForm):
    """What an analyst writes of a follow-up. The view sets the choices of everything that is linked."""

    title = LineField(
        _l("Title"),
        required=_l("Enter the title"),
        hint=_l("One sentence in the imperative, such as: Adopt the anti-money-laundering bill."),
    )
    text = TextField(_l("Text"), hint=_l("The recommendation in full: what the Member State should do."))
    area_code = ChoiceField(
        _l("Main area"), blank=_l("Choose an area"), hint=_l("The one under which the follow-up is counted.")
    )
    further_areas = CodesField(_l("Further areas"))
    paragraph_ids = CodesField(_l("Paragraphs"), coerce=int)
    basis = EnumField(
        _l("Basis"),
        Basis,
        blank=_l("Choose the basis"),
        hint=_l("Resolutions oblige; conventions and codes are standards; practices are examples."),
    )
    conclusion_ids = CodesField(_l("Conclusions that it answers"), coerce=int)
    no_conclusion_reason = TextField(
        _l("Why there is no conclusion"), hint=_l("Only when it answers none, for instance: raised by letter.")
    )
    visit_id = ChoiceField(_l("Visit that first raised it"), coerce=int, blank=_l("No visit"))
    source = TextField(_l("Source"), hint=_l("The document or meeting that this comes from."))
    authority_names = CodesField(_l("Responsible authorities"))
    new_authorities = TextField(
        _l("Further authorities"),
        hint=_l("One a line, by name, such as: Ministry of Finance."),
        validators=[authority_lines()],
    )
    priority = EnumField(_l("Priority"), Priority, blank=_l("Choose the priority"))
    owner_id = ChoiceField(_l("Owner"), coerce=int, blank=_l("Nobody yet"), hint=_l("Who of us sees to it."))
    indicator = TextField(
        _l("Indicator of completion"), hint=_l("How one will know that it is done: The act is published.")
    )
    no_indicator_reason = TextField(_l("Why no indicator is agreed"), hint=_l("Only when none is agreed."))
    due = PartialDateField(
        _l("Due date"), hint=_l("As exactly as it is agreed; leave the day, or day and month, empty otherwise.")
    )
    no_due_reason = TextField(_l("Why no due date is agreed"), hint=_l("Only when none is agreed."))
    next_step = TextField(_l("Next step"), hint=_l("What we do next. Not part of what is signed."))
    sharing = EnumField(
        _l("Sharing level"),
        Sharing,
        blank=None,
        required=True,
        hint=_l("Internal until the Member State has consented."),
    )
    reason = LineField(_l("Reason for the change"), hint=_l("Stands in the timeline."))

    def stored(self, row: Followup) -> dict[str, Any]:
        special = {
            "further_areas": [link.area_code for link in row.further_areas],
            "paragraph_ids": [link.paragraph_id for link in row.paragraphs],
            "conclusion_ids": [link.conclusion_id for link in row.conclusions],
            "authority_names": [link.authority.name for link in row.authorities],
            "new_authorities": "",
            "due": row.current_due,
        }
        return super().stored(row) | {name: value for name, value in special.items() if name in self}

    def names(self) -> list[str]:
        """Everything but the reason, which is no field of the record, when two versions are compared."""
        return [name for name in super().names() if name != "reason"]

    def refuse(self, error: Invalid) -> None:
        """Put a service's words on authorities at the field where they are typed, all others at their own."""
        first, *others = (
            Invalid(one.message, "new_authorities" if one.field in ("authority", "authorities") else one.field)
            for one in (error, *error.others)
        )
        super().refuse(Invalid(first.message, first.field, others))


class AssessForm(TrackerForm):
    """The status that we assess."""

    assessed_status = EnumField(
        _l("Status we assess"), Implementation, blank=_l("Choose a status"), required=_l("Choose the status")
    )
    assessed_on = PartialDateField(
        _l("As of"), hint=_l("The day that the assessment speaks of, as far as it is known.")
    )
    assessed_source = LineField(_l("Source"), longest=1000, hint=_l("What the assessment rests on."))


class TrackForm(TrackerForm):
    """What is tracked beside the text, also while that is before the reviewers."""

    owner_id = ChoiceField(_l("Owner"), coerce=int, blank=_l("Nobody yet"), hint=_l("Who of us sees to it."))
    priority = EnumField(_l("Priority"), Priority, blank=_l("Choose the priority"))
    next_step = TextField(_l("Next step"), hint=_l("What we do next."))
    sharing = EnumField(
        _l("Sharing level"),
        Sharing,
        blank=None,
        required=True,
        hint=_l("Internal until the Member State has consented."),
    )


class PositionForm(TrackerForm):
    """Where the State stands."""

    position = EnumField(
        _l("Position of the Member State"), Position, blank=_l("Choose a position"), required=_l("Choose the position")
    )
    position_on = PartialDateField(_l("Date of the position"))
    position_source = LineField(_l("Source"), longest=1000, hint=_l("Where the Member State said so."))


class WithdrawForm(TrackerForm):
    """Why it is withdrawn."""

    reason = TextField(_l("Reason"), required=_l("Say why it is withdrawn"), longest=5000)


class SupersedeForm(TrackerForm):
    """What takes its place, and why."""

    by_reference = LineField(
        _l("Follow-up that takes its place"),
        required=_l("Enter the reference of the follow-up that takes its place"),
        longest=20,
        hint=_l("Its reference, such as PAK-F013. It must be one of the same Member State."),
    )
    reason = TextField(_l("Reason"), required=_l("Say why it is superseded"), longest=5000)
