import assert from "node:assert/strict";

import { ChannelError, type ChannelErrorCode } from "../../src/caudal/channel/errors.ts";

/** Waits for the rejection and returns it; fails where there is none, or one of another code. */
export async function rejects(promise: Promise<unknown>, code: ChannelErrorCode): Promise<ChannelError> {
  let got: unknown;
  try {
    got = await promise;
  } catch (error) {
    assert(error instanceof ChannelError, `${String(error)} is no ChannelError`);
    assert.equal(error.code, code, error.message);
    return error;
  }
  return assert.fail(`nothing was refused: ${JSON.stringify(got)}`);
}
