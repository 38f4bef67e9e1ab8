/** The thread that Python runs on: takes lines, hands them to the realm as strings, and sends back the strings it gives. */
import { parentPort, workerData } from 'node:worker_threads';
import { openRealm } from './python-realm.mjs';

const realm = await openRealm(workerData.memoryLimitBytes);
let isLoaded = false;
parentPort.on('message', (line) => {
  const reply = isLoaded ? realm.call('grade', line) : realm.call('load', JSON.parse(line).source);
  isLoaded = true;
  parentPort.postMessage(reply);
});
