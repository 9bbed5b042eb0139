import { InvalidArgumentError, type Command } from 'commander';
import { createCredentialsCipher } from '../data/credentials/cipher.js';
import { openExistingSource } from '../data/source.js';
import { verifyLedger, type CheckResult, type Verification } from '../data/verify/verify.js';
import { readEnvironment } from './environment.js';

export function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .description(
      'Look through a whole database for what must not be in a ledger. Reads only, and may run beside servers. ' +
        'Ends with 0 when all is sound, else with 1.',
    )
    .option('--json', 'print all that was looked at and found as JSON', false)
    .option('--limit <count>', 'findings of each check that are printed at most', parseLimit, 20)
    .action(verify);
}

/** Findings that can be asked for: they are kept in memory. */
const maxLimit = 10_000;

function parseLimit(text: string): number {
  const limit = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > maxLimit) throw new InvalidArgumentError(`It is a number from 1 to ${maxLimit}.`);
  return limit;
}

async function verify({ json, limit }: { json: boolean; limit: number }): Promise<void> {
  const say = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  const source = await openExistingSource(readEnvironment('command'), { wait: 0, say });
  try {
    const verification = await verifyLedger(
      source.url,
      createCredentialsCipher(source.credentialsKeys),
      limit,
    );
    process.stdout.write(json ? `${JSON.stringify(verification, null, 2)}\n` : describe(verification));
    if (!json) say(summarise(verification));
    if (!verification.sound) process.exitCode = 1;
  } finally {
    await source.close();
  }
}

function describe({ checks }: Verification): string {
  return checks
    .flatMap(describeCheck)
    .map((line) => `${line}\n`)
    .join('');
}

/** A heading and a line for each finding; nothing when there is none. */
function describeCheck({ name, what, severity, total, findings, error }: CheckResult): string[] {
  if (error !== null) return [`fault ${name}: the database could not answer (SQLSTATE ${error})`];
  if (total === 0) return [];
  const lines = findings.map(
    (finding) =>
      `  ${Object.entries(finding)
        .map(([key, value]) => `${key}=${String(value)}`)
        .join(' ')}`,
  );
  const rest = total - findings.length;
  return [`${severity} ${name} (${total}): ${what}`, ...lines, ...(rest > 0 ? [`  and ${rest} more`] : [])];
}

function summarise({ sound, counts, checks }: Verification): string {
  if (!counts)
    return 'The tables are not those of this version: run chatledger migrate. Nothing else was looked at.';
  const { sessions, messages, messagesInProgress, deletedSessions } = counts;
  const failed = checks.filter(
    ({ severity, total, error }) => error !== null || (severity === 'fault' && total > 0),
  );
  const read =
    `${sessions} sessions, ${messages} messages (${messagesInProgress} in progress), ` +
    `${deletedSessions} notes of deleted sessions`;
  return sound ? `Sound: ${read}.` : `${failed.length} of ${checks.length} checks failed: ${read}.`;
}
