/** The longest time that a timer of Node takes. */
const longestTimer = 2_147_483_647;

/** Calls once at a time of the clock, however far away. */
export class Alarm {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly time: number,
    private readonly ring: () => void,
  ) {
    this.#wait();
  }

  #wait(): void {
    const left = this.time - Date.now();
    this.#timer = setTimeout(
      () => {
        if (left > longestTimer) this.#wait();
        else this.ring();
      },
      Math.min(Math.max(left, 0), longestTimer),
    );
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
