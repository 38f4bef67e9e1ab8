/**
 * Every key in the object store, in one place. Listings are in ascending key order, so an index that must read newest
 * first carries an inverted timestamp; the cost of a page never grows with the number of objects ever created.
 */
import type { ThroughputKind } from './throughput.js';

const MAX_MS = 10 ** 15;

/** A 15-digit number that sorts in descending time. */
export const newestFirst = (createdAtMs: number): string => String(MAX_MS - createdAtMs).padStart(15, '0');
/** A 15-digit number that sorts in ascending time. */
export const oldestFirst = (createdAtMs: number): string => String(createdAtMs).padStart(15, '0');

export const KEYS = {
  job: (id: string) => `jobs/${id}/job.json`,
  /** Contains the id of the write that lists it: concurrent writers never share a segment. */
  jobEvents: (id: string, firstSequence: number, writeId: string) =>
    `jobs/${id}/events/${String(firstSequence).padStart(12, '0')}-${writeId}.jsonl`,
  jobEventLog: (id: string) => `jobs/${id}/events/`,
  /** Contains the epoch: two runners can never overwrite each other. */
  attempt: (id: string, epoch: number) => `jobs/${id}/attempts/${epoch}`,
  jobObjects: (id: string) => `jobs/${id}/`,
  jobIndex: (projectId: string) => `index/jobs/${projectId}/`,
  jobIndexEntry: (projectId: string, createdAtMs: number, id: string) =>
    `index/jobs/${projectId}/${newestFirst(createdAtMs)}-${id}`,
  activeJobs: 'index/active-jobs/',
  activeJob: (id: string) => `index/active-jobs/${id}`,
  /** Jobs that wait for a runner, by project, the first to run first: those that lost a runner, then by priority, then by age. */
  waiting: 'index/waiting/',
  waitingOf: (projectId: string) => `index/waiting/${projectId}/`,
  waitingJob: (projectId: string, place: { isAhead: boolean; priority: number; sinceMs: number }, id: string) =>
    `index/waiting/${projectId}/${place.isAhead ? 0 : 1}${500 - place.priority}-${oldestFirst(place.sinceMs)}-${id}`,
  /** Which jobs of a project hold a runner. */
  roster: (projectId: string) => `projects/${projectId}/roster.json`,
  /** Jobs whose objects the collector looks at a grace period after that time, the first due first. Written before anything of the job. */
  collections: 'index/collections/',
  collection: (sinceMs: number, id: string) => `index/collections/${oldestFirst(sinceMs)}-${id}`,
  /**
   * Who uses a file or a bundle, each written before whatever names it. A target is a file's folder or a bundle's prefix;
   * `by` is `job-<id>`, or `model-` or `export-` with what names it.
   */
  users: (target: string) => `index/users/${encodeURIComponent(target)}/`,
  user: (target: string, by: string) => `index/users/${encodeURIComponent(target)}/${by}`,
  fileFolder: (id: string) => `files/${id}`,
  /** Models that expire or whose name is to be forgotten, the first due first. */
  expiries: 'index/expiries/',
  expiry: (dueMs: number, projectId: string, name: string) =>
    `index/expiries/${oldestFirst(dueMs)}-${projectId}+${encodeURIComponent(name)}`,
  /** Runners that are there, each under a record that expires. */
  runners: 'index/runners/',
  runner: (runnerId: string) => `index/runners/${runnerId}.json`,
  /** Jobs that died too often, for operators. */
  deadLetters: 'index/dead-letters/',
  deadLetter: (diedAtMs: number, id: string) => `index/dead-letters/${newestFirst(diedAtMs)}-${id}`,
  apiKeys: 'api-keys/',
  /** By hash: whoever presents a key names its object. */
  apiKey: (sha256: string) => `api-keys/${sha256}.json`,
  idempotency: (projectId: string, digest: string) => `idempotency/${projectId}/${digest}.json`,
  file: (id: string) => `files/${id}/file.json`,
  fileContent: (id: string) => `files/${id}/content`,
  /** Files whose upload or deletion began and did not end; the key outlives the process that began it. */
  unfinishedFiles: 'index/unfinished-files/',
  unfinishedFile: (id: string) => `index/unfinished-files/${id}`,
  fileIndex: (projectId: string) => `index/files/${projectId}/`,
  fileIndexEntry: (projectId: string, createdAtMs: number, id: string) =>
    `index/files/${projectId}/${newestFirst(createdAtMs)}-${id}`,
  /** Files that expire, the first to expire first. Written before the record. */
  fileExpiries: 'index/file-expiries/',
  fileExpiry: (expiresAtMs: number, projectId: string, id: string) =>
    `index/file-expiries/${oldestFirst(expiresAtMs)}-${projectId}+${id}`,
  upload: (id: string) => `uploads/${id}/upload.json`,
  uploadParts: (id: string) => `uploads/${id}/parts/`,
  uploadPart: (id: string, partId: string) => `uploads/${id}/parts/${partId}`,
  /** Uploads whose parts must go some day, the first to expire first. */
  openUploads: 'index/open-uploads/',
  openUpload: (expiresAtMs: number, id: string) => `index/open-uploads/${oldestFirst(expiresAtMs)}-${id}`,
  /** By project, so that a listing never meets another project's models. */
  models: (projectId: string) => `models/${projectId}/`,
  model: (projectId: string, name: string) => `models/${projectId}/${encodeURIComponent(name)}.json`,
  /** The same files have the same digest: importing them twice stores them once. */
  importedModel: (projectId: string, digest: string) => `imports/${projectId}/${digest}`,
  /** Imports whose name went: whoever imports the same files again stores them elsewhere, and the collector deletes these. */
  doomedImports: 'index/doomed-imports/',
  doomedImport: (prefix: string) => `index/doomed-imports/${encodeURIComponent(prefix)}`,
  /** Names that stand for models. */
  aliases: (projectId: string) => `aliases/${projectId}/`,
  alias: (projectId: string, alias: string) => `aliases/${projectId}/${alias}.json`,
  /** Jobs that have ended and whose model is to be published, or not. */
  publications: 'index/publications/',
  publication: (jobId: string) => `index/publications/${jobId}`,
  modelExport: (projectId: string, id: string) => `exports/${projectId}/${id}/export.json`,
  modelExportFiles: (projectId: string, id: string) => `exports/${projectId}/${id}/files`,
  /** Records of the models whose name begins so. */
  modelsNamed: (projectId: string, start: string) => `models/${projectId}/${encodeURIComponent(start)}`,
  /** What other projects let this one call. */
  grants: (projectId: string) => `grants/${projectId}/`,
  grant: (projectId: string, model: string) => `grants/${projectId}/${encodeURIComponent(model)}.json`,
  /** The permissions of a model, as its owner lists them. */
  permissions: (ownerProjectId: string, model: string) =>
    `index/permissions/${ownerProjectId}/${encodeURIComponent(model)}/`,
  permission: (ownerProjectId: string, model: string, projectId: string) =>
    `index/permissions/${ownerProjectId}/${encodeURIComponent(model)}/${projectId}`,
  /** How fast jobs of one kind trained. By project: the speed of a job is nobody else's business. */
  throughput: (projectId: string, kind: ThroughputKind) =>
    `throughput/${projectId}/${kind.runnerClass}/${kind.algorithm}${kind.adapter ? '-adapter' : ''}/${encodeURIComponent(kind.model)}.json`,
  /** Where the stages of the sweeper stopped. */
  sweepCursors: 'sweeper/cursors.json',
  /** How many runners are wanted. */
  scale: 'scheduler/scale.json',
  /** That no job is started, and no runner for one. */
  hold: 'scheduler/hold.json',
  /** What runners learned of gaps between jobs (`KeyStateShard`): of all classes, of one class, of one writer. */
  keyStates: 'scheduler/',
  keyStatesOf: (runnerClass: string) => `scheduler/${runnerClass}/`,
  keyState: (runnerClass: string, runnerId: string) => `scheduler/${runnerClass}/${runnerId}.json`,
  /** What the shards of runners that are gone add up to; no runner has this name. */
  foldedKeyState: (runnerClass: string) => `scheduler/${runnerClass}/+folded.json`,
  completion: (projectId: string, id: string) => `completions/${projectId}/${id}.json`,
  completionIndex: (projectId: string) => `index/completions/${projectId}/`,
  completionIndexEntry: (projectId: string, createdAtMs: number, id: string) =>
    `index/completions/${projectId}/${oldestFirst(createdAtMs)}-${id}`,
  webhookEndpoints: (projectId: string) => `webhooks/${projectId}/endpoints/`,
  webhookEndpoint: (projectId: string, id: string) => `webhooks/${projectId}/endpoints/${id}.json`,
  webhookDelivery: (projectId: string, id: string) => `webhooks/${projectId}/deliveries/${id}.json`,
  /** Deliveries not settled yet, the first due first. */
  dueDeliveries: 'index/due-deliveries/',
  dueDelivery: (dueAtMs: number, projectId: string, id: string) =>
    `index/due-deliveries/${oldestFirst(dueAtMs)}-${projectId}--${id}`,
  evaluation: (id: string) => `evals/${id}/eval.json`,
  evaluationObjects: (id: string) => `evals/${id}/`,
  evaluationIndex: (projectId: string) => `index/evals/${projectId}/`,
  evaluationIndexEntry: (projectId: string, createdAtMs: number, id: string) =>
    `index/evals/${projectId}/${oldestFirst(createdAtMs)}-${id}`,
  /** Evals that were deleted, and of whose runs something may be left. Written before anything of them goes. */
  doomedEvals: 'index/doomed-evals/',
  doomedEval: (id: string) => `index/doomed-evals/${id}`,
  run: (evalId: string, runId: string) => `evals/${evalId}/runs/${runId}/run.json`,
  /** What a run of stored completions is about, as it was when the run was created. */
  runRows: (evalId: string, runId: string) => `evals/${evalId}/runs/${runId}/rows.jsonl`,
  runItems: (evalId: string, runId: string, epoch: number, first: number) =>
    `evals/${evalId}/runs/${runId}/items/${epoch}-${String(first).padStart(9, '0')}.jsonl`,
  /** Says that a run was deleted and is not to come back; goes with the eval. */
  deletedRun: (evalId: string, runId: string) => `evals/${evalId}/deleted-runs/${runId}`,
  runObjects: (evalId: string, runId: string) => `evals/${evalId}/runs/${runId}/`,
  runIndex: (evalId: string) => `index/runs/${evalId}/`,
  runIndexEntry: (evalId: string, createdAtMs: number, runId: string) =>
    `index/runs/${evalId}/${oldestFirst(createdAtMs)}-${runId}`,
  activeRuns: 'index/active-runs/',
  activeRun: (evalId: string, runId: string) => `index/active-runs/${evalId}--${runId}`,
} as const;
