"""The acts of generated stories, by noun. Each leaves the rows and events that the service of its kind would leave."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tracker.sample import plan as plans
from tracker.sample.acts import findings, followups, signoff, visits
from tracker.sample.clerk import Clerk

ACTS: dict[str, Callable[..., None]] = {
    act.__name__: act
    for act in (
        visits.create_visit,
        visits.add_component,
        visits.move_visit,
        visits.add_delegate,
        visits.add_counterpart,
        visits.add_check,
        findings.open_matrix,
        findings.assess_area,
        findings.create_conclusion,
        findings.share_conclusion,
        findings.comment_conclusion,
        findings.finalise_conclusion,
        followups.create_followup,
        followups.link_measure,
        followups.edit_followup,
        followups.assess_followup,
        followups.track,
        followups.set_position,
        followups.add_progress,
        followups.record_response,
        followups.comment,
        followups.ask_extension,
        followups.approve_extension,
        followups.refuse_extension,
        followups.carry_over,
        followups.set_disposition,
        followups.withdraw,
        followups.end,
        signoff.submit,
        signoff.return_,
        signoff.recall,
        signoff.sign_off,
    )
}


def carry_out(clerk: Clerk, story: Iterable[plans.Act]) -> None:
    """Do each act at its moment."""
    for act in story:
        clerk.desk.begin(act.second)
        ACTS[act.name](clerk, *act.args)
