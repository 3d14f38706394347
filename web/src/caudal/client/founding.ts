import { firstHead } from "../chain.ts";
import { equal } from "../channel/index.ts";

/**
 * The identity that the bank's chains begin with: a first head binds the one that the bank had when it was founded.
 * `undefined` where the bank has changed its identity since, as its certificate or the pin says. It names only the one
 * before, and not for ever, so that nobody can tell then which one it was.
 */
export type Founding = Uint8Array | undefined;

/** Whether `head` is that of an account without legs, as far as can be known. Rejects with `RangeError` like `firstHead`. */
export async function mayBegin(founding: Founding, account: string, currency: string, head: Uint8Array): Promise<boolean> {
  return founding === undefined || equal(await firstHead(founding, account, currency), head);
}
