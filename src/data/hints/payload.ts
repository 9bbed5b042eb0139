import { randomBytes } from 'node:crypto';

/**
 * What a notification says: who sent it, and which sessions have changed. It is the sender's eight characters, a
 * mark, and behind it each session as the 22 characters of its UUID's base64url; nothing for all sessions; or the
 * random characters of a ping.
 */
export interface Payload {
  readonly sender: string;
  /** Null among them: any session may have changed. None for a ping. */
  readonly sessionIds: readonly (string | null)[];
}

/** Sessions that fit into one notification, which PostgreSQL wants to be shorter than 8,000 bytes. */
export const sessionsPerPayload = 363;

/**
 * A name for one of those who send and listen. It is not the process id of PostgreSQL, which a pooler hides from
 * its clients, and which is another one after each reconnection.
 */
export function newSender(): string {
  return randomBytes(6).toString('base64url');
}

/** @param sessionIds UUIDs, at most `sessionsPerPayload`; or null, alone, for all sessions */
export function encodeSessions(sender: string, sessionIds: readonly (string | null)[]): string {
  const packed = sessionIds.filter((sessionId) => sessionId !== null).map(pack);
  return packed.length === sessionIds.length ? `${sender}:${packed.join('')}` : `${sender}*`;
}

/** A payload unlike any other, by which the sender knows whether it is heard. */
export function encodePing(sender: string): string {
  return `${sender}?${randomBytes(6).toString('base64url')}`;
}

/** @returns undefined for what none of us has sent: everybody with a login to the database can notify */
export function decode(payload: string): Payload | undefined {
  const match = /^([\w-]{8})(?:(\*)|\?[\w-]{8}|:((?:[\w-]{22})+))$/.exec(payload);
  const [, sender, all, packed = ''] = match ?? [];
  if (sender === undefined) return undefined;
  return { sender, sessionIds: all ? [null] : (packed.match(/.{22}/g) ?? []).map(unpack) };
}

function pack(uuid: string): string {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url');
}

function unpack(packed: string): string {
  const digits = Buffer.from(packed, 'base64url').toString('hex');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
