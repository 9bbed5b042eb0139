import { z } from 'zod';
import { InvalidInputError, type InputPath } from '../errors.js';
import { maxContentBytes, maxJsonBytes, maxNameLength, maxRevision } from './limits.js';

/**
 * Checks input against its schema.
 *
 * @param at where the value stands, for the path of the error: `['input']` for the input of a mutation
 * @throws InvalidInputError for the first thing that is wrong
 */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  at: InputPath,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const inner = (issue?.path ?? []).filter((key) => typeof key !== 'symbol');
  throw new InvalidInputError(issue?.message ?? 'Not a valid value.', [...at, ...inner]);
}

/** Text of which `problem` finds nothing to say. */
function text(problem: (value: string) => string | undefined) {
  return z.string().superRefine((value, issues) => {
    const message = problem(value);
    if (message !== undefined) issues.addIssue({ code: 'custom', message });
  });
}

// Text that PostgreSQL can't hold (NUL) and text that is no Unicode (half of a surrogate pair) is refused rather
// than changed: what comes back is what was sent, byte for byte, or was never taken.
function textProblem(value: string): string | undefined {
  if (value.includes('\0')) return 'Must not contain the character NUL (U+0000).';
  if (!value.isWellFormed()) return 'Must be well-formed Unicode, without lone surrogates.';
  return undefined;
}

/** Text of a message. */
export const content = text((value) => {
  const problem = textProblem(value);
  if (problem !== undefined || bytesAtMost(value, maxContentBytes)) return problem;
  return `Must be ${maxContentBytes} bytes of UTF-8 at most.`;
});

/** A piece of such a text. */
export const delta = z
  .string()
  .refine(
    (text) => text.isWellFormed(),
    'Must be well-formed Unicode: cut a text between characters, not inside a surrogate pair.',
  )
  .pipe(content);

/** A name, a title, an id that somebody else gives out. */
export const name = text((value) => {
  const problem = textProblem(value);
  if (problem !== undefined || value.length <= maxNameLength) return problem;
  return `Must be ${maxNameLength} UTF-16 code units at most.`;
});

/** Nothing that anybody sees: white space, characters that fonts do not draw, and the empty pattern of braille. */
const blank = /^[\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

/** A title; null for one of nothing but blanks, which is none. */
export const title = name.transform((text) => (blank.test(text) ? null : text));

/** A name that stands for something. */
export const identifier = name.refine((text) => text.length > 0, 'Must not be empty.');

/** A UUID of any version, as PostgreSQL gives it back: in small letters. */
export const uuid = z
  .string()
  .regex(
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
    'Must be a UUID such as 018f4d6e-5c1a-7cc3-9d0b-3f6a1e2b4c5d.',
  )
  .toLowerCase();

/** A whole number from `minimum` to `maximum`. */
export function integer(minimum: number, maximum: number) {
  return z
    .int('Must be a whole number.')
    .min(minimum, `Must be ${minimum} or more.`)
    .max(maximum, `Must be ${maximum} or less.`);
}

/** A revision of a session. */
export const revision = integer(0, maxRevision);

const anyObject = z.custom<object>(isObject, 'Must be a JSON object.');

/** A JSON object that can be stored and given back as it is. */
export const jsonObject = anyObject.superRefine(checkJson);

/** A map of a session. Its keys are names, of which `__proto__` gets lost wherever JavaScript copies an object. */
export const jsonMap = jsonObject.superRefine((value, issues) => {
  const path = pathOfProto(value, 0);
  if (path) issues.addIssue({ code: 'custom', path, message: 'The key __proto__ is not allowed.' });
});

/** A list of JSON objects. */
export const jsonObjects = z.array(anyObject, 'Must be a list of JSON objects.').superRefine(checkJson);

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON nested deeper than this would end the stack of some reader. */
const maxJsonDepth = 100;

function checkJson(value: unknown, issues: z.RefinementCtx): void {
  const problem = jsonProblem(value, 0) ?? sizeProblem(value);
  if (problem !== undefined) issues.addIssue({ code: 'custom', message: problem });
}

function sizeProblem(value: unknown): string | undefined {
  return bytesAtMost(JSON.stringify(value), maxJsonBytes)
    ? undefined
    : `Must be ${maxJsonBytes} bytes of JSON at most.`;
}

function jsonProblem(value: unknown, depth: number): string | undefined {
  if (depth > maxJsonDepth) return `Must not be nested deeper than ${maxJsonDepth} levels.`;
  if (typeof value === 'string') return textProblem(value);
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return 'Must not contain a number beyond the range of a double.';
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const problem = textProblem(key) ?? jsonProblem(item, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** The way to the first key `__proto__`, down to the deepest level that is allowed. */
function pathOfProto(value: unknown, depth: number): (string | number)[] | undefined {
  if (typeof value !== 'object' || value === null || depth > maxJsonDepth) return undefined;
  if (Object.hasOwn(value, '__proto__')) return ['__proto__'];
  for (const [key, item] of Object.entries(value)) {
    const path = pathOfProto(item, depth + 1);
    if (path) return [Array.isArray(value) ? Number(key) : key, ...path];
  }
  return undefined;
}

function bytesAtMost(value: string, limit: number): boolean {
  // A code unit makes three bytes at most, so most texts need not be counted.
  return value.length * 3 <= limit || Buffer.byteLength(value) <= limit;
}
