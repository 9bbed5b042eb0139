import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  decode,
  encodePing,
  encodeSessions,
  newSender,
  sessionsPerPayload,
} from '../../src/data/hints/payload.js';

const sender = newSender();

describe('the payload of a hint', () => {
  test.each([
    [['018f4d6e-5c1a-7cc3-9d0b-3f6a1e2b4c5d']],
    [['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff']],
    [[null]],
  ])('brings %j to the other side', (sessionIds) => {
    expect(decode(encodeSessions(sender, sessionIds))).toEqual({ sender, sessionIds });
  });

  test('is short enough for PostgreSQL when it is full, and would not be with one more', () => {
    const full = Array.from({ length: sessionsPerPayload }, () => randomUUID());
    const payload = encodeSessions(sender, full);
    expect(decode(payload)).toEqual({ sender, sessionIds: full });
    expect(payload.length).toBeLessThan(8_000);
    expect(encodeSessions(sender, [...full, randomUUID()]).length).toBeGreaterThanOrEqual(8_000);
  });

  test('of a ping names no session, and is another one each time', () => {
    expect(decode(encodePing(sender))).toEqual({ sender, sessionIds: [] });
    expect(encodePing(sender)).not.toBe(encodePing(sender));
  });

  test.each([
    '',
    '*',
    sender,
    `${sender}:`,
    `${sender}:${'a'.repeat(21)}`,
    `${sender}:${'a'.repeat(23)}`,
    `${sender}:${'a'.repeat(21)}=`,
    `${sender}:${'a'.repeat(22)}\n`,
    `${sender}**`,
    `${sender}?`,
    `${sender.slice(1)}*`,
    `x${sender}*`,
    ` ${sender}*`,
    '018f4d6e-5c1a-7cc3-9d0b-3f6a1e2b4c5d',
    '{"session":"018f4d6e-5c1a-7cc3-9d0b-3f6a1e2b4c5d"}',
  ])('is not %j', (payload) => {
    expect(decode(payload)).toBeUndefined();
  });
});
