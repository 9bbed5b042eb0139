/** Who is asking. */
export type Viewer =
  | {
      /** A person, known by the subject of the token. */
      readonly kind: 'user';
      readonly userId: string;
    }
  | {
      /** A worker or an operator, known by the name of its key. May act for any user. */
      readonly kind: 'service';
      readonly name: string;
    };

/** Who is asking, for how long that is proved. */
export interface Identity {
  readonly viewer: Viewer;
  /** When the proof expires, in milliseconds since 1970; null for never. */
  readonly expiresAt: number | null;
}

/**
 * The one rule of visibility: the only owner whose sessions the viewer may see and change, or null when it may
 * see those of all. Every statement takes it as a parameter.
 */
export function visibleOwner(viewer: Viewer): string | null {
  switch (viewer.kind) {
    case 'user':
      return viewer.userId;
    case 'service':
      return null;
  }
}

/** Whether something that a caller brings as proof can be the id of a user. */
export function isUserId(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length >= 1 &&
    value.length <= 500 &&
    !value.includes('\0') &&
    value.isWellFormed()
  );
}
