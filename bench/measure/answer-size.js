import { parametersOf } from '../operations.js';

/** Bytes of the mean answer's body, of a few requests that were found to be answered rightly. */
export async function sampleAnswerSize({ contender, port }, operation) {
  const sizes = [];
  for (const parameters of parametersOf(operation, 20)) {
    const { path, headers, body } = await contender.request(operation, parameters);
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'accept-encoding': 'identity', ...headers },
      body: JSON.stringify(body),
    });
    sizes.push((await response.arrayBuffer()).byteLength);
  }
  return sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
}
