import { describe, expect, it } from 'vitest';
import { compileGrader } from './compile-grader.js';
import { type CompiledGrader, itemProblems, proveGrader, requiredItemKeys } from './compiled-grader.js';
import { DecoderJudge, type JudgeModel } from './decoder-judge.js';
import { GraderPool } from './grader-pool.js';
import type { Judge, JudgeRequest } from './grader-services.js';
import { VirtualClock } from '@preheat/ports';
import { success } from './outcome.js';

const { signal } = new AbortController();
const question = [
  { role: 'developer', content: 'Be strict.' },
  { role: 'user', content: ['Q: {{ item.question }}', { type: 'input_text', text: 'A: {{ sample.output_text }}' }] },
];
const scoring = { type: 'score_model', name: 's', model: 'judge-1', input: question };
const labelling = {
  ...scoring,
  type: 'label_model',
  labels: ['good', 'fair', 'bad'],
  passing_labels: ['good', 'fair'],
};
const context = { sample: { output_text: '42' }, item: { question: 'six times seven?' } };
const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, cached_tokens: 0 };

function compiled(spec: unknown): CompiledGrader {
  const result = compileGrader(spec);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

/** Grades with a judge that says `text`, and gives what the judge was asked. */
async function judged(spec: unknown, text: string, finishReason: 'stop' | 'length' = 'stop') {
  const asked: JudgeRequest[] = [];
  const judge: Judge = {
    has: () => Promise.resolve(true),
    answer(request) {
      asked.push(request);
      return Promise.resolve(success({ text, finishReason, usage }));
    },
  };
  const pool = new GraderPool({ services: { judge }, clock: new VirtualClock(0) });
  const result = await pool.grade(compiled(spec), context, { projectId: 'proj', signal });
  return { result, asked };
}

describe('score_model', () => {
  it('asks with the rendered messages, a schema and the sampling of the grader', async () => {
    const sampling_params = { seed: 7, temperature: 0.2, top_p: 0.9, max_completions_tokens: 50 };
    const { asked } = await judged({ ...scoring, sampling_params }, '{"result": 1, "steps": []}');
    expect(asked).toMatchObject([
      { projectId: 'proj', model: 'judge-1', seed: 7, temperature: 0.2, topP: 0.9, maxTokens: 50 },
    ]);
    expect(asked[0]?.messages[0]).toEqual({ role: 'system', content: 'Be strict.' });
    expect(asked[0]?.messages[1]?.content).toMatch(/^Q: six times seven\?\nA: 42\n\nAnswer with a JSON object/);
    expect(asked[0]?.schema).toMatchObject({ required: ['steps', 'result'] });
  });

  it.each([
    ['{"result": 0.75, "steps": [{"description": "d", "conclusion": "c"}]}', [0, 1], 0.75],
    ['Here it is: {"result": 0.5, "steps": []}. Done.', [0, 1], 0.5],
    ['{"result": 7}', [0, 5], 5],
    ['{"result": -3}', [-1, 1], -1],
    ['{"result": "high"}', [0, 1], 0],
    ['{"result": null}', [0.5, 1], 0.5],
    ['{}', [0, 1], 0],
  ])('%s in %j scores %d', async (text, range, reward) => {
    expect((await judged({ ...scoring, range }, text)).result).toMatchObject({ reward, isFlagged: false });
  });

  it.each(['no idea', '[1]', '{"result": 1', '"result"', ''])('flags an answer that is no object: %s', async (text) => {
    const { result } = await judged(scoring, text);
    expect(result).toMatchObject({ reward: 0, errors: { model_grader_parse_error: true } });
  });

  it('reports the tokens of the judge', async () => {
    const { result } = await judged(scoring, '{"result": 1}');
    expect(result.leaves['s']?.usage).toEqual({ 'judge-1': usage });
  });

  it('draws the same seed for the same question', async () => {
    const [first, second] = [await judged(scoring, '{"result": 1}'), await judged(scoring, '{"result": 1}')];
    expect(first.asked[0]?.seed).toBe(second.asked[0]?.seed);
  });
});

describe('label_model', () => {
  it.each([
    ['{"label": "good", "steps": []}', 1],
    ['{"label": "fair"}', 1],
    ['{"label": "bad"}', 0],
  ])('%s scores %d', async (text, reward) => {
    const { result, asked } = await judged(labelling, text);
    expect(result).toMatchObject({ reward, isFlagged: false });
    expect(asked[0]).toMatchObject({
      temperature: 0,
      schema: { properties: { label: { enum: ['good', 'fair', 'bad'] } } },
    });
  });

  it('flags a label that is none', async () => {
    const { result } = await judged(labelling, '{"label": "excellent"}');
    expect(result).toMatchObject({ reward: 0, errors: { model_grader_parse_error: true } });
  });
});

describe('what is refused', () => {
  it.each([
    [{ ...scoring, range: [1, 0] }, 'range', 'with lowest below highest'],
    [{ ...scoring, input: [{ role: 'tool', content: 'x' }] }, 'input.0.role', 'must be one of'],
    [{ ...scoring, input: [{ role: 'user', content: '{{ nope }}' }] }, 'input.0.content', 'must begin with "item."'],
    [
      { ...scoring, input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'x' }] }] },
      'input.0.content.0',
      'read text only',
    ],
    [{ ...scoring, sampling_params: { temperature: 3 } }, 'sampling_params.temperature', 'must be <= 2'],
    [{ ...labelling, passing_labels: ['great'] }, 'passing_labels', 'must be a subset of labels; "great"'],
    [{ ...labelling, labels: [] }, 'labels', 'must not have fewer than 1 items'],
  ])('%j at %s', (spec, path, message) => {
    const result = compileGrader(spec);
    expect(result.ok ? [] : result.problems[0]).toMatchObject({
      path,
      message: expect.stringContaining(message) as string,
    });
  });

  it('a model that is not there, at its path', async () => {
    const judge: Judge = { has: () => Promise.resolve(false), answer: () => Promise.reject(new Error('unused')) };
    const multi = { type: 'multi', name: 'm', graders: { s: scoring }, calculate_output: 's' };
    const problems = await proveGrader(compiled(multi), {
      services: { judge },
      projectId: 'p',
      path: 'grader',
      signal,
    });
    expect(problems[0]?.path).toBe('grader.graders.s.model');
    expect(problems[0]?.message).toContain("names no model of this project: 'judge-1'");
  });

  it('a row without what the question needs', () => {
    expect(requiredItemKeys(compiled(scoring))).toEqual(['question']);
    expect(itemProblems(compiled(scoring), {})).toEqual(['{{ item.question }} has no value in this item.']);
  });
});

