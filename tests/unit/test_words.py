"""Everything that has a name in code has words; nothing that people see is a name in code."""

from __future__ import annotations

import inspect
from enum import StrEnum

import pytest

from tracker import history, models, policy
from tracker.models import VERSIONED, FollowupStatus, Implementation, VisitStage
from tracker.partial_date import PartialDate
from tracker.web import presentation, vocabulary, words

ENUMS = [
    member
    for module in (models, policy)
    for _name, member in inspect.getmembers(module, inspect.isclass)
    if issubclass(member, StrEnum) and member is not StrEnum
]


@pytest.mark.parametrize("members", ENUMS, ids=lambda members: members.__name__)
def test_every_member_of_every_enum_has_words(members: type[StrEnum]) -> None:
    assert [member for member in members if not words.words(member)] == []


TOLD = [model for model in VERSIONED if model.__tablename__ not in history.SILENT]


@pytest.mark.parametrize("model", TOLD, ids=lambda model: model.__name__)
def test_every_column_that_a_timeline_may_show_has_words(model: type) -> None:
    table = model.__tablename__
    shown = [column.name for column in model.__table__.columns if column.name not in history.QUIET]
    assert all(words.field_words(name, table) for name in shown)
    assert words.noun_words(table)


def test_a_member_is_said_in_words() -> None:
    assert words.words(FollowupStatus.SIGNED_OFF) == "Signed off"
    assert words.words(None) == ""


def test_an_unknown_name_raises() -> None:
    class Unheard(StrEnum):
        OF = "of"

    with pytest.raises(KeyError, match="has no words"):
        words.words(Unheard.OF)
    with pytest.raises(KeyError, match="has no words"):
        words.field_words("no_such_column")


def test_one_column_name_may_have_two_meanings() -> None:
    assert words.field_words("area_code", "followup") == "Main area"
    assert words.field_words("area_code", "conclusion") == "Area"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("followup.signed_off", "signed off"),
        ("visit.consent_requested", "moved it to the stage “Consent requested”"),
        ("extension.requested", "asked for a later due date"),
        ("progress.added", "noted progress"),
        ("response.recorded", "recorded a response of the Member State"),
        ("evidence.revised", "added a revision of evidence"),
        ("comet.quietly_observed", "quietly observed"),
    ],
)
def test_an_event_is_said_in_words(kind: str, said: str) -> None:
    assert words.event_words(kind) == said


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("assessed_status", "partially_implemented", "Partially implemented"),
        ("assessed_status", "a_member_of_old", "a member of old"),
        ("assessed_status", Implementation.IMPLEMENTED, "Implemented"),
        ("current_due", "2006-11", "November 2006"),
        ("current_due", PartialDate(2006), "2006"),
        ("current_due_last", "2006-11-30", "30 November 2006"),
        ("title", "Adopt the bill", "Adopt the bill"),
        ("title", None, ""),
    ],
)
def test_a_stored_value_is_said_in_words(column: str, value: object, said: str) -> None:
    assert words.value_words("followup", column, value) == said


def test_every_tone_belongs_to_a_member_that_exists() -> None:
    values = {member.value for members in vocabulary.WORDS for member in members}
    assert set(presentation.TONES) <= values
    assert presentation.tone(VisitStage.CLOSED) == "done"
    assert presentation.tone(FollowupStatus.DRAFT) == "neutral"
