// Preloaded into a server whose memory a test wants to know: SIGUSR2 has it collect all garbage, and write a line to its
// log with what is left.
import { setImmediate } from 'node:timers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

process.on('SIGUSR2', () => {
  collectGarbage();
  // What the first collection has finalised goes with the second.
  setImmediate(() => {
    collectGarbage();
    const { heapUsed, external, rss } = process.memoryUsage();
    const handles = process.getActiveResourcesInfo();
    console.log(JSON.stringify({ msg: 'measured', heapUsed, external, rss, handles }));
  });
});
