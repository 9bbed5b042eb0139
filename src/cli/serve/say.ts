import type { Config } from '../../config.js';
import type { Readiness } from '../../data/readiness.js';

/** Writes a line for people. They read standard error; standard output belongs to the log. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Tells people when anybody may say that they are whoever they like. */
export function warnOfDevelopmentMode({ authentication }: Config): void {
  if (authentication !== null) return;
  say(
    'Development mode: no authentication is configured. Only requests of this machine are answered; the header x-user-id names the user.',
  );
}

/** Tells people when credentials are refused, because nothing encrypts them. */
export function warnOfMissingKeys({ database, credentialsKeys }: Config): void {
  if (database.url === undefined || credentialsKeys.length > 0) return;
  say('No key for credentials is configured (CREDENTIALS_KEYS): writes of credentials are refused.');
}

/** Tells people that the server is ready, and how to ask it something; or why it is not. */
export function announce(
  { host, graphiql, authentication }: Config,
  port: number,
  readiness: Readiness,
): void {
  if (!readiness.isReady) {
    say(`Chatledger listens on port ${port} and is not ready yet. ${readiness.reason}`);
    return;
  }
  const address = `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}/graphql`;
  const authorization =
    authentication === null ? '' : ` \\\n       -H "authorization: Bearer $CHATLEDGER_TOKEN"`;
  say(`
Chatledger is ready.${graphiql ? `\n  In a browser: ${address}` : ''}
  In a shell:
  curl ${address} \\
       -H 'content-type: application/json'${authorization} \\
       -d '{"query":"mutation { createChatSession(input: { userId: \\"alice\\", title: \\"Hello\\" }) { ... on CreateChatSessionSuccess { chatSession { id title createdAt } } ... on Error { message } } }"}'
`);
}
