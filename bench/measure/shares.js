/**
 * Who uses the CPU in a profile of V8: the share of each package's own functions in the time that was not idle, from 0
 * to 1. Chatledger's layers count one by one; what no script is behind is the engine's or the system's.
 *
 * @param after microseconds from the beginning that do not count: the start and the warm-up
 */
export function shares({ nodes, samples, timeDeltas }, after) {
  const owners = new Map(nodes.map(({ id, callFrame }) => [id, ownerOf(callFrame)]));
  const times = new Map();
  let [busy, elapsed] = [0, 0];
  samples.forEach((id, n) => {
    elapsed += timeDeltas[n];
    const owner = owners.get(id);
    if (owner === 'idle' || elapsed < after) return;
    busy += timeDeltas[n];
    times.set(owner, (times.get(owner) ?? 0) + timeDeltas[n]);
  });
  return new Map([...times].map(([owner, time]) => [owner, time / busy]));
}

function ownerOf({ functionName, url }) {
  if (functionName === '(idle)') return 'idle';
  if (functionName === '(garbage collector)') return 'garbage collection';
  // System calls and native code outside of any function.
  if (functionName === '(program)') return 'native code';
  const ofPackage = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (ofPackage) return ofPackage;
  const layer = /\/dist\/([^/]+?)(?:\/|\.js)/.exec(url)?.[1];
  if (layer) return `chatledger ${layer}/`;
  const module = /^node:(?:internal\/)?([^/]+)/.exec(url)?.[1];
  if (module) return `node:${module}`;
  return url === '' ? 'built-in functions' : 'other';
}
