import type { Config } from '../../config.js';

/** Writes a line for people. They read standard error; standard output belongs to the log. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Tells people when anybody may say that they are whoever they like. */
export function warnOfDevelopmentMode({ authentication }: Config): void {
  if (authentication !== null) return;
  say(
    'Development mode: no authentication is configured. Only this machine is answered, and the header x-user-id says who asks.',
  );
}

/** Tells people when credentials are refused, because nothing encrypts them. */
export function warnOfMissingKeys({ database, credentialsKeys }: Config): void {
  if (database.url === undefined || credentialsKeys.length > 0) return;
  say('No key for credentials is configured (CREDENTIALS_KEYS): sessions are not given any.');
}

/** Tells people that the server is ready, and how to ask it something. */
export function announce({ host, graphiql, authentication }: Config, port: number): void {
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
