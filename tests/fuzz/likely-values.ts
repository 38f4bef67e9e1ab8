/** Values that make sense for fields whose schema alone does not say: ids that exist, models, graders, templates. */
import fc, { type Arbitrary } from 'fast-check';

/** Filled in at sending: the id at this place, counted from the newest, among those with the prefix that answers brought. */
export const knownId = (prefix: string): Arbitrary<string> =>
  fc.nat({ max: 7 }).map((place) => `<known:${prefix}:${place}>`);

const MODELS = ['preheat-1m', 'preheat-1m', 'ft:preheat-1m:proj-one:words:job1:ckpt-step-5'];
const TEMPLATES = ['{{ sample.output_text }}', '{{ item.word }}', '{{ item.references }}', 'x'];

const grader = fc.oneof(
  fc.constantFrom(...TEMPLATES).chain((input) =>
    fc.constantFrom(...TEMPLATES).chain((reference) =>
      fc.constantFrom(
        { type: 'string_check', name: 'a', input, reference, operation: 'eq' },
        {
          type: 'text_similarity',
          name: 'b',
          input,
          reference,
          evaluation_metric: 'fuzzy_match',
          pass_threshold: 0.5,
        },
        { type: 'text_similarity', name: 'm', input, reference, evaluation_metric: 'meteor', pass_threshold: 0.5 },
      ),
    ),
  ),
  fc.constantFrom(
    {
      type: 'phoneme_error_rate',
      name: 'c',
      input: '{{ sample.output_text }}',
      references: '{{ item.references }}',
      pass_threshold: 0.5,
    },
    { type: 'http', name: 'd', url: 'http://127.0.0.1:1/', headers: { 'x-key': 'k' }, pass_threshold: 0.5 },
    {
      type: 'score_model',
      name: 'e',
      model: 'preheat-1m',
      input: [{ role: 'user', content: '{{ item.word }}' }],
      pass_threshold: 0.5,
    },
    {
      type: 'multi',
      name: 'f',
      graders: { a: { type: 'string_check', name: 'a', input: '{{ item.word }}', reference: 'x', operation: 'eq' } },
      calculate_output: 'a / 0',
    },
    { type: 'multi', name: 'g', graders: { constructor: {} }, calculate_output: 'constructor' },
  ),
);
const item = fc.constantFrom(
  { word: 'cat', references: ['K AE T'] },
  {},
  { word: null },
  { references: 'K' },
  { word: { a: [] } },
);

const LIKELY: Readonly<Record<string, Arbitrary<unknown>>> = {
  training_file: knownId('file-'),
  validation_file: knownId('file-'),
  file_id: knownId('file-'),
  parts: fc.array(knownId('file-'), { minLength: 1, maxLength: 2 }),
  upload_id: knownId('upload_'),
  part_ids: fc.array(knownId('part_'), { minLength: 1, maxLength: 2 }),
  job_id: knownId('ftjob-'),
  export_id: knownId('mexp_'),
  completion_id: knownId('chatcmpl-'),
  webhook_endpoint_id: knownId('whe_'),
  eval_id: knownId('eval_'),
  run_id: knownId('evalrun_'),
  permission_id: knownId('cp_'),
  item_id: knownId('outputitem_'),
  key_id: knownId('key_'),
  project_id: fc.constantFrom('proj-two', 'proj-three'),
  project_ids: fc.constant(['proj-two']),
  model: fc.constantFrom(...MODELS),
  model_checkpoint: fc.constantFrom(...MODELS),
  '*': fc.constantFrom('config.json', '../config.json', 'model.safetensors'),
  after: fc.oneof(knownId('file-'), knownId('ftjob-'), knownId('eval_'), knownId('ftevent-')),
  url: fc.constantFrom('http://127.0.0.1:1/', 'https://localhost/', 'https://10.0.0.1/x'),
  grader,
  testing_criteria: fc.array(grader, { minLength: 1, maxLength: 2 }),
  item,
  content: fc.oneof(fc.constantFrom('cat', 'dog'), fc.array(fc.record({ item }), { maxLength: 2 })),
  // Small, because a tiny model still takes a moment a token.
  max_tokens: fc.integer({ min: 1, max: 4 }),
  max_completion_tokens: fc.integer({ min: 1, max: 4 }),
  n: fc.integer({ min: 1, max: 2 }),
  bytes: fc.constantFrom(3, 0, 55, 87),
  purpose: fc.constantFrom('fine-tune', 'evals', 'user_data'),
  mime_type: fc.constant('text/plain'),
  role: fc.constantFrom('user', 'assistant', 'system'),
  format: fc.constantFrom('hf', 'gguf'),
};

export function likelyValues(key: string): Arbitrary<unknown> | undefined {
  return Object.hasOwn(LIKELY, key) ? LIKELY[key] : undefined;
}
