// Ends what a test run that was killed leaves: all processes that name the folder of the run in their command line or
// environment, and the folder. It learns of the end by its standard input, which the run alone holds open. A run that
// ended by itself has removed the folder, and leaves nothing to do.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';

const folder = process.argv[2];
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
process.stdin.resume().on('end', () => {
  // Once more, for what one of them had just started.
  while (existsSync(folder) && killAll() > 0);
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
});

/** @returns how many were there */
function killAll() {
  const found = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return found.filter((pid) => namesFolder(pid) && kill(Number(pid))).length;
}

function namesFolder(pid) {
  try {
    return ['cmdline', 'environ'].some((file) =>
      readFileSync(`/proc/${pid}/${file}`, 'utf8').includes(folder),
    );
  } catch {
    // It has ended, or belongs to somebody else.
    return false;
  }
}

function kill(pid) {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
