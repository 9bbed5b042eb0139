import { describe, expect, test } from '@jest/globals';
import { parsePasswd, pickUser } from '../../packages/embedded-database/src/database-user.js';
import {
  explainFileError,
  explainOutput,
  explainSpawnError,
} from '../../packages/embedded-database/src/failure.js';
import { parsePostmasterFile } from '../../packages/embedded-database/src/postmaster.js';

const withCode = (code: string) => Object.assign(new Error(code), { code });

describe('what PostgreSQL printed is explained', () => {
  test.each([
    ['FATAL:  could not write lock file "postmaster.pid": No space left on device', 'disk-full'],
    ['initdb: error: could not write to file: Disk quota exceeded', 'disk-full'],
    ['initdb: error while loading shared libraries: libpq.so.5: cannot open shared object file', 'platform'],
    ["postgres: /lib64/libc.so.6: version `GLIBC_2.27' not found", 'platform'],
    ['initdb: error: could not look up effective user ID 1234: user does not exist', 'os-user'],
    ['LOG:  could not bind IPv4 address "127.0.0.1": Address already in use', 'port'],
    ['FATAL:  database files are incompatible with server', 'version'],
    ['FATAL:  data directory "/x" has wrong ownership', 'folder'],
    ['initdb: error: could not access directory "/x": Permission denied', 'folder'],
    ['FATAL:  could not create shared memory segment: Cannot allocate memory', 'server'],
    ['PANIC:  something that nobody has seen before', 'server'],
    ['', 'server'],
  ])('%s -> %s', (output, trouble) => {
    const error = explainOutput('The database server did not start', '/data', output);
    expect(error.trouble).toBe(trouble);
    expect(error.message).toContain('/data');
  });

  test('what is not understood is quoted, its last lines only', () => {
    const lines = Array.from({ length: 20 }, (_, n) => `line ${n}.`);
    const { message } = explainOutput('It did not start', '/data', lines.join('\n'));
    expect(message).toContain('line 19.');
    expect(message).not.toContain('line 9.');
  });

  test.each([
    ['ENOEXEC', 'platform'],
    ['ENOENT', 'platform'],
    ['EPERM', 'os-user'],
    ['EACCES', 'folder'],
  ])('a program that can not be executed: %s -> %s', (code, trouble) => {
    expect(explainSpawnError('/bin/initdb', withCode(code)).trouble).toBe(trouble);
  });

  test.each([
    ['ENOSPC', 'disk-full'],
    ['53100', 'disk-full'],
    ['EACCES', 'folder'],
    ['EROFS', 'folder'],
    ['ENOTDIR', 'folder'],
  ])('a file operation that fails: %s -> %s', (code, trouble) => {
    expect(explainFileError(withCode(code), '/data')).toMatchObject({ trouble });
  });

  test('other errors stay what they are', () => {
    const error = new TypeError('a mistake of ours');
    expect(explainFileError(error, '/data')).toBe(error);
  });
});

describe('postmaster.pid', () => {
  const file = (status: string) => `42\n/data\n1700000000\n31000\n\n127.0.0.1\n  7733 21\n${status}\n`;

  test.each([
    ['ready   ', 'ready'],
    ['standby ', 'ready'],
    ['starting', 'starting'],
    ['stopping', 'stopping'],
    ['', 'starting'],
  ])('status %p -> %s', (written, status) => {
    expect(parsePostmasterFile(file(written))).toEqual({ pid: 42, port: 31_000, status });
  });

  test.each(['', '42', '42\n/data\n17', 'x\n/data\n1\n31000\n', '-42\n/data\n1\n31000\n'])(
    '%p is none',
    (text) => {
      expect(parsePostmasterFile(text)).toBeUndefined();
    },
  );
});

describe('the user that runs the database for root', () => {
  const passwd = [
    'root:x:0:0:root:/root:/bin/bash',
    'postgres:x:101:104:PostgreSQL:/var/lib/postgresql:/bin/bash',
    'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
    '+::::::',
    '# a comment',
  ].join('\n');

  test('is the first of the names that exists', () => {
    const users = parsePasswd(passwd);
    expect(users.map(({ name }) => name)).toEqual(['root', 'postgres', 'nobody']);
    expect(pickUser(users, ['chatledger', 'postgres'])).toEqual({ name: 'postgres', uid: 101, gid: 104 });
    expect(pickUser(users, ['chatledger'])).toBeUndefined();
  });

  test('is never uid 0, whatever its name', () => {
    expect(pickUser(parsePasswd('postgres:x:0:0::/:/bin/sh'), ['postgres'])).toBeUndefined();
  });
});
