"""Help, made from the code wherever the code knows: moves, roles, fields with their hints, columns of the files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from tracker import policy, workflow
from tracker.forms.assessments import AssessmentForm
from tracker.forms.base import TrackerForm
from tracker.forms.carry_overs import CarryOverForm, DispositionForm
from tracker.forms.comments import CommentForm
from tracker.forms.conclusions import ConclusionForm, ShareForm, StateCommentForm
from tracker.forms.evidence import EvidenceForm
from tracker.forms.extensions import DecisionForm, ExtensionForm
from tracker.forms.followups import AssessForm, FollowupForm, PositionForm, TrackForm
from tracker.forms.progress import ProgressForm
from tracker.forms.responses import ResponseForm
from tracker.forms.review import ReturnForm, SignForm
from tracker.forms.visits import (
    CheckForm,
    ComponentForm,
    CounterpartForm,
    DelegateForm,
    NewVisitForm,
    ShareConsentForm,
    SharingForm,
    StageForm,
    VisitConsentForm,
)
from tracker.models import Conclusion, ConclusionStatus, Followup, FollowupStatus, Matrix, MatrixStatus, Role, Visit
from tracker.models.visit import VisitStage
from tracker.policy import Permission
from tracker.reports import action_plan, conclusions, log, states, status
from tracker.texts import gettext as _
from tracker.texts import lazy_gettext as _l
from tracker.texts import listed
from tracker.web.words import noun_words, words
from tracker.workflow.moves import Move

blueprint = Blueprint("help", __name__)

STATUSES: dict[type[Any], type[StrEnum]] = {
    Visit: VisitStage,
    Matrix: MatrixStatus,
    Conclusion: ConclusionStatus,
    Followup: FollowupStatus,
}

LONG_RUN = 4

# Where a move leads that its service decides.
TARGETS: dict[str, Any] = {
    "recall": _l("where it stood before it was submitted"),
    "return": _l("returned; a request to end it goes back to where it stood"),
    "sign_off": _l("what was asked for: signed off, withdrawn or superseded"),
}

FORMS: tuple[tuple[Any, type[TrackerForm]], ...] = (
    (_l("A new visit"), NewVisitForm),
    (_l("Visit: another stage"), StageForm),
    (_l("Visit: consent to the visit"), VisitConsentForm),
    (_l("Visit: consent to share"), ShareConsentForm),
    (_l("Visit: sharing level"), SharingForm),
    (_l("Visit: component"), ComponentForm),
    (_l("Visit: delegation"), DelegateForm),
    (_l("Visit: counterpart met"), CounterpartForm),
    (_l("Visit: on-site check"), CheckForm),
    (_l("Assessment of an area"), AssessmentForm),
    (_l("Conclusion"), ConclusionForm),
    (_l("Conclusion: shared with the Member State"), ShareForm),
    (_l("Conclusion: comment of the Member State"), StateCommentForm),
    (_l("Follow-up"), FollowupForm),
    (_l("Follow-up: status we assess"), AssessForm),
    (_l("Follow-up: owner, priority, next step"), TrackForm),
    (_l("Follow-up: position of the Member State"), PositionForm),
    (_l("Follow-up: progress entry"), ProgressForm),
    (_l("Follow-up: response of the Member State"), ResponseForm),
    (_l("Follow-up: evidence"), EvidenceForm),
    (_l("Follow-up: later due date"), ExtensionForm),
    (_l("Follow-up: decision on a later due date"), DecisionForm),
    (_l("Follow-up: taken up again by a later visit"), CarryOverForm),
    (_l("Follow-up: what the later visit found"), DispositionForm),
    (_l("Comment"), CommentForm),
    (_l("Signing off"), SignForm),
    (_l("Returning"), ReturnForm),
)

# The terms of the field, in short.
GLOSSARY: tuple[tuple[Any, Any], ...] = (
    (_l("Area"), _l("A theme that a visit looks at, such as FIN-02; it rests on paragraphs of resolutions.")),
    (
        _l("Consent to share"),
        _l("The Member State's word on who may read the report, in full or in part. Not its consent to the visit."),
    ),
    (
        _l("Consent to the visit"),
        _l("The Member State's agreement that the visit takes place; without it there is none."),
    ),
    (
        _l("Facilitation"),
        _l("Bringing a need together with a donor or provider who can help with it; never called aid."),
    ),
    (_l("Focal point"), _l("The office or person named to answer for a subject; also national coordinator.")),
    (
        _l("Follow-up"),
        _l("A recommendation as it is tracked: it belongs to the Member State and stays open across visits and years."),
    ),
    (
        _l("Foreign terrorist fighter (FTF)"),
        _l("Someone who travels to another State to take part in terrorism or to train for it."),
    ),
    (_l("Good practice"), _l("A measure that works and is worth sharing with others; also effective practice.")),
    (
        _l("Implementation"),
        _l("How far a resolution or a recommendation is carried out. The tracker gives no scores and ranks nobody."),
    ),
    (_l("Measure"), _l("A numbered measure of the Strategy or of a regional plan, such as GCTS-II-10.")),
    (
        _l("Member State"),
        _l("The State concerned, also visited State; its authorities. Named as on the day that a record speaks of."),
    ),
    (
        _l("On behalf of the Committee"),
        _l("How visits are made: the Committee decides, its Executive Directorate assesses."),
    ),
    (
        _l("Overdue"),
        _l("Open, and the last day of the due date's period lies in the past."),
    ),
    (
        _l("Open"),
        _l("Not withdrawn or superseded, and not assessed as implemented or overtaken by events."),
    ),
    (_l("Preliminary observation"), _l("What a provisional conclusion is called for visits from 8 October 2018 on.")),
    (_l("Progress"), _l("What has moved since; a strength is what is well in place already.")),
    (
        _l("Prosecution, rehabilitation and reintegration (PRR)"),
        _l("What is done about people who return or are released, together."),
    ),
    (
        _l("Provisional conclusion"),
        _l("What the delegation concludes on one area and hands over at the end of a visit."),
    ),
    (
        _l("Recommendation"),
        _l("What the Member State should do about a shortfall; never an order or a demand."),
    ),
    (
        _l("Seal"),
        _l("A reviewer's signature over exactly what was on the screen. It stays; later changes stand beside it."),
    ),
    (_l("Shortfall"), _l("A requirement not met, or met in part; also remaining challenge or gap.")),
    (
        _l("Technical assistance need"),
        _l("A gap that the Member State cannot close alone, agreed with it during the visit."),
    ),
    (
        _l("Terrorism financing"),
        _l("Providing or collecting funds for terrorist acts; countering it is counter-financing of terrorism (CFT)."),
    ),
)

# Columns of files that the status report does not have.
COLUMNS: dict[str, Any] = {
    "conclusion_id": _l("Reference of the conclusion"),
    "kind": _l("What it is: the kind of conclusion, or the kind of entry"),
    "paragraphs": _l("Paragraphs, joined by ;"),
    "conclusion": _l("Text of the conclusion"),
    "state_comment": _l("What the Member State says to it"),
    "state_commented_on": _l("Date of that comment"),
    "followup_refs": _l("Follow-ups that answer it, joined by ;"),
    "source": _l("Where it comes from"),
    "visits": _l("Number of visits"),
    "last_visit": _l("Reference of the latest visit"),
    "open_followups": _l("Number of open follow-ups"),
    "overdue_followups": _l("Number of overdue follow-ups"),
    "entry": _l("Number of the entry"),
    "at": _l("When, UTC"),
    "actor": _l("Who; empty for the command line, and for somebody who was not signed in"),
    "category": _l("Changes, comments, sign-offs, files or access"),
    "outcome": _l("done, refused or failed"),
    "object_type": _l("Kind of record"),
    "object_id": _l("Number of the record"),
    "text": _l("The entry exactly as hashed"),
    "hash": _l("SHA-256 over the hash of the entry before and the text"),
    "reference": _l("What the record is called, where it has a reference or a name"),
    "reason": _l("Reason that was given"),
}


@dataclass(frozen=True)
class MoveLine:
    """A move as a line of the table: from where, by what act, to where, by whom, with what."""

    source: str
    action: str
    target: str
    who: str
    owes_reason: bool
    needs: str


@dataclass(frozen=True)
class FieldLine:
    """A field of a form: its name, its hint, and whether it must be filled in."""

    label: str
    hint: str
    is_required: bool


@dataclass(frozen=True)
class FormHelp:
    """A form with its fields, in the order of the page."""

    key: str
    title: str
    fields: list[FieldLine]


@blueprint.get("/help")
def index() -> ResponseReturnValue:
    """Everything on one page, so that the browser's own search finds it."""
    return render_template(
        "help/index.html",
        moves={str(noun_words(model.__tablename__)): _lines(model) for model in STATUSES},
        permissions=[(words(one), [role in policy.ROLES[one] for role in Role]) for one in Permission],
        roles=[words(role) for role in Role],
        forms=[_form_help(title, form) for title, form in FORMS],
        glossary=sorted(((str(term), str(said)) for term, said in GLOSSARY), key=lambda pair: pair[0].casefold()),
        files=_files(),
    )


