"""Runs inside the sandbox: `load` compiles the source once, `grade` runs it for one sample. Strings in, JSON out.

The source is executed anew for every sample, with the random numbers of a new process, so that nothing a sample left in its globals, and
no number it drew, changes the next one's score.
"""

import ast
import importlib.util
import json
import math
import random
import sys
import traceback

_code = None
_MAX_DETAIL = 2000


def _detail(error):
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "grader.py"]
    where = f" (line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{where}"[:_MAX_DETAIL]


def _function():
    random.seed(0)
    scope = {"__name__": "grader"}
    exec(_code, scope)
    function = scope.get("grade")
    if not callable(function):
        raise TypeError("the source must define grade(sample, item)")
    return function


_MISSES = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


def _names(nodes):
    parts = [part for node in nodes for part in ast.walk(node)]
    return {getattr(part, "id", None) or getattr(part, "attr", None) for part in parts}


def _is_guarded(statement):
    """A source that says what to do without a module may import it."""
    if isinstance(statement, (ast.Try, ast.TryStar)):
        return bool(_MISSES & _names(handler.type or ast.Name("Exception") for handler in statement.handlers))
    if isinstance(statement, ast.With):
        calls = [item.context_expr for item in statement.items if isinstance(item.context_expr, ast.Call)]
        return any("suppress" in _names([call.func]) and _MISSES & _names(call.args) for call in calls)
    # What a condition decides is not known before it is computed.
    return isinstance(statement, ast.If)


def _imports(tree):
    """(module, line) of the imports that a source cannot do without, wherever they stand."""
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module, node.lineno
        children = list(ast.iter_child_nodes(node))
        if _is_guarded(node):
            children = [child for child in children if child not in node.body]
        pending.extend(reversed(children))


def _is_absent(module):
    return module not in sys.modules and importlib.util.find_spec(module) is None


def _refuse_absent(tree):
    for name, line in _imports(tree):
        top = name.partition(".")[0]
        if _is_absent(top):
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
