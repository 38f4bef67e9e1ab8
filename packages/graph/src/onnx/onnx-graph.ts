/**
 * A small builder for ONNX graphs: nodes are appended in order and every call returns the names of the values it made.
 * It keeps names unique over a graph and all its subgraphs (ONNX is single-assignment across nesting) and stores equal
 * small constants once, in the outermost graph, where subgraphs can read them.
 */
import { encodeModel } from './encode-model.js';
import type {
  Attribute,
  Dimension,
  ElementType,
  GraphDefinition,
  Initializer,
  NodeDefinition,
  TensorData,
  ValueInfo,
} from './onnx-model.js';

/** Name of a value inside a graph; the empty string stands for an omitted optional input. */
export type Value = string;

/** Domain of ONNX Runtime's own operators. */
export const MICROSOFT_DOMAIN = 'com.microsoft';
const DEFAULT_OPSET = 21;
/** Constants up to this many bytes are compared by content; larger ones only by identity. */
const CONTENT_KEY_MAX_BYTES = 256;

/** A subgraph may be given as the builder itself: it is read when the outermost graph is encoded. */
export type NodeAttribute = Attribute | { readonly graph: OnnxGraph };
export type NodeAttributes = Readonly<Record<string, NodeAttribute>>;

export interface NodeOptions {
  /** Operator domain; absent for the standard operators. */
  readonly domain?: string;
  /** Names for the outputs instead of generated ones. An empty string drops that output. */
  readonly outputs?: readonly string[];
}

type BuiltNode = Omit<NodeDefinition, 'attributes'> & { readonly attributes?: NodeAttributes };

/** What a graph and its subgraphs have in common. */
interface Scope {
  readonly names: Set<string>;
  readonly counters: Map<string, number>;
  readonly initializers: Initializer[];
  readonly constants: Map<string | ArrayBufferView, Value>;
  /** Final names of values that became graph outputs after they were made. */
  readonly renamed: Map<Value, string>;
  readonly domains: Set<string>;
}

export class OnnxGraph {
  private readonly nodes: BuiltNode[] = [];
  private readonly inputs: ValueInfo[] = [];
  private readonly outputs: ValueInfo[] = [];
  /** Values made by this graph's own nodes: only those may be renamed when they become outputs. */
  private readonly produced = new Set<Value>();
  readonly name: string;
  private readonly scope: Scope;
  private readonly isRoot: boolean;

  constructor(name: string, scope?: Scope) {
    this.name = name;
    this.isRoot = scope === undefined;
    this.scope = scope ?? {
      names: new Set(),
      counters: new Map(),
      initializers: [],
      constants: new Map(),
      renamed: new Map(),
      domains: new Set(),
    };
  }

  /** A graph for a Loop, If or Scan attribute. It sees every value and constant of the graph it is made from. */
  subgraph(name: string): OnnxGraph {
    return new OnnxGraph(name, this.scope);
  }

  /** Declares a graph input. In a subgraph the name is only a hint and may get a number appended. */
  input(name: string, elementType: ElementType, shape?: readonly Dimension[]): Value {
    const unique = this.isRoot ? this.claim(name) : this.fresh(name);
    this.inputs.push({ name: unique, elementType, ...(shape && { shape }) });
    return unique;
  }

  /**
   * Declares a graph output. Outputs of the outermost graph get exactly this name; a value made by a node is renamed,
   * so no copy is added, any other value goes through an Identity.
   */
  output(name: string, value: Value, elementType: ElementType, shape?: readonly Dimension[]): void {
    this.outputs.push({ name: this.outputName(name, value), elementType, ...(shape && { shape }) });
  }

  /** Appends a node with one output and returns that output. */
  op(opType: string, inputs: readonly Value[], attributes?: NodeAttributes, options: NodeOptions = {}): Value {
    return this.ops(opType, inputs, 1, attributes, options)[0] as Value;
  }

  /** Appends a node with `outputCount` outputs and returns them in order. */
  ops(
    opType: string,
    inputs: readonly Value[],
    outputCount: number,
    attributes?: NodeAttributes,
    options: NodeOptions = {},
  ): Value[] {
    const outputs = options.outputs
      ? options.outputs.map((name) => (name === '' ? '' : this.claim(name)))
      : Array.from({ length: outputCount }, () => this.fresh(opType));
    for (const output of outputs) this.produced.add(output);
    if (options.domain) this.scope.domains.add(options.domain);
    this.nodes.push({
      opType,
      inputs,
      outputs,
      ...(attributes && { attributes }),
      ...(options.domain && { domain: options.domain }),
    });
    return outputs;
  }

