"""Imports point down, and neighbours do not import each other."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "tracker").rglob("*.py"))
WIRING = [ROOT / "tracker" / "__init__.py"]
WEB = sorted((ROOT / "tracker" / "web").glob("*.py"))

# From the doors down to the ground; a name stands for the module and all in it. One line is one layer.
LAYERS = [
    ["cli"],
    ["web", "api", "commands"],
    ["imports", "sample"],
    ["services", "forms"],
    ["reports"],
    ["workflow", "seals"],
    ["history"],
    ["policy"],
    ["role_words", "audit_head", "mail"],
    ["models"],
    ["storage", "extensions", "clock", "reference"],
    ["database", "logs"],
    ["config", "day_words"],
    ["errors", "partial_date", "folding", "texts", "tape"],
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}

# The one import sideways: the command that serves asks the database what the pages ask at their start.
SIDEWAYS = {("commands", "web.startup")}


def layer_of(path: Path) -> str:
    """The layer that a file belongs to: ``tracker/services/visits.py`` → ``services``."""
    return path.relative_to(ROOT / "tracker").parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The modules of ours that a file imports, as dotted names below ``tracker``, deferred ones included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name.removeprefix("tracker.") for name in names if name.startswith("tracker.")}


def defines_blueprint(path: Path) -> bool:
    """Whether the module serves pages of its own; what only helps the pages has no blueprint."""
    tree = ast.parse(path.read_text("utf-8"))
    return any(
        isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "blueprint" for target in node.targets)
        for node in tree.body
    )


@pytest.mark.parametrize("name", [str(path.relative_to(ROOT)) for path in MODULES if path not in WIRING])
def test_imports_point_down(name: str) -> None:
    path = ROOT / name
    layer = layer_of(path)
    assert layer in LEVEL, f"{layer} stands in no layer"
    for module in imported(path):
        other = module.split(".")[0]
        if other in LEVEL and other != layer and (layer, module) not in SIDEWAYS:
            assert LEVEL[other] > LEVEL[layer], f"{name} imports {module}, which is not below it"


def test_pages_do_not_import_each_other() -> None:
    pages = {path.stem for path in WEB if defines_blueprint(path)}
    for path in WEB:
        others = {name.split(".")[1] for name in imported(path) if name.startswith("web.")} & pages - {path.stem}
        assert path.stem not in pages or not others, f"the pages of {path.stem} import those of {others}"


def test_the_rule_would_be_noticed_if_broken(tmp_path: Path) -> None:
    file = tmp_path / "models.py"
    file.write_text("def later():\n    from tracker.web import visits\n", "utf-8")
    assert imported(file) == {"web.visits"}
    assert LEVEL["web"] < LEVEL["models"]
