import { statfs } from 'node:fs/promises';
import { types } from 'node:util';
import { errorCode } from './cluster-files.js';
import { EmbeddedDatabaseError, type EmbeddedDatabaseTrouble } from './embedded-database-error.js';

const diskFullSqlState = '53100';

const useAnother = 'A PostgreSQL of your own can be used instead.';

const fullDisk = (where: string) =>
  new EmbeddedDatabaseError(
    'disk-full',
    `The disk that holds ${where} is full. Free some space there (a new database takes about 60 MB), or use a folder on another disk.`,
  );

interface Reading {
  readonly pattern: RegExp;
  readonly trouble: EmbeddedDatabaseTrouble;
  readonly advice: string;
}

// In this order: a full disk or a foreign library also leads to the later messages.
const readings: readonly Reading[] = [
  { pattern: /No space left on device|Disk quota exceeded/, trouble: 'disk-full', advice: '' },
  {
    // The last form is that of a shell: what the system can't execute is handed to /bin/sh by the C library.
    pattern:
      /error while loading shared libraries|version `[^']+' not found|Library not loaded|^.*\/(?:initdb|postgres): (?:line )?\d+: /m,
    trouble: 'platform',
    advice: `The PostgreSQL programs that npm installed do not run on this system. ${useAnother}`,
  },
  {
    pattern: /could not look up effective user ID|user does not exist/,
    trouble: 'os-user',
    advice: `PostgreSQL needs its user to have an entry in /etc/passwd. Add one, or start as a user that has one. ${useAnother}`,
  },
  {
    pattern: /could not bind|Address already in use|could not create any TCP\/IP sockets/,
    trouble: 'port',
    advice: 'The port could not be listened on at 127.0.0.1.',
  },
  {
    pattern: /initialized by PostgreSQL version|database files are incompatible/,
    trouble: 'version',
    advice:
      'The folder was made by another PostgreSQL version. Use the programs that made it, or another folder.',
  },
  {
    pattern:
      /[Pp]ermission denied|Operation not permitted|wrong ownership|invalid permissions|Read-only file system/,
    trouble: 'folder',
    advice:
      'The user that runs the database must own its data folder (mode 700) and be able to reach it. Correct the owner and the mode, or use another folder.',
  },
  {
    pattern: /shared memory/,
    trouble: 'server',
    advice: 'The system gives too little shared memory (in Docker: --shm-size).',
  },
];

/**
 * Explains what a PostgreSQL program printed before it failed. `what` names what was attempted ("The database server
 * did not start"), `where` the folder it worked in.
 */
export function explainOutput(what: string, where: string, output: string): EmbeddedDatabaseError {
  const reading = readings.find(({ pattern }) => pattern.test(output));
  if (reading?.trouble === 'disk-full') return fullDisk(where);
  const lines = output.trim().split('\n').slice(-8);
  const quoted = output.trim() === '' ? 'It printed nothing.' : `It printed last:\n  ${lines.join('\n  ')}`;
  const advice = reading?.advice ?? `If that does not tell what to do: ${useAnother}`;
  return new EmbeddedDatabaseError(reading?.trouble ?? 'server', `${what} in ${where}. ${advice}\n${quoted}`);
}

/** Explains why a PostgreSQL program could not even be executed (the error of `spawn`). */
export function explainSpawnError(program: string, error: unknown): EmbeddedDatabaseError {
  const code = errorCode(error) ?? String(error);
  switch (code) {
    case 'ENOEXEC':
      return platformError(`${program} is made for another processor or system.`, error);
    case 'ENOENT':
      // The file was found before: what is missing is the loader it names, as on musl (Alpine).
      return platformError(`${program} does not run here: its C library (glibc) is missing.`, error);
    case 'EPERM':
    case 'EINVAL':
      return new EmbeddedDatabaseError(
        'os-user',
        `PostgreSQL does not run as root, and this process may not start ${program} as another user (${code}). Start as an ordinary user. ${useAnother}`,
        { cause: error },
      );
    default:
      return new EmbeddedDatabaseError(
        'folder',
        `${program} could not be executed (${code}). Is its folder closed, or mounted without the right to execute? ${useAnother}`,
        { cause: error },
      );
  }
}

/** There are no PostgreSQL programs for this machine; `reason` is a whole sentence. */
export function platformError(reason: string, cause?: unknown): EmbeddedDatabaseError {
  return new EmbeddedDatabaseError('platform', `${reason} ${useAnother}`, { cause });
}

/** Turns a failed file operation into an explanation; everything else comes back as it is. */
export function explainFileError(error: unknown, where: string): unknown {
  if (!types.isNativeError(error) || error instanceof EmbeddedDatabaseError) return error;
  const code = errorCode(error) ?? '';
  const path = 'path' in error && typeof error.path === 'string' ? error.path : where;
  const inFolder = (reason: string) =>
    new EmbeddedDatabaseError(
      'folder',
      `${path} ${reason} (${code}). Correct that, or use a folder that this user may write to.`,
      { cause: error },
    );
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case diskFullSqlState:
      return fullDisk(where);
    case 'EACCES':
    case 'EPERM':
      return inFolder('may not be used by this user');
    case 'EROFS':
      return inFolder('is on a file system that is read-only');
    case 'ENAMETOOLONG':
      return new EmbeddedDatabaseError(
        'folder',
        `The path of the data folder is too long (${code}): ${path.slice(0, 60)}... Use a folder with a shorter path and shorter names.`,
        { cause: error },
      );
    case 'ENOTDIR':
    case 'EEXIST':
      return inFolder('is not a folder');
    default:
      return error;
  }
}

/** A server that finds its disk full can't even write that into its log: ask the file system instead. */
export async function isFull(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize < 1024 * 1024;
}
