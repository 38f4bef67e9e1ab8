/** Writing ONNX models: a node-level builder, and the encoder under it for graphs that exist as plain data. */
export { encodeModel } from './encode-model.js';
export {
  MICROSOFT_DOMAIN,
  type NodeAttribute,
  type NodeAttributes,
  type NodeOptions,
  OnnxGraph,
  type Value,
} from './onnx-graph.js';
export {
  type Attribute,
  type Dimension,
  ELEMENT_TYPE_CODES,
  type ElementType,
  elementCount,
  type GraphDefinition,
  type Initializer,
  type ModelDefinition,
  type NodeDefinition,
  type TensorData,
  type ValueInfo,
} from './onnx-model.js';
