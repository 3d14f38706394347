import type { CutReason, StopReason } from "./link.ts";

/** A connection that was not made, or did not get as far as it should: try again later. */
export class Setback extends Error {
  constructor(
    readonly why: CutReason,
    /** Not before; 0 where the bank has not said. */
    readonly afterMs = 0,
  ) {
    super(`no connection: ${why}`);
  }
}

/** A connection that must not be made again by itself. */
export class Stop extends Error {
  constructor(readonly why: StopReason) {
    super(`stopped: ${why.code}`);
  }
}