def _lines(model: type[Any]) -> list[MoveLine]:
    return [_line(move, STATUSES[model]) for move in workflow.MOVES[model]]


def _line(move: Move, statuses: type[StrEnum]) -> MoveLine:
    target = words(statuses(move.target)) if move.target else str(TARGETS[move.action])
    return MoveLine(
        source=_sources(move.sources, statuses),
        action=str(move.label),
        target=target,
        who=policy.who_may(move.permission),
        owes_reason=move.owes_reason,
        needs=str(move.needs or ""),
    )


def _sources(sources: Iterable[str], statuses: type[StrEnum]) -> str:
    """The statuses in their order; a long run is said by its first and its last."""
    members = list(statuses)
    runs: list[list[int]] = []
    for place in (place for place, member in enumerate(members) if member in set(sources)):
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return listed(said for run in runs for said in _run([words(members[place]) for place in run]))


def _run(said: list[str]) -> list[str]:
    if len(said) < LONG_RUN:
        return said
    return [_("any from %(first)s to %(last)s", first=said[0], last=said[-1])]


def _form_help(title: Any, form: type[TrackerForm]) -> FormHelp:
    """The form's fields as the form itself declares them: hints on fields and help are one source."""
    drawn = form(formdata=None, meta={"csrf": False})
    fields = [
        FieldLine(str(field.label.text), str(field.description or ""), bool(field.flags.required))
        for field in (drawn[name] for name in drawn.names())
    ]
    return FormHelp(f"{form.__module__.rpartition('.')[2]}-{form.__name__}".lower(), str(title), fields)


def _files() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Each file that leaves the house: key, title, columns with their words."""
    headers = {
        "status-report": (_("Status report"), status.HEADER),
        "action-plan": (_("Action-plan report"), action_plan.HEADER),
        "conclusions": (_("List of conclusions"), conclusions.HEADER),
        "states": (_("List of Member States"), states.HEADER),
        "log": (_("Log"), log.HEADER),
    }
    return [(key, title, _columns(key, header)) for key, (title, header) in headers.items()]


def _columns(key: str, header: Iterable[str]) -> list[tuple[str, str]]:
    own: Mapping[str, Mapping[str, Any]] = {"status-report": status.COLUMNS, "action-plan": action_plan.COLUMNS}
    known = own.get(key, {**status.COLUMNS, **COLUMNS})
    return [(name, str(known[name])) for name in header]
