import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../../', import.meta.url));

/**
 * What systemd does with a unit, as far as a shell can: the command with its environment. The variables that the tests
 * need win over those of the file.
 */
export function commandOf(unit: string): string {
  const [file, command] = [valueOf(unit, 'EnvironmentFile'), valueOf(unit, 'ExecStart')];
  const name = file.split('/').at(-1) ?? file;
  return [
    'tests_own=$(declare -px DATABASE_URL PORT)',
    `set -a; source ./${name}; set +a`,
    'eval "$tests_own"',
    `cd '${project}'`,
    command.replace('/usr/bin/node', process.execPath),
  ].join('\n');
}

function valueOf(unit: string, key: string): string {
  const value = new RegExp(`^${key}=(.+)$`, 'm').exec(unit)?.[1];
  if (value === undefined) throw new Error(`The unit has no ${key}.`);
  return value;
}
