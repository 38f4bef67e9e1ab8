/** Every endpoint of the wire: its number in the index (A.2), who drives it in the stories, and its shapes. */
import type { TSchema } from 'typebox';
import * as chat from './chat.js';
import * as evals from './evals.js';
import * as files from './files.js';
import * as tuning from './fine-tuning.js';
import { page } from './notation.js';
import * as webhooks from './webhooks.js';

export type Sdk = 'openai@6.49.0' | 'openai@7.57.0' | 'openai (Python)';
const NODE_6 = 'openai@6.49.0';
const NODE_7 = 'openai@7.57.0';
const PYTHON = 'openai (Python)';

export interface WireRoute {
  /** Row of the endpoint index. */
  readonly row: number;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly call: string;
  readonly status: number;
  readonly drivenBy: readonly Sdk[];
  /** Undefined: the body must be empty. `form`: multipart. */
  readonly request?: TSchema | 'form';
  /** The body of a success; `bytes` for raw content. */
  readonly answer: TSchema | 'bytes';
  /** A line of `text/event-stream`, where the route may stream. */
  readonly streamed?: TSchema;
  readonly endsWithDone?: true;
}

type Row = [number, WireRoute['method'], string, string, WireRoute['request'] | null, WireRoute['answer']];
const ALL: readonly Sdk[] = [NODE_6, NODE_7, PYTHON];
const JOBS = '/fine_tuning/jobs';
const PERMISSIONS = '/fine_tuning/checkpoints/{model_checkpoint}/permissions';
const RUNS = '/evals/{eval_id}/runs';
const HOOKS = '/webhook_endpoints';

