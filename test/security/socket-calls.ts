import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import type { ReceivedError } from '../support/client.js';
import { codesOf } from '../support/coded-errors.js';
import { NoSocketError, type TestSocket } from '../support/socket.js';

export const whoAmI = '{ viewer { kind userId } }';

/** Sends an operation and reads all that comes of it, as the only one who reads the socket. */
export async function run(socket: TestSocket, payload: object, id: string = randomUUID()) {
  socket.send({ id, type: 'subscribe', payload });
  const answers = [];
  for (let message = await socket.next(); message; message = await socket.next()) {
    expect(message.id).toBe(id);
    if (message.type === 'complete') break;
    answers.push(message);
    if (message.type === 'error') break;
  }
  return answers;
}

/** The only error of an operation that was refused, as the protocol says it before anything runs. */
export async function refusal(socket: TestSocket, payload: object): Promise<ReceivedError> {
  const [answer, ...others] = await run(socket, payload);
  expect(others).toEqual([]);
  expect(answer?.type).toBe('error');
  const [error] = answer?.payload as ReceivedError[];
  if (!error) throw new Error('There is one.');
  return error;
}

/** Why there is no socket. */
export async function noSocket(opening: Promise<TestSocket>): Promise<NoSocketError & { codes: string[] }> {
  const error: unknown = await opening.then(
    () => new Error('It was opened.'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof NoSocketError)) throw error;
  expect(error.headers['x-content-type-options']).toBe('nosniff');
  const { errors } = JSON.parse(error.body) as { errors: ReceivedError[] };
  return Object.assign(error, { codes: codesOf(errors, String(error.headers['x-request-id'])) });
}
