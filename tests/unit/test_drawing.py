"""Controls are drawn as WTForms draws them."""

from __future__ import annotations

import pytest
import wtforms
from markupsafe import Markup
from wtforms import widgets
from wtforms.widgets.core import html_params

from tracker.forms import drawing
from tracker.forms.fields import option

CHOICES = [option("a", "One & only"), option('b"', "<b>two</b>"), option("", "None")]
GROUPED = [option("a", "One & only", "First"), option('b"', "<b>two</b>", "Rest & more")]


@pytest.mark.parametrize(
    "given",
    [
        {"value": 'say "<no>" & go', "id": "x"},
        {"value": Markup('a &amp; "b"')},
        {"required": True, "disabled": False, "rows": 3},
        {"aria_invalid": "true", "data_find_all": "x", "class_": "wide", "for_": "y"},
    ],
)
def test_attributes_are_those_of_wtforms(given: dict[str, object]) -> None:
    assert drawing.attributes(**given) == html_params(**given)


class Drawn(wtforms.Form):
    text = wtforms.StringField(validators=[wtforms.validators.InputRequired(), wtforms.validators.Length(max=9)])
    choice = wtforms.SelectField(choices=CHOICES)
    grouped = wtforms.SelectField(choices=GROUPED)


@pytest.mark.parametrize(
    ("name", "ours", "theirs"),
    [
        ("text", drawing.TextInput(), widgets.TextInput()),
        ("text", drawing.TextArea(), widgets.TextArea()),
        ("choice", drawing.Select(), widgets.Select()),
        ("grouped", drawing.Select(), widgets.Select()),
    ],
)
def test_a_control_is_that_of_wtforms(name: str, ours: object, theirs: object) -> None:
    form = Drawn(data={"text": '\n"<i>', "choice": 'b"', "grouped": "a"})
    field = form[name]
    field.widget = ours
    drawn = field(class_="wide", aria_describedby="hint")
    field.widget = theirs
    assert drawn == field(class_="wide", aria_describedby="hint")


def test_a_choice_is_a_box_with_its_words() -> None:
    field = wtforms.RadioField(choices=CHOICES).bind(Drawn(), "pick")
    field.process(None, 'b"')
    drawn = drawing.choice_boxes(field, "radio", field.iter_choices(), 4)
    assert 'id="pick-4" value="a" /> <label for="pick-4">One &amp; only</label>' in drawn
    assert 'value="b&#34;" checked /> <label for="pick-5">&lt;b&gt;two&lt;/b&gt;</label>' in drawn
    assert drawn.count("checked") == 1
