"""The story of the official Python client: argv = base URL, key, webhook receiver's URL; told as JSON lines on stdout."""
import json
import re
import sys
import time
import urllib.request

import openai
from openai import OpenAI

BASE_URL, KEY, HOOK_URL = sys.argv[1:4]
client = OpenAI(api_key=KEY, admin_api_key=KEY, base_url=BASE_URL)
MODEL = "preheat-1m"
ROW = '{"messages":[{"role":"user","content":"cat"},{"role":"assistant","content":"K AE T"}]}\n'
RL_ROW = '{"messages":[{"role":"user","content":"cat"}],"references":["K AE T"]}\n'
EXACT = {
    "type": "string_check",
    "name": "exact",
    "input": "{{ sample.output_text }}",
    "reference": "{{ item.references[0] }}",
    "operation": "eq",
}


def equal(actual, expected):
    assert actual == expected, f"expected {expected!r}, got {actual!r}"


def refused(call, status, **fields):
    try:
        call()
    except openai.APIStatusError as error:
        equal(error.status_code, status)
        assert error.request_id and error.request_id.startswith("req_"), error.request_id
        for name, value in fields.items():
            equal(getattr(error, name), value)
        return
    raise AssertionError("the call was not refused")


def wait(read, done, limit=240):
    until = time.time() + limit
    while time.time() < until:
        value = read()
        if done(value):
            return value
        time.sleep(0.2)
    raise AssertionError(f"did not happen in {limit} s: {value!r}")


def upload(text, purpose="fine-tune", **extra):
    return client.files.create(file=("rows.jsonl", text.encode()), purpose=purpose, **extra)


def files():
    text = ROW * 12
    file = upload(text, expires_after={"anchor": "created_at", "seconds": 3600})
    equal(file.expires_at, file.created_at + 3600)
    equal(client.files.wait_for_processing(file.id, poll_interval=0.1).status, "processed")
    assert file.id in [item.id for item in client.files.list(limit=1)]
    equal(client.files.retrieve(file.id).bytes, len(text))
    equal(client.files.content(file.id).read(), text.encode())
    equal(client.files.delete(file.id).deleted, True)
    refused(lambda: client.files.retrieve(file.id), 404, code="not_found", param="file_id")
    data = text.encode()
    whole = client.uploads.upload_file_chunked(
        file=data, filename="rows.jsonl", bytes=len(data), mime_type="text/jsonl", purpose="fine-tune", part_size=400
    )
    equal((whole.status, whole.file.bytes), ("completed", len(data)))
    other = client.uploads.create(bytes=3, filename="a.bin", mime_type="x/y", purpose="user_data")
    client.uploads.parts.create(other.id, data=b"abc")
    equal(client.uploads.cancel(other.id).status, "cancelled")


def jobs():
    file = upload(ROW * 12)
    team = {"team": f"py-{time.time()}"}
    job = client.fine_tuning.jobs.create(model=MODEL, training_file=file.id, metadata=team)
    # The first answer is lost on the way: the client repeats, and gets the same job.
    again = {"model": MODEL, "training_file": file.id, "metadata": team}
    equal(client.fine_tuning.jobs.create(**again, extra_headers={"X-Stainless-Retry-Count": "1"}).id, job.id)
    found = client.fine_tuning.jobs.list(limit=1, extra_query={"metadata[team]": team["team"]})
    equal([item.id for item in found], [job.id])
    equal(client.fine_tuning.jobs.cancel(job.id).status, "cancelled")
    refused(lambda: client.fine_tuning.jobs.pause(job.id), 400, code="invalid_job_state")
    refused(lambda: client.fine_tuning.jobs.create(model="gpt-9", training_file=file.id), 400, param="model")
    long = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 50, "batch_size": 1}}}
    other = client.fine_tuning.jobs.create(model=MODEL, training_file=file.id, method=long)
    client.fine_tuning.jobs.pause(other.id)
    wait(lambda: client.fine_tuning.jobs.retrieve(other.id), lambda one: one.status == "paused")
    assert client.fine_tuning.jobs.resume(other.id).status in ("queued", "running")
    client.fine_tuning.jobs.cancel(other.id)
    return job.id


