import { isEnumType, isInputObjectType, isListType, isNonNullType, type GraphQLInputType } from 'graphql';
import type { Random } from '../../support/chaos/random.js';
import type { World } from './world.js';

/** Bytes of the variables of a request, about: BODY_LIMIT refuses more. */
const mostBytes = 6_000_000;

const characters = ['x', '"', '\u0001', 'é', '漢', '😀'];

/** Makes values of arguments: the widest that limits allow, and lists of the same or of different things. */
export function createValues(world: World, random: Random) {
  let room = mostBytes;
  /** The message that an input names. */
  let message = random.pick(world.messages);

  const text = (most: number): string => {
    const character = random.pick(characters);
    const bytes = Math.floor(Math.min(most, room) * random.pick([0, 0.01, 0.1, 0.5, 1]));
    room -= bytes;
    return character.repeat(Math.floor(bytes / Buffer.byteLength(character)));
  };

  const json = (): object => {
    const bytes = Math.floor(Math.min(255_000, room) * random.pick([0, 0.001, 0.1, 1]));
    room -= bytes;
    const shapes: (() => object)[] = [
      () => ({ a: text(bytes) }),
      () =>
        Object.fromEntries(
          Array.from({ length: Math.floor(bytes / 12) }, (_, n) => [`k${String(n).padStart(5, '0')}`, 0]),
        ),
      () => ({ a: Array.from({ length: Math.floor(bytes / 3) }, () => ({})) }),
      () => ({ a: Array.from({ length: Math.floor(bytes / 5) }, (_, n) => (n % 10) + 0.5) }),
      () => nested(Math.min(99, bytes)),
    ];
    return random.pick(shapes)();
  };

  /** @param field where it is wanted: the names of the field and of the input objects */
  const value = (type: GraphQLInputType, name: string, field: string): unknown => {
    if (isNonNullType(type))
      return value(type.ofType, name, field) ?? (String(type.ofType) === 'String' ? '' : 0);
    if (isListType(type)) return list(type.ofType, name, field);
    if (isEnumType(type)) return random.pick(type.getValues()).name;
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).flatMap((each): [string, unknown][] => {
        if (!isNonNullType(each.type) && random.chance(0.5)) return [];
        const found = value(each.type, each.name, `${field}.${type.name}`);
        return found === undefined ? [] : [[each.name, found]];
      });
      return Object.fromEntries(fields);
    }
    switch (String(type)) {
      case 'ID':
        return id(name, field);
      case 'Int':
        return number(name);
      case 'Boolean':
        return random.chance(0.5);
      case 'JSONObject':
        return json();
      default:
        return string(name);
    }
  };

  const list = (type: GraphQLInputType, name: string, field: string): unknown[] => {
    const length = random.pick([1, 2, 22, 100, 500, 1_000]);
    const same = random.chance(0.4) ? value(type, name, field) : undefined;
    const items: unknown[] = [];
    while (items.length < length && room > 0) {
      const item = same ?? value(type, name, field);
      if (same !== undefined) room -= JSON.stringify(same).length;
      items.push(item);
    }
    return items;
  };

  const id = (name: string, field: string): string | undefined => {
    if (name === 'userId') return undefined;
    if (name === 'messageId') return message.id;
    // Another session would not have the message.
    if (name === 'sessionId' && /^(extend|finish)ChatMessage/.test(field)) return message.sessionId;
    const session = random.pick(random.chance(0.7) ? world.full : world.sessions);
    if (field === 'nodes' || field === 'node')
      return random.chance(0.7) ? session : random.pick(world.messages).id;
    if (field.startsWith('deleteChatSession')) return random.pick(world.unimportant);
    if (name === 'id' && /ChatMessageInput|CreateChatSessionInput/.test(field)) return undefined;
    return session;
  };

  const number = (name: string): number | undefined => {
    switch (name) {
      case 'first':
      case 'last':
        return random.pick([1, 8, 22, 40, 100, 300, 1_000]);
      case 'offset':
        return random.pick([0, 10, 1_000, 10_000]);
      case 'sequence':
      case 'startSequence':
        return undefined;
      default:
        return random.pick([0, 1, 20, 1_000]);
    }
  };

  const string = (name: string): string | undefined => {
    if (name === 'after' || name === 'before') return random.chance(0.2) ? '' : undefined;
    if (name === 'toolCallId' && random.chance(0.5)) return 'call';
    return text(/^(content|delta|refusal|expectedContent)$/.test(name) ? 1_000_000 : 500);
  };

  return (type: GraphQLInputType, name: string, field: string): unknown => {
    room = mostBytes;
    message = random.pick(world.messages);
    return value(type, name, field);
  };
}

function nested(levels: number): object {
  let inside: object = {};
  for (let level = 1; level < levels; level += 1) inside = { a: inside };
  return inside;
}
