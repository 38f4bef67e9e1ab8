/** Checks one exchange against the wire, in both directions. Problems are sentences; none means that it fits. */
import { check } from '@preheat/contracts';
import type { TSchema } from 'typebox';
import { WIRE_ROUTES, type WireRoute } from './routes.js';
import { ErrorBody } from './webhooks.js';

export interface Exchange {
  readonly method: string;
  /** Below `/v1`, without the query. */
  readonly path: string;
  readonly userAgent: string;
  readonly requestType: string;
  readonly requestBody: string;
  readonly status: number;
  readonly requestId: string | undefined;
  readonly answerType: string;
  readonly answerBody: string;
}

/** The route of an exchange; the longest path wins, so that `/cancel` is no run id. */
export function routeOf({ method, path }: Pick<Exchange, 'method' | 'path'>): WireRoute | undefined {
  return WIRE_ROUTES.filter((route) => route.method === method && patternOf(route.path).test(path)).sort(
    (a, b) => b.path.replace(/\{\w+\}/g, '').length - a.path.replace(/\{\w+\}/g, '').length,
  )[0];
}

const patternOf = (path: string): RegExp => new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`);

export function problemsOf(exchange: Exchange): string[] {
  const { method, path, status } = exchange;
  const say = (where: string, problems: string[]) => problems.map((text) => `${method} ${path}: ${where} ${text}`);
  const noId = exchange.requestId === undefined ? say('answer', ['has no x-request-id']) : [];
  if (status >= 400) return [...noId, ...say(`error ${status}`, misfits(ErrorBody, exchange.answerBody))];
  const route = routeOf(exchange);
  if (!route) return path.startsWith('/x/') ? noId : say('route', ['is not part of the wire']);
  const wrongStatus = status === route.status ? [] : [`is ${status}, not ${route.status}`];
  return [
    ...noId,
    ...say('status', wrongStatus),
    ...say('request', requestProblems(route, exchange)),
    ...say('answer', answerProblems(route, exchange)),
  ];
}

function requestProblems({ request }: WireRoute, { requestBody, requestType }: Exchange): string[] {
  if (request === 'form') return requestType.startsWith('multipart/form-data') ? [] : [`is ${requestType}, not a form`];
  if (request === undefined) return requestBody === '' || requestBody === '{}' ? [] : [`has a body: ${requestBody}`];
  return misfits(request, requestBody === '' ? '{}' : requestBody);
}

function answerProblems(route: WireRoute, { answerBody, answerType }: Exchange): string[] {
  const { answer, streamed } = route;
  if (answer === 'bytes') return answerType === 'application/octet-stream' ? [] : [`is ${answerType}, not bytes`];
  if (!answerType.startsWith('text/event-stream')) return misfits(answer, answerBody);
  if (!streamed) return ['is a stream'];
  const lines = answerBody.split('\n').filter((line) => line.startsWith('data: '));
  const data = lines.map((line) => line.slice('data: '.length));
  if (!route.endsWithDone) return data.flatMap((text) => misfits(streamed, text));
  const ending = data.pop() === '[DONE]' ? [] : ['does not end with [DONE]'];
  return [...data.flatMap((text) => misfits(streamed, text)), ...ending];
}

function misfits(schema: TSchema, body: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return [`is no JSON: ${body.slice(0, 200)}`];
  }
  const checked = check(schema, value);
  return checked.ok ? [] : checked.problems.map((problem) => `${problem.path || 'body'} ${problem.message}`);
}
