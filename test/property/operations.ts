import fc from 'fast-check';
import type { MessageInput, Name, Operation } from './protocol.js';

// Few names, texts and numbers, so that requests meet: ids that are taken, the same text again, the counter that is
// full.

/** Most requests are Ann's; Bob's sessions are few, and hers do not exist for him. */
export const ann = 'ann';
export const bob = 'bob';
export const sessionNames = ['session 1', 'session 2'] as const;
/** Stands for a session and for a message. */
export const sharedName: Name = 'either';
export const firstMessage: Name = 'a';
const messageNames: readonly Name[] = [firstMessage, 'b', 'c', 'd', 'e'];

const usually = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { freq: 5, nil: null });
const seldom = <Value>(arbitrary: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });

const text = fc.constantFrom('', 'x', 'xx', 'xyz', 'ß漢😀\n"\\', 'null');
const title = fc.oneof(text, fc.constantFrom(' ', '\u200b\n'));
const toolCallId = fc.constantFrom('call 1', 'call 2');
const jsonObject = fc.constantFrom(
  '{"id":"call 1"}',
  '{"b":1,"a":[null,{"c":"\u2028"}]}',
  '{"a":[null,{"c":"\u2028"}],"b":1}',
  '{"a":[],"b":1}',
);
const map = fc.dictionary(
  fc.constantFrom('k', 'l', 'constructor', '1'),
  fc.oneof(fc.constantFrom(0, 1, null), fc.constant({ n: null })),
  { maxKeys: 3, noNullPrototype: true },
);
const tokens = fc.constantFrom(0, 1, 2, 7, 2_147_483_646);

/** @param ids of messages */
const message = (ids: readonly Name[], { alone }: Circumstances): fc.Arbitrary<MessageInput> =>
  fc
    .record({
      id: usually(fc.constantFrom(...ids)),
      role: fc.constantFrom('USER', 'ASSISTANT', 'TOOL', 'TOOL'),
      content: usually(text),
      name: seldom(text),
      toolCallId: fc.option(toolCallId, { nil: null }),
      refusal: seldom(text),
      toolCalls: seldom(fc.array(jsonObject, { maxLength: 2 }).map((list) => `[${list.join()}]`)),
      functionCall: seldom(jsonObject),
    })
    .map((input) => (alone ? input : { ...input, toolCallId: input.id }));

/** In what circumstances requests are to be sent. */
interface Circumstances {
  /**
   * Whether nothing else happens at the same moment. One thing is not settled otherwise, and left out: which of several
   * messages that answer one call was the newest.
   */
  readonly alone: boolean;
}

const sessions: readonly Name[] = [...sessionNames, sharedName];
const messages: readonly Name[] = [...messageNames, sharedName];

/** Leaves fields out altogether, which is not the same as null. */
const optional = <Fields>(fields: { [Field in keyof Fields]: fc.Arbitrary<Fields[Field]> }) =>
  fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<Partial<Fields>>;

