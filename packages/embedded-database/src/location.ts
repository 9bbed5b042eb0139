import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { hasCluster, readIfThere, replaceFile } from './cluster-files.js';
import { EmbeddedDatabaseError } from './embedded-database-error.js';

const noteSchema = z.object({ directory: z.string(), of: z.string() });

const notePath = (folder: string) => join(folder, 'database-location.json');

/** Where the database of `folder` is kept under `systemDir` when its user can't reach the folder itself. */
export function systemHome(systemDir: string, folder: string): string {
  return join(systemDir, createHash('sha256').update(folder).digest('hex').slice(0, 16));
}

/**
 * Where a cluster made by an earlier start lies: in `folder` itself, where the note in it says, or in `elsewhere`
 * (a start that was killed before it wrote the note, or a folder that was deleted since). Undefined when there is
 * none. Throws rather than lets an empty database take the place of one that is lost, or be taken for another's.
 */
export async function findCluster(folder: string, elsewhere: string): Promise<string | undefined> {
  const isHere = await hasCluster(folder);
  const note = await readNote(folder);
  if (note === undefined) {
    if (isHere) return folder;
    return (await hasCluster(elsewhere)) ? elsewhere : undefined;
  }
  const path = notePath(folder);
  if (isHere) {
    throw lost(
      `${path} says that the database is in ${note.directory}, but there is one in ${folder} too.`,
      path,
    );
  }
  if (!(await hasCluster(note.directory))) {
    throw lost(`${path} says that the database is in ${note.directory}, but there is none.`, path);
  }
  if (note.of !== folder && (await readNote(note.of))?.directory === note.directory) {
    throw lost(
      `${path} was copied from ${note.of}: the database in ${note.directory} belongs to that folder.`,
      path,
    );
  }
  return note.directory;
}

/** Leaves a note in `folder` that tells later starts, and people, where its database is. */
export async function noteLocation(folder: string, directory: string): Promise<void> {
  if ((await readNote(folder))?.directory === directory) return;
  await replaceFile(notePath(folder), `${JSON.stringify({ directory, of: folder }, null, 2)}\n`, 0o644);
}

async function readNote(folder: string): Promise<z.infer<typeof noteSchema> | undefined> {
  const text = await readIfThere(notePath(folder));
  if (text === undefined) return undefined;
  try {
    return noteSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new EmbeddedDatabaseError(
      'folder',
      `${notePath(folder)} is damaged: it should say where the database is kept ({"directory": ..., "of": ...}).`,
      { cause: error },
    );
  }
}

const lost = (what: string, path: string) =>
  new EmbeddedDatabaseError(
    'folder',
    `${what} Put back what is missing, or remove ${path} to go on without that database.`,
  );
