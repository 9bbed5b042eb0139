import pg from 'pg';
import { createCircuit } from './circuit.js';
import { breakConnection } from './connection.js';
import { DatabaseError, toDatabaseError } from './database-error.js';

export interface HealthOptions {
  /** Milliseconds after which an answer is late. */
  readonly answerTimeout: number;
  /** Asks the database something that takes no time. What becomes of it is heard as of any statement. */
  readonly probe: () => void;
  /** Told why the database is given up. */
  readonly onDown?: ((reason: unknown) => void) | undefined;
  readonly onBack?: (() => void) | undefined;
  /** Told when writes are not acknowledged, though the database answers. */
  readonly onWritesStuck?: (() => void) | undefined;
  readonly onWritesBack?: (() => void) | undefined;
}

/** Whether the database answers, and whether it acknowledges writes, as its statements have it. */
export interface Health {
  /** Whether a statement may be sent now. */
  admits(): boolean;
  /** Whether a write may be. */
  admitsWrites(): boolean;
  /** False while commits wait for something other than the database, such as a synchronous standby. */
  readonly acknowledgesWrites: boolean;
  /** No connection could be made or had. @returns what to say of it */
  unconnected(error: Error): Error;
  /** The statements of a connection succeeded. */
  answered(isWrite: boolean): void;
  /** For the statements of one connection: what each failed with. That they were late together counts once. */
  judge(isWrite: boolean): (error: Error) => Error;
  /**
   * Gives up waiting for a write after the time that a statement may take, but leaves it its connection. If nothing was
   * answered meanwhile, not even a question that is asked in between, the database is dead, and not the write alone late.
   */
  awaitWrite(client: pg.PoolClient, giveUp: (reason: DatabaseError) => void): { end(): void };
  /** Ends the connections whose writes were given up. */
  breakLate(): void;
}

export function createHealth(options: HealthOptions): Health {
  const { answerTimeout, probe } = options;
  // Connections whose writes were given up, and are not over yet.
  const late = new Set<pg.PoolClient>();
  const breakLate = () => {
    for (const client of late) breakConnection(client);
  };
  const circuit = createCircuit({
    onOpen: (reason) => {
      breakLate();
      options.onDown?.(reason);
    },
    onClose: () => options.onBack?.(),
  });
  let acknowledgesWrites = true;
  const writes = createCircuit({
    onOpen: () => {
      acknowledgesWrites = false;
      options.onWritesStuck?.();
    },
    onClose: () => {
      acknowledgesWrites = true;
      options.onWritesBack?.();
    },
  });
  let answers = 0;
  const answered = () => {
    answers += 1;
    circuit.answered();
  };
  return {
    admits: () => circuit.admits(),
    admitsWrites: () => writes.admits(),
    get acknowledgesWrites() {
      return acknowledgesWrites;
    },
    unconnected(error) {
      const failure = toDatabaseError(error);
      // A connection that breaks later says nothing of the database: the next one does.
      if (failure instanceof DatabaseError && failure.kind !== 'capacity') circuit.failed(failure);
      return failure;
    },
    answered(isWrite) {
      answered();
      if (isWrite) writes.answered();
    },
    judge(isWrite) {
      let isCounted = false;
      return (error) => {
        const failure = failureOf(error);
        const isLate = failure instanceof DatabaseError && failure.kind === 'timeout';
        if (error instanceof pg.DatabaseError) {
          answered();
          // One that waits for the row of another that is not acknowledged has not got as far.
          if (isWrite && !isLate) writes.answered();
        } else if (!isCounted && failure instanceof DatabaseError && isLate) {
          isCounted = true;
          circuit.failed(failure);
        }
        return failure;
      };
    },
    awaitWrite(client, giveUp) {
      const before = answers;
      let timer = setTimeout(() => {
        if (answers === before) probe();
        timer = setTimeout(() => {
          const reason = new DatabaseError(
            'timeout',
            undefined,
            new Error('The write was not acknowledged.'),
          );
          late.add(client);
          if (answers === before) circuit.failed(reason);
          else writes.failed(reason);
          giveUp(reason);
        }, answerTimeout / 2);
      }, answerTimeout / 2);
      return {
        end() {
          clearTimeout(timer);
          late.delete(client);
        },
      };
    },
    breakLate,
  };
}

/** What a statement failed with. */
function failureOf(error: Error): Error {
  // The driver falls over a row that does not fit its description.
  const isUnreadable = error instanceof TypeError || error instanceof RangeError;
  return isUnreadable ? new DatabaseError('connection', undefined, error) : toDatabaseError(error);
}
