/** For tests: a real HTTP server on loopback that answers from a table of routes and keeps what it was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * `METHOD /path` without query → answers in turn; the last one repeats. A string is sent as it is, as an event stream; for
 * null the connection is closed without an answer.
 */
export type Routes = Readonly<Record<string, readonly (object | string | null)[]>>;

export interface ScriptedApi {
  readonly baseURL: string;
  readonly requests: { readonly route: string; readonly body: string; readonly authorization: string | undefined }[];
  stop(): Promise<void>;
}

export async function startScriptedApi(routes: Routes): Promise<ScriptedApi> {
  const requests: ScriptedApi['requests'] = [];
  const asked = new Map<string, number>();
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const route = `${request.method} ${request.url?.split('?')[0]}`;
    requests.push({ route, body, authorization: request.headers.authorization });
    const count = asked.get(route) ?? 0;
    asked.set(route, count + 1);
    const answers = routes[route] ?? [];
    const answer = answers[Math.min(count, answers.length - 1)];
    if (answer === null) return void response.destroy();
    const contentType = typeof answer === 'string' ? 'text/event-stream' : 'application/json';
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': contentType });
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer ?? missing(route)));
  };
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    stop: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}

const missing = (route: string): object => ({
  error: { message: `nothing at ${route}`, type: 'invalid_request_error', param: null, code: 'not_found' },
});
