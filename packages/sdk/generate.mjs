/**
 * Writes src/generated/wire.ts: the types of everything that crosses the wire, from the schemas of `contracts` that also
 * validate requests and describe /openapi.json. Run by `npm run generate`; a test proves that the committed file is fresh.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as contracts from '@preheat/contracts';
import { compile } from 'json-schema-to-typescript';

const TARGET = new URL('./src/generated/wire.ts', import.meta.url);

const BANNER = `/**
 * Types of the HTTP API. Generated from the schemas of @preheat/contracts by \`npm run generate\`: do not edit.
 */`;

const AnyConfig = { type: 'object', additionalProperties: true };

/** Recipes own their hyperparameters, so a phase of the pipeline is typed here without them. */
const CreateJob = contracts.createJobRequest([
  contracts.phaseRequest('supervised', { type: 'string' }, AnyConfig),
  contracts.phaseRequest('reinforcement', { type: 'string' }, AnyConfig),
]);

/** Type name → schema, in the order of the file. */
const WIRE_TYPES = {
  FileObject: contracts.FileObject,
  GraderSpec: contracts.GraderSpec,
  GraderErrors: contracts.GraderErrors,
  CreateJob,
  FineTuningJob: contracts.FineTuningJob,
  FineTuningJobEvent: contracts.FineTuningJobEvent,
  FineTuningJobCheckpoint: contracts.FineTuningJobCheckpoint,
  CreateEval: contracts.CreateEval,
  EvalObject: contracts.EvalObject,
  CreateRun: contracts.CreateRun,
  EvalRunObject: contracts.EvalRunObject,
  OutputItem: contracts.OutputItem,
  ModelObject: contracts.ModelObject,
  ChatCompletionRequest: contracts.ChatCompletionRequest,
  ChatCompletion: contracts.ChatCompletion,
  ChatCompletionChunk: contracts.ChatCompletionChunk,
};

/** Keeps what a TypeScript type can say: records become index signatures, and array bounds go. */
function typeable(node) {
  if (Array.isArray(node)) return node.map(typeable);
  if (typeof node !== 'object' || node === null) return node;
  const { minItems, maxItems, patternProperties, ...rest } = node;
  const kept = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, typeable(value)]));
  if (patternProperties) kept.additionalProperties = typeable(Object.values(patternProperties)[0]);
  return kept;
}

/** The text of src/generated/wire.ts. */
export async function wireTypes() {
  const options = { bannerComment: '', additionalProperties: false };
  const parts = [];
  for (const [name, schema] of Object.entries(WIRE_TYPES)) {
    parts.push(await compile(typeable(schema), name, options));
  }
  return `${BANNER}\n${parts.join('\n')}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(TARGET, await wireTypes());
  console.log(`wrote ${fileURLToPath(TARGET)}`);
}
