"""The head of the log, kept outside the database and authenticated with a key that is not in it (R18).

Without it, an attacker with the database could cut the end off the chain and nobody would know. It never goes back: who
writes it holds a lock over reading, comparing and replacing it.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tracker.config import Settings

if sys.platform != "win32":
    import fcntl

_one_thread = threading.Lock()


@dataclass(frozen=True)
class Head:
    """The number of events and the hash of the last one, as last exported."""

    count: int
    hash: str


def path(settings: Settings) -> Path:
    return _below(settings.data)


@lru_cache(maxsize=8)
def _below(data: Path) -> Path:
    return data / "audit" / "head.json"


def write(settings: Settings, head: Head, *, anew: bool = False) -> None:
    """Export the head, unless a later one is there already (another process was quicker).

    Raises OSError when it cannot be written and ValueError when what is there is not ours; ``anew`` writes over that.
    """
    place = path(settings)
    with _locked(place.parent):
        there = None if anew else read(settings)
        if there is None or there.count < head.count:
            _replace(place, json.dumps({"count": head.count, "hash": head.hash, "mac": _mac(settings, head)}))


def read(settings: Settings) -> Head | None:
    """The exported head; None when there is none. Raises ValueError on one that is torn or not ours."""
    try:
        found = json.loads(path(settings).read_text())
    except FileNotFoundError:
        return None
    try:
        head = Head(int(found["count"]), str(found["hash"]))
        is_ours = hmac.compare_digest(str(found["mac"]), _mac(settings, head))
    except (KeyError, TypeError) as error:
        raise ValueError("the exported head of the log is torn") from error
    if not is_ours:
        raise ValueError("the exported head of the log does not carry this installation's key")
    return head


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with _one_thread:
        handle = _lock_of(folder)
        try:
            if sys.platform != "win32":
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _lock_of(folder: Path) -> int:
    """The lock's file, open; the folder is made with it."""
    wanted = os.O_WRONLY | os.O_CREAT
    try:
        return os.open(f"{folder}/.lock", wanted, 0o600)
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(f"{folder}/.lock", wanted, 0o600)


def _replace(place: Path, line: str) -> None:
    """Whole or not at all, also when the power goes. Whoever holds the lock is alone with the new file."""
    new, content = place.with_name(".head-new"), line.encode()
    new.unlink(missing_ok=True)  # what a crash left, whoever ran the program then
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        if os.write(handle, content) < len(content):
            raise OSError(errno.ENOSPC, "the disk is full", str(new))
        os.fsync(handle)
    finally:
        os.close(handle)
    new.replace(place)


def _mac(settings: Settings, head: Head) -> str:
    key = hashlib.sha256(b"audit-head:" + settings.secret_key.encode()).digest()
    return hmac.new(key, f"{head.count}:{head.hash}".encode(), hashlib.sha256).hexdigest()
