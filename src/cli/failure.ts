import { EmbeddedDatabaseError } from '@chatledger/embedded-database';
import { ConfigError } from '../config.js';
import { DatabaseUnavailableError } from '../data/database-unavailable.js';
import { ChatledgerError } from '../errors.js';

/** A command can't go on, for a reason that the person at the keyboard can mend. */
export class CommandError extends Error {}

/** Writes why a command failed, and makes the process end with 1. What nobody foresaw comes with its stack. */
export function reportFailure(error: unknown): void {
  process.exitCode = 1;
  process.stderr.write(`${describeFailure(error)}\n`);
}

/** What `reportFailure` writes. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const foreseen = [
    ConfigError,
    DatabaseUnavailableError,
    EmbeddedDatabaseError,
    ChatledgerError,
    CommandError,
  ].some((type) => error instanceof type);
  if (foreseen) return error.message;
  const code: unknown = Reflect.get(error, 'code');
  if (code === 'EADDRINUSE')
    return `${asAlone(error, 'address already in use')}: something listens there already. Choose another PORT.`;
  if (code === 'EACCES') return `${asAlone(error, 'permission denied')}: this user may not do that.`;
  return error.stack ?? error.message;
}

/** The message as it would be in a process alone: workers learn through node:cluster that they can't listen. */
function asAlone({ message }: Error, meaning: string): string {
  return message.replace(/^bind (\w+)/, `listen $1: ${meaning}`);
}
