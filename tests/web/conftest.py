"""What the sweeps over all addresses share."""

from __future__ import annotations

import pytest


@pytest.fixture
def unchecked_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are parsed in ``test_every_page.py`` and in each page's own test: a sweep of thousands does without."""
    monkeypatch.setattr("tests.client.check_page", lambda _page: None)
