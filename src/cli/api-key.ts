import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { hashOf } from '../auth/authenticate.js';

export function addApiKeyCommand(program: Command): void {
  program
    .command('api-key')
    .description(
      'Make a key for a service. Nothing is stored: the server gets the hash through AUTH_API_KEYS.',
    )
    .argument(
      '[name]',
      'what the service is called in logs: letters, digits, dot, dash, underscore',
      'worker',
    )
    .action((name: string) => {
      if (!/^[\w.-]{1,100}$/.test(name)) {
        program.error('The name may have letters, digits, dots, dashes and underscores, 100 at most.');
      }
      const key = `clk_${randomBytes(32).toString('base64url')}`;
      process.stdout.write(
        `Key, for the service alone:  ${key}\nFor the server:  AUTH_API_KEYS=${name}:${hashOf(key)}\n`,
      );
    });
}
