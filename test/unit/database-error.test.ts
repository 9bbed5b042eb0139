import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { DatabaseError, toDatabaseError, type DatabaseErrorKind } from '../../src/data/database-error.js';

/** As the driver reports what the server said. */
function fromServer(code: string, more: object = {}): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError('about a "secret value"', 1, 'error'), { code, ...more });
}

/** As Prisma reports what its adapter met. */
function fromPrisma(code: string, cause: object): Error {
  const error = Object.assign(new Error('Invalid `prisma.x.create()` invocation'), {
    code,
    meta: { driverAdapterError: Object.assign(new Error('DriverAdapterError'), { cause }) },
  });
  error.name = 'PrismaClientKnownRequestError';
  return error;
}

const fromSystem = (code: string) => Object.assign(new Error(`connect ${code} 10.0.0.1:5432`), { code });

const cases: [string, unknown, DatabaseErrorKind][] = [
  ...(
    [
      ['23505', 'unique'],
      ['55000', 'connection'],
      ['28P01', 'connection'],
      ['3D000', 'connection'],
      ['40001', 'conflict'],
      ['40P01', 'conflict'],
      ['57014', 'timeout'],
      ['55P03', 'timeout'],
      ['57P01', 'connection'],
      ['57P02', 'connection'],
      ['57P03', 'connection'],
      ['08000', 'connection'],
      ['08006', 'connection'],
      ['08P01', 'connection'],
      ['53300', 'capacity'],
      ['53100', 'capacity'],
      ['53200', 'capacity'],
    ] as const
  ).flatMap(([state, kind]): [string, unknown, DatabaseErrorKind][] => [
    [`${state} by the driver`, fromServer(state), kind],
    [`${state} by Prisma`, fromPrisma('P2010', { originalCode: state, kind: 'postgres' }), kind],
  ]),
  ['no free connection', new Error('timeout exceeded when trying to connect'), 'capacity'],
  ['a server that has stopped answering', new Error('Query read timeout'), 'timeout'],
  ['a cut connection', new Error('Connection terminated unexpectedly'), 'connection'],
  [
    'a cut connection, met while connecting',
    new Error('Connection terminated due to connection timeout'),
    'connection',
  ],
  [
    'a cut connection, known from before',
    new Error('Client has encountered a connection error and is not queryable'),
    'connection',
  ],
  ['a closed client', new Error('Client was closed and is not queryable'), 'connection'],
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'].map(
    (code): [string, unknown, DatabaseErrorKind] => [code, fromSystem(code), 'connection'],
  ),
  [
    'several addresses, none reachable',
    new AggregateError([fromSystem('ECONNREFUSED'), fromSystem('ECONNREFUSED')]),
    'connection',
  ],
  [
    'P1001',
    Object.assign(new Error("Can't reach database server at 10.0.0.1"), { code: 'P1001' }),
    'connection',
  ],
  ['a plain error inside that of Prisma', fromPrisma('P2039', new Error('Query read timeout')), 'timeout'],
  ['what is wrapped as a cause', new Error('outer', { cause: fromServer('40001') }), 'conflict'],
];

describe('an error of the database', () => {
  test.each(cases)('%s', (_name, error, kind) => {
    const translated = toDatabaseError(error);
    expect(translated).toBeInstanceOf(DatabaseError);
    expect(translated).toMatchObject({ kind, cause: error });
    // The message is for callers.
    expect((translated as Error).message).not.toMatch(/secret value|10\.0\.0\.1|prisma|5432/i);
  });

  test('of a unique constraint names it', () => {
    const error = fromServer('23505', { constraint: 'ChatMessage_pkey' });
    expect(toDatabaseError(error)).toMatchObject({ constraint: 'ChatMessage_pkey' });
  });

  test.each<[DatabaseErrorKind, string]>([
    ['unique', 'INTERNAL_SERVER_ERROR'],
    ['conflict', 'SERVICE_UNAVAILABLE'],
    ['connection', 'SERVICE_UNAVAILABLE'],
    ['capacity', 'SERVICE_UNAVAILABLE'],
    ['timeout', 'TIMEOUT'],
    ['down', 'SERVICE_UNAVAILABLE'],
  ])('of kind %s has the code %s', (kind, code) => {
    expect(new DatabaseError(kind, undefined, undefined).code).toBe(code);
  });
});

describe('what is no error of the database', () => {
  const circle: { cause?: unknown } = {};
  circle.cause = circle;
  test.each<[string, unknown]>([
    ['a mistake of ours', new TypeError("Cannot read properties of undefined (reading '57014')")],
    ['a syntax error in SQL', fromServer('42601')],
    ['text that does not fit', fromServer('22021')],
    ['a text', '40001'],
    ['nothing', undefined],
    ['null', null],
    ['an object that is its own cause', circle],
    ['an error with a code of its own', Object.assign(new Error('x'), { code: '40001' })],
  ])('comes back as it is: %s', (_name, error) => {
    expect(toDatabaseError(error)).toBe(error);
  });
});
