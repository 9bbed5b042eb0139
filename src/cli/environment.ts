import { readConfig, type Config, type ConfigUse } from '../config.js';
import { misspeltVariables } from './misspelt-variables.js';
import { say } from './serve/say.js';

/**
 * The configuration of a command, after people have been warned of variables that seem to be misspelt.
 *
 * @throws ConfigError
 */
export function readEnvironment(use: ConfigUse): Config {
  // A worker has the variables of its primary, which has warned already.
  const names = process.env['NODE_UNIQUE_ID'] === undefined ? Object.keys(process.env) : [];
  for (const { name, meant } of misspeltVariables(names))
    say(`The variable ${name} is unknown and has no effect. Did you mean ${meant}?`);
  return readConfig(process.env, use);
}
