/**
 * What a Lambda function URL puts around a handler: HTTP requests become events (payload format 2.0), and results,
 * buffered or streamed, become HTTP responses.
 */
import type { LambdaFunctionURLEvent } from 'aws-lambda';
import type { InvocationResult, LambdaEnvironment } from './runtime-api.js';

export interface HttpRequest {
  method: string;
  /** Path with query, as in a URL. */
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export interface HttpResponse {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

const HOST = 'function.lambda-url.us-east-1.on.aws';
const NULS_AFTER_METADATA = Buffer.alloc(8);

/** Function URLs deliver every body as base64 unless its content type is textual. */
export function functionUrlEvent({ method, path, headers = {}, body }: HttpRequest): LambdaFunctionURLEvent {
  const url = new URL(path, `https://${HOST}`);
  const binary = Buffer.isBuffer(body);
  const names = [...new Set(url.searchParams.keys())];
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    headers: { host: HOST, 'x-forwarded-for': '203.0.113.7', ...headers },
    queryStringParameters: Object.fromEntries(names.map((name) => [name, url.searchParams.getAll(name).join(',')])),
    requestContext: requestContext(method, url.pathname),
    ...(body === undefined ? {} : { body: binary ? body.toString('base64') : body }),
    isBase64Encoded: binary,
  };
}

function requestContext(method: string, path: string): LambdaFunctionURLEvent['requestContext'] {
  return {
    accountId: 'anonymous',
    apiId: 'function',
    domainName: HOST,
    domainPrefix: 'function',
    http: { method, path, protocol: 'HTTP/1.1', sourceIp: '203.0.113.7', userAgent: 'test' },
    requestId: '00000000-0000-4000-8000-000000000000',
    routeKey: '$default',
    stage: '$default',
    time: '01/Jan/2026:00:00:00 +0000',
    timeEpoch: 1_767_225_600_000,
  };
}

/** Sends a request through a buffered handler. */
export async function request(lambda: LambdaEnvironment, http: HttpRequest): Promise<HttpResponse> {
  const result = await lambda.invoke(functionUrlEvent(http));
  const { statusCode, headers, body, isBase64Encoded } = JSON.parse(result.body.toString());
  return { status: statusCode, headers, body: Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8') };
}

/** Sends a request through a streaming handler; `onText` gets what has arrived of the body each time it grows. */
export async function stream(
  lambda: LambdaEnvironment,
  http: HttpRequest,
  onText?: (bodySoFar: string) => void,
): Promise<HttpResponse> {
  let received = Buffer.alloc(0);
  const result = await lambda.invoke(functionUrlEvent(http), (chunk) => {
    received = Buffer.concat([received, chunk]);
    if (received.includes(NULS_AFTER_METADATA)) onText?.(splitStreamed(received).body.toString());
  });
  return parseStreamed(result);
}

function parseStreamed(result: InvocationResult): HttpResponse {
  if (result.mode !== 'streaming' || !result.contentType.includes('http-integration-response')) {
    throw new Error(`Expected a streamed HTTP response, got ${result.mode} ${result.contentType}.`);
  }
  const { metadata, body } = splitStreamed(result.body);
  const { statusCode, headers } = JSON.parse(metadata) as { statusCode: number; headers: Record<string, string> };
  return { status: statusCode, headers, body };
}

/** A streamed HTTP response is its metadata as JSON, eight NULs, then the body. */
function splitStreamed(bytes: Buffer): { metadata: string; body: Buffer } {
  const end = bytes.indexOf(NULS_AFTER_METADATA);
  if (end < 0) throw new Error('The stream has no metadata.');
  return { metadata: bytes.subarray(0, end).toString(), body: bytes.subarray(end + NULS_AFTER_METADATA.length) };
}