function operation(circumstances: Circumstances): fc.Arbitrary<Operation> {
  const by = fc.oneof(
    { weight: 15, arbitrary: fc.constant(ann) },
    { weight: 1, arbitrary: fc.constant(bob) },
  );
  const session = fc.oneof(
    { weight: 6, arbitrary: fc.constant(sessions[0] ?? '') },
    { weight: 2, arbitrary: fc.constantFrom(...sessions) },
  );
  const sequence = seldom(fc.nat(9));
  const anyMessage = message(messages, circumstances);
  const call = circumstances.alone ? toolCallId : fc.constantFrom(...messages);
  const id = usually(fc.constantFrom(...messages));
  const target = fc.oneof(fc.constant(lastStarted), fc.constantFrom(...messages));
  const what = <What extends Operation['what']>(name: What) => fc.constant(name);
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        by,
        what: what('append'),
        session,
        single: fc.constant(true),
        sequence,
        messages: fc.tuple(anyMessage),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        by,
        what: what('append'),
        session,
        single: fc.constant(false),
        sequence,
        messages: fc.array(anyMessage, { maxLength: 3 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        by,
        what: what('update'),
        session,
        changes: optional({
          title: usually(title),
          onlyIfUntitled: fc.boolean(),
          jsonUpdate: fc.constantFrom('MERGE', 'REPLACE'),
          credentials: fc.option(map, { freq: 1 }),
          successfulAgentRuns: fc.option(map, { freq: 1 }),
          successfulAgentSchedules: seldom(map),
          totalPromptTokens: seldom(tokens),
          addPromptTokens: fc.option(tokens, { freq: 1 }),
          totalCompletionTokens: seldom(tokens),
          addCompletionTokens: seldom(tokens),
        }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        by,
        what: what('answer tool'),
        session,
        toolCallId: call,
        message: seldom(fc.constantFrom(...messages)),
        content: text,
        expectedContent: fc.option(usually(text), { freq: 1, nil: undefined }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        by,
        what: what('start'),
        session,
        id,
        name: seldom(text),
        content: usually(text),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        by,
        what: what('extend'),
        session,
        message: target,
        offset: fc.oneof(fc.constant('end' as const), fc.nat(3)),
        delta: text,
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        by,
        what: what('finish'),
        session,
        message: target,
        end: fc.record({
          status: fc.constantFrom('COMPLETE', 'FAILED', 'CANCELLED'),
          content: seldom(text),
          refusal: seldom(text),
          toolCalls: seldom(fc.constantFrom('[{"b":1,"a":2}]', '[{"a":2,"b":1}]')),
          usage: usually(optional({ promptTokens: tokens, completionTokens: tokens })),
        }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        by,
        what: what('create'),
        session,
        given: optional({ title, credentials: map, successfulAgentRuns: map }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ by, what: what('delete'), session }) },
  );
}

/** Stands for the message of the last start, or the first message: one that is in progress perhaps. */
const lastStarted: Name = 'the last that was started';

function aimed(before: readonly Operation[], operation: Operation): Operation {
  if (!('message' in operation) || operation.message !== lastStarted) return operation;
  const start = before.findLast((each) => each.what === 'start' && each.id !== null);
  if (start?.what !== 'start' || start.id === null) return { ...operation, message: firstMessage };
  return { ...operation, session: start.session, message: start.id };
}

/** A request that was sent before, or nearly that one. */
interface Repetition {
  readonly back: number;
  readonly how: 'the same' | 'without its first message' | 'with one message more' | 'at another place';
  readonly more: MessageInput;
}

function repeated(before: readonly Operation[], { back, how, more }: Repetition): Operation[] {
  const earlier = before.at(-1 - back);
  if (!earlier) return [];
  if (earlier.what !== 'append' || earlier.single || how === 'the same') return [earlier];
  switch (how) {
    case 'without its first message':
      return earlier.messages.length > 1 ? [{ ...earlier, messages: earlier.messages.slice(1) }] : [earlier];
    case 'with one message more':
      return [{ ...earlier, messages: [...earlier.messages, more] }];
    case 'at another place':
      return [{ ...earlier, sequence: back }];
  }
}

/** Requests in order, some of which are sent again. */
export function operations(
  circumstances: Circumstances,
  length: fc.ArrayConstraints,
): fc.Arbitrary<readonly Operation[]> {
  const repetition: fc.Arbitrary<Repetition> = fc.record({
    back: fc.nat(3),
    how: fc.constantFrom(
      'the same',
      'the same',
      'without its first message',
      'with one message more',
      'at another place',
    ),
    more: message(messages, circumstances),
  });
  return fc
    .array(
      fc.oneof({ weight: 4, arbitrary: operation(circumstances) }, { weight: 1, arbitrary: repetition }),
      length,
    )
    .map((items) =>
      items.reduce<Operation[]>(
        (before, item) => [...before, ...('what' in item ? [aimed(before, item)] : repeated(before, item))],
        [],
      ),
    );
}
