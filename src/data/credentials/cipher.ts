import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { CredentialsUnavailableError } from '../../errors.js';
import type { StoredCredentials } from '../row-values.js';
import type { CredentialsKey } from '../../credentials-keys.js';

/** Turns credentials into what the table holds, and back. */
export interface CredentialsCipher {
  /** Whether there is a key to encrypt with. */
  readonly encrypts: boolean;
  /**
   * Encrypts JSON of a map with the first key. An empty map is no secret, and stays as it is.
   * @throws CredentialsUnavailableError when there is no key
   */
  encrypt(sessionId: string, json: string): StoredCredentials;
  /**
   * Gives the JSON of a map that any of the keys encrypted, or that was stored before there was encryption.
   * @throws CredentialsUnavailableError when none of the keys does it
   */
  decrypt(sessionId: string, stored: StoredCredentials): string;
  /** Whether they are stored as `encrypt` would store them now, as far as can be seen without decrypting them. */
  isCurrent(stored: StoredCredentials): boolean;
}

const algorithm = 'aes-256-gcm';
/** Bytes. With random ones of this length a key is good for 2^32 values. */
const nonceLength = 12;
const tagLength = 16;

/**
 * `v1.id of the key.nonce.encrypted bytes and tag`, the last two in base64url. A string can't be mistaken for a map
 * that was stored in plain text, whatever its keys are called.
 */
const form = /^v1\.([\w-]+)\.([\w-]+)\.([\w-]+)$/;

/** @param keys the first encrypts, all decrypt; none: what is in plain text is read, and nothing encrypted */
export function createCredentialsCipher(keys: readonly CredentialsKey[]): CredentialsCipher {
  const [first] = keys;
  const byId = new Map(keys.map((each) => [each.id, each]));

  return {
    encrypts: first !== undefined,

    encrypt(sessionId, json) {
      if (json === '{}') return toStored({});
      if (!first) throw noKey();
      const nonce = randomBytes(nonceLength);
      const cipher = createCipheriv(algorithm, first.key, nonce, { authTagLength: tagLength });
      cipher.setAAD(belonging(first.id, sessionId));
      const data = Buffer.concat([cipher.update(json, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return toStored(`v1.${first.id}.${nonce.toString('base64url')}.${data.toString('base64url')}`);
    },

    decrypt(sessionId, stored) {
      const value: unknown = stored;
      if (isMap(value)) return JSON.stringify(value);
      const [, id, nonce, data] = (typeof value === 'string' ? form.exec(value) : null) ?? [];
      if (id === undefined || nonce === undefined || data === undefined) {
        throw unreadable(sessionId, 'this version does not know their form');
      }
      const known = byId.get(id);
      if (!known) throw unreadable(sessionId, `the key ${id} is not configured`);
      try {
        return opened(known, sessionId, Buffer.from(nonce, 'base64url'), Buffer.from(data, 'base64url'));
      } catch {
        throw unreadable(
          sessionId,
          `the key ${id} is not the one that encrypted them, or they were changed, or moved from another session`,
        );
      }
    },

    isCurrent(stored) {
      const value: unknown = stored;
      if (isMap(value)) return Object.keys(value).length === 0;
      return first !== undefined && typeof value === 'string' && value.startsWith(`v1.${first.id}.`);
    },
  };
}

/** What `decrypt` gives; undefined when none of the keys does it. */
export function decryptIfPossible(
  cipher: CredentialsCipher,
  sessionId: string,
  stored: StoredCredentials,
): string | undefined {
  try {
    return cipher.decrypt(sessionId, stored);
  } catch (error) {
    if (error instanceof CredentialsUnavailableError) return undefined;
    throw error;
  }
}

/** @throws the error of node:crypto when key, nonce, data and session do not belong together */
function opened({ id, key }: CredentialsKey, sessionId: string, nonce: Buffer, data: Buffer): string {
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagLength });
  decipher.setAAD(belonging(id, sessionId));
  decipher.setAuthTag(data.subarray(-tagLength));
  return decipher.update(data.subarray(0, -tagLength), undefined, 'utf8') + decipher.final('utf8');
}

/** What is authenticated with a value: it holds for this session alone. */
function belonging(keyId: string, sessionId: string): Buffer {
  return Buffer.from(JSON.stringify(['chatledger credentials v1', keyId, sessionId]));
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toStored(value: string | object): StoredCredentials {
  return value as unknown as StoredCredentials;
}

function noKey(): CredentialsUnavailableError {
  return new CredentialsUnavailableError(
    'The server has no key to encrypt credentials with, and keeps none in plain text.',
    { cause: new Error('Set CREDENTIALS_KEYS or CREDENTIALS_KEYS_FILE.') },
  );
}

function unreadable(sessionId: string, reason: string): CredentialsUnavailableError {
  return new CredentialsUnavailableError(
    "The credentials of this session can't be decrypted with the keys that the server has.",
    { cause: new Error(`Credentials of the session ${sessionId}: ${reason}.`) },
  );
}
