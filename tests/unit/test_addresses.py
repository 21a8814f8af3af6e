"""Addresses are typed, in kebab case, and stay once they are published (design 5)."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from tests.doors import DOORS

# What the outside may keep: bookmarks, mails, reports on paper.
PUBLISHED = (
    "/",
    "/login",
    "/logout",
    "/visits",
    "/visits/PAK-2006-1",
    "/visits.csv",
    "/conclusions",
    "/conclusions/PAK-2006-1-C3",
    "/conclusions.csv",
    "/follow-ups",
    "/follow-ups/PAK-F012",
    "/review",
    "/review/followup/PAK-F012",
    "/states",
    "/states/PAK",
    "/states.csv",
    "/areas",
    "/areas/FIN-02",
    "/resolutions",
    "/resolutions/1373",
    "/plans",
    "/inbox",
    "/reports",
    "/reports/status",
    "/reports/status.csv",
    "/audit",
    "/audit.csv",
    "/admin",
    "/admin/people",
    "/account",
    "/account/sessions",
    "/help",
    "/healthz",
    "/readyz",
)
WORD = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.(csv|svg))?")
PLACE = re.compile(r"<(?:(?P<type>[a-z]+)(?:\([^)]*\))?:)?(?P<name>[a-z_]+)>")
OF_TEXT = {
    "reference",  # PAK-F012: letters, digits, hyphens, looked up in the reader's scope
    "code",
    "area_code",
    "object_type",
    "name",
    "digest",
    "kind",
    "measure_reference",
    "outcome",
    "state",
}


@pytest.mark.parametrize("address", PUBLISHED)
def test_a_published_address_leads_somewhere(address: str, shared_app: Flask) -> None:
    method = "POST" if address == "/logout" else "GET"
    endpoint, _values = shared_app.url_map.bind("localhost").match(address, method=method)
    assert endpoint in DOORS


def test_every_address_is_lower_case_with_hyphens(shared_app: Flask) -> None:
    for rule in shared_app.url_map.iter_rules():
        words = [word for word in PLACE.sub("x", rule.rule).split("/") if word]
        assert all(WORD.fullmatch(word) for word in words), rule.rule


def test_every_place_in_an_address_is_typed(shared_app: Flask) -> None:
    """Ids are numbers, parts are named one by one; what is left is text that is looked up."""
    for rule in shared_app.url_map.iter_rules():
        for place in PLACE.finditer(rule.rule):
            is_text = place["name"] in OF_TEXT and place["type"] is None
            assert is_text or place["type"] in ("int", "any"), rule.rule
            assert not place["name"].endswith("_id") or place["type"] == "int", rule.rule


def test_no_address_ends_in_a_slash_but_the_first(shared_app: Flask) -> None:
    assert [rule.rule for rule in shared_app.url_map.iter_rules() if rule.rule.endswith("/")] == ["/"]


def test_acts_are_verbs_at_the_end_of_their_record(shared_app: Flask) -> None:
    """What only takes a POST is an act on the address before it: no second page stands under it."""
    read = {rule.rule for rule in shared_app.url_map.iter_rules() if "GET" in (rule.methods or set())}
    acts = {rule.rule for rule in shared_app.url_map.iter_rules()} - read
    assert acts
    assert not [act for act in acts if any(other.startswith(f"{act}/") for other in read)]
