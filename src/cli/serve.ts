import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';
import { readEnvironment } from './environment.js';

export function addServeCommand(program: Command): void {
  program
    .command('serve', { isDefault: true })
    .description('Start the server. Everything is configured by environment variables; see the README.')
    .action(serve);
}

/**
 * V8 lets the heap of a busy server grow to four times of what is in use before it tidies up. At one and a half a
 * process takes about 150 MB under load, for some hundredths more of CPU time; see docs/performance.md.
 */
const heapGrowth = '--heap-growing-percent=50';

/** Imports what the process is to be and nothing else: a primary needs half the memory without GraphQL. */
async function serve(): Promise<void> {
  // Their reader may be gone before us, such as the terminal, or the other end of a pipe at Ctrl-C.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const config = readEnvironment('server');
  setFlagsFromString(heapGrowth);
  if (config.workers === 1) {
    const { serveAlone } = await import('./serve/alone.js');
    await serveAlone(config);
    return;
  }
  const { default: cluster } = await import('node:cluster');
  if (cluster.worker) {
    const { serveAsWorker } = await import('./serve/worker.js');
    await serveAsWorker(config, cluster.worker);
  } else {
    const { serveAsPrimary } = await import('./serve/primary.js');
    await serveAsPrimary(config);
  }
}
