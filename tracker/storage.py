"""Evidence files: what is taken, and where the bytes lie (R24, R33).

Files are taken by name and content together. They lie in the evidence folder, outside everything that is served,
under generated names, written so that a file named by a committed row is whole and on the disk. The folder may be
local or a shared mount: nothing is kept in memory between requests.
"""

from __future__ import annotations

import codecs
import errno
import hashlib
import os
import re
import unicodedata
import uuid
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from flask import current_app

from tracker.errors import Invalid, NotFound
from tracker.texts import gettext as _
from tracker.texts import lazy_gettext as _l

LARGEST_FILE = 25 * 1024 * 1024
QUOTA = 2 * 1024 * 1024 * 1024
LONGEST_NAME = 255
CHUNK = 64 * 1024

MOST_ENTRIES = 5_000
LARGEST_DIRECTORY = 1024 * 1024
LARGEST_UNPACKED = 500 * 1024 * 1024
HIGHEST_RATIO = 200
LARGEST_PART = 1024 * 1024

_STORED = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}")
_MISLEADING = re.compile("[\u202a-\u202e\u2066-\u2069\ufffd]")
_UNSAFE_IN_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*;]')


@dataclass(frozen=True)
class Stored:
    """A file that is on the disk: what its row in the database says of it."""

    sha256: str
    size: int
    stored_as: str
    content_type: str
    filename: str


class TooLarge(Invalid):
    """More bytes than are taken; reading stopped there."""

    http_status = 413


class _Lies(Exception):
    """The content is not what the name says."""


def save(stream: BinaryIO, filename: str, *, room: int | None = None, field: str = "file") -> Stored:
    """Store what the stream holds and give what its row needs; raises Invalid or TooLarge naming the form's field.

    ``room`` is what is left of the person's quota. When the row does not commit, nobody ever reads the bytes.
    """
    shown = _name(filename, field)
    kind = _kind(shown, field)
    stored_as = _new_name()
    with _written_aside(_path(stored_as)) as file:
        size, sha256 = _copy(stream, file, room, field)
        _check(kind, shown, file, field)
    return Stored(sha256, size, stored_as, kind.content_type, shown)


def open_stored(stored_as: str) -> BinaryIO:
    """The bytes of a stored file; raises NotFound when they are not there."""
    try:
        return _path(stored_as).open("rb")
    except FileNotFoundError:
        raise NotFound(_("The bytes of this file are not here.")) from None


def remove_bytes(stored_as: str) -> None:
    """Take the bytes of a file away for good; that they are gone already is no fault."""
    path = _path(stored_as)
    path.unlink(missing_ok=True)
    if path.parent.is_dir():
        _sync_folder(path.parent)


def quota_left(used: int) -> int:
    """How many bytes a person may still add who has added ``used``."""
    return max(0, QUOTA - used)


def download_name(filename: str) -> str:
    """The name for a Content-Disposition: as typed, without what a header or a file system could take otherwise."""
    safe = _UNSAFE_IN_NAMES.sub("_", _MISLEADING.sub("_", filename)).strip(" .")
    return safe or "file"


# Names and places


def _name(filename: str, field: str) -> str:
    """The name as typed, without the folders that some browsers send with it."""
    name = re.split(r"[/\\]", filename)[-1].strip()
    if not name:
        raise Invalid(_("Choose a file that has a name."), field)
    if len(name) > LONGEST_NAME:
        raise Invalid(
            _(
                "The file's name must be %(most)d characters or less; it has %(length)d. Rename the file.",
                most=LONGEST_NAME,
                length=len(name),
            ),
            field,
        )
    if _MISLEADING.search(name) or any(unicodedata.category(sign) in ("Cc", "Cs") for sign in name):
        raise Invalid(
            _("The file's name holds invisible characters that could hide what it is. Rename the file."), field
        )
    return name


def _folder() -> Path:
    folder: Path = current_app.config["SETTINGS"].data
    return folder


def _new_name() -> str:
    name = uuid.uuid4().hex
    return f"{name[:2]}/{name}"


def _path(stored_as: str) -> Path:
    if not _STORED.fullmatch(stored_as):
        raise NotFound(_("The bytes of this file are not here."))
    return _folder() / stored_as


# Bytes


@contextmanager
def _written_aside(path: Path) -> Iterator[BinaryIO]:
    """A new file under a temporary name; at the end it is on the disk under its own, or gone."""
    _make_folder(path.parent)
    aside = path.with_name(f".{path.name}.part")
    try:
        with os.fdopen(os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, 0o600), "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        aside.rename(path)
        _sync_folder(path.parent)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


