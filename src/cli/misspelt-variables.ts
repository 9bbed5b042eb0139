import leven from 'leven';
import { variableNames } from '../config.js';

/** All that are ours, with those that commands read themselves. What NODE_ENV may be is not for us to say. */
const known = [...variableNames, 'CHATLEDGER_TOKEN', 'CHATLEDGER_URL'].filter((name) => name !== 'NODE_ENV');
const knownByForm = new Map(known.map((name) => [formOf(name), name]));

const prefix = /^chatledger_/i;

/** Letters below which a name has others near it by chance, as PORT has SORT. */
const shortest = 7;

/**
 * Which variables of an environment were probably meant for us and have a wrong name, each with the right one. Those
 * of other programs, such as DATABASE_HOST, are not near enough to any of ours.
 */
export function misspeltVariables(
  names: readonly string[],
): { readonly name: string; readonly meant: string }[] {
  return names.flatMap((name) => {
    if (known.includes(name)) return [];
    const meant = nearest(name);
    // Both are set: then this one is somebody else's, or left over.
    return meant === undefined || names.includes(meant) ? [] : [{ name, meant }];
  });
}

function nearest(name: string): string | undefined {
  const isPrefixed = prefix.test(name);
  const form = formOf(name);
  const same =
    knownByForm.get(form) ?? (isPrefixed ? knownByForm.get(formOf(name.replace(prefix, ''))) : undefined);
  if (same !== undefined && (isPrefixed || form.length >= shortest)) return same;
  const limit = form.length < 10 ? 1 : 2;
  const near = [...knownByForm]
    .filter(([each]) => each.length >= shortest)
    .map(([each, meant]) => ({ meant, far: distance(form, each) }))
    .filter(({ far }) => far <= limit);
  return near.sort((a, b) => a.far - b.far)[0]?.meant;
}

/** Without what is often forgotten or put in another form: case, underscores, the unit at the end. */
function formOf(name: string): string {
  return name
    .toUpperCase()
    .replace(/_?(MILLISECONDS|SECONDS|MILLIS|SECS?|MS)$/, '')
    .replaceAll(/[_-]/g, '');
}

/** Edits from one to the other. Two neighbours that changed places are one edit. */
function distance(a: string, b: string): number {
  const edits = leven(a, b, { maxDistance: 3 });
  return edits === 2 && areSwapped(a, b) ? 1 : edits;
}

function areSwapped(a: string, b: string): boolean {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2);
}
