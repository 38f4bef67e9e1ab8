/** An http grader (extension): the sample and the item are posted to an address of the caller's, which answers a score. */
import { check, type HttpGrader } from '@preheat/contracts';
import Type from 'typebox';
import type { Scorer } from './compiled-grader.js';
import type { HttpReply } from './grader-services.js';
import { flagged, type Outcome, success } from './outcome.js';
import type { ScorerOrProblems } from './scorer-items.js';

const DEFAULT_TIMEOUT_SECONDS = 30;
const MAX_ATTEMPTS = 3;
const Reply = Type.Object({ score: Type.Number() });
/** Whoever set these could speak another request, or steer the connection. */
const RESERVED_HEADERS = ['host', 'content-length', 'transfer-encoding', 'connection', 'upgrade', 'expect', 'te'];
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/;

export function httpScorer({ name, url, headers = {}, timeout_seconds }: HttpGrader): ScorerOrProblems {
  const problems = [...urlProblems(url), ...headerProblems(headers)];
  if (problems.length > 0) return { problems };
  const scorer: Scorer = {
    limits: { timeoutMs: (timeout_seconds ?? DEFAULT_TIMEOUT_SECONDS) * 1000, maxAttempts: MAX_ATTEMPTS },
    itemPaths: [],
    checkItem: () => null,
    prove({ http }) {
      const message = http ? http.refusal(url) : 'http graders are not served by this process';
      return Promise.resolve(message === null ? [] : [{ path: 'url', message }]);
    },
    async score({ sample, item }, { services, signal }) {
      if (!services.http) return flagged('other_error', 'This process makes no calls to other addresses.');
      const body = JSON.stringify({ grader: name, sample, item });
      const reply = await services.http.post(url, body, headers, signal);
      return reply.ok ? scoreOf(reply.value) : reply;
    },
  };
  return { scorer };
}

function scoreOf({ status, body }: HttpReply): Outcome<number> {
  const isTransient = status >= 500 || status === 408 || status === 425 || status === 429;
  if (status !== 200) return flagged('other_error', `The address answered with status ${status}.`, { isTransient });
  const reply = check(Reply, parsed(body));
  if (reply.ok && Number.isFinite(reply.value.score)) return success(reply.value.score);
  return flagged('other_error', 'The address must answer {"score": number}.');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function urlProblems(url: string) {
  const parsedUrl = URL.canParse(url) ? new URL(url) : null;
  if (parsedUrl === null || !['http:', 'https:'].includes(parsedUrl.protocol)) {
    return [{ path: 'url', message: 'must be an http or https address, such as https://grader.example/score' }];
  }
  const hasPassword = parsedUrl.username !== '' || parsedUrl.password !== '';
  return hasPassword
    ? [{ path: 'url', message: 'must not hold a user name or a password; send a header instead' }]
    : [];
}

function headerProblems(headers: Readonly<Record<string, string>>) {
  return Object.entries(headers).flatMap(([key, value]) => {
    const isReserved = RESERVED_HEADERS.includes(key.toLowerCase());
    if (HEADER_NAME.test(key) && !isReserved && !/[\r\n\0]/.test(value)) return [];
    return [{ path: `headers.${key}`, message: isReserved ? 'is set by the platform' : 'is not a valid header' }];
  });
}
