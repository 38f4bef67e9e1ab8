import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { MICROSOFT_DOMAIN, OnnxGraph } from './onnx-graph.js';

const scalarInt = (value: number) => new ort.Tensor('int64', BigInt64Array.of(BigInt(value)), []);
const floats = (...values: number[]) => new ort.Tensor('float32', Float32Array.from(values), [values.length]);

async function run(graph: OnnxGraph, feeds: Record<string, ort.Tensor>): Promise<Record<string, unknown[]>> {
  const session = await ort.InferenceSession.create(graph.encode(), { logSeverityLevel: 3 });
  const results = await session.run(feeds);
  return Object.fromEntries(
    Object.entries(results).map(([name, tensor]) => [name, [...(tensor.data as Float32Array)]]),
  );
}

/** y = x doubled `times` times, with every intermediate value collected by the loop. */
function doublingLoop(): OnnxGraph {
  const graph = new OnnxGraph('doubling');
  const x = graph.input('x', 'float32', ['n']);
  const times = graph.input('times', 'int64', []);
  const body = graph.subgraph('body');
  body.input('iteration', 'int64', []);
  const condition = body.input('condition', 'bool', []);
  const carried = body.input('carried', 'float32', ['n']);
  const doubled = body.op('Mul', [carried, body.float32(2)]);
  body.output('condition_out', condition, 'bool', []);
  body.output('carried_out', doubled, 'float32', ['n']);
  body.output('collected', doubled, 'float32', ['n']);
  const [last, all] = graph.ops('Loop', [times, graph.bool(true), x], 2, { body: { graph: body } }) as [string, string];
  graph.output('y', last, 'float32', ['n']);
  graph.output('all', all, 'float32', ['times', 'n']);
  return graph;
}

describe('OnnxGraph', () => {
  it('runs a Loop whose body reads a constant of the outer graph', async () => {
    const results = await run(doublingLoop(), { x: floats(1, 3), times: scalarInt(3) });
    expect(results).toEqual({ y: [8, 24], all: [2, 6, 4, 12, 8, 24] });
    expect(await run(doublingLoop(), { x: floats(5), times: scalarInt(0) })).toEqual({ y: [5], all: [] });
  });

  it('lets an If branch read a value that later becomes an output under another name', async () => {
    const graph = new OnnxGraph('branches');
    const x = graph.input('x', 'float32', ['n']);
    const squared = graph.op('Mul', [x, x]);
    const branch = (name: string, factor: number) => {
      const sub = graph.subgraph(name);
      sub.output('out', sub.op('Mul', [squared, sub.float32(factor)]), 'float32', ['n']);
      return sub;
    };
    const isLarge = graph.op('Greater', [graph.op('ReduceMax', [x], { keepdims: 0 }), graph.float32(10)]);
    const chosen = graph.op('If', [isLarge], {
      then_branch: { graph: branch('then', 0) },
      else_branch: { graph: branch('else', -1) },
    });
    graph.output('squared', squared, 'float32', ['n']);
    graph.output('chosen', chosen, 'float32', ['n']);
    expect(await run(graph, { x: floats(2, 3) })).toEqual({ squared: [4, 9], chosen: [-4, -9] });
    expect(await run(graph, { x: floats(2, 30) })).toEqual({ squared: [4, 900], chosen: [0, 0] });
  });

  it('exports one value under two names and an input as an output', async () => {
    const graph = new OnnxGraph('copies');
    const x = graph.input('x', 'float32', ['n']);
    const y = graph.op('Neg', [x]);
    graph.output('first', y, 'float32', ['n']);
    graph.output('second', y, 'float32', ['n']);
    graph.output('same', x, 'float32', ['n']);
    expect(await run(graph, { x: floats(1) })).toEqual({ first: [-1], second: [-1], same: [1] });
  });

  it('imports the domains its nodes use', async () => {
    const graph = new OnnxGraph('fused');
    const x = graph.input('x', 'float32', ['n']);
    const y = graph.op('QuickGelu', [x], { alpha: { float: 1 } }, { domain: MICROSOFT_DOMAIN });
    graph.output('y', y, 'float32', ['n']);
    expect(await run(graph, { x: floats(0) })).toEqual({ y: [0] });
  });

  it('stores equal small constants and identical large buffers once, and keeps types apart', () => {
    const graph = new OnnxGraph('constants');
    expect(graph.int64([1, 2])).toBe(graph.subgraph('inner').int64([1, 2]));
    expect(graph.int64(0)).not.toBe(graph.int64([0]));
    expect(graph.float32([0, 0])).not.toBe(graph.int64([0]));
    const table = { elementType: 'float32', shape: [1000], data: new Float32Array(1000) } as const;
    expect(graph.constant(table)).toBe(graph.constant(table));
    expect(graph.definition().initializers).toHaveLength(5);
  });

  it('refuses a name that is taken, and encoding a subgraph', () => {
    const graph = new OnnxGraph('names');
    graph.input('x', 'float32', []);
    expect(() => graph.input('x', 'float32', [])).toThrow('graph names: the name "x" is taken');
    expect(() => graph.subgraph('inner').encode()).toThrow('graph inner is a subgraph');
  });
});
