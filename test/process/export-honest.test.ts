import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newUser } from '../support/test-app.js';
import { openTransferStage, type TransferStage } from '../support/transfer.js';

let stage: TransferStage;
beforeAll(async () => {
  stage = await openTransferStage();
});
afterAll(() => stage.close());

/** What is compared of two conversations. */
async function contentsOf(user: string) {
  const conversations = await stage.stored(user);
  return conversations.map(({ title, messages }) => ({
    title,
    messages: messages.map(({ role, status, content, name, refusal, toolCalls }) => ({
      role,
      status,
      content,
      name,
      refusal,
      toolCalls,
    })),
  }));
}

test('an export for another user makes copies, once, with their titles and in their order', async () => {
  const [alice, bob] = [newUser(), newUser()];
  for (const title of ['first', 'second', null, 'fourth']) {
    const { chatSession } = await stage.as(alice).sessions.create({ title });
    const message = { role: 'USER', content: `in ${title ?? 'none'}` } as const;
    await stage.as(alice).messages.append({ sessionId: chatSession.id, message });
  }
  // What changes later does not change its place.
  const [first] = await stage.stored(alice);
  await stage.as(alice).messages.append({
    sessionId: first?.id ?? '',
    message: { role: 'ASSISTANT', content: 'late' },
  });

  const exported = await stage.export(alice);
  const file = await stage.file('of-alice.jsonl', exported.stdout);
  for (const counts of ['5 messages added, 0', '0 messages added, 5'])
    expect(await stage.import(file, bob)).toMatchObject({
      code: 0,
      stderr: `4 conversations: ${counts} were there already.\n`,
    });
  expect(await contentsOf(bob)).toEqual(await contentsOf(alice));
  const ids = (await stage.stored(alice)).map(({ id }) => id);
  expect((await stage.stored(bob)).filter(({ id }) => ids.includes(id))).toEqual([]);

  // The copy stays the copy when the original is gone.
  for (const id of ids) await stage.as(alice).sessions.delete(id);
  expect((await stage.import(file, bob)).stderr).toContain(': 0 messages added, 5 were there already.');
  expect(await stage.as(bob).sessions.count()).toBe(4);

  // For its first owner it comes back under its own ids.
  await stage.import(file, alice);
  expect((await stage.stored(alice)).map(({ id }) => id)).toEqual(ids);
  expect((await stage.export(alice)).stdout).toBe(exported.stdout);
});

test('answers that are not whole are marked, and come back as they were', async () => {
  const [alice, bob] = [newUser(), newUser()];
  const ledger = stage.as(alice);
  const { id: sessionId } = (await ledger.sessions.create({})).chatSession;
  const start = async (content: string | null, name: string | null = null) =>
    (await ledger.messages.start({ sessionId, content, name })).chatMessage.id;
  const toolCalls = [{ id: 'call_1', function: { name: 'f', arguments: '{}' } }];
  const user = (content: string) => ledger.messages.append({ sessionId, message: { role: 'USER', content } });

  await user('one');
  await ledger.messages.finish({
    sessionId,
    messageId: await start('half of', 'bot'),
    status: 'FAILED',
    toolCalls,
  });
  await user('two');
  await ledger.messages.finish({
    sessionId,
    messageId: await start('stopped'),
    status: 'CANCELLED',
    refusal: 'No.',
  });
  await ledger.messages.finish({ sessionId, messageId: await start(null), status: 'FAILED' });
  await ledger.messages.finish({ sessionId, messageId: await start('whole'), status: 'COMPLETE' });
  await user('three');
  await start('still wri');

  const { stdout } = await stage.export(alice);
  const { messages } = JSON.parse(stdout) as { messages: { status?: string }[] };
  expect(messages.map(({ status }) => status)).toEqual([
    undefined,
    'failed',
    undefined,
    'cancelled',
    'failed',
    undefined,
    undefined,
    'in_progress',
  ]);
  const file = await stage.file('unfinished.jsonl', stdout);
  for (const counts of ['8 messages added, 0', '0 messages added, 8'])
    expect((await stage.import(file, bob)).stderr).toContain(`: ${counts} were there already.`);
  // Nobody goes on writing the copy of the last one.
  const [original] = await contentsOf(alice);
  const last = original?.messages.pop();
  expect(await contentsOf(bob)).toEqual([
    { ...original, messages: [...(original?.messages ?? []), { ...last, status: 'FAILED' }] },
  ]);
});

test('an import that was interrupted within an unfinished message is completed', async () => {
  const user = newUser();
  const toolCalls = [{ id: 'call_1' }];
  const message = { role: 'assistant', content: 'half', tool_calls: toolCalls, status: 'cancelled' };
  const file = await stage.file('torn.jsonl', JSON.stringify({ id: 'torn', messages: [message] }));
  await stage.import(file, user);
  const [before] = await stage.stored(user);
  const [stored] = before?.messages ?? [];
  if (!before || !stored) throw new Error('Nothing was stored.');
  await stage.as(user).sessions.delete(before.id);
  // As far as it had come.
  await stage.as(user).sessions.create({ id: before.id });
  await stage.as(user).messages.start({ id: stored.id, sessionId: before.id, content: 'half' });

  expect(await stage.import(file, user)).toMatchObject({ code: 0 });
  const [after] = await stage.stored(user);
  expect(after?.messages).toMatchObject([{ id: stored.id, content: 'half', status: 'CANCELLED', toolCalls }]);
});

test('sessions without messages are left out of an export, and counted', async () => {
  const user = newUser();
  await stage.as(user).sessions.create({ title: 'empty' });
  const { code, stdout, stderr } = await stage.export(user);
  expect({ code, stdout, stderr }).toEqual({
    code: 0,
    stdout: '',
    stderr: 'Left out, as they have no messages: 1 sessions.\n',
  });
});
