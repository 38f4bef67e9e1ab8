/** Exit codes, as documented in the help text. */
export const EXIT = {
  ok: 0,
  /** The job, the eval or the request failed; for the demo, RL did not beat SFT. */
  failed: 1,
  /** The command was called wrongly. */
  usage: 2,
  /** Ctrl-C or SIGTERM. */
  interrupted: 130,
  /** Whoever read the output went away (`| head`): what a shell reports of a process that SIGPIPE ended. */
  outputClosed: 141,
} as const;
