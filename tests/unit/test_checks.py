"""What may not be sent, and the sentence that says so."""

from __future__ import annotations

import pytest
from wtforms import Form, StringField

from tracker.errors import NotFound
from tracker.forms import checks


def test_a_character_that_is_not_seen_is_shown_among_five_words_on_each_side() -> None:
    text = " ".join(f"before{number}" for number in range(9)) + " \u202e" + " ".join(f"after{n}" for n in range(9))
    said = checks.fault_in_characters(text, "Text") or ""
    assert "“before4 before5 before6 before7 before8 ⟨here⟩after0 after1 after2 after3 after4" in said
    assert "before3" not in said and "\u202e" not in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\x00b", "Title holds an invisible control character (U+0000) at character 2, marked here: “a⟨here⟩b”"),
        ("\x07", "U+0007"),
        ("a\x85", "U+0085"),
        ("safe\u202egpj.exe", "(right-to-left override) at character 5, marked here: “safe⟨here⟩gpj.exe”. Delete it"),
        ("\u2066x", "left-to-right isolate"),
        ("x\u2069", "pop directional isolate"),
        ("\ud800", "could not be read (U+D800)"),
        ("caf\ufffd", "could not be read (U+FFFD) at character 4. Type it again"),
    ],
)
def test_a_character_that_cannot_be_kept_is_named_with_its_place(text: str, said: str) -> None:
    assert said in (checks.fault_in_characters(text, "Title") or "")


@pytest.mark.parametrize(
    "text",
    [
        "Plain words, with a tab\tand\nlines",
        "مكافحة الإرهاب",
        "反恐怖主义",
        "Борьба с терроризмом",
        "à\u200eb\u200f c\u200dd",
        "🇺🇳 <b>&amp;</b> '; --",
    ],
)
def test_words_of_every_language_pass(text: str) -> None:
    assert checks.fault_in_characters(text, "Title") is None


def test_a_long_text_is_told_both_figures() -> None:
    assert checks.fault_in_line("x" * 312, "Title") == "Title must be 300 characters or less; it has 312"
    assert checks.fault_in_text("x" * 100_000, "Text") == "Text must be 50,000 characters or less; it has 100,000"
    assert checks.fault_in_line("x" * 300, "Title") is None


def test_a_line_holds_no_line_break() -> None:
    assert checks.fault_in_line("a\nb", "Title") == "Title must stand on one line. Delete the line break"


def test_trimming_takes_white_space_but_no_control_character() -> None:
    assert checks.trimmed(" \u3000one\r\ntwo\rthree \n") == "one\ntwo\nthree"
    assert checks.trimmed("\x1fone\x0b") == "\x1fone\x0b"


@pytest.mark.parametrize("text", ["", "-1", "1.5", "2147483648", "9" * 26, "9" * 5000, "٣", "²", "abc", "1\n"])
def test_a_number_that_no_row_has_does_not_exist(text: str) -> None:
    with pytest.raises(NotFound):
        checks.known_id(text)


def test_an_id_is_a_number() -> None:
    assert checks.known_id("2147483647") == 2147483647
    assert checks.known_id(7) == 7


class Page(Form):
    link = StringField("Source", [checks.web_address()])


@pytest.mark.parametrize("link", ["", "http://un.org", "https://www.un.org:443/a?b=c#d", "https://مثال.إختبار/"])
def test_web_addresses_pass(link: str) -> None:
    assert Page(data={"link": link}).validate()


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "ftp://un.org", "un.org", "https://", "https://[::1", "http://a b", "http://a:99999"],
)
def test_other_addresses_are_refused_with_an_example(link: str) -> None:
    page = Page(data={"link": link})
    assert not page.validate()
    assert "Source must be a full web address, such as https://" in page.link.errors[0]
