import type { Leg } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import type { Source } from './sources.ts';

/** Pages that one look reads at most: 500 movements, some hundredths of a second each on the bank's side. */
export const lookPagesMax = 10;

/** Matches after which a look rests: more than a screen. */
export const lookEnough = 30;

/** Why a look ended. */
export type LookEnd = 'enough' | 'bound' | 'complete' | 'failed' | 'aborted';

/**
 * Reads further pages of a source for movements that match, until there are enough new ones, lookPagesMax pages were read,
 * or the source has no more.
 */
export async function look(source: Source, matches: (leg: Leg) => boolean, signal: AbortSignal): Promise<LookEnd> {
  let found = 0;
  for (let pages = 0; pages < lookPagesMax; pages++) {
    if (signal.aborted) return 'aborted';
    if (source.complete.peek()) return 'complete';
    if (found >= lookEnough) return 'enough';
    const oldest = source.legs.peek().at(-1)?.seq;
    await source.more();
    if (signal.aborted) return 'aborted';
    if (source.error.peek() !== undefined) return 'failed';
    for (const leg of source.legs.peek()) if ((oldest === undefined || leg.seq < oldest) && matches(leg)) found++;
  }
  return source.complete.peek() ? 'complete' : found >= lookEnough ? 'enough' : 'bound';
}
