import type { HistoryResult, Leg } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { byteOrderMark, header, record } from './csv.ts';

/** Asks the bank for a page of an account's movements, newest first. */
export type History = (request: {
  account: string;
  limit?: number;
  cursor?: string;
  sinceUs?: bigint;
  untilUs?: bigint;
}) => Promise<HistoryResult>;

/** Movements that one export looks at: at 50 a page this is 2,000 questions to the bank, and a file of some 30 MB. */
export const exportLegsMax = 100_000;

/** What an export is to hold. Times in microseconds; since included, until not. */
export interface ExportRequest {
  readonly account: string;
  readonly currency: string;
  readonly sinceUs: bigint | undefined;
  readonly untilUs: bigint | undefined;
  readonly matches: (leg: Leg) => boolean;
}

/** How far an export is. */
export interface Progress {
  readonly looked: number;
  readonly matched: number;
  readonly oldestUs: bigint | undefined;
}

/** A finished export: the file in parts, and whether it reached the end of what was asked for. */
export interface Exported extends Progress {
  readonly parts: string[];
  readonly complete: boolean;
}

/**
 * Reads an account's movements page by page into CSV. progress is told after each page. Throws the signal's reason when it
 * is aborted, and what history throws.
 */
export async function exportCsv(
  history: History,
  request: ExportRequest,
  signal: AbortSignal,
  progress: (p: Progress) => void,
  legsMax = exportLegsMax,
): Promise<Exported> {
  const parts = [byteOrderMark + header()];
  const now = { looked: 0, matched: 0, oldestUs: undefined as bigint | undefined };
  let cursor = '';
  do {
    signal.throwIfAborted();
    const page = await history({
      account: request.account,
      ...(cursor !== '' && { cursor }),
      ...(request.sinceUs !== undefined && { sinceUs: request.sinceUs }),
      ...(request.untilUs !== undefined && { untilUs: request.untilUs }),
    });
    signal.throwIfAborted();
    const legs = page.legs.slice(0, legsMax - now.looked);
    const matching = legs.filter(request.matches);
    if (matching.length > 0) {
      parts.push(matching.map((leg) => record(request.account, request.currency, leg)).join(''));
    }
    now.looked += legs.length;
    now.matched += matching.length;
    now.oldestUs = legs.at(-1)?.atUs ?? now.oldestUs;
    progress({ ...now });
    if (legs.length < page.legs.length) return { ...now, parts, complete: false };
    cursor = page.next;
  } while (cursor !== '' && now.looked < legsMax);
  return { ...now, parts, complete: cursor === '' };
}

/** The name of an export's file: the account, and the local days that bound it. */
export function fileName(account: string, firstDay: string, lastDay: string): string {
  return ['caudal', account, firstDay, lastDay].filter((part) => part !== '').join('-') + '.csv';
}
