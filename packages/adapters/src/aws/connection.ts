/**
 * How the AWS adapters reach their service. Nothing has a default that names an account, a bucket or a place:
 * credentials come from the SDK's own chain (role, environment, profile) unless given.
 *
 * Retry policy: the SDK's standard mode, `ATTEMPTS_MAX` attempts with jittered exponential delays, for time-outs,
 * dropped connections, throttling and 5xx. Reads and queue calls can be repeated freely. A conditional write cannot
 * be judged after a repetition, see write-outcome.ts.
 */
export interface AwsConnection {
  readonly region: string;
  /** A compatible server instead of AWS; S3 then uses path-style addresses. */
  readonly endpoint?: string;
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** For one attempt, request and response together. Default 60 s: above the 20 s of a long poll. */
  readonly requestTimeoutMs?: number;
}

const ATTEMPTS_MAX = 3;
const REQUEST_TIMEOUT_MS = 60_000;
const CONNECTION_TIMEOUT_MS = 5_000;

/** Configuration that both SDK clients understand. */
export function clientConfig(connection: AwsConnection) {
  const { region, endpoint, credentials, requestTimeoutMs = REQUEST_TIMEOUT_MS } = connection;
  return {
    region,
    maxAttempts: ATTEMPTS_MAX,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials: { ...credentials } }),
  };
}
