import { execFile } from 'node:child_process';
import { chmod, mkdtemp, open, rm, stat, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, test } from '@jest/globals';
import type pg from 'pg';
import { errorCode } from '../../packages/embedded-database/src/cluster-files.js';
import { rounds } from './report.js';
import { setsStage } from './stage.js';

const run = promisify(execFile);
const stage = setsStage();

const mounted: string[] = [];
// After PostgreSQL has let go of them: hooks run in order.
afterAll(async () => {
  for (const folder of mounted) {
    await run('umount', [folder]);
    await rm(folder, { recursive: true });
  }
});

/** A disk of 64 MB that the user of PostgreSQL may write to. */
async function smallDisk(sql: pg.Pool): Promise<string> {
  const { rows } = await sql.query<{ data_directory: string }>('SHOW data_directory');
  const { uid, gid } = await stat(rows[0]?.data_directory ?? '');
  const folder = await mkdtemp(path.join(tmpdir(), 'chatledger-disk-'));
  await chmod(folder, 0o711);
  await run('mount', ['-t', 'tmpfs', '-o', `size=64m,mode=0700,uid=${uid},gid=${gid}`, 'tmpfs', folder]);
  mounted.push(folder);
  return folder;
}

/** Writes until there is no space left. @returns what frees it again */
async function fill(folder: string): Promise<() => Promise<void>> {
  const file = path.join(folder, 'ballast');
  const ballast = await open(file, 'w');
  try {
    // Each write waits for its turn among all that goes on here, so most of it in few; then the rest, to a page.
    for (const size of [1_048_576, 4_096]) await writeUntilFull(ballast, Buffer.alloc(size));
  } finally {
    await ballast.close();
  }
  return () => rm(file);
}

async function writeUntilFull(file: FileHandle, block: Buffer): Promise<void> {
  try {
    for (;;) await file.write(block);
  } catch (error) {
    if (errorCode(error) !== 'ENOSPC') throw error;
  }
}

const isRoot = process.getuid?.() === 0;

// Moving the tables has PostgreSQL write all it has to the disk, for which it waits behind everybody else.
const limit = rounds(180_000);

(isRoot ? test : test.skip)(
  'the disk is full under writers, and has space again (needs root)',
  async () => {
    const scene = await stage.open();
    const folder = await smallDisk(scene.sql);
    await scene.sql.query(`CREATE TABLESPACE small LOCATION '${folder}'`);
    for (const kind of ['TABLE', 'INDEX'])
      await scene.sql.query(`ALTER ${kind} ALL IN TABLESPACE pg_default SET TABLESPACE small`);
    const traffic = await scene.traffic({ writers: 8 });
    const times = rounds(2);
    for (let round = 1; round <= times; round += 1) {
      await traffic.acknowledges(20);
      const free = await fill(folder);
      await traffic.refuses(20);
      await free();
      await traffic.acknowledges(20);
    }
    await scene.survived('disk full under 8 writers, then space again', times, traffic);
  },
  limit,
);
