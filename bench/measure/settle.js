import { cpuMicroseconds } from './process.js';

/**
 * Waits until a server has done what it was still asked: when wrk ends, as many requests as it has connections are
 * under way, and nobody waits for them. Were the data restored meanwhile, they would append to what the next contender
 * finds.
 */
export async function settle(client, pid) {
  const deadline = Date.now() + 20_000;
  let quiet = 0;
  let cpu = cpuMicroseconds(pid);
  while (quiet < 3) {
    if (Date.now() > deadline) throw new Error('A server is still busy 20 s after its last request.');
    await new Promise((resolve) => setTimeout(resolve, 50));
    const now = cpuMicroseconds(pid);
    quiet = now - cpu <= 10_000 && !(await isAnyoneBusy(client)) ? quiet + 1 : 0;
    cpu = now;
  }
}

async function isAnyoneBusy(client) {
  const { rows } = await client.query(
    `SELECT EXISTS (
       SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
         AND backend_type = 'client backend' AND state <> 'idle'
     ) AS found`,
  );
  return rows[0].found;
}
