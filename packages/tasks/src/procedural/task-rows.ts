/** Items of tasks as lines of the data files that the fine-tuning and evals wires take. */
import type { TaskItem, TaskSource, TraceOptions } from './task-source.js';

/** Key of a row that holds what a `task` grader reads. */
export const TASK_DATA_KEY = 'task_data';

/** Supervised: the oracle's trace is the answer. */
export function toTaskChatRow<Data>(task: TaskSource<Data>, item: TaskItem<Data>, trace: TraceOptions) {
  return { messages: [user(item.prompt), { role: 'assistant' as const, content: task.oracle(item, trace) }] };
}

/** Reinforcement: the model answers, `{{item.task_data}}` judges. */
export function toTaskPromptRow(item: TaskItem) {
  return { messages: [user(item.prompt)], task_item: item.id, [TASK_DATA_KEY]: item.data };
}

export function toTaskEvalRow(item: TaskItem) {
  return { item: { id: item.id, prompt: item.prompt, [TASK_DATA_KEY]: item.data } };
}

const user = (content: string) => ({ role: 'user' as const, content });
