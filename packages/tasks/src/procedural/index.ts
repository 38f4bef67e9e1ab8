/** The procedural tasks alone: pure and free of data sets, so that graders (and with them functions) may load them. */
export { ANSWER_MARK, splitOfStructure } from './define-task.js';
export { type Skill, SKILL_NAMES, SKILLS, skillNamed } from './listfn/skills.js';
export { TASK_NAMES, taskNamed, TASKS } from './task-catalog.js';
export { TASK_DATA_KEY, toTaskChatRow, toTaskEvalRow, toTaskPromptRow } from './task-rows.js';
export {
  type ItemRequest,
  type TaskItem,
  type TaskSource,
  type TaskSplit,
  TRACE_STYLES,
  type TraceOptions,
  type TraceStyle,
  type Verdict,
} from './task-source.js';
export { TASK_WORDS } from './task-words.js';
