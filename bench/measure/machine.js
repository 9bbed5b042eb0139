import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { postgraphile } from '../contenders/postgraphile.js';
import { root } from '../settings.js';

/** What the figures were measured on. */
export async function describeMachine(client) {
  const { rows } = await client.query(
    `SELECT current_setting('server_version') AS version, current_setting('shared_buffers') AS buffers,
       pg_size_pretty(pg_database_size(current_database())) AS size`,
  );
  const run = (program, ...args) => execFileSync(program, args, { cwd: root, encoding: 'utf8' }).trim();
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: run('git', 'rev-parse', '--short=12', 'HEAD'),
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? 'unknown',
    memory: totalmem(),
    system: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim(),
    node: process.version,
    postgraphileNode: postgraphile.missing ? 'none' : run(postgraphile.node, '--version'),
    postgresql: rows[0].version,
    sharedBuffers: rows[0].buffers,
    databaseSize: rows[0].size,
  };
}
