/** The `schema` that an eval reads back with: what a row of its runs holds under `item` and `sample`. */
import type { EvalObject, StoredEval } from '@preheat/contracts';

export function dataSourceConfig(stored: StoredEval): EvalObject['data_source_config'] {
  const properties: Record<string, unknown> = { item: stored.itemSchema };
  if (stored.includeSampleSchema) properties['sample'] = SAMPLE_SCHEMA;
  const schema = { type: 'object', properties, required: Object.keys(properties) };
  const { completions } = stored;
  if (!completions) return { type: 'custom', schema };
  return { type: completions.type, metadata: completions.metadata, schema };
}

const TEXT = { type: 'string' };
/** A message of calls alone may have no content. */
const MESSAGE = { type: 'object', properties: { role: TEXT, content: {} }, required: ['role'] };

/** What `sample.*` offers to a criterion. */
const SAMPLE_SCHEMA = {
  type: 'object',
  properties: {
    output_text: TEXT,
    output_json: {},
    output_tools: { type: 'array' },
    choices: {
      type: 'array',
      items: {
        type: 'object',
        properties: { index: { type: 'integer' }, message: MESSAGE, finish_reason: TEXT },
        required: ['index', 'message', 'finish_reason'],
      },
    },
  },
  required: ['output_text'],
};

/** A stored completion as an item: its request, while its answer is the sample. */
export const COMPLETION_ITEM_SCHEMA = {
  type: 'object',
  properties: {
    input: { type: 'array', items: MESSAGE },
    completion_id: TEXT,
    model: TEXT,
    created_at: { type: 'integer' },
    metadata: { type: 'object' },
  },
  required: ['input', 'completion_id', 'model', 'created_at', 'metadata'],
};
