/** The platform as an attacker with a key meets it: a process of its own, and what no honest client sends (docs/security.md). */
import { afterAll, beforeAll } from 'vitest';
import { bombs } from './bombs.js';
import { logRedaction } from './log-redaction.js';
import { outboundRequests } from './outbound-requests.js';
import { pathTraversal } from './path-traversal.js';
import { prototypePollution } from './prototype-pollution.js';
import { Target } from './target.js';

let target: Target | undefined;
beforeAll(async () => {
  target = await Target.start();
});
afterAll(() => target?.stop());

const started = (): Target => {
  if (!target) throw new Error('the platform did not start');
  return target;
};

pathTraversal(started);
bombs(started);
prototypePollution();
outboundRequests(started);
logRedaction(started);
