"""Which files are taken, how they are kept, and that nothing is left of those that are not."""

from __future__ import annotations

import hashlib
import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask_babel import Babel
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracker import storage
from tracker.errors import Invalid, NotFound
from tracker.storage import TooLarge, download_name, open_stored, quota_left, remove_bytes, save

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    app = Flask("storage")
    Babel(app)
    app.config["SETTINGS"] = SimpleNamespace(data=tmp_path / "data")
    with app.app_context():
        yield tmp_path / "data"


def archive(parts: dict[str, bytes | str], **options: Any) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, **options) as package:
        for name, part in parts.items():
            package.writestr(name, part)
    return content.getvalue()


def office(main_type: str, part: str, **more: bytes | str) -> bytes:
    types = f'<Types><Override PartName="/{part}" ContentType="{main_type}"/></Types>'
    return archive(
        {"[Content_Types].xml": types, part: "<x/>"} | {name.replace("__", "/"): text for name, text in more.items()}
    )


def open_document(kind: str, **more: bytes | str) -> bytes:
    return archive({"mimetype": f"application/vnd.oasis.opendocument.{kind}", "content.xml": "<x/>"} | more)


GOOD = {
    "a.pdf": b"%PDF-1.7\n...",
    "a.docx": office(WORD, "word/document.xml"),
    "a.xlsx": office(EXCEL, "xl/workbook.xml"),
    "a.pptx": office(SLIDES, "ppt/presentation.xml"),
    "a.odt": open_document("text"),
    "a.ods": open_document("spreadsheet"),
    "a.odp": open_document("presentation"),
    "a.txt": "Räume, 反恐, مكافحة\r\n\ttab".encode(),
    "latin.txt": "Räume – déjà".encode("cp1252"),
    "wide.txt": "Räume, 反恐".encode("utf-16"),
    "a.csv": b"item_id,title\r\nPAK-F001,x\r\n",
    "a.eml": b"Received: from a\r\nFrom: a@example.org\r\nSubject: Visit\r\n\r\nText\r\n",
    "a.png": b"\x89PNG\r\n\x1a\n....",
    "A.JPG": b"\xff\xd8\xff\xe0....",
    "a.jpeg": b"\xff\xd8\xff\xe1....",
    "a.tif": b"II*\0....",
    "b.tiff": b"MM\0*....",
}


@pytest.mark.parametrize("name", GOOD)
def test_files_of_the_types_that_are_taken_are_kept_as_they_are(folder: Path, name: str) -> None:
    stored = save(BytesIO(GOOD[name]), name)
    with open_stored(stored.stored_as) as file:
        assert file.read() == GOOD[name]
    assert stored.sha256 == hashlib.sha256(GOOD[name]).hexdigest()
    assert (stored.size, stored.filename) == (len(GOOD[name]), name)
    assert "/" in stored.content_type


def test_the_name_on_the_disk_tells_nothing_and_only_the_owner_reads(folder: Path) -> None:
    stored = save(BytesIO(GOOD["a.pdf"]), "Bill 2006.pdf")
    path = folder / stored.stored_as
    assert "Bill" not in stored.stored_as and path.suffix == ""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert save(BytesIO(GOOD["a.pdf"]), "Bill 2006.pdf").stored_as != stored.stored_as


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


LIES = {
    "program.pdf": b"MZ\x90\x00\x03",
    "page.pdf": b"<html><script>alert(1)</script>",
    "archive.docx": archive({"evil.exe": b"MZ"}),
    "sheet.docx": GOOD["a.xlsx"],
    "text.docx": b"just text",
    "old.docx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "cut.docx": GOOD["a.docx"][:-30],
    "renamed.odt": GOOD["a.docx"],
    "slides.odt": GOOD["a.odp"],
    "page.txt": b"\xef\xbb\xbf\n <!DOCTYPE html><html>",
    "drawing.txt": b"<svg onload='x'>",
    "script.csv": b"#!/bin/sh\nrm -rf /",
    "pdf.txt": GOOD["a.pdf"],
    "binary.txt": b"abc\x00def",
    "late.txt": b"a" * 200_000 + b"\x00",
    "half.txt": "Räume".encode("utf-16")[:-1],
    "no.eml": b"Dear all,\n\nFrom: here on\n",
    "other.eml": b"Key: value\r\n\r\nFrom: the body\r\n",
    "picture.png": b"\xff\xd8\xff",
    "picture.jpg": b"GIF89a",
    "big.tif": b"II+\0",
}


