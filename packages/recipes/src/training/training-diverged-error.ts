/** The loss stopped being a number: no later step can repair the weights, so the phase ends here. */
export class TrainingDivergedError extends Error {
  override readonly name = 'TrainingDivergedError';

  constructor(step: number, loss: number) {
    super(`the loss of step ${step} is ${loss}; lower learning_rate or learning_rate_multiplier and start again`);
  }
}
