"""New columns of the samples table from others, by small expressions that can do arithmetic and nothing else."""

from __future__ import annotations

import ast
import re

import numpy as np
import pandas as pd

from mmomics.cohort.columns import column
from mmomics.errors import UserError

FUNCTIONS = {"log": np.log, "log2": np.log2, "log10": np.log10, "exp": np.exp, "sqrt": np.sqrt, "abs": np.abs}
BINARY = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide, ast.Pow: np.power, ast.FloorDiv: np.floor_divide,
    ast.Mod: np.mod,
}  # fmt: skip
COMPARE = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
ALLOWED = f"numbers, columns, + - * / // % **, < <= > >= == !=, {', '.join(FUNCTIONS)}"


def derive(frame: pd.DataFrame, expressions: dict[str, str]) -> pd.DataFrame:
    """The table with further columns, as text like all others.

    Parameters
    ----------
    frame : DataFrame
        Cells are text, missing = NaN.
    expressions : dict of str to str
        Name -> expression; a column whose name is no plain word stands in backquotes. A later one may use an earlier one. A
        comparison is 1 or 0; a missing operand or a result that is no finite number gives a missing value.

    Raises
    ------
    UserError
        If an expression is not understood, names an unknown column or one that holds no numbers.
    """
    out = frame.copy()
    out.attrs = frame.attrs
    for name, expression in expressions.items():
        where = f"samples.derive.{name}"
        quoted = re.findall(r"`([^`]+)`", expression)
        names = {f"_c{place}": each for place, each in enumerate(quoted)}
        plain = expression
        for alias, each in names.items():
            plain = plain.replace(f"`{each}`", alias, 1)
        try:
            tree = ast.parse(plain.strip(), mode="eval").body
            values = np.asarray(_value(tree, out, names, where), dtype=float)
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            raise UserError(where, f"'{_short(expression)}' is no expression", f"it may hold {ALLOWED}") from error
        values = np.broadcast_to(np.where(np.isfinite(values), values, np.nan), len(out))
        out[name] = pd.Series([np.nan if np.isnan(value) else repr(float(value)) for value in values], index=out.index, dtype=object)
    return out


def _value(node: ast.expr, frame: pd.DataFrame, names: dict[str, str], where: str) -> np.ndarray | float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name):
        return _numbers(frame, names.get(node.id, node.id), where)
    with np.errstate(all="ignore"):  # log of a negative number and the like is a missing value
        if isinstance(node, ast.BinOp) and type(node.op) in BINARY:
            return BINARY[type(node.op)](_value(node.left, frame, names, where), _value(node.right, frame, names, where))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            value = _value(node.operand, frame, names, where)
            return -value if isinstance(node.op, ast.USub) else value
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARE:
            left, right = (np.asarray(_value(side, frame, names, where)) for side in (node.left, node.comparators[0]))
            return np.where(np.isnan(left) | np.isnan(right), np.nan, COMPARE[type(node.ops[0])](left, right))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS and len(node.args) == 1:
            return FUNCTIONS[node.func.id](_value(node.args[0], frame, names, where))
    raise UserError(where, f"'{_short(ast.unparse(node))}' is not allowed", f"it may hold {ALLOWED}")


def _short(expression: str) -> str:
    return expression if len(expression) < 80 else f"{expression[:77]}..."


def _numbers(frame: pd.DataFrame, name: str, where: str) -> np.ndarray:
    cells = column(frame, name, where)
    values = pd.to_numeric(cells, errors="coerce").astype(float)
    wrong = values.isna() & cells.notna()
    if wrong.any():
        raise UserError(f"{where}, column '{name}' row '{wrong.idxmax()}'", f"'{cells[wrong.idxmax()]}' is no number", "mend the cell")
    return values.to_numpy()
