/**
 * One Lambda execution environment on this machine: a server of the Lambda Runtime API (2018-06-01) and a child process
 * that runs AWS's own Node runtime client around a handler. Like Lambda, it gives the process one invocation at a time,
 * and kills it when one takes too long.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

export interface LambdaOptions {
  /** Folder of the bundle, which Lambda calls the task root. */
  folder: string;
  /** `<file>.<export>`. */
  handler: string;
  env?: Record<string, string>;
  /** Flags of Node itself, of which Lambda has some by the memory of a function. */
  nodeFlags?: readonly string[];
  /** The function's time-out: applies to each invocation. */
  timeoutMs?: number;
}

export interface InvocationResult {
  mode: 'buffered' | 'streaming';
  contentType: string;
  body: Buffer;
}

/** The handler threw or rejected, or the runtime could not load it. */
export class FunctionError extends Error {
  readonly errorType: string;

  constructor(report: { errorType: string; errorMessage: string }) {
    super(report.errorMessage);
    this.errorType = report.errorType;
  }
}

interface Invocation {
  id: string;
  event: unknown;
  onChunk: ((chunk: Buffer) => void) | undefined;
  resolve(result: InvocationResult): void;
  reject(error: Error): void;
}

const ROUTE = /^\/2018-06-01\/runtime\/(?:invocation\/(?:(next)|([^/]+)\/(response|error))|(init\/error))$/;
const RUNTIME_CLIENT = createRequire(import.meta.url)
  .resolve('aws-lambda-ric')
  .replace(/dist.index\.mjs$/, 'bin/index.mjs');
const NATIVE_CLIENT = fileURLToPath(new URL('./native-client.cjs', import.meta.url));
const DEFAULT_TIMEOUT_MS = 20_000;

export class LambdaEnvironment {
  readonly #options: LambdaOptions;
  readonly #server: Server;
  readonly #process: ChildProcess;
  readonly #waiting: Invocation[] = [];
  readonly #running = new Map<string, Invocation>();
  /** The runtime's open `next` request, when it is idle. */
  #idle: ServerResponse | undefined;
  #output = '';

  static async start(options: LambdaOptions): Promise<LambdaEnvironment> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new LambdaEnvironment(options, server);
  }

  private constructor(options: LambdaOptions, server: Server) {
    this.#options = options;
    this.#server = server;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#answer(request, response).catch((error: Error) => this.#failAll(error));
    });
    this.#process = spawn(
      process.execPath,
      [...(options.nodeFlags ?? []), '-r', NATIVE_CLIENT, RUNTIME_CLIENT, options.handler],
      {
        cwd: options.folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...this.#environment(), ...options.env },
      },
    );
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    }
    this.#process.on('close', (code, signal) => {
      this.#failAll(new Error(`The runtime exited (${signal ?? code}).\n${this.#output}`));
    });
  }

  /** What the function wrote to its log. */
  get output(): string {
    return this.#output;
  }

  /** Only what Lambda gives: nothing of the test's own environment leaks in. */
  #environment(): Record<string, string> {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The Runtime API has no TCP address.');
    return {
      PATH: process.env.PATH ?? '',
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${address.port}`,
      AWS_LAMBDA_FUNCTION_NAME: 'function-under-test',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024',
      AWS_LAMBDA_LOG_GROUP_NAME: 'group',
      AWS_LAMBDA_LOG_STREAM_NAME: 'stream',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x',
      AWS_REGION: 'us-east-1',
      LAMBDA_TASK_ROOT: this.#options.folder,
    };
  }

  /**
   * @param onChunk Called with each piece of a streamed response as it arrives.
   * @throws {FunctionError} when the handler failed; `Error` when it timed out or its process ended.
   */
  async invoke(event: unknown, onChunk?: (chunk: Buffer) => void): Promise<InvocationResult> {
    const timeoutMs = this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    let timer: NodeJS.Timeout | undefined;
    const result = new Promise<InvocationResult>((resolve, reject) => {
      this.#dispatch({ id: randomUUID(), event, onChunk, resolve, reject });
      timer = setTimeout(() => {
        reject(new Error(`Task timed out after ${timeoutMs} ms\n${this.#output}`));
        this.#process.kill('SIGKILL');
      }, timeoutMs);
    });
    return result.finally(() => clearTimeout(timer));
  }

  async stop(): Promise<void> {
    const running = this.#process.exitCode === null && this.#process.signalCode === null;
    const closed = running ? once(this.#process, 'close') : undefined;
    this.#process.kill('SIGKILL');
    await closed;
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #dispatch(invocation: Invocation): void {
    if (this.#idle === undefined) {
      this.#waiting.push(invocation);
      return;
    }
    const response = this.#idle;
    this.#idle = undefined;
    this.#handOver(invocation, response);
  }

  #handOver(invocation: Invocation, response: ServerResponse): void {
    this.#running.set(invocation.id, invocation);
    response.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': invocation.id,
      'lambda-runtime-deadline-ms': String(Date.now() + (this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS)),
      'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:us-east-1:000000000000:function:function-under-test',
    });
    response.end(JSON.stringify(invocation.event));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, next, id = '', outcome, initError] = ROUTE.exec(request.url ?? '') ?? [];
    if (next) return this.#answerNext(response);
    if (initError) {
      this.#failAll(new FunctionError(await readReport(request)));
      response.writeHead(202).end();
      return;
    }
    const invocation = this.#running.get(id);
    if (!invocation) {
      response.writeHead(400).end(`no invocation ${id} at ${request.url}`);
      return;
    }
    if (outcome === 'error') invocation.reject(new FunctionError(await readReport(request)));
    else invocation.resolve(await readResult(request, invocation.onChunk));
    this.#running.delete(id);
    response.writeHead(202).end();
  }

  #answerNext(response: ServerResponse): void {
    const invocation = this.#waiting.shift();
    if (invocation) this.#handOver(invocation, response);
    else this.#idle = response;
  }

  #failAll(error: Error): void {
    for (const invocation of [...this.#running.values(), ...this.#waiting.splice(0)]) invocation.reject(error);
    this.#running.clear();
  }
}

async function readResult(request: IncomingMessage, onChunk?: (chunk: Buffer) => void): Promise<InvocationResult> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    onChunk?.(chunk);
  }
  // A stream that fails half-way says so in a trailer, after its status line has long been sent.
  const failure = request.trailers['lambda-runtime-function-error-body'];
  if (failure) throw new FunctionError(JSON.parse(Buffer.from(failure, 'base64').toString()));
  return {
    mode: request.headers['lambda-runtime-function-response-mode'] === 'streaming' ? 'streaming' : 'buffered',
    contentType: request.headers['content-type'] ?? '',
    body: Buffer.concat(chunks),
  };
}

async function readReport(request: IncomingMessage): Promise<{ errorType: string; errorMessage: string }> {
  const { body } = await readResult(request);
  return JSON.parse(body.toString()) as { errorType: string; errorMessage: string };
}
