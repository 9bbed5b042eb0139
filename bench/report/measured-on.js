import { loadavg } from 'node:os';
import { describeMachine } from '../measure/machine.js';

/** What a measurement was made on, and the load average at its beginning. `tell` completes it when it is over. */
export async function beginMeasurement(client) {
  const loadBefore = loadavg()[0].toFixed(1);
  const machine = await describeMachine(client);
  return () => ({ ...machine, loadBefore, loadAfter: loadavg()[0].toFixed(1) });
}

/** A paragraph for the report. */
export function measuredOn(machine, { database }) {
  return `Measured on ${machine.date} at commit ${machine.commit}: ${machine.cores} cores (${machine.processor}) shared by the server, PostgreSQL and the client, ${Math.round(machine.memory / 2 ** 30)} GiB of memory, Linux ${machine.system}, Node ${machine.node}, PostgreSQL ${machine.postgresql} (${database}, shared_buffers ${machine.sharedBuffers}). The load average was ${machine.loadBefore} before and ${machine.loadAfter} after.`;
}
