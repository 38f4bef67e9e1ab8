/**
 * Gives the shapes of the wire their names in the OpenAPI document. Schemas are plain values, so a shape is recognised
 * wherever it occurs by being equal to the one that has the name; routes need no second way to refer to a schema.
 */
import {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionRequest,
  ChatRequestMessage,
  CheckpointPermission,
  CreateEval,
  CreateRun,
  DirectUploadPart,
  EvalObject,
  EvalRunObject,
  ExportModelRequest,
  FileObject,
  FineTuningJob,
  FineTuningJobCheckpoint,
  FineTuningJobEvent,
  GraderErrors,
  GraderSpec,
  ImportModelRequest,
  Method,
  ModelAlias,
  ModelExpiry,
  ModelExport,
  ModelImport,
  ModelObject,
  OutputItem,
  PreflightClass,
  PreflightReport,
  PreflightRequest,
  PreflightSummary,
  CompareRuns,
  RunComparison,
  RunDataSource,
  SetModelExpiry,
  StoredChatCompletion,
  TestingCriterion,
  TextCompletion,
  TextCompletionRequest,
  UploadObject,
  UploadPart,
  WebhookEndpoint,
  WebhookEndpointWithSecret,
} from '@preheat/contracts';
import type { TSchema } from 'typebox';
import { ErrorBodySchema } from './error-body-schema.js';

const NAMED: Readonly<Record<string, TSchema>> = {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionRequest,
  ChatRequestMessage,
  CheckpointPermission,
  CreateEval,
  CreateRun,
  DirectUploadPart,
  ErrorBody: ErrorBodySchema,
  EvalObject,
  EvalRunObject,
  ExportModelRequest,
  FileObject,
  FineTuningJob,
  FineTuningJobCheckpoint,
  FineTuningJobEvent,
  GraderErrors,
  GraderSpec,
  ImportModelRequest,
  Method,
  ModelAlias,
  ModelExpiry,
  ModelExport,
  ModelImport,
  ModelObject,
  OutputItem,
  PreflightClass,
  PreflightReport,
  PreflightRequest,
  PreflightSummary,
  CompareRuns,
  RunComparison,
  RunDataSource,
  SetModelExpiry,
  StoredChatCompletion,
  TestingCriterion,
  TextCompletion,
  TextCompletionRequest,
  UploadObject,
  UploadPart,
  WebhookEndpoint,
  WebhookEndpointWithSecret,
};

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Replaces every occurrence of a named shape by a reference, and adds the shapes used as components. */
export function nameSchemas(document: object): object {
  const names = new Map(Object.entries(NAMED).map(([name, schema]) => [canonical(asOpenapi(toJson(schema))), name]));
  const used = new Map<string, Json>();

  const visit = (node: Json, isDefinition = false): Json => {
    if (Array.isArray(node)) return node.map((item) => visit(item));
    if (node === null || typeof node !== 'object') return node;
    if ('x-error-codes' in node) {
      const { 'x-error-codes': codes, description: _, ...schema } = node;
      return { ...(visit(schema) as object), 'x-error-codes': codes as Json };
    }
    const name = isDefinition ? undefined : names.get(canonical(node));
    if (name !== undefined) return reference(name, node);
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, visit(value)]));
  };
  const reference = (name: string, node: Json): Json => {
    if (!used.has(name)) {
      used.set(name, null);
      used.set(name, visit(node, true));
    }
    return { $ref: `#/components/schemas/${name}` };
  };

  const named = visit(toJson(document)) as { components?: { [key: string]: Json } };
  const schemas = Object.fromEntries([...used].sort(([a], [b]) => (a < b ? -1 : 1)));
  return { ...named, components: { ...named.components, schemas } };
}

/** Schemas as the document writes them: a constant is an enumeration of one, and a map has one kind of value. */
function asOpenapi(node: Json): Json {
  if (Array.isArray(node)) return node.map(asOpenapi);
  if (node === null || typeof node !== 'object') return node;
  const { const: constant, patternProperties, ...rest } = node;
  const values = patternProperties === undefined ? [] : Object.values(patternProperties as { [key: string]: Json });
  const written = {
    ...rest,
    ...(constant === undefined ? {} : { enum: [constant] }),
    ...(values[0] === undefined ? {} : { additionalProperties: values[0] }),
  };
  return Object.fromEntries(Object.entries(written).map(([key, value]) => [key, asOpenapi(value as Json)]));
}

const toJson = (value: object): Json => JSON.parse(JSON.stringify(value)) as Json;

/** The same text for equal values, whatever the order of their keys. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.keys(value).sort();
  return `{${entries.map((key) => `${JSON.stringify(key)}:${canonical(value[key] as Json)}`).join(',')}}`;
}
