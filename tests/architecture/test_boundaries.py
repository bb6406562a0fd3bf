"""The house rules that import-linter cannot say: which single file speaks to which library."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "app"

SPOKEN_IN = {
    "faiss": {"search/vectors.py"},
    "sentence_transformers": {"search/sentence_encoder.py"},
    "torch": set(),
    "markdown": {"articles/rendering.py"},
    "bm25s": set(),
    "onnxruntime": {"search/onnx_encoder.py"},
    "argon2": {"people/passwords.py"},
}
# `rows.py` beside a store turns rows into values and back; it runs no statement.
SQL_FILES = {"store.py", "directory.py", "log.py", "outbox.py", "rows.py"}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("library", sorted(SPOKEN_IN))
def test_a_heavy_library_is_spoken_in_one_file(library: str) -> None:
    """Another vector engine, encoder or Markdown library is a change in one file."""
    speakers = {str(path.relative_to(APP)) for path in APP.rglob("*.py") if library in imports(path)}
    assert speakers <= SPOKEN_IN[library]


def test_sql_stands_only_in_stores() -> None:
    """SQL stands in `store.py`, `directory.py`, `log.py`, `outbox.py` and in `storage/` itself."""
    speakers = {path for path in APP.rglob("*.py") if "sqlalchemy" in imports(path)}
    strays = {
        str(path.relative_to(APP))
        for path in speakers
        if path.name not in SQL_FILES and path.relative_to(APP).parts[0] != "storage"
    }
    assert strays == set()


def test_packages_announce_themselves_and_do_nothing_else() -> None:
    """`__init__.py` holds a docstring: what comes in, what goes out."""
    for path in APP.rglob("__init__.py"):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        only_text = (
            len(body) == 1 and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
        )
        assert only_text, f"{path.relative_to(APP)} should hold one docstring"


def test_rows_name_the_type_of_a_row_and_nothing_else_of_sqlalchemy() -> None:
    """A `rows.py` turns rows into values; a statement in it would be SQL outside its store."""
    for path in APP.rglob("rows.py"):
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        named = {
            alias.name
            for node in nodes
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy")
            for alias in node.names
        }
        assert named <= {"RowMapping"}, path
