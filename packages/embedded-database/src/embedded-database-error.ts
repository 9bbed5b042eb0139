/** What stands in the way: tells callers and tests apart what the message tells a person. */
export type EmbeddedDatabaseTrouble =
  'folder' | 'disk-full' | 'platform' | 'version' | 'password' | 'port' | 'os-user' | 'server';

/** The embedded database can't be had. The message says which thing is wrong and what to do about it. */
export class EmbeddedDatabaseError extends Error {
  override readonly name = 'EmbeddedDatabaseError';

  constructor(
    readonly trouble: EmbeddedDatabaseTrouble,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
