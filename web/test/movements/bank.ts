import { create } from '@bufbuild/protobuf';
import { type HistoryResult, HistoryResultSchema, type Leg } from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import type { History } from '../../src/app/views/movements/export.ts';

/** A bank's history of one account: legs oldest first, in pages as the bank makes them. Counts what it is asked. */
export class Books {
  asked = 0;
  constructor(
    readonly legs: readonly Leg[],
    readonly pageSize = 50,
  ) {}

  readonly history: History = async ({ cursor, sinceUs, untilUs, limit }): Promise<HistoryResult> => {
    this.asked++;
    const size = limit ?? this.pageSize;
    const before = cursor === undefined ? Infinity : Number(cursor);
    const found = this.legs
      .filter((l) => Number(l.seq) < before)
      .filter((l) => untilUs === undefined || l.atUs < untilUs)
      .filter((l) => sinceUs === undefined || l.atUs >= sinceUs)
      .reverse();
    const legs = found.slice(0, size);
    const next = found.length > size ? String(legs.at(-1)?.seq) : '';
    return create(HistoryResultSchema, { legs, next });
  };
}
