/**
 * Environment variables of every process, decoded once at its start; a wrong value stops it with the variable's name. Every
 * pattern has a `description`, which says in words what a value must be.
 */
import Type, { type Static, type TSchema } from 'typebox';
import { HELD_JOBS } from './capacity-hold.js';
import { OneOf } from './primitives.js';
import { ProjectLimitSettings } from './project-limits.js';
import { RunnerClassName } from './runner-class.js';
import { check } from './validation.js';

const NAME = 'up to 64 letters, digits, `_`, `.` and `-`';
const ColdStartSeconds = Type.String({ pattern: '^[1-9][0-9]{0,4}$', description: 'whole seconds, from 1 to 99999' });
const ADDRESS = '[0-9a-fA-F.:]{2,45}(/[0-9]{1,3})?';
const TRUSTED_PROXIES = `^${ADDRESS}(,${ADDRESS})*$`;
const RunnerClass = Type.String({ ...RunnerClassName, description: NAME });
const PricePerHour = Type.String({
  pattern: '^[0-9]{1,6}(\\.[0-9]{1,6})?$',
  description: 'a number with a decimal point and no sign, below a million: `1.25`',
});

export const StoreSettings = Type.Object({
  /** Where state lives: `filesystem` (embedded) or `aws`. */
  PREHEAT_STORE: OneOf(['filesystem', 'aws']),
  /** Filesystem store: the folder that holds everything. */
  PREHEAT_DATA_DIR: Type.Optional(Type.String({ minLength: 1, maxLength: 4096 })),
  PREHEAT_BUCKET: Type.Optional(Type.String({ minLength: 3, maxLength: 63 })),
  PREHEAT_QUEUE_URL: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
  PREHEAT_EVALUATION_QUEUE_URL: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
  /** Set by AWS in functions and tasks. */
  AWS_REGION: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  /** A compatible server instead of AWS. */
  AWS_ENDPOINT_URL: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
  /** The same for the queues alone, and for the service that runs runners. */
  AWS_ENDPOINT_URL_SQS: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
  AWS_ENDPOINT_URL_ECS: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
  /** `cluster/service` of ECS that runs runners: who sweeps decides how many. Unless said, runners are somebody else's business. */
  PREHEAT_RUNNER_SERVICE: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_-]{1,255}/[A-Za-z0-9_-]{1,255}$',
      description: 'a cluster and a service of ECS, `cluster/service`',
    }),
  ),
  /** Age in ms from which the sweeper deletes what nothing refers to, at least a second. A day unless said. */
  PREHEAT_ORPHAN_GRACE_MS: Type.Optional(
    Type.String({ pattern: '^[1-9][0-9]{3,10}$', description: 'whole milliseconds, from 1000 to 99999999999' }),
  ),
  /** Where webhooks may go: `public` addresses over https only, or `any`; `any` with the filesystem store unless said. */
  PREHEAT_WEBHOOK_TARGETS: Type.Optional(OneOf(['public', 'any'])),
  /** Least severe event that is logged; `info` unless said. */
  PREHEAT_LOG_LEVEL: Type.Optional(OneOf(['debug', 'info', 'warn', 'error'])),
});
export type StoreSettings = Static<typeof StoreSettings>;

/** What guards the budget. */
export const BudgetSettings = Type.Interface([StoreSettings], {
  /** What becomes of jobs that run once it is spent: given back at a `checkpoint` unless said, or they `finish`. */
  PREHEAT_ON_BUDGET: Type.Optional(OneOf([...HELD_JOBS])),
});
export type BudgetSettings = Static<typeof BudgetSettings>;

/** What is known of runners by those that are none. */
export const FleetSettings = Type.Interface([StoreSettings, ProjectLimitSettings], {
  /** Runners that the deployment starts when jobs wait, at most; none beside those that are there unless said, or with 0. */
  PREHEAT_MAX_RUNNERS: Type.Optional(
    Type.String({ pattern: '^(0|[1-9][0-9]{0,3})$', description: 'a whole number from 0 to 9999' }),
  ),
  /** How long such a start takes; 180 unless said. */
  PREHEAT_COLD_START_SECONDS: Type.Optional(ColdStartSeconds),
});
export type FleetSettings = Static<typeof FleetSettings>;

