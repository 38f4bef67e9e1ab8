/** A python grader: the caller's `grade(sample, item)`, run by whatever sandbox the process has. */
import { MAX_PYTHON_SOURCE_BYTES, type PythonGrader } from '@preheat/contracts';
import type { Scorer } from './compiled-grader.js';
import type { GradingContext } from './grading-context.js';
import { flagged } from './outcome.js';
import type { ScorerOrProblems } from './scorer-items.js';

/** The sandbox stops a call by itself; this also holds for a sandbox that does not, and includes the wait for a process. */
const LIMITS = { timeoutMs: 900_000, maxAttempts: 2 };

export function pythonScorer({ source }: PythonGrader): ScorerOrProblems {
  const bytes = Buffer.byteLength(source);
  if (bytes > MAX_PYTHON_SOURCE_BYTES) {
    const message = `must be at most ${MAX_PYTHON_SOURCE_BYTES} bytes, found ${bytes}`;
    return { problems: [{ path: 'source', message }] };
  }
  const scorer: Scorer = {
    limits: LIMITS,
    itemPaths: [],
    checkItem: () => null,
    async prove({ python }, _projectId, signal) {
      const message = python ? await python.check(source, signal) : 'python graders are not served by this process';
      return message === null ? [] : [{ path: 'source', message }];
    },
    score(context, { services, signal }) {
      if (!services.python) return flagged('python_grader_server_error', 'This process has no Python sandbox.');
      return services.python.grade({ source, sample: sampleDict(context), item: context.item }, signal);
    },
  };
  return { scorer };
}

/** `sample` as the function sees it: every documented key is there. */
function sampleDict({ sample }: GradingContext): Record<string, unknown> {
  const { output_text = null, output_json = parsed(output_text), output_tools = null, choices } = sample;
  const fallback = [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: output_text } }];
  return { output_text, output_json, output_tools, choices: choices ?? fallback };
}

function parsed(text: string | null): unknown {
  try {
    if (text === null) return null;
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
