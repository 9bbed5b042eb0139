export interface CircuitOptions {
  /** Told once when the database is given up, with the last failure. */
  readonly onOpen: (reason: unknown) => void;
  /** Told once when it answers again. */
  readonly onClose: () => void;
  /** Failures in a row after which the database is given up. Default 5. */
  readonly failures?: number;
  /** Milliseconds from one probe to the next at least. Default 1,000. */
  readonly pause?: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/**
 * Spares callers the wait for a database that is dead: after a few failures in a row nothing is sent any more, except
 * for one probe from time to time, and any answer makes all good again. A probe is somebody's statement like any
 * other. Nobody waits for its outcome before the next one, so one that is never heard of again holds up nothing.
 */
export interface Circuit {
  /** Whether a statement may be sent now. */
  admits(): boolean;
  /** The database has answered, be it with an error. */
  answered(): void;
  /** It could not be reached, or has not answered in time. */
  failed(reason: unknown): void;
}

export function createCircuit(options: CircuitOptions): Circuit {
  const { failures: limit = 5, pause = 1_000, now = () => performance.now() } = options;
  let failures = 0;
  let nextProbe = 0;
  return {
    admits() {
      if (failures < limit) return true;
      const time = now();
      if (time < nextProbe) return false;
      nextProbe = time + pause;
      return true;
    },
    answered() {
      if (failures === 0) return;
      const wasOpen = failures >= limit;
      failures = 0;
      if (wasOpen) options.onClose();
    },
    failed(reason) {
      failures += 1;
      if (failures !== limit) return;
      nextProbe = now() + pause;
      options.onOpen(reason);
    },
  };
}
