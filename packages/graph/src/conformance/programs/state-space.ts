// A diagonal state-space layer with complex states (Smith et al. 2023, S5) behind the short causal depthwise convolution
// of Mamba, by either form of the scan.

import type { linearScan } from '../../blocks/linear-scan.js';
import { silu } from '../../blocks/activations.js';
import { add, cos, exp, mul, neg, sin, softplus, square, sub } from '../../ops/arithmetic.js';
import { conv } from '../../ops/convolution.js';
import { matmul } from '../../ops/matmul.js';
import { broadcastTo, reshape, transpose } from '../../ops/movement.js';
import { mean } from '../../ops/reduction.js';
import { namedCase, real, small } from '../conformance-case.js';
import type { ConformanceCase } from '../conformance-case.js';

const [batch, length, width, states] = [2, 6, 3, 4];

export const stateSpace = (scan: typeof linearScan): ConformanceCase =>
  namedCase(
    {
      inputs: real(batch, length, width),
      targets: real(batch, length, width),
      filter: small(width, 1, 1, 3),
      decay: real(states),
      frequency: real(states),
      step: small(states),
      inReal: small(width, states),
      inImaginary: small(width, states),
      outReal: small(states, width),
      outImaginary: small(states, width),
      skip: real(width),
    },
    (p) => {
      const channels = reshape(transpose(p.inputs, [0, 2, 1]), [batch, width, 1, length]);
      const mixed = conv(channels, p.filter, {
        padding: [
          [0, 0],
          [2, 0],
        ],
        groups: width,
      });
      const u = silu(transpose(reshape(mixed, [batch, width, length]), [0, 2, 1]));
      // exp(Δ·(-softplus(decay) + i·frequency)), the same at every time.
      const step = exp(p.step);
      const size = exp(neg(mul(softplus(p.decay), step)));
      const angle = mul(p.frequency, step);
      const everywhere = [batch, length, states];
      const state = scan(
        {
          real: broadcastTo(mul(size, cos(angle)), everywhere),
          imaginary: broadcastTo(mul(size, sin(angle)), everywhere),
        },
        { real: matmul(u, p.inReal), imaginary: matmul(u, p.inImaginary) },
        1,
      );
      const real = matmul(state.real, p.outReal);
      const y = state.imaginary ? sub(real, matmul(state.imaginary, p.outImaginary)) : real;
      return mean(square(sub(add(y, mul(u, p.skip)), p.targets)));
    },
  );
