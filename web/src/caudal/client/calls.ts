import type {
  FindHoldersResult,
  HistoryResult,
  ListAuditResult,
  Payee,
  TellerLimits,
} from "../gen/caudal/v1/caudal_pb.ts";
import type { Request, ResultCase, ResultOf } from "./connection.ts";

/** A page of history to ask for. */
export interface HistoryQuery {
  /** CLABE. */
  readonly account: string;
  /** 1 to 50; 50 where there is none. */
  readonly limit?: number | undefined;
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
  /** Not before, and before: microseconds since 1970. */
  readonly sinceUs?: bigint | undefined;
  readonly untilUs?: bigint | undefined;
}

/** The calls that ask the bank and change nothing here. */
export abstract class Calls {
  /** `inOrder` is called with the result before anything is handled that the bank said later. */
  protected abstract call<K extends ResultCase>(
    request: Request,
    expected: K,
    inOrder?: (result: ResultOf<K>) => void,
  ): Promise<ResultOf<K>>;

  /** Revokes the user's other devices. */
  changePassword(value: { oldPassword: string; newPassword: string }): Promise<{ devicesRevoked: number }> {
    return this.call({ case: "changePassword", value }, "changePassword");
  }

  /** Who would be paid: to be shown before money leaves. */
  resolvePayee(payee: { clabe: string } | { username: string }): Promise<Payee> {
    const value = "clabe" in payee ? payee.clabe : payee.username;
    const kind = "clabe" in payee ? ("clabe" as const) : ("username" as const);
    return this.call({ case: "resolvePayee", value: { payee: { case: kind, value } } }, "payee");
  }

  /** Legs, newest first. */
  history({ account, limit = 0, cursor = "", sinceUs = 0n, untilUs = 0n }: HistoryQuery): Promise<HistoryResult> {
    return this.call({ case: "history", value: { account, limit, cursor, sinceUs, untilUs } }, "history");
  }

  /** For tellers. */
  findHolders(query: string): Promise<FindHoldersResult> {
    return this.call({ case: "findHolders", value: { query } }, "findHolders");
  }

  /** For tellers: newest first. */
  listAudit({ cursor = "", limit = 0 }: { cursor?: string; limit?: number } = {}): Promise<ListAuditResult> {
    return this.call({ case: "listAudit", value: { cursor, limit } }, "listAudit");
  }

  /** For tellers: what is left of today, MXN where no currency is given. */
  tellerLimits(currency = ""): Promise<TellerLimits> {
    return this.call({ case: "tellerLimits", value: { currency } }, "tellerLimits");
  }
}
