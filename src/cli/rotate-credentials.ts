import type { Command } from 'commander';
import { createCredentialsCipher } from '../data/credentials/cipher.js';
import { rotateCredentials } from '../data/credentials/rotate.js';
import { openDatabase } from '../data/database.js';
import { openSource } from '../data/source.js';
import { readEnvironment } from './environment.js';
import { CommandError } from './failure.js';
import { say } from './serve/say.js';

export function addRotateCredentialsCommand(program: Command): void {
  program
    .command('rotate-credentials')
    .description(
      'Encrypt credentials with the first key that are in plain text or under another one. ' +
        'Servers may run meanwhile, and it may be run again.',
    )
    .action(rotate);
}

async function rotate(): Promise<void> {
  const config = readEnvironment('command');
  const source = await openSource(config, { wait: 0, say });
  try {
    const [first] = source.credentialsKeys;
    if (!first)
      throw new CommandError('No key is configured: set CREDENTIALS_KEYS or CREDENTIALS_KEYS_FILE.');
    const { preparedStatements } = config.database;
    const database = openDatabase({ url: source.url, poolSize: 1, preparedStatements });
    try {
      const cipher = createCredentialsCipher(source.credentialsKeys);
      const { encrypted, current, unreadable } = await rotateCredentials(database, cipher);
      say(
        `Sessions whose credentials were encrypted with the key ${first.id}: ${encrypted}; ` +
          `whose credentials were so already, or empty: ${current}.`,
      );
      if (unreadable.length > 0) {
        throw new CommandError(
          `Sessions whose credentials can't be decrypted: ${unreadable.length}\n${unreadable.join('\n')}`,
        );
      }
    } finally {
      await database.close();
    }
  } finally {
    await source.close();
  }
}
