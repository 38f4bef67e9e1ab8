/** A tiny model whose chat template lists tools and writes calls in one of the known forms, with room to talk about them. */
import { freshDecoder, publishBundle } from '@preheat/checkpoints';
import type { BaseModel } from '@preheat/inference/model-registry';
import { baseConfig, modelBlobs } from '@preheat/inference/stored-models';
import {
  characterTokenizer,
  loadTokenizer,
  PRINTABLE_ASCII,
  type TokenizerFiles,
  type ToolCallForm,
} from '@preheat/tokenizer';
import type { ApiUnderTest } from './api-under-test.js';
import { TINY_MODELS } from './tiny-models.js';

type Kind = ToolCallForm['kind'];

const call = (argumentsKey: string) =>
  `{{ '{"name": "' + call.function.name + '", "${argumentsKey}": ' }}{{ call.function.arguments | tojson }}{{ '}' }}`;
const CALLS: Readonly<Record<Kind, string>> = {
  tagged: `{%- for call in message.tool_calls -%}{{ '<tool_call>\\n' }}${call('arguments')}{{ '\\n</tool_call>' }}{%- endfor -%}`,
  list: `{{ '[TOOL_CALLS] [' }}{%- for call in message.tool_calls -%}${call('arguments')}{%- if not loop.last -%}{{ ', ' }}{%- endif -%}{%- endfor -%}{{ ']' }}`,
  bare: `{%- for call in message.tool_calls -%}${call('parameters')}{%- endfor -%}`,
};

const template = (kind: Kind): string =>
  [
    "{%- if tools -%}{{ '<|system|>' }}{%- for tool in tools -%}{{ tool | tojson }}{%- endfor -%}{%- endif -%}",
    '{%- for message in messages -%}',
    `{%- if message.tool_calls -%}{{ '<|assistant|>' }}{%- if message.content -%}{{ message.content }}{%- endif -%}${CALLS[kind]}{{ '<|end|>' }}`,
    "{%- elif message.role == 'assistant' -%}{{ '<|assistant|>' + message.content + '<|end|>' }}",
    "{%- elif message.role == 'tool' -%}{{ '<|user|>' + message.content }}",
    "{%- else -%}{{ '<|user|>' + message.content }}",
    '{%- endif -%}',
    '{%- endfor -%}',
    "{%- if add_generation_prompt -%}{{ '<|assistant|>' }}{%- endif -%}",
  ].join('\n');

/** A control token, as in the models whose calls are a list. */
export const LIST_MARKER = '[TOOL_CALLS]';

function tokenizerFiles(kind: Kind): TokenizerFiles {
  const { tokenizerJson, tokenizerConfig } = characterTokenizer(PRINTABLE_ASCII);
  const model = tokenizerJson['model'] as { vocab: Record<string, number> };
  const id = Object.keys(model.vocab).length;
  const marker = { id, content: LIST_MARKER, single_word: false, lstrip: false, rstrip: false, normalized: false };
  const added_tokens = [...(tokenizerJson['added_tokens'] as object[]), { ...marker, special: true }];
  const vocab = { ...model.vocab, [LIST_MARKER]: id };
  return {
    tokenizerJson: { ...tokenizerJson, added_tokens, model: { ...model, vocab } },
    tokenizerConfig: { ...tokenizerConfig, chat_template: template(kind) },
  };
}

/** The files of the model, as in a Hugging Face folder. */
export function toolModelBlobs(kind: Kind): Map<string, Uint8Array> {
  const files = tokenizerFiles(kind);
  const config = baseConfig(TINY_MODELS[0] as BaseModel, loadTokenizer(files));
  const roomy = { ...config, max_position_embeddings: 2048 };
  return modelBlobs(roomy, files, freshDecoder(roomy, 1));
}

/** Publishes the model and returns its name. */
export async function publishToolModel({ deps }: ApiUnderTest, kind: Kind): Promise<string> {
  const name = `tools-${kind}`;
  const prefix = `bundles/${name}`;
  await publishBundle(deps.store, prefix, toolModelBlobs(kind));
  const record = { schemaVersion: 1 as const, name, kind: 'checkpoint' as const, projectId: 'proj-one' };
  await deps.models.publish({ ...record, createdAtMs: 0, ownedBy: 'proj-one', prefix, jobId: null, base: null });
  return name;
}