export const ApiSettings = Type.Interface([FleetSettings], {
  /**
   * Comma-separated `sha256hex:projectId` pairs; keys are never kept in clear. Beside the keys that the store holds, so an
   * operator gets in before there are any; only a restart takes them back.
   */
  PREHEAT_API_KEY_HASHES: Type.Optional(Type.String({ minLength: 66, maxLength: 65_536 })),
  PREHEAT_PORT: Type.Optional(Type.String({ pattern: '^[0-9]{1,5}$', description: 'a port number' })),
  PREHEAT_HOST: Type.Optional(Type.String({ maxLength: 255 })),
  /** Folder of the built dashboard; served at /dashboard/ when set. */
  PREHEAT_DASHBOARD_DIR: Type.Optional(Type.String({ minLength: 1, maxLength: 4096 })),
  /** The most bytes that reach this process in one request, where something in front of it has a limit. */
  PREHEAT_MAX_BODY_BYTES: Type.Optional(
    Type.String({ pattern: '^[1-9][0-9]{5,11}$', description: 'whole bytes, from 100000 to 999999999999' }),
  ),
  /** Where something stops this process in the middle of an answer: so long after the request. Nothing does unless said. */
  PREHEAT_ANSWER_LIMIT_SECONDS: Type.Optional(
    Type.String({ pattern: '^([2-9][0-9]|[1-9][0-9]{2,4})$', description: 'whole seconds, from 20 to 99999' }),
  ),
  /** Requests a minute that one project may make to this process; 6000 unless said. */
  PREHEAT_REQUESTS_PER_MINUTE: Type.Optional(
    Type.String({ pattern: '^[1-9][0-9]{0,6}$', description: 'a whole number from 1 to 9999999' }),
  ),
  /**
   * Proxies in front whose `X-Forwarded-For` is believed, so that whoever guesses keys is told from others behind them: their
   * addresses and networks, comma-separated. None unless said.
   */
  PREHEAT_TRUSTED_PROXIES: Type.Optional(
    Type.String({
      pattern: TRUSTED_PROXIES,
      maxLength: 4096,
      description: 'addresses or networks, comma-separated: `10.0.0.0/8,192.0.2.1`',
    }),
  ),
  /** Address clients use, for URLs in answers. */
  PREHEAT_PUBLIC_URL: Type.Optional(Type.String({ maxLength: 2048 })),
  /** The classes of runners that jobs are judged against, as JSON (`RunnerClass`); this machine unless said. */
  PREHEAT_RUNNER_CLASSES: Type.Optional(Type.String({ minLength: 2, maxLength: 65_536 })),
  /** Without classes: what an hour of training on this machine costs, in the currency of budgets; nothing unless said. */
  PREHEAT_PRICE_PER_HOUR: Type.Optional(PricePerHour),
});
export type ApiSettings = Static<typeof ApiSettings>;

export const RunnerSettings = Type.Interface([StoreSettings, ProjectLimitSettings], {
  /** `auto` takes the GPU when TensorFlow.js finds one, else ONNX Runtime on the CPU. */
  PREHEAT_RUNNER_EXECUTOR: Type.Optional(OneOf(['auto', 'onnx', 'tfjs'])),
  /** Where rollouts are decoded: `auto` takes CUDA where ONNX Runtime's provider for it works, else the CPU. */
  PREHEAT_ROLLOUT_PROVIDER: Type.Optional(OneOf(['auto', 'cpu', 'cuda'])),
  /** Tokens of one training micro-batch. A batch is cut into as many as it needs; results differ by rounding only. */
  PREHEAT_MICRO_BATCH_TOKENS: Type.Optional(
    Type.String({ pattern: '^([89]|[1-9][0-9]{1,6})$', description: 'a whole number from 8 to 9999999' }),
  ),
  /** `yes`: TensorFlow takes GPU memory as it needs it. `no`: all of it at the start, for training alone on a device. */
  PREHEAT_GPU_MEMORY_GROWTH: Type.Optional(OneOf(['yes', 'no'])),
  /** TensorFlow's allocator on the GPU; `cuda_malloc_async` fragments less where row lengths vary much. `bfc` unless said. */
  PREHEAT_GPU_ALLOCATOR: Type.Optional(OneOf(['bfc', 'cuda_malloc_async'])),
  /** `yes`: matrix products in TensorFloat-32, several times faster and too coarse for the parity bounds. `no` unless said. */
  PREHEAT_GPU_TF32: Type.Optional(OneOf(['yes', 'no'])),
  /** The most that training tensors may take; unless said, all that the device has. */
  PREHEAT_GPU_MEMORY_LIMIT_MIB: Type.Optional(
    Type.String({ pattern: '^[1-9][0-9]{0,6}$', description: 'whole mebibytes, from 1 to 9999999' }),
  ),
  PREHEAT_RUNNER_ID: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_.-]{1,64}$', description: NAME })),
  /** `yes`: leave once staying idle is expected to cost more than starting again, where machines are started for work. */
  PREHEAT_RUNNER_EXIT_WHEN_IDLE: Type.Optional(OneOf(['yes', 'no'])),
  /** From asking for a runner until it looks for work, where machines are started for work; 180 unless said. */
  PREHEAT_COLD_START_SECONDS: Type.Optional(ColdStartSeconds),
  /** Set by ECS in its tasks. */
  ECS_AGENT_URI: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
  ECS_CONTAINER_METADATA_URI_V4: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
  PREHEAT_LEASE_TTL_MS: Type.Optional(
    Type.String({ pattern: '^[0-9]{3,7}$', description: 'whole milliseconds of three to seven digits' }),
  ),
  /** What an hour of training on this runner costs, in the currency of budgets; nothing unless said. */
  PREHEAT_PRICE_PER_HOUR: Type.Optional(PricePerHour),
  /** Its class, under which its speed is recorded for the estimates of later jobs; `local` unless said. */
  PREHEAT_RUNNER_CLASS: Type.Optional(RunnerClass),
  /** Address of the metadata service of the machine, where it announces that a spot machine is taken away. */
  PREHEAT_SPOT_NOTICE_URL: Type.Optional(
    Type.String({ pattern: '^http://', maxLength: 2048, description: 'an address that begins with `http://`' }),
  ),
});
export type RunnerSettings = Static<typeof RunnerSettings>;

