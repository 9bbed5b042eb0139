import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { explainConnection, placeOf } from '../../src/data/database-unavailable.js';

const withCode = (code: string, message = code) => Object.assign(new Error(message), { code });

/** What a server or a pooler sends. */
function sent(code: string, message: string): pg.DatabaseError {
  const error = new pg.DatabaseError(message, message.length, 'error');
  error.code = code;
  return error;
}

describe('what passes by itself', () => {
  const errors = [
    withCode('ECONNREFUSED'),
    new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')]),
    withCode('ECONNRESET'),
    withCode('ETIMEDOUT'),
    withCode('EHOSTUNREACH'),
    withCode('EAI_AGAIN'),
    Object.assign(withCode('ENOENT'), { syscall: 'connect' }),
    new Error('timeout expired'),
    new Error('Query read timeout'),
    new Error('Connection terminated unexpectedly'),
    sent('57P03', 'the database system is starting up'),
    sent('53300', 'sorry, too many clients already'),
    sent('55000', 'database "x" is not currently accepting connections'),
    sent('08P01', 'server login has been failing, try again later (server_login_retry)'),
    sent('08P01', 'pgbouncer cannot connect to server'),
    sent('08P01', 'query_wait_timeout'),
    sent('08006', 'something else'),
  ];
  test.each(errors.map((error) => ({ error, name: error.message || 'each of several' })))(
    '$name',
    ({ error }) => {
      expect(explainConnection(error, 'DATABASE_URL')).toMatchObject({ passing: true });
    },
  );
});

describe('what somebody has to mend', () => {
  const errors = (
    [
      [withCode('ENOTFOUND'), /Correct the host in DATABASE_URL/],
      [withCode('SELF_SIGNED_CERT_IN_CHAIN'), /sslrootcert=FILE in DATABASE_URL/],
      [withCode('DEPTH_ZERO_SELF_SIGNED_CERT'), /sslrootcert/],
      [withCode('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), /sslrootcert/],
      [withCode('UNABLE_TO_GET_ISSUER_CERT_LOCALLY'), /sslrootcert/],
      [withCode('CERT_HAS_EXPIRED'), /sslrootcert/],
      [withCode('ERR_TLS_CERT_ALTNAME_INVALID'), /the host that its certificate is for/],
      [withCode('EPROTO'), /sslrootcert/],
      [new Error('The server does not support SSL connections'), /Leave sslmode out/],
      [sent('28P01', 'password authentication failed for user "a"'), /Correct the user and the password/],
      [sent('28000', 'no pg_hba.conf entry for host "10.0.0.1"'), /Correct the user and the password/],
      [sent('3D000', 'database "x" does not exist'), /createdb/],
      [sent('08P01', 'no such database: x'), /createdb/],
      [sent('08P01', 'SASL authentication failed'), /Correct the user and the password/],
      [sent('08P01', 'unsupported startup parameter: statement_timeout'), /ignore_startup_parameters/],
      [sent('42501', 'permission denied for database "x"'), /GRANT CONNECT/],
      [sent('XX000', 'never seen'), /Check DATABASE_URL/],
    ] satisfies [Error, RegExp][]
  ).map(([error, remedy]) => ({ error, remedy, name: error.message }));
  test.each(errors)('$name', ({ error, remedy }) => {
    const trouble = explainConnection(error, 'DATABASE_URL');
    expect(trouble?.passing).toBe(false);
    expect(trouble?.remedy).toMatch(remedy);
    expect(`${trouble?.what ?? ''} ${trouble?.remedy ?? ''}`).not.toContain('\n');
  });
});

test('what nobody foresaw is left as it is', () => {
  expect(explainConnection(new TypeError('x is not a function'), 'DATABASE_URL')).toBeUndefined();
  expect(explainConnection('a text', 'DATABASE_URL')).toBeUndefined();
});

test.each([
  ['postgresql://alice:hunter2@db.example.com/x', 'db.example.com:5432'],
  ['postgresql://alice:hunter2@[::1]:6432/x?sslmode=disable', '[::1]:6432'],
  ['postgresql://alice:hunter2@localhost/x?host=/var/run/postgresql', '/var/run/postgresql'],
])('of an address %s people are told the place alone', (url, place) => {
  expect(placeOf(url)).toBe(place);
});
