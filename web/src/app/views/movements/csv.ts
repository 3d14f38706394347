import { type Leg, TransferKind } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { plainAmount } from './amounts.ts';

/**
 * The columns of an export. Their names are the same in every language, so that a program reads any file.
 *
 * | column | what |
 * | --- | --- |
 * | account, counterparty_clabe | 3-3-11-1 digits with spaces: a spreadsheet takes 18 digits for a number, and keeps 15 |
 * | date | ISO 8601, UTC, microseconds |
 * | kind | transfer, deposit, withdrawal, gift |
 * | amount, balance_after | plain numbers with a point, negative where money left |
 * | idempotency_key | a UUID; only of transfers that this user ordered |
 * | chain_head | 64 hexadecimal digits |
 */
export const columns = [
  'account',
  'seq',
  'date',
  'kind',
  'counterparty_clabe',
  'counterparty_name',
  'memo',
  'amount',
  'currency',
  'balance_after',
  'transfer_id',
  'idempotency_key',
  'chain_head',
] as const;

/** The byte order mark, by which spreadsheets know UTF-8. */
export const byteOrderMark = '\uFEFF';

/** The first line of an export. */
export function header(): string {
  return line(columns);
}

/** One movement of an account as a line of an export (RFC 4180), with its line end. */
export function record(account: string, currency: string, leg: Leg): string {
  return line([
    text(grouped(account)),
    leg.seq.toString(),
    isoTime(leg.atUs),
    kindCode(leg.kind),
    text(grouped(leg.counterparty)),
    text(leg.counterpartyName),
    text(leg.memo),
    // Numbers are made here from integers and never hold what somebody typed: -12.50 stays one, and can be summed.
    plainAmount(leg.amountMinor, currency),
    text(currency),
    plainAmount(leg.balanceMinor, currency),
    text(leg.transferId),
    uuid(leg.idempotencyKey),
    hex(leg.head),
  ]);
}

/** What makes a spreadsheet read a cell as a formula, full-width forms included; some programs skip white space first. */
const formula = /^(?:[\t\r\n]|[\s\p{Cf}]*[=+\-@＝＋－＠﹢﹣﹦﹫−])/u;

/**
 * A cell of text that a spreadsheet would run as a formula gets an apostrophe in front, which spreadsheets show as text.
 * Whoever pays chooses the memo and name that the other side exports.
 */
export function text(value: string): string {
  return formula.test(value) ? `'${value}` : value;
}

/** Quotes a cell where RFC 4180 asks for it, and where white space at an end could be lost. */
function cell(value: string): string {
  return /[",;\r\n]|^\s|\s$/u.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function line(cells: readonly string[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

/** A CLABE as 3-3-11-1 digits; what is no CLABE stays as it is. */
function grouped(clabe: string): string {
  return clabe.replace(/^(\d{3})(\d{3})(\d{11})(\d)$/, '$1 $2 $3 $4');
}

/** A time in microseconds since the epoch as ISO 8601 in UTC, to the microsecond. */
export function isoTime(atUs: bigint): string {
  const micros = (((atUs % 1_000_000n) + 1_000_000n) % 1_000_000n).toString().padStart(6, '0');
  const second = new Date(Number((atUs - BigInt(micros)) / 1000n)).toISOString();
  return second.replace('.000Z', `.${micros}Z`);
}

/** The word for a kind of transfer in an export. */
function kindCode(kind: TransferKind): string {
  switch (kind) {
    case TransferKind.TRANSFER:
      return 'transfer';
    case TransferKind.DEPOSIT:
      return 'deposit';
    case TransferKind.WITHDRAWAL:
      return 'withdrawal';
    case TransferKind.GIFT:
      return 'gift';
    default:
      return `kind ${kind}`;
  }
}

/** Bytes as lower-case hexadecimal digits. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

/** 16 bytes as the text of a UUID (RFC 9562); empty where there are none. */
export function uuid(bytes: Uint8Array): string {
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
