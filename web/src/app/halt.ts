import type { StopReason } from '../caudal/index.ts';

/** A stop that has a page of its own; the others are the end of a sign-in, and lead to the sign-in page. */
export type Halt = Exclude<StopReason, { code: 'device_revoked' | 'logged_out' | 'closed' }>;

/** Whether a stop has a page of its own. */
export function isHalt(why: StopReason): why is Halt {
  return why.code !== 'device_revoked' && why.code !== 'logged_out' && why.code !== 'closed';
}
