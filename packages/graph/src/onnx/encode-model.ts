/**
 * Encodes a model definition as an ONNX protobuf file (onnx.proto3, field numbers beside each write). Written by hand
 * because the format is small and stable, and a protobuf dependency would copy every weight several times.
 */
import {
  type Attribute,
  ELEMENT_TYPE_CODES,
  elementCount,
  type GraphDefinition,
  type ModelDefinition,
  type NodeDefinition,
  type TensorData,
  type ValueInfo,
} from './onnx-model.js';
import { ProtobufWriter } from './protobuf-writer.js';

/** IR version 10 is the one of opset 21 and 22 and is read by every ONNX Runtime from 1.18 on. */
const IR_VERSION = 10;
const PRODUCER = 'preheat';

const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7, strings: 8 } as const;

const BYTES_PER_ELEMENT = {
  float32: 4,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
  float64: 8,
  bfloat16: 2,
} as const;

/**
 * The bytes of an `.onnx` file.
 * @throws RangeError when an attribute number is not an integer, a tensor's bytes do not fit its shape, or the model
 *   exceeds protobuf's 2 GiB.
 */
export function encodeModel(model: ModelDefinition): Uint8Array {
  const writer = new ProtobufWriter();
  writer.int(1, IR_VERSION);
  writer.string(2, PRODUCER);
  writer.message(7, (graph) => writeGraph(graph, model.graph));
  for (const [domain, version] of Object.entries(model.opsets)) {
    writer.message(8, (opset) => {
      opset.string(1, domain);
      opset.int(2, version);
    });
  }
  for (const [key, value] of Object.entries(model.metadata ?? {})) {
    writer.message(14, (entry) => {
      entry.string(1, key);
      entry.string(2, value);
    });
  }
  return writer.finish();
}

function writeGraph(writer: ProtobufWriter, graph: GraphDefinition): void {
  for (const node of graph.nodes) writer.message(1, (nested) => writeNode(nested, node));
  writer.string(2, graph.name);
  for (const tensor of graph.initializers) {
    writer.message(5, (nested) => writeTensor(nested, tensor, tensor.name));
  }
  for (const value of graph.inputs) writer.message(11, (nested) => writeValueInfo(nested, value));
  for (const value of graph.outputs) writer.message(12, (nested) => writeValueInfo(nested, value));
}

function writeNode(writer: ProtobufWriter, node: NodeDefinition): void {
  for (const input of node.inputs) writer.string(1, input);
  for (const output of node.outputs) writer.string(2, output);
  if (node.name !== undefined) writer.string(3, node.name);
  writer.string(4, node.opType);
  for (const [name, attribute] of Object.entries(node.attributes ?? {})) {
    writer.message(5, (nested) => writeAttribute(nested, name, attribute, node.opType));
  }
  if (node.domain) writer.string(7, node.domain);
}

function writeAttribute(writer: ProtobufWriter, name: string, value: Attribute, opType: string): void {
  writer.string(1, name);
  writer.int(20, writeAttributeValue(writer, value, `${opType}.${name}`));
}

/** Writes the value's own field and returns its `AttributeProto.AttributeType`. */
function writeAttributeValue(writer: ProtobufWriter, value: Attribute, where: string): number {
  if (typeof value === 'number' || typeof value === 'bigint') {
    writer.int(3, requireInteger(value, where));
    return ATTRIBUTE_TYPE.int;
  }
  if (typeof value === 'string') {
    writer.string(4, value);
    return ATTRIBUTE_TYPE.string;
  }
  if ('length' in value) {
    for (const item of value) writer.int(8, requireInteger(item, where));
    return ATTRIBUTE_TYPE.ints;
  }
  if ('float' in value) {
    writer.float(2, value.float);
    return ATTRIBUTE_TYPE.float;
  }
  if ('floats' in value) {
    for (const item of value.floats) writer.float(7, item);
    return ATTRIBUTE_TYPE.floats;
  }
  if ('strings' in value) {
    for (const item of value.strings) writer.string(9, item);
    return ATTRIBUTE_TYPE.strings;
  }
  if ('tensor' in value) {
    writer.message(5, (nested) => writeTensor(nested, value.tensor, ''));
    return ATTRIBUTE_TYPE.tensor;
  }
  writer.message(6, (nested) => writeGraph(nested, value.graph));
  return ATTRIBUTE_TYPE.graph;
}

function requireInteger(value: number | bigint, where: string): number | bigint {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new RangeError(
      `attribute ${where} is ${value}: a plain number must be an integer, write { float: ${value} }`,
    );
  }
  return value;
}

function writeTensor(writer: ProtobufWriter, tensor: TensorData, name: string): void {
  const expected = elementCount(tensor.shape) * BYTES_PER_ELEMENT[tensor.elementType];
  if (tensor.data.byteLength !== expected) {
    throw new RangeError(
      `tensor ${JSON.stringify(name)} of ${tensor.elementType}[${tensor.shape}] needs ${expected} bytes, got ${tensor.data.byteLength}`,
    );
  }
  for (const size of tensor.shape) writer.int(1, size);
  writer.int(2, ELEMENT_TYPE_CODES[tensor.elementType]);
  if (name !== '') writer.string(8, name);
  writer.bytes(9, new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength));
}

function writeValueInfo(writer: ProtobufWriter, value: ValueInfo): void {
  writer.string(1, value.name);
  writer.message(2, (type) => {
    type.message(1, (tensorType) => {
      tensorType.int(1, ELEMENT_TYPE_CODES[value.elementType]);
      if (value.shape !== undefined) {
        const { shape } = value;
        tensorType.message(2, (nested) => {
          for (const size of shape) nested.message(1, (axis) => writeDimension(axis, size));
        });
      }
    });
  });
}

function writeDimension(writer: ProtobufWriter, size: number | string | null): void {
  if (typeof size === 'number') writer.int(1, size);
  else if (size !== null) writer.string(2, size);
}
