"""Small mistakes that could be made in Python source: where each is, and the text that makes it."""

import ast
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
BOUNDS = {"abs", "fabs", "min", "max", "minimum", "maximum"}
"""Functions that let their argument through where it is small or large enough."""
HEADERS = (ast.If, ast.While, ast.For, ast.With, ast.Try, ast.Match, ast.ClassDef)


@dataclass(frozen=True)
class Mutant:
    """One mistake in one file."""

    file: str
    """Relative to the package's parent."""
    line: int
    lines: tuple[int, int]
    """First and last line of the statement, or of its head: what a test must run to notice."""
    kind: str
    start: int
    """Bytes of the file before the text that is replaced."""
    before: str
    after: str
    constant: str = ""
    """The name whose value changes, where the mistake is outside any function."""

    @property
    def key(self) -> str:
        """Return what tells it from all others as long as the file is the same."""
        return f"{self.file}:{self.start}:{self.before} -> {self.after}"

    def applied(self, source: bytes) -> bytes:
        """Return the file with the mistake; no line moves."""
        old = self.before.encode()
        assert source[self.start : self.start + len(old)] == old
        new = self.after.encode() + b"\n" * (old.count(b"\n") - self.after.count("\n"))
        return source[: self.start] + new + source[self.start + len(old) :]


def mutants_of(file: str, source: bytes) -> list[Mutant]:
    """Return every mistake that is looked for, in the order of the file."""
    finder = _Finder(file, source)
    finder.visit(ast.parse(source))
    return finder.found


def sample(mutants: Mapping[str, Sequence[Mutant]], n: int, seed: int) -> list[Mutant]:
    """Return about n of them: of each file its share, at least 3; the same for the same seed."""
    total = sum(map(len, mutants.values()))
    chosen: list[Mutant] = []
    for file, all_of_it in sorted(mutants.items()):
        share = min(len(all_of_it), max(3, round(n * len(all_of_it) / total)))
        draw = random.Random(f"{seed} {file}")  # so that no file's change moves another's sample
        chosen += sorted(draw.sample(all_of_it, share), key=lambda mutant: mutant.start)
    return chosen


class _Finder(ast.NodeVisitor):
    """Goes through a module, but for annotations, decorators and what only mypy reads."""

    def __init__(self, file: str, source: bytes) -> None:
        self.found: list[Mutant] = []
        self._file = file
        self._source = source
        self._begins = [0]
        for line in source.splitlines(keepends=True):
            self._begins.append(self._begins[-1] + len(line))
        self._statements: list[ast.stmt] = []

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.stmt):
            self._statements.append(node)
        super().visit(node)
        if isinstance(node, ast.stmt):
            self._statements.pop()

    def _add(self, node: ast.expr | ast.stmt, kind: str, after: str) -> None:
        start = self._begins[node.lineno - 1] + node.col_offset
        assert node.end_lineno is not None and node.end_col_offset is not None
        end = self._begins[node.end_lineno - 1] + node.end_col_offset
        before = self._source[start:end].decode()
        lines, constant = self._place()
        self.found.append(
            Mutant(self._file, node.lineno, lines, kind, start, before, after, constant)
        )

    def _place(self) -> tuple[tuple[int, int], str]:
        """Return the lines of the innermost statement, and what it names outside any function."""
        statement = self._statements[-1]
        first, last = statement.lineno, statement.end_lineno or statement.lineno
        if isinstance(statement, ast.FunctionDef):
            first = statement.body[0].lineno  # a default tells only whoever calls
        elif isinstance(statement, HEADERS):
            first_inside = statement.cases[0].pattern if isinstance(statement, ast.Match) else None
            first_inside = first_inside or statement.body[0]  # type: ignore[union-attr]
            last = max(statement.lineno, first_inside.lineno - 1)
        constant = ""
        if not any(isinstance(one, ast.FunctionDef) for one in self._statements):
            targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
            constant = ",".join(n.id for n in _names(targets))
        return (first, last), constant

    def _swap(self, node: ast.expr, kind: str, change: Callable[[], None]) -> None:
        """Add a mistake that is made by changing the node, which is then as it was."""
        kept = dict(ast.iter_fields(node))
        change()
        self._add(node, kind, f"({ast.unparse(node)})")
        for name, value in kept.items():
            setattr(node, name, value)

    def visit_Compare(self, node: ast.Compare) -> None:
        for place, operator in enumerate(node.ops):
            if type(operator) in SWAPPED:
                new = [*node.ops]
                new[place] = SWAPPED[type(operator)]()  # type: ignore[call-overload]
                self._swap(node, "comparison", lambda new=new: setattr(node, "ops", new))
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if type(node.op) in SWAPPED:
            new = SWAPPED[type(node.op)]()
            self._swap(node, "arithmetic", lambda: setattr(node, "op", new))
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Attribute):
            self._add(node, "statement", "pass")
        if type(node.op) in SWAPPED:
            new = ast.AugAssign(node.target, SWAPPED[type(node.op)](), node.value)  # type: ignore[arg-type]
            self._add(node, "arithmetic", ast.unparse(new))
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        new = SWAPPED[type(node.op)]()
        self._swap(node, "boolean", lambda: setattr(node, "op", new))
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self._add(node, "boolean", f"bool({ast.unparse(node.operand)})")
        elif isinstance(node.op, ast.USub):
            self._add(node, "arithmetic", f"({ast.unparse(node.operand)})")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self._add(node, "constant", str(not node.value))
        elif isinstance(node.value, int | float):
            for value in (node.value + 1, node.value - 1):
                self._add(node, "constant", f"({value!r})")

    def visit_Call(self, node: ast.Call) -> None:
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in BOUNDS and len(node.args) <= 2:
            for place in range(len(node.args)):
                if len(node.args) == 1 and (name not in ("abs", "fabs")):
                    continue
                kept = node.args[1 - place] if len(node.args) == 2 else node.args[0]
                self._add(node, "bound", f"({ast.unparse(kept)})")
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant):
            return  # a docstring
        if isinstance(node.value, ast.Call):
            self._add(node, "statement", "pass")
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if isinstance(node.targets[0], ast.Attribute):
            self._add(node, "statement", "pass")
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None and not (
            isinstance(node.value, ast.Constant) and node.value.value is None
        ):
            self._add(node, "return", "return None")
        self.generic_visit(node)

    def _condition(self, test: ast.expr) -> None:
        if not isinstance(test, ast.Constant):
            for value in ("True", "False"):
                self._add(test, "condition", value)

    def visit_If(self, node: ast.If) -> None:
        if getattr(node.test, "id", "") == "TYPE_CHECKING":
            return
        self._condition(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._condition(node.test)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for test in node.ifs:
            self._condition(test)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for default in [*node.args.defaults, *node.args.kw_defaults]:
            if default is not None:
                self.visit(default)
        for statement in node.body:
            self.visit(statement)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for statement in node.body:
            self.visit(statement)


def _names(targets: Sequence[ast.AST | None]) -> Iterator[ast.Name]:
    for target in targets:
        if target is not None:
            yield from (one for one in ast.walk(target) if isinstance(one, ast.Name))
