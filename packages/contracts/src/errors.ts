/**
 * Every error that can cross the wire. One table decides status, type and whether a client should retry; docs/errors.md
 * and the OpenAPI responses are proven equal to it. Official clients retry a 409 by themselves, so an answer with that status
 * carries `x-should-retry: false`.
 */
export interface ErrorRule {
  readonly status: number;
  readonly type:
    | 'invalid_request_error'
    | 'authentication_error'
    | 'permission_error'
    | 'rate_limit_error'
    | 'server_error';
  readonly retryable: boolean;
  /** What happened, in one line, for docs/errors.md. */
  readonly title: string;
  /** What the caller can do about it. */
  readonly remedy: string;
}

const request = (status: number, title: string, remedy: string): ErrorRule => ({
  status,
  type: 'invalid_request_error',
  retryable: false,
  title,
  remedy,
});

export const ERRORS = {
  invalid_request: request(400, 'The request does not fit its schema.', 'Correct the field named in `param`.'),
  invalid_json: request(400, 'The body is not valid JSON.', 'Send one JSON value as application/json.'),
  invalid_training_file: request(400, 'A line of a data file is malformed.', 'Correct the line named in the message.'),
  invalid_file_purpose: request(400, 'The file was uploaded for another purpose.', 'Upload it with the purpose named.'),
  invalid_grader: request(400, 'The grader cannot be compiled.', 'Correct the path named in `param`.'),
  missing_item_key: request(
    400,
    'The grader reads an item key that a row lacks.',
    'Add the key to every row, or change the template.',
  ),
  row_too_long: request(
    400,
    'A row has more tokens than the model can hold.',
    'Shorten the row, or choose a model with a longer context.',
  ),
  zero_reward_variance: request(
    400,
    'Every sampled completion of a row earns the same: there is nothing to learn from.',
    'Warm up first, or change grader or temperature; `preflight.force` queues the job all the same.',
  ),
  insufficient_memory: request(
    400,
    'The job needs more memory than any class of runners has.',
    'Change what the message names; `preflight.force` queues the job all the same.',
  ),
  budget_too_small: request(
    400,
    'Even the low end of the estimate exceeds the budget.',
    'Raise the limit or train less, as the message says; `preflight.force` queues the job all the same.',
  ),
  unsupported_parameter: request(400, 'This value is known but not supported.', 'Remove it, or use a value listed.'),
  model_not_available: request(
    400,
    'No model of this name can be trained or run here.',
    'List the models with GET /v1/models.',
  ),
  invalid_model: request(
    400,
    'The files do not make up a model that can be run here.',
    'Correct the file named in the message; docs/models.md lists what is read.',
  ),
  model_not_exportable: request(
    400,
    'This model cannot be written in this format.',
    'Choose another format or dtype, as the message says.',
  ),
  unknown_algorithm: request(400, 'No recipe has this name.', 'Use one of the names listed in the message.'),
  job_not_cancellable: request(400, 'The job has already ended.', 'Nothing to do: read its status.'),
  invalid_job_state: request(400, 'The job is in a state that does not allow this.', 'Read its status and try later.'),
  invalid_upload_state: request(400, 'The upload has ended or expired.', 'Create a new upload.'),
  upload_incomplete: request(
    400,
    'The parts do not make up the file that was announced.',
    'List every part once, in the order of the file; send what is missing.',
  ),
  direct_upload_unavailable: request(
    400,
    'The store of this platform takes no parts from clients.',
    'Send the part to /v1/uploads/{id}/parts.',
  ),
  webhook_unreachable: request(
    400,
    'The webhook endpoint did not take the test event.',
    'Let it answer 2xx within ten seconds, at an address the platform may call.',
  ),
  idempotency_mismatch: request(
    400,
    'This Idempotency-Key was used with another body.',
    'Use a new key for a new request.',
  ),
  context_length_exceeded: request(
    400,
    'Prompt and completion exceed the context of the model.',
    'Shorten the prompt or lower max_completion_tokens.',
  ),
  invalid_api_key: {
    status: 401,
    type: 'authentication_error',
    retryable: false,
    title: 'The API key is missing or unknown.',
    remedy: 'Send `Authorization: Bearer <key>`.',
  },
  permission_denied: {
    status: 403,
    type: 'permission_error',
    retryable: false,
    title: 'The key is known, and is of the wrong kind.',
    remedy: 'Use a key of a project; for /v1/x/admin, an admin key.',
  },
  not_found: request(404, 'Nothing with this id exists in the project.', 'Check the id, and the project of the key.'),
  model_not_found: request(404, 'No model has this name.', 'List the models with GET /v1/models.'),
  model_in_use: request(
    409,
    'Something uses the model, so it cannot be deleted.',
    'End, move or delete what the message names; or set an expiry, which waits for it.',
  ),
  file_in_use: request(
    409,
    'Something reads the file, so it cannot be deleted.',
    'Wait for what the message names, or end it.',
  ),
  model_expired: request(
    410,
    'The model had an expiry, and it has passed.',
    'Use another checkpoint; GET /v1/models lists them.',
  ),
  unknown_route: request(404, 'No such route.', 'See /openapi.json for the routes served.'),
  method_not_allowed: request(405, 'The route exists, but not with this method.', 'See /openapi.json.'),
  file_too_large: request(413, 'The file exceeds the limit in force.', 'Split it into several files.'),
  body_too_large: request(413, 'The request body exceeds the limit in force.', 'Send less in one request.'),
  unsupported_media_type: request(415, 'The content type is not accepted here.', 'Send the type named in the message.'),
  headers_too_large: request(431, 'The headers exceed the limit in force.', 'Send fewer or shorter headers.'),
  request_timeout: {
    ...request(408, 'The request did not arrive in time.', 'Send it again; a large file in parts.'),
    retryable: true,
  },
  rate_limit_exceeded: {
    status: 429,
    type: 'rate_limit_error',
    retryable: true,
    title: 'Too many requests from this key.',
    remedy: 'Wait as long as `retry-after` says.',
  },
  internal_error: {
    status: 500,
    type: 'server_error',
    retryable: true,
    title: 'The platform failed.',
    remedy: 'Retry; report the `x-request-id` if it stays.',
  },
  export_mismatch: {
    status: 500,
    type: 'server_error',
    retryable: false,
    title: 'The exported files compute something else than the model; nothing was kept.',
    remedy: 'Report it: the export is wrong for this model.',
  },
  model_damaged: {
    status: 500,
    type: 'server_error',
    retryable: false,
    title: 'The stored files of the model are not those that were written.',
    remedy: 'Use another checkpoint; restore or delete the object named in the message.',
  },
  overloaded: {
    status: 503,
    type: 'server_error',
    retryable: true,
    title: 'The platform, or the model asked for, is not ready.',
    remedy: 'Wait as long as `retry-after` says.',
  },
} as const satisfies Record<string, ErrorRule>;

export type ErrorCode = keyof typeof ERRORS;

/** OpenAI's error body; all four keys are always present. */
export interface ErrorBody {
  error: { message: string; type: string; param: string | null; code: string | null };
}

/** An expected failure on its way to the client. Adapters and bugs throw other errors, which become `internal_error`. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ErrorCode;
  readonly param: string | null;
  /** Seconds after which a retry makes sense; sent as `retry-after`. */
  readonly retryAfterSeconds: number | null;

  constructor(code: ErrorCode, message: string, options: { param?: string | null; retryAfterSeconds?: number } = {}) {
    super(message);
    this.code = code;
    this.param = options.param ?? null;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
  }

  get rule(): ErrorRule {
    return ERRORS[this.code];
  }

  toBody(): ErrorBody {
    return { error: { message: this.message, type: this.rule.type, param: this.param, code: this.code } };
  }
}
