import { platform } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { program } from './binaries.js';
import { findPostmaster, isServing } from './postmaster.js';
import { run } from './run.js';
import type { Site } from './site.js';

const pollMs = 10;

export interface StopLimits {
  /** How long the fast shutdown may take (it writes everything to the tables). Default 3500 ms. */
  readonly fastMs: number;
  /** How long the immediate one may take after it (the next start recovers). Default 1000 ms. */
  readonly immediateMs: number;
}

/** Stops the site's server and waits until its process is gone. False when it is still there after both limits. */
export async function stopServer(
  site: Site,
  { fastMs, immediateMs }: StopLimits = { fastMs: 3_500, immediateMs: 1_000 },
): Promise<boolean> {
  const server = await findPostmaster(site);
  if (server === undefined) return true;
  await tellServer(site, server.pid, 'fast');
  if (await isGoneWithin(fastMs, server.pid, site)) return true;
  site.say(
    `The database server (process ${server.pid}) is slow to stop: ending it at once, the next start recovers.`,
  );
  await tellServer(site, server.pid, 'immediate');
  return await isGoneWithin(immediateMs, server.pid, site);
}

/** Asks a server to shut down: `fast` ends its sessions first, `immediate` leaves recovery to the next start. */
export async function tellServer(site: Site, pid: number, mode: 'fast' | 'immediate'): Promise<void> {
  const signal = mode === 'fast' ? 'INT' : 'QUIT';
  const args =
    platform() === 'win32'
      ? ['stop', '-D', site.files.data, '-m', mode, '-W']
      : ['kill', signal, String(pid)];
  await run(program(site.binaries, 'pg_ctl'), args, site.runAs, 2_000);
}

async function isGoneWithin(limitMs: number, pid: number, site: Site): Promise<boolean> {
  const deadline = Date.now() + limitMs;
  while (await isServing(pid, site)) {
    if (Date.now() > deadline) return false;
    await sleep(pollMs);
  }
  return true;
}
