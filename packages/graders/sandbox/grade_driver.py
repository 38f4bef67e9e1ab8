"""Runs inside the sandbox: `load` compiles the source once, `grade` runs it for one sample. Strings in, JSON out.

The source is executed anew for every sample, so that nothing a sample left in its globals changes the next one's score.
"""

import ast
import importlib.util
import json
import math
import traceback

_code = None
_MAX_DETAIL = 2000


def _detail(error):
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "grader.py"]
    where = f" (line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{where}"[:_MAX_DETAIL]


def _function():
    scope = {"__name__": "grader"}
    exec(_code, scope)
    function = scope.get("grade")
    if not callable(function):
        raise TypeError("the source must define grade(sample, item)")
    return function


_MISSES = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


def _is_guarded(statement):
    """A source that says what to do without a module may import it."""
    caught = [node for handler in statement.handlers for node in ast.walk(handler.type or ast.Name("Exception"))]
    return any(isinstance(node, ast.Name) and node.id in _MISSES for node in caught)


def _imports(node):
    """(module, line) of the imports that a source cannot do without, wherever they stand."""
    if isinstance(node, ast.Import):
        yield from ((alias.name, node.lineno) for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.level == 0:
        yield node.module, node.lineno
    children = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.Try) and _is_guarded(node):
        children = [*node.handlers, *node.orelse, *node.finalbody]
    for child in children:
        yield from _imports(child)


def _refuse_absent(tree):
    for name, line in _imports(tree):
        top = name.partition(".")[0]
        if importlib.util.find_spec(top) is None:
            has = "graders have Python's standard library and no other package"
            raise ModuleNotFoundError(f"No module named '{top}' (line {line}): {has}")


def load(source):
    global _code
    try:
        _code = compile(source, "grader.py", "exec")
        _refuse_absent(ast.parse(source))
        _function()
    except SyntaxError as error:
        return json.dumps({"problem": f"SyntaxError: {error.msg} (line {error.lineno})"[:_MAX_DETAIL]})
    except BaseException as error:
        return json.dumps({"problem": _detail(error)})
    return json.dumps({"ready": True})


def grade(text):
    call = json.loads(text)
    try:
        value = _function()(call["sample"], call["item"])
        if value is None or isinstance(value, (str, bytes)):
            raise TypeError(f"grade must return a number, not {type(value).__name__}")
        score = float(value)
        if not math.isfinite(score):
            raise ValueError(f"grade must return a finite number, not {score}")
        return json.dumps({"score": score})
    except BaseException as error:
        return json.dumps({"error": _detail(error)})
