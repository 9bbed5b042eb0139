import { setTimeout } from 'node:timers/promises';

/**
 * Waits for a condition that nobody announces, by asking again and again. The limit only ends a test that hangs: it says
 * nothing about how fast the machine is.
 *
 * @throws after `limit` milliseconds
 */
export async function until(condition: () => boolean | Promise<boolean>, limit = 90_000): Promise<void> {
  const deadline = performance.now() + limit;
  while (!(await condition())) {
    if (performance.now() > deadline)
      throw new Error(`Waited ${limit} ms in vain for: ${condition.toString()}`);
    await setTimeout(10);
  }
}
