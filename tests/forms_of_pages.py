"""The forms of a page as a browser would send them, so that sweeps post what people post."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

IGNORED = ("csrf_token",)


@dataclass
class Control:
    """A named input of a form: what it would send as it stands, and what it offers."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)
    offered: list[str] = field(default_factory=list)

    @property
    def is_typed(self) -> bool:
        """Whether people type into it, so that what they typed must come back."""
        return self.kind in ("text", "textarea", "url", "email", "number", "date", "search")


@dataclass
class PageForm:
    """One form of a page."""

    action: str
    method: str
    controls: dict[str, Control] = field(default_factory=dict)

    def data(self) -> dict[str, list[str]]:
        """What the form would send untouched, but its token."""
        return {name: list(control.values) for name, control in self.controls.items() if control.values}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self._open: PageForm | None = None
        self._area: Control | None = None
        self._select: Control | None = None
        self._takes_many = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = PageForm(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._open)
        elif self._open is None:
            return
        elif tag == "input" and given.get("name") and given["name"] not in IGNORED:
            self._input(given)
        elif tag == "textarea":
            self._area = self._control(given["name"], "textarea")
            self._area.values = [""]
        elif tag == "select":
            self._select = self._control(given["name"], "select")
            self._takes_many = "multiple" in given
        elif tag == "option" and self._select is not None:
            self._select.offered.append(given.get("value", ""))
            if self._takes_many and "selected" in given:
                self._select.values.append(given.get("value", ""))
            elif "selected" in given or (len(self._select.offered) == 1 and not self._select.values):
                self._select.values = [] if self._takes_many else [given.get("value", "")]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea":
            self._area = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.values = [(self._area.values[0] + data).removeprefix("\r").removeprefix("\n")]

    def _input(self, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        control = self._control(given["name"], kind)
        if kind in ("checkbox", "radio"):
            control.offered.append(given.get("value", "on"))
            if "checked" in given:
                control.values.append(given.get("value", "on"))
        elif kind not in ("submit", "file"):
            control.values.append(given.get("value", ""))

    def _control(self, name: str, kind: str) -> Control:
        assert self._open is not None
        return self._open.controls.setdefault(name, Control(name, kind))


def forms(page: str) -> list[PageForm]:
    """Every form of the page."""
    reader = _Reader()
    reader.feed(page)
    return reader.forms


def form_for(page: str, address: str) -> PageForm | None:
    """The form of the page that is sent to the page's own address."""
    path = urlsplit(address).path
    for found in forms(page):
        if found.method == "post" and (not found.action or urlsplit(found.action).path == path):
            return found
    return None
