import { createSecretKey, type KeyObject } from 'node:crypto';

/** A key for AES-256-GCM. It is a KeyObject, because that shows nothing of itself to whoever logs it. */
export interface CredentialsKey {
  /** Stands beside everything that was encrypted with it. */
  readonly id: string;
  readonly key: KeyObject;
}

/** 32 bytes are 43 characters of base64, in either of its alphabets. */
const item = /^([\w-]{1,64}):([\w+/-]{43}=?)$/;

/**
 * Reads a list of keys: `id:base64, id:base64 ...`, with commas or line breaks in between.
 *
 * @returns the keys in their order, or what is wrong with the list, in words that quote nothing of it
 */
export function parseCredentialsKeys(text: string): readonly CredentialsKey[] | string {
  const keys = new Map<string, CredentialsKey>();
  for (const each of text.split(/[\s,]+/)) {
    if (each === '') continue;
    const [, id, base64] = item.exec(each) ?? [];
    if (id === undefined || base64 === undefined) {
      return 'must be id:key, id:key ... where each key is 32 bytes in base64, as `openssl rand -base64 32` prints it';
    }
    if (keys.has(id)) return 'must give each key an id of its own';
    keys.set(id, { id, key: createSecretKey(Buffer.from(base64, 'base64')) });
  }
  return keys.size === 0 ? 'must hold a key' : [...keys.values()];
}
