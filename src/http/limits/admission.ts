import {
  getOperationAST,
  GraphQLError,
  type ExecutionArgs,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { Viewer } from '../../auth/viewer.js';
import type { Limits } from '../../config.js';
import { RequestTimeoutError } from '../../data/request-scope.js';
import { planCost, type OperationCost } from './cost.js';
import { createLiveLimit } from './live-limit.js';
import { createRateLimit } from './rate-limit.js';
import { createShares, type EndTurn } from './share.js';
import { rateLimited, told, tooComplex } from './refusals.js';

/** An operation of a valid document, with what the request brings for its variables. */
type Operation = Pick<ExecutionArgs, 'document' | 'operationName' | 'variableValues'>;

/** Decides, before anything runs, whether an operation may. */
export interface Admission {
  /** What the operation costs, and what speaks against it. When nothing does, the viewer has paid for it. */
  admit(operation: Operation, viewer: Viewer | null): { cost: number; refusal: GraphQLError | undefined };
  /** The same for a subscription. @returns what to call when it is over, or did not begin; or what speaks against it */
  admitLive(operation: Operation, viewer: Viewer | null): (() => void) | GraphQLError;
  /**
   * Waits until an operation that was admitted may run, behind others of its viewer. @returns what to call at its end, or
   * what speaks against it
   */
  enter(viewer: Viewer | null): EndTurn | GraphQLError | Promise<EndTurn | GraphQLError>;
  /** Counts a WebSocket of a viewer. @returns what to call when it is closed; undefined when there are too many */
  admitSocket(viewer: Viewer): (() => void) | undefined;
}

/** Seconds after which to try a request again that found too many under way. */
const turnWait = 1;

/** For those whose requests are not counted. */
const unlimited: EndTurn = () => undefined;

function noTurn(): GraphQLError {
  const originalError = new RequestTimeoutError();
  return new GraphQLError(originalError.message, { originalError });
}

/** Seconds after which to try a subscription again: somebody has to end one, and nobody knows when. */
const liveWait = 5;

export function createAdmission(schema: GraphQLSchema, limits: Limits): Admission {
  const plans = new WeakMap<OperationDefinitionNode, OperationCost>();
  const takeFromBucket = limits.rate && createRateLimit(limits.rate);
  const beginLive = createLiveLimit(limits.live);
  const beginTurn = createShares({
    running: limits.running.most,
    concurrent: limits.concurrent,
    patience: limits.running.patience,
  });
  // Each could have a subscription.
  const beginSocket = createLiveLimit(limits.live);

  function costOf({ document, operationName, variableValues }: Operation): number {
    const operation = getOperationAST(document, operationName);
    // The execution says what is wrong.
    if (!operation) return 0;
    try {
      let plan = plans.get(operation);
      if (!plan) plans.set(operation, (plan = planCost(schema, document, operation)));
      return plan(variableValues ?? {});
    } catch (error) {
      // Thousands of fragments, each inside another, end the stack.
      if (error instanceof RangeError) return Infinity;
      throw error;
    }
  }

  /** Whose share counts; undefined for those who have none. */
  function keyOf(viewer: Viewer | null): string | undefined {
    if (viewer?.kind === 'user') return `user ${viewer.userId}`;
    return viewer && limits.services ? `service ${viewer.name}` : undefined;
  }

  function refusalOf(cost: number, viewer: Viewer | null): GraphQLError | undefined {
    if (cost > limits.cost) {
      return tooComplex(
        `The operation may cost ${told(cost)} with these variables. ${limits.cost} are allowed: ask for smaller pages.`,
      );
    }
    const key = takeFromBucket ? keyOf(viewer) : undefined;
    const seconds = takeFromBucket && key !== undefined ? takeFromBucket(key, cost) : 0;
    if (seconds === 0) return undefined;
    return rateLimited(
      `You have asked for a lot in a short time, and this costs ${cost}. Try again in ${seconds} s.`,
      seconds,
    );
  }

  const admit: Admission['admit'] = (operation, viewer) => {
    const cost = costOf(operation);
    return { cost, refusal: refusalOf(cost, viewer) };
  };

  return {
    admit,
    enter(viewer) {
      const key = keyOf(viewer);
      if (key === undefined) return unlimited;
      const turn = beginTurn(key);
      if (turn instanceof Promise) return turn.then((end) => end ?? noTurn());
      const message = `You have ${limits.concurrent} requests under way. Wait for their answers.`;
      return turn ?? rateLimited(message, turnWait);
    },
    admitLive(operation, viewer) {
      const key = keyOf(viewer);
      const end = key === undefined ? () => undefined : beginLive(key);
      if (!end)
        return rateLimited(`You have ${limits.live} subscriptions. End one to begin another.`, liveWait);
      const { refusal } = admit(operation, viewer);
      if (!refusal) return end;
      end();
      return refusal;
    },
    admitSocket(viewer) {
      const key = keyOf(viewer);
      return key === undefined ? () => undefined : beginSocket(key);
    },
  };
}