def train():
    sft, rl = upload(ROW * 64), upload(RL_ROW * 16)
    pipeline = [
        {"type": "supervised", "hyperparameters": {"batch_size": 16, "max_steps": 6, "checkpoint_interval": 3}},
        {
            "type": "reinforcement",
            "training_file": rl.id,
            "validation_file": rl.id,
            "grader": EXACT,
            "hyperparameters": {"batch_size": 4, "group_size": 2, "max_steps": 2, "max_completion_tokens": 12},
        },
    ]
    jobs = client.fine_tuning.jobs
    job = jobs.create(model=MODEL, training_file=sft.id, seed=5, suffix="py", extra_body={"pipeline": pipeline})
    equal(len(job.model_extra["pipeline"]), 2)
    job = wait(lambda: jobs.retrieve(job.id), lambda one: one.status in ("succeeded", "failed", "cancelled"))
    equal((job.status, job.error), ("succeeded", None))
    events = [event.message for event in jobs.list_events(job.id, limit=3)]
    equal(events[-1], "Created fine-tuning job")
    equal(client.evals.retrieve(job.model_extra["eval_id"]).metadata, {"fine_tuning_job_id": job.id})
    validations = wait(
        lambda: list(client.evals.runs.list(job.model_extra["eval_id"], limit=1)),
        lambda runs: all(run.status not in ("queued", "in_progress") for run in runs),
    )
    equal([run.model.split(":")[-1] for run in validations], ["ckpt-step-7", "ckpt-step-8"])
    equal([(run.status, run.result_counts.total) for run in validations], [("completed", 16)] * 2)
    points = [point.fine_tuned_model_checkpoint for point in jobs.checkpoints.list(job.id, limit=1)]
    assert points[0].endswith(":ckpt-step-8"), points
    permissions = client.fine_tuning.checkpoints.permissions
    granted = list(permissions.create(points[0], project_ids=["proj-a", "proj-b"]))
    listed = [one.project_id for one in permissions.list(points[0], limit=1, order="ascending")]
    equal(sorted(listed), ["proj-a", "proj-b"])
    for one in granted:
        equal(permissions.delete(one.id, fine_tuned_model_checkpoint=points[0]).deleted, True)
    asked = [{"role": "user", "content": "cat"}]
    answer = client.chat.completions.create(model=points[0], messages=asked, max_completion_tokens=4)
    equal((answer.model, len(answer.choices)), (points[0], 1))
    return job


def graders():
    alpha = client.fine_tuning.alpha.graders
    sample = {"model_sample": "K", "item": {"references": ["K"]}}
    result = alpha.run(grader=EXACT, **sample)
    equal((result.reward, result.metadata.errors.other_error), (1.0, False))
    alpha.validate(grader=EXACT)
    for shape in ({"exact": EXACT}, [EXACT], EXACT):
        multi = {"type": "multi", "name": "all", "graders": shape, "calculate_output": "0.5 * exact"}
        equal(alpha.run(grader=multi, **sample).reward, 0.5)
    refused(lambda: alpha.validate(grader={**EXACT, "operation": "about"}), 400, param="grader.operation")


def evals(model):
    config = {"type": "custom", "item_schema": {"type": "object"}, "include_sample_schema": True}
    evaluation = client.evals.create(name="words", data_source_config=config, testing_criteria=[EXACT])
    equal(client.evals.retrieve(evaluation.id).name, "words")
    content = [{"item": {"word": word, "references": ["K AE T"]}} for word in ("cat", "dog", "bed")]
    source = {
        "type": "completions",
        "model": model,
        "source": {"type": "file_content", "content": content},
        "input_messages": {"type": "template", "template": [{"role": "user", "content": "{{ item.word }}"}]},
        "sampling_params": {"temperature": 0, "seed": 1, "max_completion_tokens": 16},
    }
    runs = client.evals.runs
    run = runs.create(evaluation.id, name="final", data_source=source)
    run = wait(lambda: runs.retrieve(run.id, eval_id=evaluation.id), lambda one: one.status not in ("queued", "in_progress"))
    equal((run.status, run.result_counts.total, run.result_counts.errored), ("completed", 3, 0))
    items = list(runs.output_items.list(run.id, eval_id=evaluation.id, limit=1))
    equal([item.datasource_item_id for item in items], [0, 1, 2])
    equal(runs.output_items.retrieve(items[0].id, eval_id=evaluation.id, run_id=run.id).id, items[0].id)
    assert runs.cancel(run.id, eval_id=evaluation.id).status == "completed"
    equal([one.id for one in runs.list(evaluation.id, limit=1)], [run.id])
    equal(runs.delete(run.id, eval_id=evaluation.id).deleted, True)
    equal(client.evals.update(evaluation.id, name="renamed").name, "renamed")
    assert client.evals.list(order="desc", limit=1).data[0].id == evaluation.id
    equal(client.evals.delete(evaluation.id).deleted, True)


