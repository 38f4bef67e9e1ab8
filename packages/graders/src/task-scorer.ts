/** The verifier of a procedural task as a grader: the row carries the item's data, the task judges the answer. */
import type { TaskGrader } from '@preheat/contracts';
import { TASK_DATA_KEY, TASK_NAMES, taskNamed } from '@preheat/tasks/procedural';
import type { Scorer } from './compiled-grader.js';
import { flagged, success } from './outcome.js';
import { lookUp } from './placeholder-path.js';
import {
  contextOf,
  firstMissing,
  itemPathsOf,
  problemsOf,
  type ScorerOrProblems,
  soleItemPath,
} from './scorer-items.js';
import { parseTemplate, renderTemplate } from './text-template.js';

const DEFAULT_INPUT = '{{sample.output_text}}';
const DEFAULT_DATA = `{{item.${TASK_DATA_KEY}}}`;

export function taskScorer(grader: TaskGrader): ScorerOrProblems {
  const task = taskNamed(grader.task);
  if (!task) return problem('task', `there is no task "${grader.task}"; there are ${TASK_NAMES.join(', ')}`);
  const { part = 'correct' } = grader;
  if (!task.parts.includes(part)) return problem('part', `${task.name} has the parts ${task.parts.join(', ')}`);
  const input = parseTemplate(grader.input ?? DEFAULT_INPUT);
  const data = soleItemPath(grader.data ?? DEFAULT_DATA, DEFAULT_DATA);
  if (!input.ok || !data.ok) return { problems: [...problemsOf('input', input), ...problemsOf('data', data)] };
  const itemPaths = [...itemPathsOf(input.value), data.value];

  const dataMessage = (value: unknown): string | null => {
    const [first] = task.dataProblems(value);
    if (!first) return null;
    return `{{ ${data.value.source} }} is no data of ${task.name}: ${[first.path, first.message].join(' ').trim()}`;
  };
  const scorer: Scorer = {
    itemPaths,
    checkItem(item) {
      const found = lookUp(data.value, contextOf(item));
      return firstMissing(itemPaths, item) ?? (found.ok ? dataMessage(found.value) : found.message);
    },
    score(context) {
      const text = renderTemplate(input.value, context);
      if (!text.ok) return text;
      const found = lookUp(data.value, context);
      if (!found.ok) return found;
      const message = dataMessage(found.value);
      if (message !== null) return flagged('invalid_variable_error', message);
      return success(task.verify(found.value, text.value).parts[part] ?? 0);
    },
  };
  return { scorer };
}

const problem = (path: string, message: string): ScorerOrProblems => ({ problems: [{ path, message }] });