const ROWS: readonly Row[] = [
  [1, 'POST', '/files', 'files.create', 'form', files.File],
  [2, 'GET', '/files', 'files.list', null, page(files.File)],
  [3, 'GET', '/files/{file_id}', 'files.retrieve', null, files.File],
  [4, 'GET', '/files/{file_id}/content', 'files.content', null, 'bytes'],
  [5, 'DELETE', '/files/{file_id}', 'files.delete', null, files.DeletedFile],
  [6, 'POST', '/uploads', 'uploads.create', files.UploadRequest, files.Upload],
  [7, 'POST', '/uploads/{upload_id}/parts', 'uploads.parts.create', 'form', files.Part],
  [8, 'POST', '/uploads/{upload_id}/complete', 'uploads.complete', files.CompleteRequest, files.Upload],
  [9, 'POST', '/uploads/{upload_id}/cancel', 'uploads.cancel', null, files.Upload],
  [10, 'POST', JOBS, 'fineTuning.jobs.create', tuning.JobRequest, tuning.Job],
  [11, 'GET', JOBS, 'fineTuning.jobs.list', null, page(tuning.Job)],
  [12, 'GET', `${JOBS}/{job_id}`, 'fineTuning.jobs.retrieve', null, tuning.Job],
  [13, 'POST', `${JOBS}/{job_id}/cancel`, 'fineTuning.jobs.cancel', null, tuning.Job],
  [14, 'POST', `${JOBS}/{job_id}/pause`, 'fineTuning.jobs.pause', null, tuning.Job],
  [15, 'POST', `${JOBS}/{job_id}/resume`, 'fineTuning.jobs.resume', null, tuning.Job],
  [16, 'GET', `${JOBS}/{job_id}/events`, 'fineTuning.jobs.listEvents', null, page(tuning.Event)],
  [17, 'GET', `${JOBS}/{job_id}/checkpoints`, 'fineTuning.jobs.checkpoints.list', null, page(tuning.Checkpoint)],
  [
    18,
    'POST',
    '/fine_tuning/alpha/graders/run',
    'fineTuning.alpha.graders.run',
    tuning.GraderRunRequest,
    tuning.GraderRun,
  ],
  [
    19,
    'POST',
    '/fine_tuning/alpha/graders/validate',
    'fineTuning.alpha.graders.validate',
    tuning.GraderValidation,
    tuning.GraderValidation,
  ],
  [
    20,
    'POST',
    PERMISSIONS,
    'fineTuning.checkpoints.permissions.create',
    tuning.PermissionRequest,
    page(tuning.Permission),
  ],
  [21, 'GET', PERMISSIONS, 'fineTuning.checkpoints.permissions.list', null, page(tuning.Permission)],
  [
    22,
    'DELETE',
    `${PERMISSIONS}/{permission_id}`,
    'fineTuning.checkpoints.permissions.delete',
    null,
    tuning.DeletedPermission,
  ],
  [23, 'POST', '/evals', 'evals.create', evals.EvalRequest, evals.Eval],
  [24, 'GET', '/evals', 'evals.list', null, page(evals.Eval)],
  [25, 'GET', '/evals/{eval_id}', 'evals.retrieve', null, evals.Eval],
  [26, 'POST', '/evals/{eval_id}', 'evals.update', evals.EvalUpdate, evals.Eval],
  [27, 'DELETE', '/evals/{eval_id}', 'evals.delete', null, evals.DeletedEval],
  [28, 'POST', RUNS, 'evals.runs.create', evals.RunRequest, evals.Run],
  [29, 'GET', RUNS, 'evals.runs.list', null, page(evals.Run)],
  [30, 'GET', `${RUNS}/{run_id}`, 'evals.runs.retrieve', null, evals.Run],
  [31, 'POST', `${RUNS}/{run_id}/cancel`, 'evals.runs.cancel', null, evals.Run],
  [31, 'POST', `${RUNS}/{run_id}`, 'evals.runs.cancel (older clients)', null, evals.Run],
  [32, 'DELETE', `${RUNS}/{run_id}`, 'evals.runs.delete', null, evals.DeletedRun],
  [33, 'GET', `${RUNS}/{run_id}/output_items`, 'evals.runs.outputItems.list', null, page(evals.OutputItem)],
  [34, 'GET', `${RUNS}/{run_id}/output_items/{item_id}`, 'evals.runs.outputItems.retrieve', null, evals.OutputItem],
  [35, 'GET', '/models', 'models.list', null, chat.Models],
  [36, 'GET', '/models/{model}', 'models.retrieve', null, chat.Model],
  [37, 'DELETE', '/models/{model}', 'models.delete', null, chat.DeletedModel],
  [38, 'POST', '/chat/completions', 'chat.completions.create', chat.ChatRequest, chat.Completion],
  [39, 'GET', '/chat/completions', 'chat.completions.list', null, page(chat.StoredCompletion)],
  [39, 'GET', '/chat/completions/{completion_id}', 'chat.completions.retrieve', null, chat.StoredCompletion],
  [
    39,
    'POST',
    '/chat/completions/{completion_id}',
    'chat.completions.update',
    chat.MetadataUpdate,
    chat.StoredCompletion,
  ],
  [39, 'DELETE', '/chat/completions/{completion_id}', 'chat.completions.delete', null, chat.DeletedCompletion],
  [
    39,
    'GET',
    '/chat/completions/{completion_id}/messages',
    'chat.completions.messages.list',
    null,
    page(chat.StoredMessage),
  ],
  [40, 'POST', HOOKS, 'webhooks.create', webhooks.EndpointRequest, webhooks.EndpointWithSecret],
  [40, 'GET', HOOKS, 'webhooks.list', null, page(webhooks.Endpoint)],
  [40, 'GET', `${HOOKS}/{webhook_endpoint_id}`, 'webhooks.retrieve', null, webhooks.Endpoint],
  [40, 'POST', `${HOOKS}/{webhook_endpoint_id}`, 'webhooks.update', webhooks.EndpointUpdate, webhooks.Endpoint],
  [40, 'DELETE', `${HOOKS}/{webhook_endpoint_id}`, 'webhooks.delete', null, webhooks.DeletedEndpoint],
  [
    40,
    'POST',
    `${HOOKS}/{webhook_endpoint_id}/rotate_secret`,
    'webhooks.rotateSecret',
    webhooks.RotateRequest,
    webhooks.EndpointWithSecret,
  ],
  [40, 'POST', `${HOOKS}/{webhook_endpoint_id}/test`, 'webhooks.test', webhooks.TestRequest, webhooks.TestResult],
  [40, 'GET', '/webhook_event_types', 'webhooks.eventTypes.list', null, webhooks.EventTypes],
  [41, 'POST', '/completions', 'completions.create', chat.TextRequest, chat.TextCompletion],
];

export const WIRE_ROUTES: readonly WireRoute[] = ROWS.map(([row, method, path, call, request, answer]) => ({
  row,
  method,
  path,
  call,
  answer,
  ...(request === null || request === undefined ? {} : { request }),
  ...streamOf(method, path),
  status: method === 'POST' && (path === '/evals' || path === RUNS) ? 201 : 200,
  drivenBy: driversOf(row, path),
}));

function streamOf(method: string, path: string): Pick<WireRoute, 'streamed' | 'endsWithDone'> {
  if (method === 'POST' && path === '/chat/completions') return { streamed: chat.Chunk, endsWithDone: true };
  if (path === '/completions') return { streamed: chat.TextCompletion, endsWithDone: true };
  return path === `${JOBS}/{job_id}/events` ? { streamed: tuning.Event } : {};
}

/** Which clients have the call: webhooks are managed by the newer ones only, and the two ways to cancel a run part them. */
function driversOf(row: number, path: string): readonly Sdk[] {
  if (row === 31) return path.endsWith('/cancel') ? [NODE_7] : [NODE_6, PYTHON];
  return row === 40 ? [NODE_7, PYTHON] : ALL;
}

/** Endpoints of the index that are not served, with the reason. */
export const UNSERVED: readonly { row: number; path: string; reason: string }[] = [
  { row: 41, path: '/embeddings', reason: 'no embedding model is served' },
  { row: 41, path: '/batches', reason: 'evals and stored completions cover offline work here' },
];