_BINARY = getattr(os, "O_BINARY", 0)  # Windows


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    root = folder.parent
    if not root.is_dir():
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync_folder(root.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(root)


def _sync_folder(folder: Path) -> None:
    """Put the folder's entries on the disk. Windows and some network mounts cannot, and do it by themselves."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def _copy(stream: BinaryIO, file: BinaryIO, room: int | None, field: str) -> tuple[int, str]:
    """Copy at most what is allowed, counting as it comes: a length that the sender claims means nothing."""
    size, digest = 0, hashlib.sha256()
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > LARGEST_FILE:
            raise TooLarge(
                _("A file must be %(most)d MB or less. Send it in parts.", most=LARGEST_FILE // 1024 // 1024), field
            )
        if room is not None and size > room:
            raise TooLarge(_("You have no room left for this file. Ask an administrator for more."), field)
        digest.update(chunk)
        file.write(chunk)
    if not size:
        raise Invalid(_("The file is empty. Choose another."), field)
    return size, digest.hexdigest()


# What is taken


@dataclass(frozen=True)
class Kind:
    """A type of file: what it is called and served as, and the check that its content is of it."""

    words: Any
    content_type: str
    check: Callable[[BinaryIO], None]


def _kind(name: str, field: str) -> Kind:
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    kind = KINDS.get(extension)
    if kind is None:
        raise Invalid(
            _(
                "Files of the type “%(extension)s” are not taken. These are: %(known)s.",
                extension=extension[:20] or name[:20],
                known=", ".join(KINDS),
            ),
            field,
        )
    return kind


def _check(kind: Kind, name: str, file: BinaryIO, field: str) -> None:
    """Refuse content that is not of the type that the name says."""
    file.seek(0)
    try:
        kind.check(file)
    except (_Lies, zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError) as found:
        reason = str(found) if isinstance(found, _Lies) else ""
        raise Invalid(
            " ".join(
                part
                for part in (
                    _("“%(name)s” is not %(kind)s, as its name says.", name=name[:80], kind=kind.words),
                    reason,
                    _("Open it, save it again as what it is, and choose that file."),
                )
                if part
            ),
            field,
        ) from None


def _begins(*marks: bytes) -> Callable[[BinaryIO], None]:
    def check(file: BinaryIO) -> None:
        if not file.read(16).startswith(marks):
            raise _Lies

    return check


_OTHER_TYPES = (b"%PDF-", b"{\\rtf", b"#!")  # those that may hold nothing but text
_PAGE = re.compile(rb"\s*(<!doctype|<html|<head|<body|<script|<svg|<\?xml|<\?php)", re.IGNORECASE)
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def _text(file: BinaryIO) -> None:
    """Text throughout, in Unicode or an older encoding; no page, program or other type under a text's name."""
    head = file.read(1024)
    if head.startswith(_OTHER_TYPES):
        raise _Lies(_("It is a file of another type."))
    if _PAGE.match(head.removeprefix(codecs.BOM_UTF8)):
        raise _Lies(_("It is a web page or a program."))
    decoder = codecs.getincrementaldecoder("utf-16" if head.startswith(_UTF_16) else "latin-1")()
    chunk = head
    while chunk:
        if _NO_TEXT.search(decoder.decode(chunk)):
            raise _Lies(_("It holds bytes that no text has."))
        chunk = file.read(CHUNK)
    decoder.decode(b"", final=True)


_HEADER_LINE = re.compile(rb"[!-9;-~]+:")
_MAIL_HEADERS = re.compile(rb"^(from|date|received|message-id|mime-version|return-path):", re.IGNORECASE | re.MULTILINE)


def _mail(file: BinaryIO) -> None:
    """Text that begins with the headers of a message."""
    _text(file)
    file.seek(0)
    head = file.read(CHUNK).removeprefix(codecs.BOM_UTF8)
    headers = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0]
    if not _HEADER_LINE.match(head) or not _MAIL_HEADERS.search(headers):
        raise _Lies


def _office(part: str, main_type: str) -> Callable[[BinaryIO], None]:
    """Office Open XML: a package that says it is of the type, without macros."""

    def check(file: BinaryIO) -> None:
        with _package(file) as package:
            types = _part(package, "[Content_Types].xml")
            if main_type.encode() not in types or part not in package.namelist():
                raise _Lies
            if b"macroEnabled" in types or b"vbaProject" in types:
                raise _Lies(_("It holds macros."))

    return check