def chat(model):
    create = client.chat.completions.create
    request = {"model": model, "messages": [{"role": "user", "content": "cat"}], "max_completion_tokens": 12, "seed": 7}
    whole = create(**request)
    chunks = list(create(**request, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    equal((text, chunks[-1].usage), (whole.choices[0].message.content, whole.usage))
    schema = {"type": "object", "properties": {"sure": {"type": "boolean"}}, "required": ["sure"]}
    held = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}
    answer = create(**{**request, "max_completion_tokens": 100}, response_format=held).choices[0].message.content
    assert list(json.loads(answer)) == ["sure"], answer
    for value, form in (
        ({"type": "string", "pattern": "^[A-Z]{2}-\\d{3}$"}, r"[A-Z]{2}-\d{3}"),
        ({"type": "integer", "minimum": 10, "maximum": 30, "multipleOf": 5}, "10|15|20|25|30"),
    ):
        schema = {"type": "object", "properties": {"value": value}, "required": ["value"]}
        held = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}
        answer = create(**{**request, "max_completion_tokens": 100}, response_format=held).choices[0].message.content
        assert re.fullmatch(form, str(json.loads(answer)["value"])), answer
    completions = client.chat.completions
    kept = create(**request, store=True, metadata={"story": "py"})
    assert kept.id in [one.id for one in completions.list(metadata={"story": "py"}, limit=1)]
    equal(completions.retrieve(kept.id).choices, kept.choices)
    equal(completions.update(kept.id, metadata={"story": "told"}).metadata, {"story": "told"})
    equal([message.content for message in completions.messages.list(kept.id, limit=1)], ["cat"])
    equal(completions.delete(kept.id).deleted, True)
    text = {"model": model, "prompt": "cat", "max_tokens": 4, "seed": 7, "echo": True}
    whole = client.completions.create(**text, logprobs=2).choices[0]
    assert whole.text.startswith("cat") and whole.logprobs.text_offset[:3] == [0, 1, 2], whole.logprobs
    chunks = list(client.completions.create(**text, stream=True))
    equal("".join(chunk.choices[0].text for chunk in chunks if chunk.choices), whole.text)
    scored = client.completions.create(model=model, prompt=["cat", "dogs"], max_tokens=0, echo=True, logprobs=1)
    equal([choice.text for choice in scored.choices], ["cat", "dogs"])
    for choice in scored.choices:
        first, *rest = choice.logprobs.token_logprobs
        assert first is None and rest and all(value < 0 for value in rest), choice.logprobs
        tops = choice.logprobs.top_logprobs
        equal([top[token] for top, token in zip(tops[1:], choice.logprobs.tokens[1:])], rest)


def interrupt(**told):
    """The proxy between this client and the platform answers the next requests itself."""
    request = urllib.request.Request(BASE_URL.removesuffix("/v1") + "/interrupt", data=json.dumps(told).encode())
    urllib.request.urlopen(request).close()


def interrupted():
    for status in (503, 429):
        interrupt(status=status, headers={"retry-after-ms": "20"}, times=2)
        assert client.models.list().data
    error = {"message": "broken", "type": "server_error", "param": None, "code": "internal_error"}
    body = f": warming\n\nevent: error\ndata: {json.dumps({'error': error})}\n\n"
    interrupt(status=200, headers={"content-type": "text/event-stream"}, body=body, times=1)
    try:
        list(client.chat.completions.create(model="m", messages=[], stream=True))
    except openai.APIError as thrown:
        assert "broken" in str(thrown), thrown
        return
    raise AssertionError("a broken stream was taken for an answer")


