import { readFile } from 'node:fs/promises';
import { EmbeddedDatabaseError } from './embedded-database-error.js';
import { type OsUser, run } from './run.js';

/** The accounts of an /etc/passwd text. Lines that are not accounts are passed over. */
export function parsePasswd(text: string): OsUser[] {
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    if (name === undefined || uid === undefined || gid === undefined) return [];
    return /^\d+$/.test(uid) && /^\d+$/.test(gid) ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}

/** The accounts that may run a database, best first: PostgreSQL refuses uid 0 whatever it is called. */
export function pickUser(users: readonly OsUser[], names: readonly string[]): OsUser | undefined {
  return names
    .map((wanted) => users.find(({ name }) => name === wanted))
    .find((user) => user !== undefined && user.uid !== 0);
}

const readUsers = async () => parsePasswd(await readFile('/etc/passwd', 'utf8'));

/**
 * The user that runs the database for root: the one of this name, else `postgres`, else a system user of this name that
 * is created now, else `nobody`. Only root may call this.
 */
export async function chooseDatabaseUser(ownName: string, say: (line: string) => void): Promise<OsUser> {
  const existing = pickUser(await readUsers(), [ownName, 'postgres']);
  if (existing !== undefined) return existing;
  say(`Creating the system user ${ownName}, because PostgreSQL does not run as root.`);
  await createUser(ownName);
  const user = pickUser(await readUsers(), [ownName, 'nobody']);
  if (user !== undefined) return user;
  throw new EmbeddedDatabaseError(
    'os-user',
    `PostgreSQL does not run as root, and no system user ${ownName} could be created for it. Create one, start as an ordinary user, or use a PostgreSQL of your own.`,
  );
}

/** The account with this uid, for a cluster that exists already. It need not have a name. */
export async function userById(uid: number, gid: number): Promise<OsUser> {
  return (await readUsers()).find((user) => user.uid === uid) ?? { name: `uid ${uid}`, uid, gid };
}

async function createUser(ownName: string): Promise<void> {
  const attempts = [
    [
      'useradd',
      '--system',
      '--no-create-home',
      '--home-dir',
      '/nonexistent',
      '--shell',
      '/usr/sbin/nologin',
      ownName,
    ],
    ['adduser', '-S', '-D', '-H', '-h', '/nonexistent', '-s', '/sbin/nologin', ownName],
  ] as const;
  for (const [command, ...args] of attempts) {
    // A tool that is missing or refuses is no error: the next one, or `nobody`, serves.
    const ended = await run(command, args, undefined, 10_000).catch(() => undefined);
    if (ended?.exitCode === 0) return;
  }
}
