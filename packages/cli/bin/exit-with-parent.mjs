/**
 * Loaded (`--import`) into every process that `preheat dev` starts: when the parent is gone, even by `kill -9`, its IPC
 * channel closes and this process asks itself to shut down, so that no server or runner is ever left behind. Plain
 * JavaScript, so that it loads the same from a build and from sources.
 */
import { isMainThread } from 'node:worker_threads';

// `process.send` is there when the process was started with a channel, even one that has closed since.
if (isMainThread && process.send) {
  const end = () => process.kill(process.pid, 'SIGTERM');
  // The parent may have died before this module was loaded: then no event will come.
  if (process.connected) process.once('disconnect', end);
  else end();
  // Listening must not keep a process alive that has nothing else to do.
  process.channel?.unref();
}
