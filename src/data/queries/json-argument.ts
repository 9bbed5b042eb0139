import type { Prisma } from '../generated/prisma/client.js';

/**
 * JSON text as an argument of Prisma, which passes it on as it is. A value it would copy key by key, without the key
 * `__proto__`.
 */
export function jsonArgument(text: string): Prisma.InputJsonValue {
  // How Prisma itself writes an argument of this type.
  return { toJSON: () => ({ $type: 'Json', value: text }) };
}
