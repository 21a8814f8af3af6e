"""A form takes the fields that it shows and nothing else (R10); a refused user sees no validation message (R11)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests import snapshots, world
from tests.doors import DOORS, may
from tests.rolled_back import RolledBack
from tests.submissions import FILES, forms_to_send, page_form, poster, send, submission
from tracker import clock

pytestmark = pytest.mark.usefixtures("unchecked_pages")
SignIn = Callable[[Any], FlaskClient]

EXTRA = {
    "id": "1",
    "state_id": "NGA",
    "state": "NGA",
    "reference": "NGA-F999",
    "number": "999",
    "workflow": "signed_off",
    "status": "signed_off",
    "stage": "closed",
    "role": "administrator",
    "roles": "administrator",
    "active": "0",
    "author_id": "1",
    "by": "1",
    "account_id": "1",
    "actor_id": "1",
    "drafted_by_id": "2",
    "submitted_by_id": "2",
    "created_by_id": "2",
    "owner_id": "2",
    "signed_by": "1",
    "signed_off_by": "1",
    "signer_id": "1",
    "signed_at": "2020-01-01T00:00:00Z",
    "seal_id": "1",
    "seal_count": "9",
    "sealed_sha256": "0" * 64,
    "content_sha256": "0" * 64,
    "content_version": "99",
    "superseded_by_id": "1",
    "original_due": "2030-01-01",
    "original_due-year": "2030",
    "current_due": "2030-01-01",
    "current_due-year": "2030",
    "is_withdrawn": "1",
    "stored_as": "../../etc/passwd",
    "sha256": "0" * 64,
    "fs_uniquifier": "mine",
    "tf_totp_secret": "mine",
    "granted_by_id": "1",
    "revoked_at": "",
    "created_at": "2020-01-01",
    "updated_at": "2020-01-01",
}
# What no two requests have in common, although their forms say the same.
OF_ONE_REQUEST = re.compile(
    r"[0-9a-f]{2}/[0-9a-f]{30,}|[0-9a-f]{32,}"  # names of stored files, digests over what follows, random values
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|\$argon2[^']*"
)


def effect(rows: snapshots.Snapshot) -> dict[str, list[str]]:
    """The database as text, without what differs between two requests anyway."""
    return {
        name: sorted(OF_ONE_REQUEST.sub("…", " | ".join(row)) for row in found)
        for name, found in rows.items()
        if name not in ("outbox_mail",)
    }


def test_fields_that_the_form_does_not_show_change_nothing(
    people: world.Cast, told: world.World, sign_in: SignIn, rolled_back: RolledBack
) -> None:
    faults = []
    for name in forms_to_send():
        person = people[poster(DOORS[name])]
        form = page_form(sign_in(person), told.address(DOORS[name].address))
        effects, answers = [], []
        with clock.at(clock.now()):
            for extra in ({}, EXTRA):
                with snapshots.taken_back(rolled_back):
                    data = submission(name, told, form)
                    shown = {field.partition("-")[0] for field in [*form.controls, *data]}
                    more = {field: value for field, value in extra.items() if field.partition("-")[0] not in shown}
                    answer = send(sign_in(person), name, told, {**data, **more})
                    answers.append((answer.status_code, answer.location))
                    effects.append(effect(snapshots.taken()))
        if answers[0][0] != 303:
            faults.append(f"{name} was not taken to begin with: {answers[0]}")
        if answers[1] != answers[0]:
            faults.append(f"{name} answers otherwise: {answers}")
        faults += [f"{name}: {table}" for table in effects[0] if effects[0][table] != effects[1][table]]
    assert not faults, "\n".join(faults)


def test_a_refused_user_sees_no_validation_message(people: world.Cast, told: world.World, sign_in: SignIn) -> None:
    poor = {"request_key": "0" * 32, "reason": "", "text": "", "title": "", "version": "x", "state": "ZZZ"}
    for role in world.ROLES:
        browser = sign_in(people[role])
        for name in forms_to_send():
            door = DOORS[name]
            if may(role, door, "POST"):
                continue
            kind = "multipart/form-data" if name in FILES else "application/x-www-form-urlencoded"
            answer = browser.post(told.address(door.address), data=poor, content_type=kind)
            assert answer.status_code == 403, (role, name)
            assert "Your role does not allow this" in answer.text, (role, name)
            for trace in ("error-summary", "is-invalid", "There is a problem"):
                assert trace not in answer.text, (role, name)


LOCKED = {
    "submitted": ("followups.edit", "followups.assess", "evidence.add", "extensions.request"),
    "waiting": ("conclusions.edit",),
    "ended": (
        "followups.edit",
        "followups.track",
        "followups.assess",
        "followups.set_position",
        "progress.add",
        "responses.record",
        "carry_overs.add",
        "evidence.add",
        "extensions.request",
    ),
}


def test_what_is_locked_or_ended_is_refused_before_it_is_validated(
    people: world.Cast, told: world.World, sign_in: SignIn
) -> None:
    """Seen, allowed to the role, but not in this status of the record: 403 with the rule, not 422 with its faults."""
    browser = sign_in(people.analyst)
    for record, names in LOCKED.items():
        for name in names:
            address = re.sub(r"\{(followup|sealed|conclusion)\}", f"{{{record}}}", DOORS[name].address)
            answer = browser.post(told.address(address), data={"title": "", "text": ""})
            assert answer.status_code == 403, (name, record)
            assert "is-invalid" not in answer.text, (name, record)
