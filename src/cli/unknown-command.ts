import type { Command } from 'commander';
import leven from 'leven';

/**
 * Says so when the first argument is no command. Commander would take it for an argument of `serve`, the default.
 *
 * @throws CommanderError
 */
export function refuseUnknownCommand(program: Command, [first]: readonly string[]): void {
  if (first === undefined || first.startsWith('-')) return;
  const names = [...program.commands.map((command) => command.name()), 'help'];
  if (names.includes(first)) return;
  const near = names.filter((name) => leven(name, first) <= Math.ceil(name.length / 3));
  const hint = near.length === 0 ? 'chatledger --help lists them all.' : `Did you mean ${near.join(' or ')}?`;
  program.error(`error: there is no command '${first}'. ${hint}`, { code: 'commander.unknownCommand' });
}
