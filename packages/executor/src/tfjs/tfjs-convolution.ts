// Convolution and its adjoint on TensorFlow.js, which knows channels last, whole or depthwise, and (in its native build)
// no uneven padding: channels move, zeros are written beforehand, and groups run one after another.

import { invariant } from '@preheat/contracts';
import type { ProgramNode } from '@preheat/graph';
import type { Tensor, TensorFlow } from './tensorflow.js';

type ConvolutionNode = ProgramNode<'conv' | 'convTranspose'>;

const channelsLast = (tf: TensorFlow, x: Tensor): Tensor => tf.transpose(x, [0, 2, 3, 1]);
const channelsFirst = (tf: TensorFlow, x: Tensor): Tensor => tf.transpose(x, [0, 3, 1, 2]);

/** From [O, I, h, w] to [h, w, I, O]. */
const filterLast = (tf: TensorFlow, filter: Tensor): Tensor => tf.transpose(filter, [2, 3, 1, 0]);

function operands(inputs: readonly Tensor[]): [Tensor, Tensor] {
  const [x, filter] = inputs;
  invariant(x && filter, 'a convolution has two operands');
  return [x, filter];
}

/** Runs `each` on every group of channels (last axis of `x`, first of the filter) and joins the results. */
function byGroups(
  tf: TensorFlow,
  x: Tensor,
  filter: Tensor,
  groups: number,
  each: (x: Tensor, filter: Tensor) => Tensor,
): Tensor {
  if (groups === 1) return each(x, filter);
  const filters = tf.split(filter, groups, 0);
  const parts = tf.split(x, groups, 3).map((part, group) => each(part, filters[group] as Tensor));
  return tf.concat(parts, 3);
}

export function conv(tf: TensorFlow, inputs: readonly Tensor[], { attributes }: ConvolutionNode): Tensor {
  const [x, filter] = operands(inputs);
  const { strides, padding, groups } = attributes;
  const padded = tf.pad(channelsLast(tf, x), [[0, 0], [...padding[0]], [...padding[1]], [0, 0]]);
  const steps: [number, number] = [...strides];
  const isDepthwise = filter.shape[1] === 1 && filter.shape[0] === groups;
  const y = isDepthwise
    ? tf.depthwiseConv2d(padded as never, tf.transpose(filter, [2, 3, 0, 1]) as never, steps, 'valid')
    : byGroups(tf, padded, filter, groups, (part, weights) =>
        tf.conv2d(part as never, filterLast(tf, weights) as never, steps, 'valid'),
      );
  return channelsFirst(tf, y);
}

export function convTranspose(tf: TensorFlow, inputs: readonly Tensor[], node: ConvolutionNode): Tensor {
  const [y, filter] = operands(inputs);
  const { strides, padding, groups } = node.attributes;
  const [batch = 1, channels = 1, height = 1, width = 1] = node.shape;
  const [paddedHeight, paddedWidth] = [height + padding[0][0] + padding[0][1], width + padding[1][0] + padding[1][1]];
  const shape: [number, number, number, number] = [batch, paddedHeight, paddedWidth, channels / groups];
  const x = byGroups(tf, channelsLast(tf, y), filter, groups, (part, weights) =>
    tf.conv2dTranspose(part as never, filterLast(tf, weights) as never, shape, [...strides], 'valid'),
  );
  const inside = tf.slice(x, [0, padding[0][0], padding[1][0], 0], [batch, height, width, channels]);
  return channelsFirst(tf, inside);
}
