"""For each form that changes something: what makes it a submission that is taken, beside what its page shows.

The sweeps over forms start from these, so that each of them is known to reach what the form is for.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import world
from tests.doors import DOORS, Door, may
from tests.factories import PASSWORD
from tests.forms_of_pages import PageForm, form_for

Data = dict[str, Any]

TYPED: dict[str, dict[str, str | list[str]]] = {
    "account.change_password": {"password": PASSWORD, "new_password": "nine otters below the weir"},
    "account.choose_language": {"language": "en", "next": "/account"},
    "admin.create_person": {"name": "Analyst for Europe", "email": "europe@example.org"},
    "admin.edit_person": {"name": "Analyst for Oceania"},
    "admin.grant_role": {"role": "auditor", "scope": "region", "region_code": "002"},
    "admin.disable_person": {},
    "admin.invite_person": {},
    "admin.reset_factor": {},
    "admin.revoke_grant": {},
    "catalogue.edit_rating": {"label": "Largely there"},
    "area_pillars.edit": {"pairs": ["FIN:I", "HRG:IV"]},
    "measure_links.choose": {"measures": ["GCTS-II-1"], "reason": "The bill is what it asks for"},
    "measure_links.remove": {"reason": "Another measure fits"},
    "measure_links.add_followups": {"followups": "{submitted}", "reason": "It asks for the law", "confirmed": "1"},
    "inbox.read": {},
    "inbox.read_all": {},
    "visits.create": {"state": "IND", "start-year": "2007", "summary": "Seen off"},
    "visits.move": {"stage": "draft_report", "happened-year": "2007"},
    "visit_sections.edit": {"summary": "Told anew"},
    "visit_sections.tour": {"tour": "South Asia 2006"},
    "visit_sections.scope": {"areas": ["FIN-01", "FIN-02", "FIN-03"]},
    "visit_sections.resolutions": {"resolutions": "1624"},
    "visit_sections.visit_consent": {"visit_consent_by": "The mission in New York"},
    "visit_sections.share_consent": {"share_excluded": "The annex"},
    "visit_sections.sharing": {"sharing": "state_only"},
    "visit_parts.add": {"authority": "Customs", "level": "Director", "subject": "Border posts"},
    "visit_parts.edit": {"subject": "Another law"},
    "visit_parts.remove": {},
    "assessments.edit": {"explanation": "Weighed anew"},
    "conclusions.create": {"kind": "concern", "area_code": "FIN-02", "text": "Seen at the border"},
    "conclusions.edit": {"text": "Written anew"},
    "conclusions.share": {"happened-year": "2007"},
    "conclusions.comment": {"text": "The State says", "date-year": "2008"},
    "conclusions.finalise": {},
    "conclusions.withdraw": {"reason": "Entered twice"},
    "comments.add": {"comment-text": "Worth another look"},
    "followups.create": {"title": "Table the bill", "text": "Before the summer"},
    "followups.edit": {"title": "Table the bill again"},
    "followups.assess": {"assessed_status": "partially_implemented"},
    "followups.track": {"next_step": "Ask the mission"},
    "followups.set_position": {"position": "partly"},
    "followups.withdraw": {"reason": "Entered twice"},
    "followups.supersede": {"by_reference": "{submitted}", "reason": "Said better there"},
    "progress.add": {"text": "The bill is tabled", "source": "The gazette"},
    "responses.record": {"received-year": "2007", "text": "We are at it", "reported_status": "in_progress"},
    "extensions.request": {"new_due-year": "2010", "reason": "Elections"},
    "extensions.decide": {"decision": "approved", "note": "Reasonable"},
    "carry_overs.add": {"visit_id": "{later_id}", "note": "Again"},
    "carry_overs.record": {"disposition": "partly_met", "note": "Half of it"},
    "evidence.add": {"title": "The bill", "source_note": "From the gazette"},
    "evidence.add_revision": {},
    "evidence.withdraw": {"reason": "The wrong file"},
    "evidence.remove_bytes": {"reason": "Personal data"},
    "meetings.create": {"title": "Expert meeting", "start-year": "2011", "hosts": "EU", "source": "A page"},
    "meetings.edit": {"topics": "Border monitoring", "pillars": ["II", "IV"], "states": ["IND", "PAK"]},
    "meetings.add_outcome": {"kind": "gap", "text": "No list of contacts"},
    "meetings.edit_outcome": {"kind": "good_practice", "text": "A list of contacts, kept up to date"},
    "meetings.remove_outcome": {"reason": "Entered twice"},
    "plans.create": {"code": "ZZ-2020", "title": "Another plan", "participants": ["PAK"], "observers": ["IND"]},
    "plans.edit": {"title": "Joint plan, reworded"},
    "plans.order": {},
    "plan_parts.add": {"title": "Phase II", "start-year": "2013"},
    "plan_parts.edit": {"title": "Phase one"},
    "plan_parts.remove": {},
    "measures.create": {"text": "Train those who watch the passes", "pillar": "III", "deadline-year": "2030"},
    "measures.load": {"content": "pillar,text\nIV,Respect the law\n", "load": "1"},
    "measures.edit": {"text": "Exchange more of what is known", "indicator": "Exchanged monthly"},
    "measures.retire": {"reason": "Entered twice"},
    "measures.state_status": {"stated_status": "under_way", "stated_on": "2012-01-01", "stated_reason": "Seen there"},
    "measures.withdraw_status": {"reason": "Stated too early"},
    "cells.edit": {"status": "under_way", "status_on-year": "2024", "evidence": "A letter", "note": "As told there"},
    "review.sign_off": {"content_version": "{submitted_version}", "factor": PASSWORD, "note": "Agreed"},
    "review.return_": {"reason": "Say who answers for it"},
    "review.submit": {"content_version": "{followup_version}", "note": "Ready"},
    "review.recall": {},
}

FILES = {"evidence.add": b"The bill as tabled, second reading.\n", "evidence.add_revision": b"The bill as passed.\n"}

# Forms that are another matter: signing in and out, and what answers only in a state that no page here is in.
APART = {
    "account.sign_in",
    "account.sign_in_factor",
    "account.sign_out",
    "account.ask_for_reset",
    "account.set_password",
    "account.forget_kept",
    "account.end_session",
    "account.set_up_factor",
    "account.renew_codes",
    "account.remove_factor",
    "admin.enable_person",
    "conclusions.comment",
    "conclusions.finalise",
}


def poster(door: Door) -> str:
    """The role that may send the form."""
    return next(role for role in world.ROLES if may(role, door, "POST"))


def page_form(browser: FlaskClient, address: str) -> PageForm:
    """The form as its page shows it; an empty one where the button stands on another page."""
    answer = browser.get(address)
    shown = form_for(answer.text, address) if answer.status_code == 200 and answer.mimetype == "text/html" else None
    return shown or PageForm(address, "post")


def submission(name: str, told: world.World, form: PageForm) -> Data:
    """What is sent: the page's own values, and those typed into them."""
    typed = {field: told.address(value) if isinstance(value, str) else value for field, value in TYPED[name].items()}
    data: Data = {**form.data(), **typed}
    if name in FILES:
        data["file"] = (BytesIO(FILES[name]), "bill.txt")
    return data


def send(browser: FlaskClient, name: str, told: world.World, data: Data) -> TestResponse:
    """Send it as the browser would, with files as multipart."""
    kind = "multipart/form-data" if name in FILES else "application/x-www-form-urlencoded"
    return browser.post(told.address(DOORS[name].address), data=data, content_type=kind)


def forms_to_send() -> list[str]:
    """Every endpoint whose form is swept."""
    return sorted(name for name, door in DOORS.items() if door.writes and name not in APART)
