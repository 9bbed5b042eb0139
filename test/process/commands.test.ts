import { readFile } from 'node:fs/promises';
import { afterEach, expect, test } from '@jest/globals';
import { createClient } from '../support/client.js';
import { runCommand, startServer, type ServerProcess } from '../support/server-process.js';
import { createEmptyDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';
import { wrongVariables, wrongVariableNames } from '../support/wrong-variables.js';

let database: TestDatabase | undefined;
let server: ServerProcess | undefined;
afterEach(async () => {
  server?.kill('SIGTERM');
  await server?.exited;
  await database?.drop();
  server = database = undefined;
});

test('migrate makes an empty database ready for a server that does not, and then finds nothing to do', async () => {
  database = await createEmptyDatabase();
  const environment = { DATABASE_URL: database.url };
  expect(await runCommand(['migrate'], environment)).toMatchObject({ code: 0, stdout: '' });
  const second = await runCommand(['migrate'], environment);
  expect(second).toMatchObject({ code: 0, stderr: 'Nothing to do: the database is up to date.\n' });

  server = await startServer({ ...environment, MIGRATE: 'off' });
  const { data, errors } = await server.as().post({ query: '{ chatSessions(userId: "a") { totalCount } }' });
  expect({ data, errors }).toEqual({ data: { chatSessions: { totalCount: 0 } }, errors: [] });
});

test('api-key makes a key that a server with its hash lets in, and keeps the key out of the hash', async () => {
  const { stdout } = await runCommand(['api-key', 'nightly']);
  const [, key = ''] = /(clk_\S+)/.exec(stdout) ?? [];
  const [, hash = ''] = /AUTH_API_KEYS=(\S+)/.exec(stdout) ?? [];
  expect(hash).toMatch(/^nightly:[0-9a-f]{64}$/);

  database = await createEmptyDatabase();
  server = await startServer({ DATABASE_URL: database.url, AUTH_API_KEYS: hash });
  const ask = (token: string) =>
    createClient(server?.url ?? '', { authorization: `Bearer ${token}` }).post({
      query: '{ viewer { kind name } }',
    });
  expect((await ask(key)).data).toEqual({ viewer: { kind: 'SERVICE', name: 'nightly' } });
  expect((await ask(`${key}x`)).status).toBe(401);
});

test.each(['--version', '-V'])('%s prints the version of the package', async (option) => {
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(await runCommand([option])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test.each([
  [['frobnicate'], "error: there is no command 'frobnicate'. chatledger --help lists them all."],
  [['migrat'], "error: there is no command 'migrat'. Did you mean migrate?"],
  [['verfiy', '--json'], "error: there is no command 'verfiy'. Did you mean verify?"],
  [['start', '--port', '80'], "error: there is no command 'start'. chatledger --help lists them all."],
])('%j is no command, and is told so', async (command, complaint) => {
  expect(await runCommand(command)).toEqual({ code: 1, stdout: '', stderr: `${complaint}\n` });
});

test('a misspelt variable is warned of, also when it makes the others wrong, and its value is kept quiet', async () => {
  const { code, stderr } = await runCommand(['serve'], { RATELIMIT: 'hunter2', RATE_BURST: '100000' });
  expect(code).toBe(1);
  expect(stderr).toContain('The variable RATELIMIT is unknown and has no effect. Did you mean RATE_LIMIT?\n');
  expect(stderr).toContain('- RATE_BURST needs RATE_LIMIT beside it');
  expect(stderr).not.toContain('hunter2');
});

test('print-schema prints what is committed', async () => {
  const committed = await readFile(new URL('../../schema.graphql', import.meta.url), 'utf8');
  expect(await runCommand(['print-schema'])).toEqual({ code: 0, stdout: committed, stderr: '' });
});

test('the curl line that the start prints is answered as it stands', async () => {
  database = await createEmptyDatabase();
  server = await startServer({ DATABASE_URL: database.url });
  const told = server.told;
  // It comes through another pipe than the line that says that the server listens.
  await until(() => /-d '.*'/.test(told()));
  const [, address = ''] = /curl (\S+)/.exec(told()) ?? [];
  const [, body = ''] = /-d '(.*)'/.exec(told()) ?? [];
  expect(address).toBe(server.url);
  expect(await server.as().post(body)).toMatchObject({
    errors: [],
    data: { createChatSession: { chatSession: { title: 'Hello' } } },
  });
});

test('wrong variables keep the program from starting, and it names them all', async () => {
  const { code, stdout, stderr } = await runCommand([], wrongVariables);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  for (const name of wrongVariableNames) expect(stderr).toMatch(new RegExp(`^- ${name} `, 'm'));
  expect(stderr).not.toContain('hunter2');
  expect(stderr).not.toMatch(/\n {4}at /);
});