/** What graders may call; the same in the API and in runners. */
export const GraderSettings = Type.Object({
  /** Hosts that http graders may call although they are private: `name` or `name:port`, comma-separated. */
  PREHEAT_GRADER_HOSTS: Type.Optional(Type.String({ maxLength: 4096 })),
  /** An OpenAI-compatible embedding endpoint; without one, text_similarity with cosine is refused. */
  PREHEAT_EMBEDDINGS_URL: Type.Optional(
    Type.String({
      pattern: '^https?://',
      maxLength: 2048,
      description: 'an address that begins with `http://` or `https://`',
    }),
  ),
  PREHEAT_EMBEDDINGS_MODEL: Type.Optional(Type.String({ maxLength: 256 })),
  PREHEAT_EMBEDDINGS_API_KEY: Type.Optional(Type.String({ maxLength: 1024 })),
});
export type GraderSettings = Static<typeof GraderSettings>;

/** What commands and clients read; the processes of the platform may find them in their environment and leave them alone. */
const CLIENT_VARIABLES = ['PREHEAT_BASE_URL', 'PREHEAT_API_KEY'];
/** Tells the stage that was deployed, for whoever looks at a function or a task. */
const DEPLOYMENT_VARIABLES = ['PREHEAT_STAGE'];
const PREFIX = 'PREHEAT_';

/** Variables of `environment` that look like ours and are none: most likely misspelt. */
export function unknownVariables(environment: Record<string, string | undefined>): string[] {
  const read = [ApiSettings, RunnerSettings, GraderSettings, BudgetSettings].flatMap(namesOf);
  const known = new Set([...read, ...CLIENT_VARIABLES, ...DEPLOYMENT_VARIABLES]);
  return Object.keys(environment).filter((name) => name.startsWith(PREFIX) && !known.has(name));
}

const propertiesOf = (schema: TSchema) =>
  (schema as unknown as { properties: Readonly<Record<string, Type.TStringOptions>> }).properties;
const namesOf = (schema: TSchema): string[] => Object.keys(propertiesOf(schema));

/** Environment variables that are wrong or missing; `message` names each and what it takes. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** Decodes `environment`. Throws `SettingsError`. */
export function readSettings<S extends TSchema>(schema: S, environment: Record<string, string | undefined>): Static<S> {
  const known = new Set(namesOf(schema));
  const present = Object.fromEntries(
    Object.entries(environment).filter(([key, value]) => known.has(key) && value !== undefined),
  );
  const checked = check(schema, present);
  if (checked.ok) return checked.value;
  const lines = checked.problems.map(({ path, message }) => {
    const { pattern, description } = propertiesOf(schema)[path] ?? {};
    const isOfPattern = pattern !== undefined && message.includes(String(pattern));
    return `  ${path || 'environment'} ${isOfPattern ? `must be ${description}` : message}`;
  });
  throw new SettingsError(`wrong or missing environment variables:\n${lines.join('\n')}`);
}
