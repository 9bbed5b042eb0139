import type { Command } from 'commander';
import { createApp, type App } from '../app.js';
import { readConfig, type Config } from '../config.js';

export function addServeCommand(program: Command): void {
  program
    .command('serve', { isDefault: true })
    .description('Start the server. Everything is configured by environment variables; see the README.')
    .action(serve);
}

/** Milliseconds after which the process ends whatever still holds it up. */
const patience = 9_500;

async function serve(): Promise<void> {
  const stopAsked = stopSignal();
  const config = readConfig(process.env);
  if (config.authentication === null) {
    say(
      'Development mode: no authentication is configured. Only this machine is answered, and the header x-user-id says who asks.',
    );
  }
  const app = await createApp(config, { say });
  try {
    const port = await app.listen();
    announce(config, port);
    app.log.info({ port }, 'listening');
    const signal = await stopAsked;
    say(`${signal}: finishing what is under way.`);
  } finally {
    await closeInTime(app);
  }
}

/** Resolves at the first signal that asks to stop. The second one ends the process at once. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        resolve(signal);
        process.once(signal, () => process.exit(1));
      });
    }
  });
}

async function closeInTime(app: App): Promise<void> {
  let closed = false;
  setTimeout(() => {
    if (closed) process.exit();
    say('Something does not let go. Ending all the same.');
    process.exit(1);
  }, patience).unref();
  await app.close();
  closed = true;
}

function announce({ host, graphiql, authentication }: Config, port: number): void {
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

/** People read standard error; standard output belongs to the log. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
