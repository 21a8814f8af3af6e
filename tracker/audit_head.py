"""The head of the log, kept outside the database and authenticated with a key that is not in it (R18).

Without it, an attacker with the database could cut the end off the chain and nobody would know.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tracker.config import Settings


@dataclass(frozen=True)
class Head:
    """The number of events and the hash of the last one, as last exported."""

    count: int
    hash: str


def path(settings: Settings) -> Path:
    return settings.data / "audit" / "head.json"


def write(settings: Settings, count: int, last_hash: str) -> None:
    """Export the head, unless a later one is there already (another process was quicker)."""
    there = read(settings)
    if there is not None and there.count > count:
        return
    place = path(settings)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    line = json.dumps({"count": count, "hash": last_hash, "mac": _mac(settings, count, last_hash)})
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".head-")
    with os.fdopen(handle, "w") as file:
        file.write(line)
    Path(name).replace(place)


def read(settings: Settings) -> Head | None:
    """The exported head; None when there is none. Raises ValueError on one that is not ours."""
    try:
        found = json.loads(path(settings).read_text())
    except FileNotFoundError:
        return None
    count, last_hash = int(found["count"]), str(found["hash"])
    if not hmac.compare_digest(str(found["mac"]), _mac(settings, count, last_hash)):
        raise ValueError("the exported head of the log does not carry this installation's key")
    return Head(count, last_hash)


def _mac(settings: Settings, count: int, last_hash: str) -> str:
    key = hashlib.sha256(b"audit-head:" + settings.secret_key.encode()).digest()
    return hmac.new(key, f"{count}:{last_hash}".encode(), hashlib.sha256).hexdigest()
