"""What each field takes, what it refuses, and that it keeps what was typed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
import wtforms
from flask import Flask
from flask_babel import Babel
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import FileStorage, MultiDict

from tracker.errors import Invalid, Stale, refuse_all
from tracker.forms.base import TrackerForm
from tracker.forms.choice_fields import ChoiceField, CodesField, EnumField, EnumRadioField, StateField
from tracker.forms.date_fields import DayField, PartialDateField
from tracker.forms.fields import AddressField, FileField, LineField, NumberField, TextField, TickField, option
from tracker.forms.followups import FollowupForm
from tracker.partial_date import PartialDate, Precision


class Colour(StrEnum):
    RED = "red"
    DARK_BLUE = "dark_blue"


def words(colour: Colour) -> str:
    return colour.value.replace("_", " ").capitalize()


class Page(TrackerForm):
    title = LineField("Title", longest=20, required="Enter the title")
    text = TextField("Text")
    due = PartialDateField("Due date")
    colour = EnumField("Colour", Colour, words=words, blank="Choose a colour")
    areas = CodesField("Areas", choices=[option("FIN", "Finance", "A"), option("LAW", "Law", "B")])


class Record:
    title = "As it is"
    text = "Text"
    due = PartialDate(2006, 11)
    colour = Colour.RED
    areas = ("FIN",)
    version = 7
    is_official = True


def an_app() -> Flask:
    app = Flask("forms")
    app.config.update(SECRET_KEY="x" * 40, WTF_CSRF_ENABLED=False, WTF_I18N_ENABLED=False)
    Babel(app)
    return app


@pytest.fixture
def app() -> Iterator[Flask]:
    app = an_app()
    with app.test_request_context("/", method="POST"):
        yield app


def posted(**fields: Any) -> Page:
    return Page(formdata=MultiDict(fields.pop("also", {}) | {"title": "A title"} | fields))


def one(field: Any, typed: Any) -> Any:
    """The field alone, as posted; ``typed`` is its text, or a dict of the parts of its name."""
    form = type("One", (wtforms.Form,), {"it": field})
    parts = typed if isinstance(typed, dict) else {"": typed}
    bound = form(MultiDict([(f"it{part}", text) for part, text in parts.items() if text is not None]))
    bound.validate()
    return bound.it


def parts(day: str = "", month: str = "", year: str = "") -> dict[str, str]:
    return {"-day": day, "-month": month, "-year": year}


def test_text_is_trimmed_and_otherwise_kept_as_typed() -> None:
    assert one(TextField("Text"), "  <b>one</b>\r\n\r\n  two  ").data == "<b>one</b>\n\n  two"
    assert one(LineField("Title"), None).data == ""


def test_a_required_field_says_what_to_enter() -> None:
    assert one(LineField("Title", required="Enter the title"), "  ").errors == ["Enter the title"]
    assert one(LineField("Title", required=True), "").errors == ["Enter: Title"]
    assert one(LineField("Title"), "").errors == []
    assert one(LineField("Title", required=True), "x").flags.required


def test_a_refused_text_is_kept_for_the_page() -> None:
    field = one(LineField("Title"), "safe\u202egpj.exe")
    assert field.data == "safe\u202egpj.exe"
    assert "U+202E" in field.errors[0]
    assert one(LineField("Title", longest=5), "123456").errors == ["Title must be 5 characters or less; it has 6"]


def test_no_text_field_lets_the_browser_cut_what_is_pasted() -> None:
    assert "maxlength" not in str(one(LineField("Title", longest=5), "x"))
    assert "maxlength" not in str(one(TextField("Text"), "x"))


def test_an_address_must_be_one() -> None:
    assert one(AddressField("Source"), "https://www.un.org/").errors == []
    assert "Source must be a full web address" in one(AddressField("Source"), "javascript:alert(1)").errors[0]


@pytest.mark.parametrize(
    ("typed", "date_"),
    [
        (parts(), None),
        (parts(year="2006"), PartialDate(2006)),
        (parts(month="11", year=" 2006 "), PartialDate(2006, 11)),
        (parts("13", "11", "2006"), PartialDate(2006, 11, 13)),
        (parts("01", "02", "1945"), PartialDate(1945, 2, 1)),
        (parts("29", "2", "2024"), PartialDate(2024, 2, 29)),
    ],
)
def test_the_precision_of_a_date_follows_from_what_is_filled_in(typed: dict[str, str], date_: Any) -> None:
    field = one(PartialDateField("Due date"), typed)
    assert field.errors == []
    assert field.data == date_


@pytest.mark.parametrize(
    ("typed", "said", "wrong"),
    [
        (parts("13", "", "2006"), "give the month as well, or leave the day empty", "month"),
        (parts("", "11", ""), "enter the year as well", "year"),
        (parts("13", "11", ""), "enter the year as well", "year"),
        (parts("30", "2", "2026"), "that month has 28 days: there is no day 30", "day"),
        (parts("", "", "06"), "the year must have four digits, such as 2006", "year"),
        (parts("", "", "0001"), "the year must lie between 1945 and 2200", "year"),
        (parts("", "", "9999"), "the year must lie between 1945 and 2200", "year"),
        (parts("", "", "٢٠٠٦"), "write the year in the digits 0 to 9, such as 2006", "year"),
        (parts("١٣", "11", "2006"), "write the day in the digits 0 to 9, such as 13", "day"),
        (parts("13", "١١", "2006"), "write the month in the digits 0 to 9, such as 11", "month"),
        (parts("", "13", "2006"), "the month must be a number from 1 to 12 or a name, such as March", "month"),
        (parts("", "Brumaire", "2006"), "the month must be a number from 1 to 12 or a name, such as March", "month"),
        (parts("0", "11", "2006"), "the day must be a number from 1 to 31", "day"),
        (parts("9" * 5000, "11", "2006"), "the day must be a number from 1 to 31", "day"),
        (parts("", "", "\x00200"), "the year must have four digits, such as 2006", "year"),
        (parts("", "", "2^63"), "the year must have four digits, such as 2006", "year"),
    ],
)
def test_a_date_that_is_none_names_the_part_and_keeps_what_was_typed(
    typed: dict[str, str], said: str, wrong: str
) -> None:
    field = one(PartialDateField("Due date"), typed)
    assert field.errors == [f"Due date: {said}"]
    assert field.wrong_parts[0] == wrong
    assert field.data is None
    assert [field.day_text, field.month_text, field.year_text] == [text.strip() for text in typed.values()]


@given(st.text(max_size=6), st.text(max_size=6), st.text(max_size=6))
def test_no_date_typed_raises(day: str, month: str, year: str) -> None:
    field = one(PartialDateField("Due date"), parts(day, month, year))
    blank = not (field.day_text or field.month_text or field.year_text)
    assert (field.data is None) == (blank or bool(field.errors))


def test_a_full_day_can_be_asked_for() -> None:
    full = {"precisions": (Precision.DAY,)}
    assert one(PartialDateField("Visit", **full), parts("", "11", "2006")).wrong_parts == ("day",)
    assert one(PartialDateField("Visit", **full), parts("", "", "2006")).wrong_parts == ("month", "day")
    assert one(PartialDateField("Visit", **full), parts("13", "11", "2006")).errors == []
    assert one(PartialDateField("Visit", required="Enter the day"), parts()).errors == ["Enter the day"]


def test_a_date_that_a_service_refuses_is_marked_whole(app: Flask) -> None:
    form = Page(MultiDict({"title": "Bill", "due-day": "13", "due-month": "11", "due-year": "2006"}))
    assert form.due.data == PartialDate(2006, 11, 13)
    assert form.due.wrong_parts == ()
    form.refuse(Invalid("It cannot be so late.", "due"))
    assert form.due.wrong_parts == ("day", "month", "year")


def test_a_year_can_be_all_that_is_taken() -> None:
    field = one(PartialDateField("Adopted", precisions=(Precision.YEAR, Precision.MONTH)), parts("1", "2", "2006"))
    assert field.errors == ["Adopted: give no more than is asked: leave the day empty"]


def test_the_months_have_names() -> None:
    months = one(PartialDateField("Due date"), parts()).months
    assert months[0] == ("", "")
    assert months[11] == ("11", "November")


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        (parts("9", "March", "2026"), PartialDate(2026, 3, 9)),
        (parts("", "mar.", "2026"), PartialDate(2026, 3)),
        (parts("9", "MARS", "2026"), PartialDate(2026, 3, 9)),
        (parts("2026-03-09"), PartialDate(2026, 3, 9)),
        (parts("9 March 2026"), PartialDate(2026, 3, 9)),
        (parts("March 9, 2026"), PartialDate(2026, 3, 9)),
        (parts("March 2026"), PartialDate(2026, 3)),
    ],
    ids=str,
)
def test_a_month_by_its_name_and_a_date_pasted_whole_are_understood(typed: dict[str, str], known: PartialDate) -> None:
    field = one(PartialDateField("Due date"), typed)
    assert (field.data, field.errors) == (known, [])


@pytest.mark.parametrize("typed", ["09/03/2026", "9.3.2026", "31 February 2026", "9 March 26"])
def test_a_date_that_could_be_another_is_not_guessed(typed: str) -> None:
    field = one(PartialDateField("Due date"), parts(typed))
    assert field.data is None and field.errors and field.day_text == typed


@pytest.mark.parametrize("typed", ["2026-02-30", "0001-01-01", "9999-12-31", "2026-03", "٢٠٢٦-٠٣-٠١", "x", "1" * 9000])
def test_a_day_that_is_none_is_refused_and_kept(typed: str) -> None:
    field = one(DayField("Signed on"), typed)
    assert field.errors == ["Signed on must be a real day from 1945 to 2200, written like 2026-03-31"]
    assert field.text == typed
    assert f'value="{typed}"' in str(field)


def test_a_day_is_a_date() -> None:
    assert one(DayField("Signed on"), "2026-03-31").data == date(2026, 3, 31)
    assert one(DayField("Signed on"), "31 March 2026").data == date(2026, 3, 31)
    assert one(DayField("Signed on", required="Enter the day"), "").errors == ["Enter the day"]


def test_a_day_is_asked_for_in_words_that_mean_one_day() -> None:
    field = one(DayField("Signed on", hint="Leave it empty for no end."), "")
    assert 'type="text"' in str(field)
    assert str(field.description) == "Leave it empty for no end. Written like 2026-03-31 or 31 March 2026."


@pytest.mark.parametrize("typed", ["-1", "1.5", "٣", "9" * 30, "9" * 6000, "abc", "1e3", "0x10"])
def test_a_number_out_of_bounds_is_refused_and_kept(typed: str) -> None:
    field = one(NumberField("Days", most=99), typed)
    assert field.errors == ["Days must be a whole number from 0 to 99, in the digits 0 to 9"]
    assert field.typed() == typed
    assert one(NumberField("Days", most=99), "07").data == 7


def test_an_enum_field_gives_a_member() -> None:
    field = one(EnumField("Colour", Colour, words=words), "dark_blue")
    assert field.data is Colour.DARK_BLUE
    assert field.typed() == "Dark blue"
    assert '<option selected value="dark_blue">Dark blue</option>' in str(field)
    assert one(EnumField("Colour", Colour, words=words), "").data is None
    assert one(EnumField("Colour", [Colour.RED], words=words), "dark_blue").errors


def test_an_enums_words_are_those_of_the_pages(app: Flask) -> None:
    app.jinja_env.filters["words"] = lambda member: f"the words of {member}"
    assert "the words of red" in str(one(EnumField("Colour", Colour), ""))


def test_radios_have_no_empty_choice() -> None:
    field = one(EnumRadioField("Colour", Colour, words=words, required="Choose a colour"), None)
    assert [choice.value for choice in field.iter_choices()] == ["red", "dark_blue"]
    assert field.errors == ["Choose a colour"]
    assert field.type == "RadioField"


def test_an_unknown_choice_is_refused_by_name() -> None:
    field = one(StateField("Member State", choices=[option("PAK", "Pakistan")]), "ZZZ\x00")
    assert field.errors == ["Member State: “ZZZ\x00” is not one of the choices. Choose from the list"]
    assert field.data is None


def test_a_state_may_be_written_small() -> None:
    assert one(StateField("Member State", choices=[option("PAK", "Pakistan")]), "pak").data == "PAK"


def test_choices_may_be_set_after_binding_and_coerced(app: Flask) -> None:
    class Owned(TrackerForm):
        owner_id = ChoiceField("Owner", coerce=int)

    form = Owned(formdata=MultiDict({"owner_id": "7"}))
    form.owner_id.choices = [option(7, "Analyst (Asia)")]
    assert form.validate()
    assert form.values() == {"owner_id": 7}
    assert form.owner_id.typed() == "Analyst (Asia)"


def test_codes_come_in_the_choices_order_without_repeats(app: Flask) -> None:
    form = Page(formdata=MultiDict([("title", "t"), ("areas", "LAW"), ("areas", "FIN"), ("areas", "LAW")]))
    assert form.validate()
    assert form.areas.data == ["FIN", "LAW"]
    assert form.areas.typed() == "Finance; Law"
    assert [name for name, _choices in form.areas.iter_groups()] == ["A", "B"]


def test_an_unknown_code_is_refused_by_name(app: Flask) -> None:
    form = Page(formdata=MultiDict([("title", "t"), ("areas", "FIN"), ("areas", "<b>")]))
    assert not form.validate()
    assert form.areas.errors == ["Areas: “<b>” is not one of the choices. Choose from the list"]
    assert [choice.selected for choice in form.areas.iter_choices()] == [True, False]


def test_a_box_may_have_to_be_ticked() -> None:
    assert one(TickField("I have read it", required="Tick that you have read it"), None).errors
    assert one(TickField("I have read it"), "y").data is True


def test_a_file_must_have_a_name_that_can_be_kept() -> None:
    field = one(FileField("File"), FileStorage(BytesIO(b"x"), "letter.pdf"))
    assert field.data.filename == "letter.pdf"
    assert one(FileField("File"), FileStorage(BytesIO(b""), "")).data is None
    assert one(FileField("File"), "not a file").data is None
    assert "U+202E" in one(FileField("File"), FileStorage(BytesIO(b"x"), "\u202efdp.exe")).errors[0]
    assert one(FileField("File", required="Choose a file"), None).errors == ["Choose a file"]


def test_a_form_gives_its_declared_fields_and_nothing_else(app: Flask) -> None:
    form = posted(colour="red", status="signed_off", signed_by="1", role="administrator")
    assert form.validate()
    assert form.values() == {
        "title": "A title",
        "text": "",
        "due": None,
        "colour": Colour.RED,
        "areas": [],
    }


def test_a_form_shows_a_row_with_its_version(app: Flask) -> None:
    form = Page(formdata=None)
    form.fill(Record)
    assert form.values() == {
        "title": "As it is",
        "text": "Text",
        "due": PartialDate(2006, 11),
        "colour": Colour.RED,
        "areas": ["FIN"],
    }
    assert (form.due.day_text, form.due.month_text, form.due.year_text) == ("", "11", "2006")
    assert 'value="7"' in str(form.version)


def test_what_was_posted_is_not_replaced_by_the_row(app: Flask) -> None:
    form = posted(version="6")
    form.fill(Record)
    assert form.title.data == "A title"
    assert form.version.data == 6


@pytest.mark.parametrize("version", ["6", "", "8", "x", "9" * 40, "٧"])
def test_a_form_of_another_version_is_stale(app: Flask, version: str) -> None:
    form = posted(version=version)
    with pytest.raises(Stale) as stale:
        form.check_version(Record)
    assert "Nothing that you typed is lost" in stale.value.message
    assert form.title.data == "A title"


def test_a_form_of_the_rows_version_is_taken_as_it_was_typed(app: Flask) -> None:
    form = posted(version="7", text="Mine", colour="dark_blue", also={"due-year": "2007"})
    form.fill(Record)
    form.check_version(Record)
    assert form.validate() and form.errors == {}
    given = form.values()
    assert (given["title"], given["text"], given["colour"]) == ("A title", "Mine", Colour.DARK_BLUE)
    assert given["due"] == PartialDate(2007) and given["areas"] == [], "what was not ticked is taken off"


def test_a_conflict_shows_both_texts_and_moves_on_to_the_rows_version(app: Flask) -> None:
    form = posted(
        version="6", text="Text", also={"due-year": "2007", "due-day": "x", "areas": "FIN"}, colour="dark_blue"
    )
    found = form.conflict(Record)
    assert [(one.label, one.theirs, one.mine) for one in found] == [
        ("Title", "As it is", "A title"),
        ("Due date", "November 2006", "x 2007"),
        ("Colour", "Red", "Dark blue"),
    ]
    form.check_version(Record)


class Person(TrackerForm):
    owner_id = ChoiceField("Owner", choices=[option(1, "Analyst"), option(2, "Analyst")], coerce=int, blank=None)
    authorities = CodesField("Authorities", choices=[option(7, "Ministry"), option(8, "Ministry")], coerce=int)


class Owned:
    owner_id = 1
    authorities = (7,)
    version = 7


def sent_from(page: Person, **chosen: str) -> Person:
    """The form as a browser sends it that was shown ``page``."""
    return Person(MultiDict({"version": "7", "shown": page.shown._value(), "request_key": "x", **chosen}))


def test_another_choice_of_the_same_words_is_no_field_left_alone(app: Flask) -> None:
    page = Person(formdata=None)
    page.fill(Owned)
    form = sent_from(page, owner_id="2", authorities="8")
    found = form.conflict(Owned)
    assert [(one.label, one.theirs, one.mine) for one in found] == [
        ("Owner", "Analyst (1)", "Analyst (2)"),
        ("Authorities", "Ministry (7)", "Ministry (8)"),
    ]
    assert (form.owner_id.posted, form.authorities.posted) == ("2", ["8"]), "what was chosen stays"


def test_a_choice_that_was_left_alone_takes_the_rows_present_one(app: Flask) -> None:
    page = Person(formdata=None)
    page.fill(Owned)
    later = SimpleNamespace(owner_id=2, authorities=(8,), version=8)
    form = sent_from(page, owner_id="1", authorities="7")
    assert form.conflict(later) == []
    assert (form.owner_id.posted, form.authorities.posted) == ("2", ["8"])


def test_every_fault_of_a_follow_up_is_told_and_that_of_an_authority_where_it_is_typed(app: Flask) -> None:
    form = FollowupForm(formdata=MultiDict({"title": "A title"}))
    found = [Invalid("Too long.", "title"), Invalid("No such authority.", "authorities"), Invalid("It has ended.")]
    with pytest.raises(Invalid) as refused:
        refuse_all(found)
    form.refuse(refused.value)
    assert (form.title.errors, form.new_authorities.errors) == (["Too long."], ["No such authority."])
    assert form.form_errors == ["It has ended."]


def test_a_request_key_is_new_for_each_form_and_kept_when_posted(app: Flask) -> None:
    first, second = Page(formdata=None), Page(formdata=None)
    assert first.request_key.data != second.request_key.data
    assert posted(request_key=first.request_key.data).request_key.data == first.request_key.data
    assert posted(request_key="'; drop table --").request_key.data != "'; drop table --"


def test_what_a_service_found_wrong_stands_beside_its_field(app: Flask) -> None:
    form = posted()
    form.validate()
    form.refuse(Invalid("There is such a title already.", "title"))
    form.refuse(Invalid("It cannot be."))
    assert form.errors == {"title": ["There is such a title already."], "": ["It cannot be."]}


def test_json_is_no_form() -> None:
    with an_app().test_request_context("/", method="POST", json={"title": [1], "version": {"a": 1}}):
        form = Page()
        assert form.is_bound
        assert not form.validate()


def test_an_empty_post_is_not_filled_from_the_row(app: Flask) -> None:
    form = Page()
    form.fill(Record)
    assert form.title.data == ""
