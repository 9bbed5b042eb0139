import { Raw } from '../support/literal.js';
import { add, type BadCase } from './bad-cases.js';
import { batch, create, finish, message, sessions, update, user } from './calls.js';

// Numbers that a double does not hold, and words that are no JSON, wherever JSON is taken.
const takingJson: Record<
  string,
  (json: unknown) => Omit<BadCase, 'path'> & { readonly at: BadCase['path'] }
> = {
  toolCalls: (json) => ({ ...message({ toolCalls: [json] }), at: ['input', 'message', 'toolCalls', 0] }),
  functionCall: (json) => ({ ...message({ functionCall: json }), at: ['input', 'message', 'functionCall'] }),
  'toolCalls of a batch': (json) => ({
    ...batch([user, { ...user, toolCalls: [{}, json] }]),
    at: ['input', 'messages', 1, 'toolCalls', 1],
  }),
  'toolCalls of an end': (json) => ({ ...finish({ toolCalls: [json] }), at: ['input', 'toolCalls', 0] }),
};
const takingMaps: typeof takingJson = {};
for (const name of ['credentials', 'successfulAgentRuns', 'successfulAgentSchedules']) {
  takingMaps[`new ${name}`] = (json) => ({ ...create({ [name]: json }), at: ['input', name] });
  takingMaps[`changed ${name}`] = (json) => ({ ...update({ [name]: json }), at: ['input', name] });
  takingMaps[`merged ${name}`] = (json) => ({
    ...update({ [name]: json, jsonUpdate: new Raw('MERGE') }),
    at: ['input', name],
  });
}
Object.assign(takingJson, takingMaps);
// A key that objects have already, and that gets lost where they are copied.
for (const [where, call] of Object.entries(takingMaps)) {
  for (const [json, path] of [
    ['{"__proto__":{"a":1}}', ['__proto__']],
    ['{"__proto__":null}', ['__proto__']],
    ['{"a":[1,{"b":{"c":2,"__proto__":[]}}]}', ['a', 1, 'b', '__proto__']],
    ['{"__PROTO__":1,"a":{"\\u005f_proto__":1}}', ['a', '__proto__']],
  ] as const) {
    const { at, ...bad } = call(JSON.parse(json));
    add(`${where} with the key in ${json}`, { ...bad, path: [...at, ...path] });
  }
}
for (const [where, call] of Object.entries(takingJson)) {
  for (const number of [
    '1e999',
    '-1e400',
    '2512292042121000001',
    '-9007199254740993',
    '18446744073709551616.0',
  ]) {
    const { at, ...bad } = call({ a: [1, { b: new Raw(number) }] });
    add(`${where} with the number ${number}`, { ...bad, path: [...at, 'a', 1, 'b'] });
  }
  for (const [how, json, path] of [
    ['a bare word', { a: new Raw('FOO'), b: 1 }, ['a']],
    ['a bare word in a list', { a: [1, new Raw('USER')] }, ['a', 1]],
  ] as const) {
    const { at, ...bad } = call(json);
    add(`${where} with ${how}`, { ...bad, path: [...at, ...path], only: 'literals' });
  }
  const { at, ...bad } = call([new Raw('FOO')]);
  add(`${where} of a list of bare words`, { ...bad, path: at, only: 'literals' });
}
for (const number of ['1e999', '2512292042121000001']) {
  add(`a list of the user ${number}`, {
    ...sessions({ userId: new Raw(number) }),
    path: ['userId'],
    as: 'service',
    only: 'variables',
  });
}
