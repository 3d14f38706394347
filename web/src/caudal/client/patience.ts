import { repeatDelay } from "./backoff.ts";
import { type Connection, CutError } from "./connection.ts";
import { BankError } from "./errors.ts";
import type { Runtime } from "./runtime.ts";

/** Asks again, after a while, as long as the bank says that the same may succeed later and the connection stands. */
export async function patiently<T>(connection: Connection, { clock, random }: Runtime, ask: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof BankError) || !error.retryable) throw error;
      const delay = repeatDelay(attempt, error.retryAfterMs ?? 0, random);
      await new Promise<void>((resolve) => clock.setTimeout(resolve, delay));
      if (connection.ended) throw new CutError(true);
    }
  }
}
