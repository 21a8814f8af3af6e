"""Style sheets, pictures and icons, from our own host only (R36).

Bootstrap and its icons come from the wheels that the lock file pins; no third-party file lies in the
repository. The pictures inside Bootstrap's style sheets become files of their own, so that the
Content-Security-Policy needs no ``data:``. One digest over everything stands in each address:
``/assets/<digest>/theme.css`` may be kept for a year.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

from flask import Blueprint, Flask, Response, abort, current_app, request, url_for
from markupsafe import Markup

OWN = Path(__file__).resolve().parent.parent / "static"
BOOTSTRAP = {"bootstrap.css": "bootstrap.min.css", "bootstrap.rtl.css": "bootstrap.rtl.min.css"}
A_YEAR = "public, max-age=31536000, immutable"

blueprint = Blueprint("assets", __name__)

_PICTURE = re.compile(r'url\("(data:image/svg\+xml,[^"]*)"\)')
_SOURCE_MAP = re.compile(r"/\*# sourceMappingURL=\S+ \*/")
_SYMBOL = re.compile(r'<symbol class="[^"]*" viewBox="([^"]+)" id="([^"]+)">(.*?)</symbol>', re.DOTALL)


@dataclass(frozen=True)
class Asset:
    """A file as it is served: its bytes, plain and compressed."""

    content: bytes
    compressed: bytes
    type: str


@dataclass(frozen=True)
class Assets:
    """Everything served under one digest."""

    digest: str
    files: dict[str, Asset]


def init_assets(app: Flask) -> None:
    """Give templates ``asset()`` and ``icon()``."""
    app.jinja_env.globals.update(asset=address, icon=icon)


def address(name: str) -> str:
    """The address of an asset; raises KeyError when there is none of this name."""
    assets = _assets()
    if name not in assets.files:
        raise KeyError(f"there is no asset {name!r}")
    return url_for("assets.serve", digest=assets.digest, name=name)


def icon(name: str) -> Markup:
    """A Bootstrap icon as inline SVG, hidden from screen readers: words always stand beside it."""
    viewbox, drawing = _icons()[name]
    return Markup(  # noqa: S704  # the drawing is the wheel's, the name a key of it
        f'<svg class="icon icon-{name}" viewBox="{viewbox}" width="16" height="16" fill="currentColor"'
        f' aria-hidden="true" focusable="false">{drawing}</svg>'
    )


@blueprint.get("/assets/<digest>/<name>")
def serve(digest: str, name: str) -> Response:
    """An asset; one with an outdated digest is still found, but not kept."""
    assets = _assets()
    asset = assets.files.get(name) or abort(404)
    response = current_app.response_class(asset.content, mimetype=asset.type)
    response.headers["Vary"] = "Accept-Encoding"
    if request.accept_encodings["gzip"] > 0:
        response.set_data(asset.compressed)
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = A_YEAR if digest == assets.digest else "no-cache"
    return response


@cache
def _assets() -> Assets:
    contents = {path.name: path.read_bytes() for path in sorted(OWN.iterdir()) if path.is_file()}
    for name, source in BOOTSTRAP.items():
        contents |= _unpacked(name, (_package("bootstrap") / "css" / source).read_text("utf-8"))
    digest = hashlib.sha256()
    for name, content in sorted(contents.items()):
        digest.update(name.encode() + b"\0" + content + b"\0")
    return Assets(digest.hexdigest()[:16], {name: _asset(name, content) for name, content in contents.items()})


def _asset(name: str, content: bytes) -> Asset:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(content, gzip.compress(content, mtime=0), kind)


def _unpacked(name: str, css: str) -> dict[str, bytes]:
    """The style sheet and, each under a name of its own, the pictures that it held inside."""
    files: dict[str, bytes] = {}

    def take_out(found: re.Match[str]) -> str:
        picture = unquote(found[1].split(",", 1)[1]).encode()
        label = f"bootstrap-{hashlib.sha256(picture).hexdigest()[:8]}.svg"
        files[label] = picture
        return f'url("{label}")'

    css = _SOURCE_MAP.sub("", _PICTURE.sub(take_out, css))
    if "data:" in css:
        raise ValueError(f"{name} still holds a data: address that the Content-Security-Policy refuses")
    return files | {name: css.encode()}


@cache
def _icons() -> dict[str, tuple[str, str]]:
    """Each icon's view box and drawing, from the sprite in Bootstrap-Flask's wheel."""
    sprite = _package("flask_bootstrap") / "static" / "bootstrap5" / "icons" / "bootstrap-icons.svg"
    return {name: (box, drawing) for box, name, drawing in _SYMBOL.findall(sprite.read_text("utf-8"))}


def _package(name: str) -> Path:
    """The folder of an installed package, without importing it."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"the package {name} is not installed; run pip install -r requirements.txt")
    return Path(next(iter(spec.submodule_search_locations)))
