import { describe } from 'vitest';
import { describeExecutor } from '../conformance/executor-suite.js';
import { createOnnxExecutor } from './index.js';

describe('onnx executor', () => {
  describeExecutor(async () => createOnnxExecutor(), 1e-5);
});
