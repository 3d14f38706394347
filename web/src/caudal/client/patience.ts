import { repeatDelay } from "./backoff.ts";
import { type Connection, CutError } from "./connection.ts";
import { BankError } from "./errors.ts";
import type { Clock, Runtime } from "./runtime.ts";

/** Asks again, after a while, as long as the bank says that the same may succeed later and the connection stands. */
export async function patiently<T>(connection: Connection, { clock, random }: Runtime, ask: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof BankError) || !error.retryable) throw error;
      const delay = repeatDelay(attempt, error.retryAfterMs ?? 0, random);
      await pause(connection, clock, delay);
      if (connection.ended) throw new CutError(true);
    }
  }
}

/** Waits, but not longer than the connection stands. */
async function pause(connection: Connection, clock: Clock, ms: number): Promise<void> {
  let timer: unknown;
  await Promise.race([new Promise<void>((resolve) => (timer = clock.setTimeout(resolve, ms))), connection.over]);
  clock.clearTimeout(timer);
}