def _open_document(content_type: str) -> Callable[[BinaryIO], None]:
    """OpenDocument: a package whose first entry names the type, without macros."""

    def check(file: BinaryIO) -> None:
        with _package(file) as package:
            names = package.namelist()
            if names[:1] != ["mimetype"] or _part(package, "mimetype").strip() != content_type.encode():
                raise _Lies
            if "content.xml" not in names:
                raise _Lies

    return check


@contextmanager
def _package(file: BinaryIO) -> Iterator[zipfile.ZipFile]:
    """The archive behind an office file, looked over before anything in it is unpacked."""
    if file.read(4) != b"PK\x03\x04":
        raise _Lies(_("If it is protected by a password, take the password off."))
    _check_directory(file)
    try:
        with zipfile.ZipFile(file) as package:
            _check_entries(package.infolist())
            yield package
    except OSError as error:
        if error.errno != errno.EINVAL:  # the disk's own faults are no lies of the file's
            raise
        raise _Lies from error  # an offset before the beginning


def _check_directory(file: BinaryIO) -> None:
    """Bound the list of entries before it is read: it must stand plainly at the end, and be small."""
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - 42))
    tail = file.read()
    record, before = tail[-22:], tail[:-22]
    plain = record[:4] == b"PK\x05\x06" and record[20:] == b"\0\0" and before[:4] != b"PK\x06\x07"
    if not plain or int.from_bytes(record[12:16], "little") > LARGEST_DIRECTORY:
        raise _Lies
    file.seek(0)


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse archives that unpack to far more than they hold, reach outside themselves, or carry macros."""
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if len(entries) > MOST_ENTRIES or unpacked > LARGEST_UNPACKED or unpacked > HIGHEST_RATIO * max(packed, CHUNK):
        raise _Lies(_("It unpacks to far more than it holds."))
    for entry in entries:
        name = entry.filename.lower()
        if entry.flag_bits & 0x1:
            raise _Lies(_("If it is protected by a password, take the password off."))
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _Lies
        if name.startswith("/") or ".." in name.split("/") or "\\" in name:
            raise _Lies
        if name.endswith("vbaproject.bin") or name.startswith(("basic/", "scripts/")):
            raise _Lies(_("It holds macros."))


def _part(package: zipfile.ZipFile, name: str) -> bytes:
    """One part, never more of it than its bound, whatever the archive says of its size."""
    try:
        with package.open(name) as part:
            content = part.read(LARGEST_PART + 1)
    except KeyError:
        raise _Lies from None
    if len(content) > LARGEST_PART:
        raise _Lies
    return content


_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
_PNG = Kind(_l("a PNG picture"), "image/png", _begins(b"\x89PNG\r\n\x1a\n"))
_JPEG = Kind(_l("a JPEG picture"), "image/jpeg", _begins(b"\xff\xd8\xff"))
_TIFF = Kind(_l("a TIFF picture"), "image/tiff", _begins(b"II*\0", b"MM\0*"))

KINDS = {
    "pdf": Kind(_l("a PDF document"), "application/pdf", _begins(b"%PDF-")),
    "docx": Kind(
        _l("a Word document"),
        _OOXML + "wordprocessingml.document",
        _office("word/document.xml", "wordprocessingml.document.main+xml"),
    ),
    "xlsx": Kind(
        _l("an Excel workbook"),
        _OOXML + "spreadsheetml.sheet",
        _office("xl/workbook.xml", "spreadsheetml.sheet.main+xml"),
    ),
    "pptx": Kind(
        _l("a PowerPoint presentation"),
        _OOXML + "presentationml.presentation",
        _office("ppt/presentation.xml", "presentationml.presentation.main+xml"),
    ),
    "odt": Kind(_l("an OpenDocument text"), _ODF + "text", _open_document(_ODF + "text")),
    "ods": Kind(_l("an OpenDocument spreadsheet"), _ODF + "spreadsheet", _open_document(_ODF + "spreadsheet")),
    "odp": Kind(_l("an OpenDocument presentation"), _ODF + "presentation", _open_document(_ODF + "presentation")),
    "txt": Kind(_l("plain text"), "text/plain", _text),
    "csv": Kind(_l("a CSV file"), "text/csv", _text),
    "eml": Kind(_l("a mail message"), "message/rfc822", _mail),
    "png": _PNG,
    "jpg": _JPEG,
    "jpeg": _JPEG,
    "tif": _TIFF,
    "tiff": _TIFF,
}
