/**
 * `index/runners/<id>.json`: that a runner is there, and what it does. Written by the runner alone, and only until it expires: who
 * may run a job is decided by the job's lease, so a record that is late or lost changes what users are told, nothing else.
 */
import Type, { type Static } from 'typebox';
import { ModelRecord } from './model.js';
import { Count, Id, ModelName, Nullable } from './primitives.js';
import { RunnerClassName } from './runner-class.js';

/** Models that a record names. */
export const MAX_WARM_MODELS = 8;

const WarmModel = Type.Object({
  model: ModelName,
  /** Of its bundle: names may be pointed elsewhere, bundles never change. */
  prefix: ModelRecord.properties.prefix,
  /** How long it took to read. */
  loadMs: Count,
});
export type WarmModel = Static<typeof WarmModel>;

export const RunnerRecord = Type.Object({
  schemaVersion: Type.Literal(2),
  id: Id,
  runnerClass: RunnerClassName,
  startedAtMs: Count,
  writtenAtMs: Count,
  expiresAtMs: Count,
  /** In its memory, the one used last first. */
  warmModels: Type.Array(WarmModel, { maxItems: MAX_WARM_MODELS }),
  /** What its last jobs took beside training, from being taken to their end. Absent before one has succeeded. */
  besideTrainingMs: Type.Optional(Type.Object({ earliest: Count, latest: Count })),
  /** What it runs; null while it waits for work. */
  job: Nullable(
    Type.Object({
      jobId: Id,
      projectId: Id,
      sinceMs: Count,
      /** When it should be done: both ends are meant. Null where nothing is known. */
      endsAtMs: Nullable(Type.Object({ earliest: Count, latest: Count })),
    }),
  ),
});
export type RunnerRecord = Static<typeof RunnerRecord>;
