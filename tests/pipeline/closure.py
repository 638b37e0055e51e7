"""Which files of the package a stage's notebook runs: its imports, and theirs, as far as they go.

Run as a program (`make deps`), it writes them into dvc.yaml.
"""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = "wearcast"


def sources_of(notebook: Path, src: Path) -> list[str]:
    """The modules that `notebook` imports, directly or not, as paths relative to the project,
    sorted.

    A module that holds nothing but its docstring is left out: it can't change a result.
    """
    seen: dict[str, Path] = {}
    waiting = list(_imports(_code(notebook), package="", src=src))
    while waiting:
        module = waiting.pop()
        path = _file(module, src)
        if path is None or module in seen:
            continue
        seen[module] = path
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        waiting += _imports(path.read_text(encoding="utf-8"), package, src)
    return sorted(
        path.relative_to(src.parent).as_posix()
        for path in seen.values()
        if not _only_docstring(path)
    )


def _code(notebook: Path) -> str:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def _imports(code: str, package: str, src: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = _absolute(node, package)
            names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        else:
            continue
        yield from (part for name in names for part in _with_parents(name) if _file(part, src))


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    base = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def _with_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    if parts[0] == PACKAGE:
        yield from (".".join(parts[: end + 1]) for end in range(len(parts)))


def _file(module: str, src: Path) -> Path | None:
    stem = src.joinpath(*module.split("."))
    return next(
        (path for path in (stem / "__init__.py", stem.with_suffix(".py")) if path.is_file()), None
    )


def _only_docstring(path: Path) -> bool:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body)


def listed(dvc_yaml: str, root: Path) -> str:
    """The text of dvc.yaml with every stage's modules listed under its notebook, and no others."""
    bare = re.sub(r"^      - src/\S+\.py\n", "", dvc_yaml, flags=re.MULTILINE)

    def with_sources(line: re.Match[str]) -> str:
        sources = sources_of(root / line[1], root / "src")
        return line[0] + "".join(f"      - {path}\n" for path in sources)

    return re.sub(r"^      - (notebooks/\w+\.ipynb)\n", with_sources, bare, flags=re.MULTILINE)


if __name__ == "__main__":
    project = Path(__file__).parents[2]
    wiring = project / "dvc.yaml"
    wiring.write_text(listed(wiring.read_text(encoding="utf-8"), project), encoding="utf-8")
