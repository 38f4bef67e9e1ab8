/** The command as a function, for embedding it in another process or a test. */
export { runCli } from './cli.js';
export { CommandFailed, type Io, type Output, UsageError } from './io.js';
