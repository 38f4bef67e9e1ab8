/**
 * What a job has used, counted step by step from the checkpoint that the phase goes on from: a step that no checkpoint
 * contains is forgotten with the runner that took it, and nothing but steps is counted.
 */
import type { Usage } from '@preheat/contracts';
import type { Consumption, StepCost } from '@preheat/jobs';
import type { Position } from './position.js';

const MS_PER_HOUR = 3_600_000;
const NOTHING: Usage = { trainMs: 0, cost: 0 };

export class PhaseUsage {
  readonly #stepsBefore: number;
  readonly #pricePerHour: number;
  #phaseStep: number;
  #tokens: number;
  #usage: Usage;
  #lastStep: StepCost = { trainMs: 0, tokens: 0, cost: 0 };

  constructor(position: Position, pricePerHour: number) {
    const { from, isResume } = position;
    this.#stepsBefore = position.stepsBefore;
    this.#pricePerHour = pricePerHour;
    this.#phaseStep = isResume ? (from?.phaseStep ?? 0) : 0;
    this.#tokens = isResume ? (from?.trainedTokens ?? 0) : position.tokensBefore;
    this.#usage = from?.usage ?? NOTHING;
  }

  /** Counts a finished step. */
  add(elapsedMs: number, tokens: number): void {
    const trainMs = Math.max(0, Math.round(elapsedMs));
    const cost = (trainMs / MS_PER_HOUR) * this.#pricePerHour;
    this.#lastStep = { trainMs, tokens, cost };
    this.#usage = { trainMs: this.#usage.trainMs + trainMs, cost: this.#usage.cost + cost };
    this.#tokens += tokens;
    this.#phaseStep++;
  }

  get phaseStep(): number {
    return this.#phaseStep;
  }

  /** Over the whole pipeline. */
  get step(): number {
    return this.#stepsBefore + this.#phaseStep;
  }

  get trainedTokens(): number {
    return this.#tokens;
  }

  /** What a checkpoint of this moment contains. */
  get captured(): Usage {
    return this.#usage;
  }

  get lastStep(): StepCost {
    return this.#lastStep;
  }

  used(nowMs: number): Consumption {
    return { ...this.#usage, tokens: this.#tokens, step: this.step, nowMs };
  }
}