  /** Stores a named tensor, such as a weight. The data is referenced until the model is encoded. */
  initializer(name: string, tensor: TensorData): Value {
    this.scope.initializers.push({ ...tensor, name: this.claim(name) });
    return name;
  }

  /** A constant without a name of its own; equal small constants and identical buffers are stored once. */
  constant(tensor: TensorData, hint = 'const'): Value {
    const key = constantKey(tensor);
    const known = this.scope.constants.get(key);
    if (known !== undefined) return known;
    const value = this.initializer(this.fresh(hint, false), tensor);
    this.scope.constants.set(key, value);
    return value;
  }

  /** An int64 constant: a number makes a scalar, an array a vector. */
  int64(values: number | readonly number[]): Value {
    const list = typeof values === 'number' ? [values] : values;
    const shape = typeof values === 'number' ? [] : [list.length];
    return this.constant({ elementType: 'int64', shape, data: BigInt64Array.from(list, BigInt) }, 'int64');
  }

  /** A float32 constant: a number makes a scalar, an array a vector. */
  float32(values: number | readonly number[]): Value {
    const list = typeof values === 'number' ? [values] : values;
    const shape = typeof values === 'number' ? [] : [list.length];
    return this.constant({ elementType: 'float32', shape, data: Float32Array.from(list) }, 'float32');
  }

  /** A scalar bool constant. */
  bool(value: boolean): Value {
    return this.constant({ elementType: 'bool', shape: [], data: Uint8Array.of(value ? 1 : 0) }, 'bool');
  }

  /** The graph as plain data, as `encodeModel` takes it. */
  definition(): GraphDefinition {
    const final = (value: Value): string => this.scope.renamed.get(value) ?? value;
    return {
      name: this.name,
      nodes: this.nodes.map(({ attributes, ...node }) => ({
        ...node,
        inputs: node.inputs.map(final),
        outputs: node.outputs.map(final),
        ...(attributes && { attributes: resolveSubgraphs(attributes) }),
      })),
      inputs: this.inputs,
      outputs: this.outputs.map((value) => ({ ...value, name: final(value.name) })),
      initializers: this.isRoot ? this.scope.initializers : [],
    };
  }

  /** The bytes of the model. Call on the outermost graph, after everything was added. */
  encode(options: { opset?: number; metadata?: Readonly<Record<string, string>> } = {}): Uint8Array {
    if (!this.isRoot) throw new Error(`graph ${this.name} is a subgraph: encode the graph it was made from`);
    const opsets: Record<string, number> = { '': options.opset ?? DEFAULT_OPSET };
    for (const domain of this.scope.domains) opsets[domain] = 1;
    return encodeModel({
      graph: this.definition(),
      opsets,
      ...(options.metadata && { metadata: options.metadata }),
    });
  }

  /** Name under which `value` is an output: the value itself when it can be renamed, else a copy of it. */
  private outputName(name: string, value: Value): string {
    const own = this.produced.has(value) && !this.scope.renamed.has(value);
    if (!this.isRoot) {
      const taken = this.outputs.some((output) => output.name === value);
      return own && !taken ? value : this.op('Identity', [value]);
    }
    if (value === name && own) return name;
    if (!own) return this.op('Identity', [value], undefined, { outputs: [name] });
    this.scope.renamed.set(value, this.claim(name));
    return name;
  }

  private claim(name: string): string {
    if (this.scope.names.has(name)) throw new Error(`graph ${this.name}: the name ${JSON.stringify(name)} is taken`);
    this.scope.names.add(name);
    return name;
  }

  private fresh(hint: string, claimed = true): string {
    for (;;) {
      const count = (this.scope.counters.get(hint) ?? 0) + 1;
      this.scope.counters.set(hint, count);
      const name = `${hint}.${count}`;
      if (this.scope.names.has(name)) continue;
      if (claimed) this.scope.names.add(name);
      return name;
    }
  }
}

function resolveSubgraphs(attributes: NodeAttributes): Record<string, Attribute> {
  const resolved: Record<string, Attribute> = {};
  for (const [name, value] of Object.entries(attributes)) {
    const isBuilder = typeof value === 'object' && 'graph' in value && value.graph instanceof OnnxGraph;
    resolved[name] = isBuilder ? { graph: (value.graph as OnnxGraph).definition() } : (value as Attribute);
  }
  return resolved;
}

function constantKey({ elementType, shape, data }: TensorData): string | ArrayBufferView {
  if (data.byteLength > CONTENT_KEY_MAX_BYTES) return data;
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return `${elementType}[${shape}]${bytes.toString('latin1')}`;
}
