/**
 * Graders that ask a model: score_model for a number, label_model for a label. The answer must be a JSON object; it is
 * asked for by a schema, which decoding is held to where the model can write it, and in words.
 */
import { createHash } from 'node:crypto';
import type { JudgeSampling, LabelModelGrader, ScoreModelGrader } from '@preheat/contracts';
import type { Scorer } from './compiled-grader.js';
import type { JudgeAnswer } from './grader-services.js';
import { compileConversation } from './judge-messages.js';
import { flagged, type Outcome, success } from './outcome.js';
import { firstMissing, type ScorerOrProblems } from './scorer-items.js';

const LIMITS = { timeoutMs: 120_000, maxAttempts: 3 };

const STEPS = {
  type: 'array',
  items: {
    type: 'object',
    properties: { description: { type: 'string' }, conclusion: { type: 'string' } },
    required: ['description', 'conclusion'],
    additionalProperties: false,
  },
};

interface Question {
  readonly model: string;
  readonly input: ScoreModelGrader['input'];
  readonly sampling: JudgeSampling;
  readonly schema: Readonly<Record<string, unknown>>;
  readonly instruction: string;
  readonly read: (answer: Record<string, unknown>) => Outcome<number>;
}

export function scoreModelScorer(grader: ScoreModelGrader): ScorerOrProblems {
  const [low = 0, high = 1] = grader.range ?? [];
  if (low >= high) {
    const message = `must be [lowest, highest] with lowest below highest, found [${low}, ${high}]`;
    return { problems: [{ path: 'range', message }] };
  }
  return judged({
    model: grader.model,
    input: grader.input,
    sampling: grader.sampling_params ?? {},
    schema: answerSchema('result', { type: 'number' }),
    instruction: `Answer with a JSON object only: {"steps": [{"description": "...", "conclusion": "..."}], "result": <number from ${low} to ${high}>}`,
    read: ({ result }) => {
      // A judge's answer that is no number is the judge's verdict on nothing: 0, not an error (OpenAI's rule).
      const score = typeof result === 'number' && Number.isFinite(result) ? result : 0;
      return success(Math.min(high, Math.max(low, score)));
    },
  });
}

export function labelModelScorer(grader: LabelModelGrader): ScorerOrProblems {
  const unknown = grader.passing_labels.find((label) => !grader.labels.includes(label));
  if (unknown !== undefined) {
    const message = `must be a subset of labels; ${JSON.stringify(unknown)} is not one of ${JSON.stringify(grader.labels)}`;
    return { problems: [{ path: 'passing_labels', message }] };
  }
  return judged({
    model: grader.model,
    input: grader.input,
    sampling: { temperature: 0 },
    schema: answerSchema('label', { type: 'string', enum: grader.labels }),
    instruction: `Answer with a JSON object only: {"steps": [{"description": "...", "conclusion": "..."}], "label": <one of ${JSON.stringify(grader.labels)}>}`,
    read: ({ label }) => {
      if (typeof label === 'string' && grader.labels.includes(label)) {
        return success(Number(grader.passing_labels.includes(label)));
      }
      return flagged('model_grader_parse_error', `The judge's label is none of ${JSON.stringify(grader.labels)}.`);
    },
  });
}

function answerSchema(key: string, schema: object): Readonly<Record<string, unknown>> {
  const properties = { steps: STEPS, [key]: schema };
  return { type: 'object', properties, required: ['steps', key], additionalProperties: false };
}

function judged(question: Question): ScorerOrProblems {
  const compiled = compileConversation(question.input, question.instruction);
  if ('problems' in compiled) return compiled;
  const { conversation } = compiled;
  const { model, sampling, schema } = question;
  const scorer: Scorer = {
    limits: LIMITS,
    itemPaths: conversation.itemPaths,
    checkItem: (item) => firstMissing(conversation.itemPaths, item),
    async prove({ judge }, projectId) {
      if (judge && (await judge.has(projectId, model))) return [];
      const message = judge
        ? `names no model of this project: '${model}'. GET /v1/models lists those that do`
        : 'cannot be asked: model graders are not served by this process';
      return [{ path: 'model', message }];
    },
    async score(context, { services, projectId, signal, judged }) {
      if (!services.judge) return flagged('model_grader_server_error', 'This process serves no models.');
      const messages = conversation.render(context);
      if (!messages.ok) return messages;
      const request = {
        projectId,
        model,
        messages: messages.value,
        temperature: sampling.temperature ?? 1,
        topP: sampling.top_p ?? 1,
        // From what is judged, so that the same sample gets the same grade in every attempt of a job.
        seed: sampling.seed ?? seedOf(JSON.stringify(messages.value)),
        maxTokens: sampling.max_completions_tokens ?? null,
        schema,
      };
      const answer = await services.judge.answer(request, signal);
      if (!answer.ok) return answer;
      judged({ request, answer: answer.value });
      return verdict(answer.value, question);
    },
  };
  return { scorer };
}

function verdict({ text, finishReason }: JudgeAnswer, { read }: Question): Outcome<number> {
  const [start, end] = [text.indexOf('{'), text.lastIndexOf('}')];
  try {
    const parsed = JSON.parse(text.slice(start, end + 1)) as unknown;
    if (start >= 0 && typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
      return read(parsed as Record<string, unknown>);
    }
  } catch {
    // Not JSON: said below.
  }
  const cut = finishReason === 'length' ? ' before it reached its longest completion' : '';
  return flagged(
    'model_grader_parse_error',
    `The judge did not answer with a JSON object${cut}: ${text.slice(0, 200)}`,
  );
}

const seedOf = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE(0) >>> 1;