def tools():
    parameters = {
        "type": "object",
        "properties": {"place": {"enum": ["sea", "hill"]}, "today": {"type": "boolean"}},
        "required": ["place", "today"],
        "additionalProperties": False,
    }
    function = {"name": "weather", "strict": True, "parameters": parameters}
    question = {"role": "user", "content": "Rain?"}
    listed = {"model": "tools-py", "tools": [{"type": "function", "function": function}], "seed": 7}
    asked = {**listed, "messages": [question], "tool_choice": "required", "parallel_tool_calls": False}
    choice = client.chat.completions.create(**asked, max_completion_tokens=300).choices[0]
    [call] = choice.message.tool_calls
    equal((choice.finish_reason, choice.message.content, call.function.name), ("tool_calls", None, "weather"))
    equal(list(json.loads(call.function.arguments)), ["place", "today"])
    with client.chat.completions.stream(**asked, max_completion_tokens=300) as stream:
        streamed = stream.get_final_completion().choices[0]
    equal(streamed.finish_reason, "tool_calls")
    equal(streamed.message.tool_calls[0].function.arguments, call.function.arguments)
    result = {"role": "tool", "tool_call_id": call.id, "content": "yes"}
    told = [question, choice.message.model_dump(exclude_none=True), result]
    answer = client.chat.completions.create(**listed, messages=told, max_completion_tokens=8).choices[0]
    assert isinstance(answer.message.content, str), answer


def models(model):
    assert model in [one.id for one in client.models.list()]
    equal(client.models.retrieve(model).id, model)
    refused(lambda: client.models.retrieve("ft:base/tiny:org:" + "s" * 64 + ":" + "x" * 30), 404, code="model_not_found")
    equal(client.models.delete(model).deleted, True)


def endpoints():
    if not hasattr(client.webhooks, "create"):
        return
    made = client.webhooks.create(name="py", url=HOOK_URL, event_types=["eval.run.failed"])
    equal(client.webhooks.update(made.id, name="renamed").name, "renamed")
    equal(client.webhooks.retrieve(made.id).name, "renamed")
    assert made.id in [one.id for one in client.webhooks.list(limit=1)]
    assert "fine_tuning.job.succeeded" in client.webhooks.event_types.list().data
    client.webhooks.rotate_secret(made.id, keep_old_secret_active_for_24_hours=True)
    equal(client.webhooks.test(made.id, event_type="eval.run.failed").success, True)
    equal(client.webhooks.delete(made.id).deleted, True)


def unwrap():
    """Verifies the webhooks that come on stdin: one JSON line each, with body, headers and secret."""
    for line in sys.stdin:
        hook = json.loads(line)
        event = client.webhooks.unwrap(hook["body"], hook["headers"], secret=hook["secret"])
        assert event.type.startswith("fine_tuning.job."), event.type
        try:
            client.webhooks.unwrap(hook["body"] + " ", hook["headers"], secret=hook["secret"])
        except openai.InvalidWebhookSignatureError:
            continue
        raise AssertionError("a forged webhook was verified")


def told(name, call, *arguments):
    try:
        value = call(*arguments)
        print(json.dumps({"step": name, "ok": True}), flush=True)
        return value
    except Exception as error:  # noqa: BLE001 - every failure is a line of the story
        problem = f"{type(error).__name__}: {error}"
        print(json.dumps({"step": name, "ok": False, "problem": problem[:2000]}), flush=True)
        return None


if len(sys.argv) > 4:
    told("unwrap", unwrap)
    sys.exit()
told("files", files)
cancelled = told("jobs", jobs)
trained = told("train", train)
told("graders", graders)
if trained:
    told("evals", evals, trained.fine_tuned_model)
    told("chat", chat, trained.fine_tuned_model)
    told("models", models, trained.fine_tuned_model)
told("interrupted", interrupted)
told("tools", tools)
told("endpoints", endpoints)
print(json.dumps({"jobs": [cancelled, trained and trained.id], "manages_webhooks": hasattr(client.webhooks, "create")}))
