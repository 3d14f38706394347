import { AuditAction, Code, type AuditEntry } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';

/** The entries of one day, in the order in which they were given. */
export interface Day {
  name: string;
  entries: AuditEntry[];
}

/** byDay groups entries, newest first, by the day that dayOf names. */
export function byDay(entries: readonly AuditEntry[], dayOf: (atUs: bigint) => string): Day[] {
  const days: Day[] = [];
  for (const entry of entries) {
    const name = dayOf(entry.atUs);
    const last = days.at(-1);
    if (last?.name === name) {
      last.entries.push(entry);
    } else {
      days.push({ name, entries: [entry] });
    }
  }
  return days;
}

/** How an entry ended, for people: most of the bank's actions are written down only when they are done. */
export type Outcome =
  | { kind: 'done' }
  | { kind: 'refused'; code: Code }
  | { kind: 'found'; found: number; more: boolean }
  | { kind: 'changed'; before: string; after: string };

export function outcome(entry: AuditEntry): Outcome {
  if (entry.refusal !== Code.UNSPECIFIED) {
    return { kind: 'refused', code: entry.refusal };
  }
  if (entry.action === AuditAction.FIND_HOLDERS) {
    return { kind: 'found', found: entry.found, more: entry.more };
  }
  return entry.before === '' && entry.after === ''
    ? { kind: 'done' }
    : { kind: 'changed', before: entry.before, after: entry.after };
}

/**
 * signedMinor is the amount with the sign that it had for the bank's cash drawer: undefined where no money was meant to
 * move. What was refused moved nothing, and keeps its sign so that one sees what was tried.
 */
export function signedMinor(entry: AuditEntry): bigint | undefined {
  switch (entry.action) {
    case AuditAction.DEPOSIT:
      return entry.amountMinor;
    case AuditAction.WITHDRAW:
      return -entry.amountMinor;
    default:
      return undefined;
  }
}
