"""A model given as a class: where its source is, or what of a notebook must be written down.

The trainer is another process. It executes a file; a script that trains is not executed again, so
that of `__main__` only the class is taken, with what it uses.
"""

import ast
import builtins
import hashlib
import inspect
import linecache
import math
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from symtable import SymbolTable, symtable
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from cftui.config import ConfigError
from cftui.files import make_folder, replace_file
from cftui.paths import models_folder

REMEDY = "put {0} into a file of its own and give model='path/to/file.py:{0}'"
PLAIN = (bool, int, float, str, type(None))
HEAD = '"""Written down by cftui from where the class was defined."""\n\n'


def model_word(model: "str | type") -> str:
    """Return what a configuration calls a model: the name itself, or `path.py:Class`.

    Raises ConfigError for a class whose source cannot be had, TypeError for anything else.
    """
    if isinstance(model, str):
        return model
    if not isinstance(model, type):
        raise TypeError(f"model={model!r}: give a model's name, path/to/file.py:Class or a class")
    if model.__qualname__ != model.__name__:
        raise ConfigError(
            f"the class {model.__qualname__} is defined within something else; define it at the top"
            " of a file or a cell"
        )
    if model.__module__ == "__main__":
        return f"{_written(model)}:{model.__name__}"
    return f"{_file_of(model)}:{model.__name__}"


def _file_of(model: type) -> Path:
    try:
        path = Path(inspect.getfile(model)).absolute()
    except (OSError, TypeError):
        path = Path()
    if path.suffix != ".py" or not path.is_file():
        raise _sourceless(model, model.__name__)
    return path


def _written(model: type) -> Path:
    """Return the file with the source of a class of `__main__`, in the data folder."""
    folder = models_folder()
    make_folder(folder)
    source = (HEAD + "\n".join(_Pieces(model).all()) + "\n").encode()
    name = f"{model.__name__}-{hashlib.sha256(source).hexdigest()[:12]}.py"
    if not (folder / name).is_file():
        replace_file(folder / name, source)
    return folder / name


class _Pieces:
    """Collects what a class needs of `__main__`: imports, numbers and texts, other definitions."""

    def __init__(self, model: type) -> None:
        self._model = model
        self._there: dict[str, Any] = vars(sys.modules["__main__"])
        self._done: set[str] = set()

    def all(self) -> Iterator[str]:
        """Yield pieces of source in the order in which they can be executed, the class last."""
        return self._of(self._model)

    def _of(self, thing: "type | FunctionType") -> Iterator[str]:
        self._done.add(thing.__name__)
        text = _definition(thing)
        if text is None:
            raise _sourceless(self._model, thing.__name__)
        for name in sorted(_globals(symtable(text, "model", "exec"))):
            # What is nowhere may be a name of the lesson's, which the trainer supplies.
            if name in self._there and name not in self._done and not hasattr(builtins, name):
                yield from self._piece(name, self._there[name])
        yield f"\n{text}"

    def _piece(self, name: str, value: Any) -> Iterator[str]:
        self._done.add(name)
        value = value.item() if isinstance(value, np.generic) else value
        home = getattr(value, "__module__", None) or ""
        own = getattr(value, "__name__", "")
        if isinstance(value, ModuleType):
            yield f"import {value.__name__} as {name}"
        elif isinstance(value, type | FunctionType) and home == "__main__":
            yield from self._of(value)
            if name != own:
                yield f"{name} = {own}"
        elif own and getattr(sys.modules.get(home), own, None) is value:
            yield f"from {home} import {own} as {name}"
        elif _is_plain(value):
            yield f"{name} = {value!r}"
        else:
            raise ConfigError(
                f"{self._model.__name__} uses {name}, a {type(value).__name__} that cannot be"
                f" written into a file: {REMEDY.format(self._model.__name__)}"
            )


def _globals(table: SymbolTable) -> set[str]:
    """Return the names that a piece of source takes from outside of it."""
    outermost = table.get_type() == "module"
    found = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_referenced()
        and (not symbol.is_assigned() if outermost else symbol.is_global())
    }
    return found.union(*map(_globals, table.get_children()))


def _is_plain(value: Any) -> bool:
    """Return whether a value's repr makes it again."""
    if isinstance(value, tuple | list):
        return all(map(_is_plain, value))
    return type(value) in PLAIN and (type(value) is not float or math.isfinite(value))


def _definition(thing: "type | FunctionType") -> str | None:
    """Return the text of a definition at the top of a file or a cell; none if it is not there."""
    kinds = (ast.ClassDef, ast.FunctionDef)
    for file in filter(None, dict.fromkeys(_files(thing))):
        text, body = _parsed("".join(linecache.getlines(file)))
        for node in reversed([n for n in body if isinstance(n, kinds)]):
            if node.name == thing.__name__:
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                return "\n".join(text.splitlines()[first - 1 : node.end_lineno])
    return None


def _parsed(text: str) -> tuple[str, list[ast.stmt]]:
    # A notebook's cell may hold lines that are no Python: magics and shell commands.
    for tried in (text, re.sub(r"(?m)^[ \t]*[%!].*$", "pass", text)):
        with suppress(SyntaxError):
            return tried, ast.parse(tried).body
    return text, []


def _files(thing: "type | FunctionType") -> Iterator[str]:
    """Yield where a definition may stand: a notebook's cell is known to its functions alone."""
    functions: list[Callable[..., Any]] = (
        [thing] if isinstance(thing, FunctionType) else list(vars(thing).values())
    )
    for function in map(inspect.unwrap, functions):
        code = getattr(getattr(function, "__func__", function), "__code__", None)
        if code is not None:
            yield code.co_filename
    yield getattr(sys.modules["__main__"], "__file__", None) or ""


def _sourceless(model: type, what: str) -> ConfigError:
    remedy = REMEDY.format(model.__name__)
    return ConfigError(f"the source of {what} cannot be had here; {remedy}")
