/** Phases that leave rows of their file out take the passes they were asked for over the others, and tell of what they leave out. */
import { compileGrader, type GradeResult } from '@preheat/graders';
import { recipeNamed } from '@preheat/recipes/catalog';
import { describe, expect, it } from 'vitest';
import { type AnyContext, curve, type PhaseRun, phaseGrader, runPhase, runtimeOf, withPhase } from './recipe-bench.js';
import { modelConfig } from './reversal-task.js';

const passes = { n_epochs: 2, batch_size: 8, learning_rate: 0.01 };
const ROWS = 64;
const last = ({ steps, snapshots }: PhaseRun) => [steps.at(-1)?.metrics, snapshots.at(-1)];

/** The learning rate of a phase of so many steps falls to a tenth of its peak. */
function expectPasses(run: PhaseRun, steps: number): void {
  expect(run.steps).toHaveLength(steps);
  expect(curve(run, 'total_steps')).toEqual(Array.from({ length: steps }, () => steps));
  expect(run.steps.at(-1)?.event.message).toMatch(new RegExp(`^Step ${steps}/${steps}`));
  expect(Math.max(...curve(run, 'epoch'))).toBeLessThanOrEqual(passes.n_epochs);
  expect(curve(run, 'learning_rate').at(-1)).toBeLessThan(0.4 * passes.learning_rate);
}

describe('instruct-skillmix', () => {
  const mix = <T>(examples: number, work: (ctx: AnyContext) => Promise<T>, own: object = {}) =>
    withPhase({ recipe: 'instruct-skillmix', config: { ...passes, examples, ...own }, seed: 4, rows: ROWS }, work);

  it('passes so often over the rows that it chose, and goes on from any step bit for bit', async () => {
    await mix(16, async (ctx) => {
      const run = await runPhase(runtimeOf('instruct-skillmix'), ctx);
      expectPasses(run, 4);
      const stored = JSON.parse(JSON.stringify(run.snapshots[2]?.plain));
      const from = { ...(run.snapshots[2] as PhaseRun['snapshots'][number]), plain: stored };
      expect(last(await runPhase(runtimeOf('instruct-skillmix'), ctx, from))).toEqual(last(run));
    });
  });

  it('ends at fewer steps than planned where fewer rows show so many skills', async () => {
    await mix(ROWS, async (ctx) => {
      const run = await runPhase(runtimeOf('instruct-skillmix'), ctx, undefined, false);
      const chosen = curve(run, 'examples')[0] ?? 0;
      expect(chosen).toBeLessThan(ROWS / 2 + 8);
      expectPasses(run, 2 * Math.ceil(chosen / 8));
    });
  });

  it('is planned for the rows that it may choose', () => {
    const entry = recipeNamed('instruct-skillmix');
    const planned = (rows: number) => {
      const config = entry?.resolveConfig({ examples: 4000 }, { rows, model: modelConfig });
      return config?.ok ? [config.value, entry?.totalSteps(config.value, rows)] : [];
    };
    expect(planned(40_000)).toEqual(planned(4000));
  });

  it('goes on with the steps that a snapshot without a number of them was planned with', async () => {
    const planned = { max_steps: 2 * (ROWS / 8) };
    const work = async (ctx: AnyContext) => {
      const recipe = runtimeOf('instruct-skillmix');
      const [first] = (await runPhase(recipe, ctx)).snapshots;
      const { total: _, ...plain } = first?.plain ?? {};
      const run = await runPhase(recipe, ctx, { ...(first as PhaseRun['snapshots'][number]), plain }, false);
      expect(run.steps).toHaveLength(planned.max_steps);
    };
    await mix(16, work, planned);
  });
});

describe('s3ft', () => {
  /** A phase whose grader says so of the answers to each row, which all end by themselves. */
  const select = (grade: (row: number) => Partial<GradeResult>) =>
    withPhase(
      { recipe: 's3ft', config: { ...passes, fallback: 'drop', max_completion_tokens: 4 }, seed: 4, rows: ROWS },
      async (ctx) => {
        const compiled = compileGrader({
          type: 'string_check',
          name: 'same',
          input: 'a',
          reference: 'a',
          operation: 'eq',
        });
        const { rollouts } = ctx;
        if (!compiled.ok || !rollouts) throw new Error('a reinforcement phase has rollouts');
        const inner = phaseGrader(compiled.value);
        return runPhase(
          runtimeOf('s3ft'),
          {
            ...ctx,
            rollouts: {
              updateWeights: rollouts.updateWeights.bind(rollouts),
              generate: async (...call) =>
                (await rollouts.generate(...call)).map((sample) => ({ ...sample, finishReason: 'stop' as const })),
            },
            grader: {
              ...inner,
              gradeAll: async (samples, signal) => {
                const grades = await inner.gradeAll(samples, signal);
                return grades.map((given, i) => {
                  return { ...given, ...grade(ctx.trainingRows.indexOf(samples[i]?.item as never)) };
                });
              },
            },
          },
          undefined,
          false,
        );
      },
    );

  it('passes so often over the rows that have an answer', async () => {
    const run = await select((row) => ({ reward: row % 4 === 0 ? 1 : 0 }));
    expectPasses(run, 4);
    expect(curve(run, 'dropped_fraction')[0]).toBe(0.75);
    expect(run.steps.flatMap(({ warnings }) => warnings ?? [])).toEqual([]);
  });

  it('tells once of rows that could not be graded', async () => {
    const failed = { isFlagged: true, reward: 0, errorMessages: ['broken'] };
    const run = await select((row) => (row % 4 === 0 ? failed : {}));
    expectPasses(run, 12);
    expect(run.steps[0]?.metrics).toMatchObject({ own_fraction: 0.75, ungraded_fraction: 0.25 });
    expect(run.steps.flatMap(({ warnings }) => warnings ?? [])).toEqual([
      expect.stringMatching(/^16 of 64 rows are left out: the grader failed/),
    ]);
  });
});
