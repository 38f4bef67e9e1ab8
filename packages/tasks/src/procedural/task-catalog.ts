/** Every procedural task by name. */
import { arc1d } from './arc/arc1d.js';
import { arith } from './arith/arith.js';
import { audio } from './audio/audio.js';
import { countdown3, countdown4 } from './countdown/countdown.js';
import { kk2, kk3 } from './knights/knights.js';
import { lake4, lake8 } from './lake/lake.js';
import { listfn } from './listfn/listfn.js';
import { screen } from './screen/screen.js';
import { sudoku4 } from './sudoku/sudoku4.js';
import type { TaskSource } from './task-source.js';
import { zebra3 } from './zebra/zebra3.js';

/** Data of a task only meets the task that made it, or was checked by `dataProblems`. */
const opaque = <Data>(task: TaskSource<Data>): TaskSource => task as unknown as TaskSource;

export const TASKS: readonly TaskSource[] = [
  ...[opaque(arith), opaque(countdown3), opaque(countdown4), opaque(kk2), opaque(kk3)],
  ...[opaque(sudoku4), opaque(listfn), opaque(arc1d), opaque(zebra3)],
  ...[opaque(lake4), opaque(lake8), opaque(audio), opaque(screen)],
];

export const TASK_NAMES: readonly string[] = TASKS.map(({ name }) => name);

/** The task of that name, or undefined. */
export function taskNamed(name: string): TaskSource | undefined {
  return TASKS.find((task) => task.name === name);
}
