"""What search knows of a record is told to be made of these columns: where none of them changed, nothing is indexed."""

from __future__ import annotations

from typing import Any

import pytest

from tracker.models import Base, Conclusion, Followup, Measure


class Spy:
    """Gives any column, and remembers which was asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getattr__(self, name: str) -> str:
        self.asked.add(name)
        return name


@pytest.mark.parametrize("model", [Followup, Conclusion, Measure])
def test_the_words_are_made_of_the_columns_named(model: Any) -> None:
    spy = Spy()
    model.searched.fget(spy)
    assert spy.asked == set(model.__searched__)


def test_whoever_names_columns_is_tested_here() -> None:
    named = {mapper.class_ for mapper in Base.registry.mappers if hasattr(mapper.class_, "__searched__")}
    assert named == {Followup, Conclusion, Measure}