describe('DecoderJudge', () => {
  const opened = (changes: Partial<JudgeModel> = {}) => {
    let held = 0;
    const model: JudgeModel = {
      contextTokens: 20,
      stopIds: [0],
      encodePrompt: () => Int32Array.of(1, 2, 3),
      decode: (tokens) => `t${tokens.join(',')}`,
      generate: (_requests, { maxNewTokens }) =>
        Promise.resolve([{ tokens: Int32Array.of(5, maxNewTokens, 0), finishReason: 'stop' }]),
      release: () => {
        held--;
        return Promise.resolve();
      },
      ...changes,
    };
    const open = () => {
      held++;
      return Promise.resolve(model);
    };
    return { judge: new DecoderJudge({ has: () => Promise.resolve(true), open }), held: () => held };
  };
  const request = {
    projectId: 'p',
    model: 'm',
    messages: [],
    temperature: 1,
    topP: 1,
    seed: 1,
    maxTokens: null,
    schema: {},
  };

  it('answers within the context, without the end token, and gives the model back', async () => {
    const { judge, held } = opened();
    expect(await judge.answer(request, signal)).toMatchObject({
      value: { text: 't5,17', usage: { prompt_tokens: 3, completion_tokens: 3, total_tokens: 6 } },
    });
    expect(held()).toBe(0);
  });

  it.each([
    [{ contextTokens: 3 }, 'truncated_observation_error', undefined],
    [
      {
        encodePrompt: () => {
          throw new Error('no such role');
        },
      },
      'model_grader_server_error',
      undefined,
    ],
    [{ generate: () => Promise.reject(new Error('out of memory')) }, 'model_grader_server_error', true],
  ] as const)('flags %j', async (changes, flag, isTransient) => {
    const { judge, held } = opened(changes);
    const answer = await judge.answer(request, signal);
    expect([answer.ok ? null : [answer.flag, answer.isTransient], held()]).toEqual([[flag, isTransient], 0]);
  });
});
