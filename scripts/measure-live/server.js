import { fork } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const probe = new URL('probe.js', import.meta.url).href;

/** Starts `chatledger serve` as a process of its own, in development mode and on a free port. */
export async function startServer(databaseUrl, environment = {}, script = main) {
  const child = fork(script, ['serve'], {
    execArgv: ['--expose-gc', '--import', probe],
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      PORT: '0',
      LOG_LEVEL: 'warn',
      LIVE_LIMIT: '1000000',
      ...environment,
    },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  const origin = await new Promise((resolve, reject) => {
    let told = '';
    child.stderr.on('data', (chunk) => {
      told += String(chunk);
      const match = /curl (http:\/\/[^/]+)\/graphql/.exec(told);
      if (match) resolve(match[1]);
    });
    child.once('exit', () => reject(new Error(`The server ended:\n${told}`)));
  });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  return {
    origin,
    /** What an operation answers. Rejects when it has errors. */
    run: (user, query, variables) => run(origin, agent, user, query, variables),
    /** Milliseconds of CPU so far, bytes of memory after a garbage collection, statements so far by name. */
    async usage() {
      child.send('usage');
      const [usage] = await once(child, 'message');
      return usage;
    },
    async stop() {
      agent.destroy();
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

function run(origin, agent, user, query, variables) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'x-user-id': user };
    const request = http.request(`${origin}/graphql`, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      response.once('end', () => {
        const { data, errors } = JSON.parse(text);
        if (errors) reject(new Error(text));
        else resolve(data);
      });
    });
    request.once('error', reject);
    request.end(JSON.stringify({ query, variables }));
  });
}

const document = `subscription Watch($sessionId: ID!) {
  chatSessionChanges(sessionId: $sessionId) {
    __typename
    revision
    ... on ChatMessagesAppended { chatMessages { id sequence role content createdAt } }
    ... on ChatMessageContentChanged { chatMessage { id content status } }
    ... on ChatMessageGrew { messageId offset delta }
  }
}`;

/**
 * Watches a session over a connection of its own. Resolves when the stream has begun.
 *
 * @param onEvent told the text of each event after the first, and when it came
 */
export function watch(origin, { id, userId }, onEvent) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', accept: 'text/event-stream', 'x-user-id': userId };
    const request = http.request(`${origin}/graphql`, { method: 'POST', agent: false, headers });
    let rest = '';
    let isWatching = false;
    request.once('response', (response) => {
      response.setEncoding('utf8').on('data', (chunk) => {
        const now = performance.now();
        const parts = (rest + chunk).split('\n\n');
        rest = parts.pop();
        for (const part of parts) {
          if (part.startsWith(':')) continue;
          if (isWatching) onEvent(part, now);
          else if (!part.includes('ChatSessionCaughtUp')) reject(new Error(part));
          else resolve({ stop: () => request.destroy() });
          isWatching = true;
        }
      });
    });
    // Also when it is stopped, which nobody waits for.
    request.on('error', reject);
    request.end(JSON.stringify({ query: document, variables: { sessionId: id } }));
  });
}
