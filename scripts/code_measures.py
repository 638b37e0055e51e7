"""How dense and how long the code is: python scripts/code_measures.py [FOLDER …].

Syntax nodes a line: all nodes of the functions' bodies over their lines, blank lines, comments
and docstrings aside. Exits with 1 where that is above MOST_NODES or a line is longer than
MOST_CHARACTERS.
"""

import ast
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MOST_NODES, MOST_CHARACTERS = 10.0, 100

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Measured:
    """A function: where it is, its syntax nodes, its lines of code, and its lines in all."""

    where: str
    nodes: int
    code_lines: int
    lines: int


def main(folders: list[str]) -> int:
    """Print the measures of the files in `folders`; 1 where a limit is passed."""
    files = sorted(path for folder in folders for path in Path(folder).rglob("*.py"))
    functions = [function for path in files for function in measured(path)]
    lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    lengths = [len(path.read_text(encoding="utf-8").splitlines()) for path in files]
    nodes = sum(one.nodes for one in functions) / sum(one.code_lines for one in functions)
    too_long = sum(len(line) > MOST_CHARACTERS for line in lines)
    print(f"syntax nodes a line  {nodes:.1f} (at most {MOST_NODES:g})")
    print(f"lines over {MOST_CHARACTERS}       {too_long} of {len(lines):,}")
    print(f"files                {spread(lengths)}")
    print(f"functions            {spread([one.lines for one in functions])}")
    densest = sorted(functions, key=lambda one: one.nodes / one.code_lines, reverse=True)[:5]
    for one in densest:
        print(f"  {one.nodes / one.code_lines:4.0f} nodes a line  {one.where}")
    return int(nodes > MOST_NODES or too_long > 0)


def spread(lengths: list[int]) -> str:
    """The median, the 90th percentile and the longest of some lengths in lines."""
    middle, tenth = statistics.median(lengths), statistics.quantiles(lengths, n=10)[-1]
    return f"median {middle:.0f}, 90th percentile {tenth:.0f}, longest {max(lengths)} lines"


def measured(path: Path) -> Iterator[Measured]:
    """The functions of a file that have a body of more than a docstring."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Function) and (body := without_docstring(node)):
            nodes = sum(1 for statement in body for _ in ast.walk(statement))
            code = [line.strip() for line in lines[body[0].lineno - 1 : node.end_lineno]]
            code_lines = sum(bool(line) and not line.startswith("#") for line in code)
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            yield Measured(f"{path}:{node.lineno} {node.name}", nodes, code_lines, length)


def without_docstring(function: Function) -> list[ast.stmt]:
    """The statements of a function, its docstring aside."""
    match function.body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            return rest
        case body:
            return body


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["src"]))