@pytest.mark.parametrize("name", LIES)
def test_a_file_that_lies_about_its_type_is_refused_and_gone(folder: Path, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        save(BytesIO(LIES[name]), name, field="evidence")
    assert refused.value.field == "evidence"
    assert f"“{name}” is not " in refused.value.message
    assert "choose that file" in refused.value.message
    assert files(folder) == []


@pytest.mark.parametrize(
    "name", ["a.zip", "a.exe", "a.html", "a.svg", "a.docm", "a.pdf.exe", "a.pdf.", "pdf", ".pdf.js"]
)
def test_other_types_are_refused_with_those_that_are_taken(folder: Path, name: str) -> None:
    with pytest.raises(Invalid, match=r"are not taken\. These are: pdf, docx"):
        save(BytesIO(GOOD["a.pdf"]), name)


MACROS = {
    "vba.docx": office(WORD, "word/document.xml", word__vbaProject__bin=b"x").replace(
        b"vbaProject/bin", b"vbaProject.bin"
    ),
    "types.docx": office(WORD + "' x='application/vnd.ms-word.document.macroEnabled", "word/document.xml"),
    "basic.ods": open_document("spreadsheet", **{"Basic/Standard/Module1.xml": "Sub"}),
    "scripts.odt": open_document("text", **{"Scripts/python/evil.py": "import os"}),
}


@pytest.mark.parametrize("name", MACROS)
def test_macros_are_refused(folder: Path, name: str) -> None:
    with pytest.raises(Invalid, match="It holds macros"):
        save(BytesIO(MACROS[name]), name)


def test_an_archive_that_unpacks_to_far_more_is_refused(folder: Path) -> None:
    bomb = office(WORD, "word/document.xml", word__media__a=bytes(60_000_000))
    with pytest.raises(Invalid, match="unpacks to far more"):
        save(BytesIO(bomb), "bomb.docx")


def test_an_archive_of_very_many_entries_is_refused(folder: Path) -> None:
    crowd = office(WORD, "word/document.xml", **{f"word__{number}": b"" for number in range(5_000)})
    with pytest.raises(Invalid, match="unpacks to far more"):
        save(BytesIO(crowd), "crowd.docx")
    crowd = office(WORD, "word/document.xml", **{f"word__{number}": b"" for number in range(25_000)})
    with pytest.raises(Invalid, match="is not a Word document"):
        save(BytesIO(crowd), "crowd.docx")


@pytest.mark.parametrize("entry", ["../../etc/passwd", "/etc/passwd", "word/..\\x"])
def test_an_archive_that_reaches_outside_itself_is_refused(folder: Path, entry: str) -> None:
    with pytest.raises(Invalid):
        save(BytesIO(office(WORD, "word/document.xml", **{entry: b"x"})), "a.docx")


def test_a_part_is_never_read_beyond_its_bound(folder: Path) -> None:
    types = os.urandom(600_000).hex() + WORD
    with pytest.raises(Invalid):
        save(BytesIO(archive({"[Content_Types].xml": types, "word/document.xml": "<x/>"})), "a.docx")


class Endless:
    """A sender who never stops: counts what was asked of it."""

    given = 0

    def read(self, size: int = -1) -> bytes:
        assert 0 < size <= 1024 * 1024
        self.given += size
        return b"%PDF-" + b"x" * (size - 5)


def test_too_large_a_file_is_refused_without_reading_it_all(folder: Path) -> None:
    sender: Any = Endless()
    with pytest.raises(TooLarge, match="must be 25 MB or less") as refused:
        save(sender, "a.pdf")
    assert refused.value.http_status == 413
    assert sender.given <= storage.LARGEST_FILE + 2 * storage.CHUNK
    assert files(folder) == []


def test_a_file_of_just_the_limit_is_taken(folder: Path) -> None:
    assert save(BytesIO(b"%PDF-".ljust(storage.LARGEST_FILE, b"x")), "a.pdf").size == storage.LARGEST_FILE


def test_a_quota_is_kept_while_reading(folder: Path) -> None:
    assert quota_left(storage.QUOTA - 10) == 10
    assert quota_left(storage.QUOTA + 10) == 0
    with pytest.raises(TooLarge, match="no room left"):
        save(BytesIO(GOOD["a.pdf"]), "a.pdf", room=10)
    assert save(BytesIO(GOOD["a.pdf"]), "a.pdf", room=12).size == 12


def test_an_empty_file_is_refused(folder: Path) -> None:
    with pytest.raises(Invalid, match="The file is empty"):
        save(BytesIO(b""), "a.txt")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("safe\u202efdp.exe", "could hide what it is"),
        ("a\x00.pdf", "could hide what it is"),
        ("\ud800.pdf", "could hide what it is"),
        ("x" * 300 + ".pdf", "must be 255 characters or less; it has 304"),
        ("", "Choose a file that has a name"),
        ("folder/", "Choose a file that has a name"),
    ],
)
def test_a_name_that_misleads_is_refused(folder: Path, name: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        save(BytesIO(GOOD["a.pdf"]), name)


def test_a_name_is_kept_as_typed_without_its_folders(folder: Path) -> None:
    assert (
        save(BytesIO(GOOD["a.pdf"]), "C:\\fakepath\\Projet de loi “n° 1”; é.pdf").filename
        == "Projet de loi “n° 1”; é.pdf"
    )
    assert save(BytesIO(GOOD["a.pdf"]), "../../法案.pdf").filename == "法案.pdf"


def test_a_name_for_download_holds_nothing_that_a_header_takes_otherwise() -> None:
    assert download_name('a"b;c\r\nX: y/../z.pdf') == "a_b_c__X_ y_.._z.pdf"
    assert download_name("مشروع قانون.pdf") == "مشروع قانون.pdf"
    assert download_name("...") == "file"


def test_removed_bytes_are_gone_and_may_be_removed_again(folder: Path) -> None:
    stored = save(BytesIO(GOOD["a.pdf"]), "a.pdf")
    remove_bytes(stored.stored_as)
    remove_bytes(stored.stored_as)
    with pytest.raises(NotFound):
        open_stored(stored.stored_as)


@pytest.mark.parametrize(
    "place", ["../../etc/passwd", "/etc/passwd", "", "ab", "ab/..", "AB/" + "a" * 32, "ab/" + "a" * 33]
)
def test_no_other_file_is_opened_or_removed(folder: Path, place: str) -> None:
    with pytest.raises(NotFound):
        open_stored(place)
    with pytest.raises(NotFound):
        remove_bytes(place)


def test_the_bytes_are_on_the_disk_before_they_have_their_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    sync, rename = os.fsync, Path.rename

    def noted_sync(handle: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        sync(handle)

    def noted_rename(path: Path, target: Path) -> Path:
        steps.append("rename")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(Path, "rename", noted_rename)
    save(BytesIO(GOOD["a.pdf"]), "a.pdf")
    assert steps[-3:] == ["file", "rename", "folder"]


def test_a_full_disk_leaves_nothing_behind(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    for pair in range(256):
        (folder / f"{pair:02x}").mkdir(parents=True)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save(BytesIO(GOOD["a.pdf"]), "a.pdf")
    assert files(folder) == []


@given(st.sampled_from(sorted(GOOD)), st.binary(max_size=300), st.integers(0, 400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
def test_no_content_raises_anything_but_a_refusal(folder: Path, name: str, noise: bytes, at: int) -> None:
    content = GOOD[name]
    with suppress(Invalid):
        save(BytesIO(content[:at] + noise + content[at + len(noise) :]), name)
