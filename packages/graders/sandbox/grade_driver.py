"""Runs inside the sandbox: `load` compiles the source once, `grade` runs it for one sample. Strings in, JSON out.

The source is executed anew for every sample, so that nothing a sample left in its globals changes the next one's score.
"""

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


def load(source):
    global _code
    try:
        _code = compile(source, "grader.py", "exec")
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
