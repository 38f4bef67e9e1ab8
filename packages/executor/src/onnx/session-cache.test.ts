import { GraphBuilder, ops } from '@preheat/graph';
import type { Program } from '@preheat/graph';
import type { InferenceSession } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { SessionCache } from './session-cache.js';
import { resolveOnnxOptions } from './session-options.js';

function program(factor: number): Program {
  const graph = new GraphBuilder();
  return graph.build({ outputs: { y: ops.mul(graph.input('x', 'f32', [2]), factor) } });
}

const bounded = (maxSessions: number) => new SessionCache(resolveOnnxOptions({ maxSessions }));
const attributes = { transposeA: true, transposeB: true, scale: 1 };
const identity = async (session: InferenceSession) => session;

describe('SessionCache', () => {
  it('makes one session a program and drops the least recently used', async () => {
    const cache = bounded(2);
    const [a, b, c] = [program(2), program(3), program(4)];
    const first = await cache.use(a, identity);
    const second = await cache.use(b, identity);
    expect(await cache.use(a, identity)).toBe(first);
    await cache.use(c, identity);
    expect(cache.size).toBe(2);
    expect(await cache.use(a, identity)).toBe(first);
    expect(await cache.use(b, identity)).not.toBe(second);
    await cache.dispose();
    expect(cache.size).toBe(0);
  });

  it('keeps a session that is in use, over the bound if it must', async () => {
    const cache = bounded(1);
    const [a, b] = [program(2), program(3)];
    await cache.use(a, async (session) => {
      await cache.use(b, identity);
      expect(await cache.use(a, identity)).toBe(session);
    });
    expect(cache.size).toBe(1);
    await cache.dispose();
  });

  it('forgets a session that could not be made', async () => {
    const cache = bounded(1);
    const { nodes, ...rest } = program(2);
    const broken = { ...rest, nodes: nodes.map((node) => ({ ...node, primitive: 'matmul' as const, attributes })) };
    await expect(cache.use(broken, identity)).rejects.toThrow();
    expect(cache.size).toBe(0);
  });
});
