"""Words as search compares them: what is taken off, what is cut, and what a query asks."""

from __future__ import annotations

import unicodedata

import pytest

from tracker.folding import Term, fold, holding, spelled, terms


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("PAK-F012", "pak f012"),
        ("Côte d’Ivoire", "cote d ivoire"),
        ("Resolution 1373(2001), para. 2(e)", "resolution 1373 2001 para 2 e"),
        ("  Straße\tund\nŁódź ", "strasse und lodz"),
        ("Противодействие ТЕРРОРИЗМУ, ещё", "противодеиствие терроризму еще"),
        ("مكافحة الإرهابِ وبالحدود", "مكافحة ارهاب حدود"),
        ("反恐怖", "反恐 恐怖 怖"),
        ("2006年反恐", "2006 年反 反恐 恐"),
        ("テロ・資金", "テロ ロ 資金 金"),
        ("snake_case", "snake case"),
        ("x" * 61, "x" * 60),
        ("%_\"'*", ""),
    ],
)
def test_a_text_is_folded_to_its_words(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_a_text_that_is_folded_sign_by_sign_is_folded_the_same() -> None:
    signs = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    every = " ".join(signs)
    assert fold("".join(spelled(every))) == fold(every)
    assert spelled("Straße\u0301") == ["s", "t", "r", "a", "ss", "e", ""]


def test_no_mark_counts() -> None:
    iota = 0x345  # written below a letter, it is one
    marks = [chr(code) for code in range(0x110000) if unicodedata.combining(chr(code)) and code != iota]
    assert len(marks) > 800
    assert {fold(f"a{mark}b") for mark in marks} == {"ab"}


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("border", [Term(("border",), True)]),
        ("PAK-F0", [Term(("pak", "f0"), False)]),
        ("PAK-F01", [Term(("pak", "f01"), True)]),
        ("反恐怖", [Term(("反恐", "恐怖"), False)]),
        ("恐", [Term(("恐",), True)]),
        ("テロ・資金", [Term(("テロ",), False), Term(("資金",), False)]),
        ("2006年反恐", [Term(("年反", "反恐"), False), Term(("2006",), True)]),
        ("–", []),
    ],
)
def test_what_is_typed_asks_for_words_and_their_beginnings(typed: str, asked: list[Term]) -> None:
    assert list(terms(typed)) == asked


def test_of_a_phrase_the_last_word_counts_whole() -> None:
    assert list(terms("the border", is_phrase=True)) == [Term(("the", "border"), False)]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("border", True),
        ("bord", True),
        ("ord", False),
        ("of the border", True),
        ("the of", False),
        ("ПОГРАНИЧНЫЙ", True),
        ("الحدود", True),
        ("边境", True),
        ("境", True),
        ("境边", False),
    ],
)
def test_a_folded_text_holds_what_was_typed(typed: str, found: bool) -> None:
    text = fold("Control of the borders; пограничный; حدود; 边境")
    assert holding({1: text}, terms(typed)) == ([1] if found else [])
