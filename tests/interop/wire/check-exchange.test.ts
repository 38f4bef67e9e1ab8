/** The check can fail: every shape refuses a missing field, a wrong type, an unknown value and an unknown field. */
import { check } from '@preheat/contracts';
import type { TSchema } from 'typebox';
import { describe, expect, it } from 'vitest';
import { type Exchange, problemsOf, routeOf } from './check-exchange.js';
import { WIRE_ROUTES } from './routes.js';

interface Shape extends TSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Shape[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly patternProperties?: object;
  readonly items?: Shape;
  readonly required?: readonly string[];
  readonly pattern?: string;
}

/** A value that fits, made from the schema alone. */
function sampleOf(shape: Shape): unknown {
  if (shape.const !== undefined) return shape.const;
  if (shape.enum) return shape.enum[0];
  if (shape.anyOf) return sampleOf(shape.anyOf[0] as Shape);
  if (shape.properties) {
    return Object.fromEntries((shape.required ?? []).map((key) => [key, sampleOf(shape.properties?.[key] as Shape)]));
  }
  if (shape.type === 'array') return [sampleOf(shape.items as Shape)];
  if (shape.type === 'object') return {};
  if (shape.type === 'integer' || shape.type === 'number') return 1_700_000_000;
  if (shape.type === 'boolean') return true;
  if (shape.type === 'null') return null;
  const prefix = /^\^([A-Za-z_-]+)\[/.exec(shape.pattern ?? '')?.[1];
  if (shape.pattern?.includes('ckpt-step')) return 'ft:base:org::x:ckpt-step-1';
  return `${prefix ?? ''}x`;
}

const shapes = WIRE_ROUTES.flatMap(({ method, path, request, answer, streamed }) =>
  Object.entries({ request, answer, streamed }).flatMap(([side, shape]) =>
    typeof shape === 'object' ? [{ name: `${side} of ${method} ${path}`, shape: shape as Shape }] : [],
  ),
);

describe.each(shapes)('the $name', ({ shape }) => {
  const sample = sampleOf(shape) as Record<string, unknown>;
  const fits = (value: unknown) => check(shape, value).ok;

  it('takes what fits', () => {
    expect(check(shape, sample)).toMatchObject({ ok: true });
  });

  it('refuses a missing field, a wrong type, an unknown value and an unknown field', () => {
    for (const key of shape.required ?? []) {
      const { [key]: _, ...rest } = sample;
      expect(fits(rest), `without ${key}`).toBe(false);
      const property = shape.properties?.[key] as Shape;
      const isOpen = property.type === undefined && !property.anyOf && !property.enum && property.const === undefined;
      if (isOpen) continue;
      expect(fits({ ...sample, [key]: Symbol.iterator }), `${key} of a wrong type`).toBe(false);
      if (property.enum) expect(fits({ ...sample, [key]: 'unheard-of' }), `${key} unheard of`).toBe(false);
    }
    const isClosed = (shape as { additionalProperties?: unknown }).additionalProperties === false;
    expect(fits({ ...sample, unheard_of: 1 })).toBe(!isClosed);
  });
});

describe('an exchange', () => {
  const exchange: Exchange = {
    method: 'GET',
    path: '/models',
    userAgent: '',
    requestType: '',
    requestBody: '',
    status: 200,
    requestId: 'req_1',
    answerType: 'application/json',
    answerBody: '{"object":"list","data":[]}',
  };

  it('fits, or every problem is named', () => {
    expect(problemsOf(exchange)).toEqual([]);
    expect(problemsOf({ ...exchange, requestId: undefined })[0]).toContain('x-request-id');
    expect(problemsOf({ ...exchange, status: 201 })[0]).toContain('is 201, not 200');
    expect(problemsOf({ ...exchange, requestBody: '{"a":1}' })[0]).toContain('has a body');
    expect(problemsOf({ ...exchange, path: '/unheard' })[0]).toContain('not part of the wire');
    expect(problemsOf({ ...exchange, status: 404, answerBody: '{"error":{"message":"m"}}' })).not.toEqual([]);
  });

  it('of a run that is cancelled is told from one of a run', () => {
    const path = '/evals/eval_1/runs/evalrun_1/cancel';
    expect(routeOf({ method: 'POST', path })?.path).toBe('/evals/{eval_id}/runs/{run_id}/cancel');
  });
});
