"""Who may do what, written out: role × permission, status of the record, scope (R8). No database."""

from __future__ import annotations

from datetime import date

import pytest

from tracker import policy
from tracker.models import (
    Account,
    Conclusion,
    ConclusionStatus,
    Followup,
    FollowupStatus,
    Grant,
    GrantState,
    Matrix,
    MatrixStatus,
    Role,
    Scope,
)
from tracker.policy import Permission

# permission: (analyst, reviewer, coordinator, auditor, administrator)
EXPECTED = {
    "record_read": "yes yes yes yes no",
    "visit_edit": "yes no no no no",
    "assessment_edit": "yes no no no no",
    "conclusion_edit": "yes no no no no",
    "conclusion_share": "yes no no no no",
    "followup_edit": "yes no no no no",
    "followup_track": "yes no no no no",
    "extension_ask": "yes no no no no",
    "submit": "yes no no no no",
    "recall": "yes no no no no",
    "review": "no yes no no no",
    "sign_off": "no yes no no no",
    "return": "no yes no no no",
    "extension_decide": "no yes no no no",
    "comment": "yes yes yes no no",
    "report_run": "yes yes yes yes no",
    "catalogue_read": "yes yes yes yes yes",
    "log_read": "no no no yes no",
    "people_manage": "no no no no yes",
    "catalogue_manage": "no no no no yes",
    "file_remove": "no no no no yes",
    "plan_edit": "no no yes no no",
    "cell_edit": "no no yes no no",
    "measure_link": "yes no yes no no",
    "meeting_edit": "no no yes no no",
}
ROLES = ("analyst", "reviewer", "coordinator", "auditor", "administrator")


def person(role: str, *states: str, ends_on: date | None = None) -> Account:
    grant = Grant(role=Role(role), scope=Scope.STATES if states else Scope.ALL, ends_on=ends_on)
    grant.states = [GrantState(state_id=state) for state in states]
    return Account(id=1, active=True, grants=[grant])


def test_every_permission_is_in_the_table() -> None:
    assert set(EXPECTED) == {permission.value for permission in Permission}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("permission", EXPECTED)
def test_each_role_has_the_permissions_of_the_table(role: str, permission: str) -> None:
    expected = EXPECTED[permission].split()[ROLES.index(role)] == "yes"
    assert policy.can(person(role), Permission(permission)) is expected


@pytest.mark.parametrize(
    ("permission", "open_in"),
    [
        ("followup_edit", {"draft", "returned", "signed_off"}),
        ("followup_track", {"draft", "submitted", "returned", "signed_off"}),
        ("extension_ask", {"draft", "returned", "signed_off"}),
    ],
)
def test_a_follow_up_may_be_changed_only_in_these_statuses(permission: str, open_in: set[str]) -> None:
    for status in FollowupStatus:
        followup = Followup(state_id="PAK", workflow=status)
        assert policy.can(person("analyst"), Permission(permission), followup) is (status.value in open_in), status


def test_a_conclusion_may_be_changed_until_it_is_final_or_withdrawn_but_not_before_the_reviewers() -> None:
    open_in = {"draft", "returned", "signed_off", "shared_with_state", "commented"}
    for status in ConclusionStatus:
        conclusion = Conclusion(state_id="PAK", workflow=status)
        assert policy.can(person("analyst"), Permission.CONCLUSION_EDIT, conclusion) is (status.value in open_in)


def test_a_matrix_before_the_reviewers_is_locked() -> None:
    for status in MatrixStatus:
        matrix = Matrix(state_id="PAK", workflow=status)
        assert policy.can(person("analyst"), Permission.ASSESSMENT_EDIT, matrix) is (status.value != "submitted")


def test_a_grant_holds_within_its_states_only() -> None:
    analyst = person("analyst", "PAK", "IND")
    assert policy.can(analyst, Permission.FOLLOWUP_EDIT, "PAK")
    assert not policy.can(analyst, Permission.FOLLOWUP_EDIT, "KEN")
    assert policy.may_see_state(analyst, "IND")
    assert not policy.may_see_state(analyst, "KEN")


def test_a_grant_holds_through_its_last_day() -> None:
    analyst = person("analyst", ends_on=date(2026, 3, 31))
    assert policy.active_grants(analyst, date(2026, 3, 31))
    assert not policy.active_grants(analyst, date(2026, 4, 1))


def test_a_disabled_account_has_no_rights() -> None:
    analyst = person("analyst")
    analyst.active = False
    assert not policy.can(analyst, Permission.RECORD_READ)


def test_an_account_without_grants_has_no_rights() -> None:
    assert not any(policy.can(Account(id=1, active=True, grants=[]), permission) for permission in Permission)


def test_a_refusal_names_who_may_act() -> None:
    with pytest.raises(policy.Forbidden) as refused:
        policy.require(person("analyst"), Permission.SIGN_OFF)
    assert refused.value.who_may == "Reviewer"
