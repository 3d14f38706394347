import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { HistoryResultSchema, LegSchema, type HistoryResult, type Leg } from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import { catchUpPagesMax, lateMs, legsMax, Movements } from '../../src/app/movements.ts';

const pageSize = 50;

function leg(seq: number | bigint): Leg {
  // Two by two at the same microsecond, as one batch of the bank's makes them.
  return create(LegSchema, { seq: BigInt(seq), atUs: BigInt(seq) / 2n });
}

/** A bank with one account, whose cursor is the number below which the next page begins. */
class Ledger {
  asked = 0;
  fault: Error | undefined;
  gate: Promise<void> = Promise.resolve();

  constructor(public newest: number) {}

  readonly ask = async ({ cursor = '', untilUs = 0n }: { cursor?: string; untilUs?: bigint }): Promise<HistoryResult> => {
    this.asked++;
    const newest = this.newest; // as of the question, however late the answer
    await this.gate;
    if (this.fault !== undefined) {
      throw this.fault;
    }
    const legs: Leg[] = [];
    let seq = cursor === '' ? newest : Number(cursor) - 1;
    for (; seq > 0 && legs.length < pageSize; seq--) {
      const one = leg(seq);
      if (untilUs === 0n || one.atUs < untilUs) {
        legs.push(one);
      }
    }
    return create(HistoryResultSchema, { legs, next: seq > 0 ? String(seq + 1) : '' });
  };
}

function seqs(movements: Movements): number[] {
  return movements.legs.value.map(({ seq }) => Number(seq));
}

/** From `top` down to `bottom`, each once. */
function run(top: number, bottom: number): number[] {
  return Array.from({ length: top - bottom + 1 }, (_, i) => top - i);
}

async function settled(movements: Movements): Promise<void> {
  while (movements.loading.value) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('movements', () => {
  test('come page by page, newest first, to the first one', async () => {
    const movements = new Movements('a', new Ledger(120).ask);
    assert.deepEqual(seqs(movements), []);
    await movements.more();
    assert.deepEqual(seqs(movements), run(120, 71));
    assert.equal(movements.complete.value, false);
    await movements.more();
    await movements.more();
    assert.deepEqual(seqs(movements), run(120, 1));
    assert.equal(movements.complete.value, true);
    await movements.more();
    assert.deepEqual(seqs(movements), run(120, 1));
  });

  test('of an account without any are complete', async () => {
    const movements = new Movements('a', new Ledger(0).ask);
    await movements.more();
    assert.deepEqual(seqs(movements), []);
    assert.equal(movements.complete.value, true);
    movements.receive([leg(1)]);
    assert.deepEqual(seqs(movements), [1]);
  });

  test('that come in live stand on top, once', async () => {
    const ledger = new Ledger(10);
    const movements = new Movements('a', ledger.ask);
    await movements.more();
    movements.receive([leg(11), leg(12)]);
    movements.receive([leg(12), leg(13), leg(9)]);
    assert.deepEqual(seqs(movements), run(13, 1));
    assert.equal(ledger.asked, 1);
  });

  test('that come in while the first page is under way are neither lost nor doubled', async () => {
    const ledger = new Ledger(10);
    const movements = new Movements('a', ledger.ask);
    const first = movements.more();
    ledger.newest = 12;
    movements.receive([leg(10), leg(11), leg(12)]);
    await first;
    await settled(movements);
    assert.deepEqual(seqs(movements), run(12, 1));
  });

  test('that leave a gap make the list read what lies between', async () => {
    const ledger = new Ledger(10);
    const movements = new Movements('a', ledger.ask);
    await movements.more();
    ledger.newest = 75;
    movements.receive([leg(75)]);
    await settled(movements);
    assert.deepEqual(seqs(movements), run(75, 1));
  });

  test('are read up to the number that the account has reached, if they do not come by themselves', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const ledger = new Ledger(10);
    const movements = new Movements('a', ledger.ask);
    movements.reach(10n);
    assert.equal(ledger.asked, 0, 'nobody has asked for movements yet');
    await movements.more();
    movements.reach(10n);
    assert.equal(ledger.asked, 1);
    ledger.newest = 14;
    movements.reach(12n);
    movements.receive([leg(11), leg(12)]);
    movements.reach(14n);
    t.mock.timers.tick(lateMs);
    assert.equal(ledger.asked, 1, 'those that were told of have come');
    t.mock.timers.tick(lateMs);
    await settled(movements);
    assert.equal(ledger.asked, 2);
    assert.deepEqual(seqs(movements), run(14, 1));
  });

  test('that come by themselves while they are read are there once', async () => {
    const ledger = new Ledger(10);
    const movements = new Movements('a', ledger.ask);
    await movements.more();
    ledger.newest = 14;
    let open = () => {};
    ledger.gate = new Promise((resolve) => (open = resolve));
    movements.receive([leg(14)]);
    movements.receive([leg(11), leg(12), leg(13)]);
    open();
    await settled(movements);
    assert.deepEqual(seqs(movements), run(14, 1));
  });

  test('that let go of the oldest in a flood do not do so while older ones are read', async () => {
    const ledger = new Ledger(100);
    const movements = new Movements('a', ledger.ask);
    await movements.more();
    let open = () => {};
    ledger.gate = new Promise((resolve) => (open = resolve));
    const older = movements.more();
    const flood = run(legsMax + 200, 101).reverse();
    ledger.newest = legsMax + 200;
    movements.receive(flood.map(leg));
    open();
    await older;
    assert.deepEqual(seqs(movements), run(legsMax + 200, 1));
  });

  test('that are too far behind begin anew at the top, and go on without a gap', async () => {
    const ledger = new Ledger(10);
    const movements = new Movements('a', ledger.ask);
    await movements.more();
    ledger.newest = 1000;
    movements.receive([leg(1000)]);
    await settled(movements);
    assert.deepEqual(seqs(movements), run(1000, 1001 - pageSize * catchUpPagesMax));
    assert.equal(movements.complete.value, false);
    await movements.more();
    assert.deepEqual(seqs(movements), run(1000, 1001 - pageSize * (catchUpPagesMax + 1)));
  });

  test('that come in while a gap is being read are not lost', async () => {
    const ledger = new Ledger(10);
    const movements = new Movements('a', ledger.ask);
    await movements.more();
    let open = () => {};
    ledger.gate = new Promise((resolve) => {
      open = resolve;
    });
    ledger.newest = 20;
    movements.receive([leg(20)]);
    ledger.newest = 22;
    movements.receive([leg(21), leg(22)]);
    open();
    await settled(movements);
    assert.deepEqual(seqs(movements), run(22, 1));
  });

  test('stay bounded under a flood, and the oldest can be read again', async () => {
    const ledger = new Ledger(60);
    const movements = new Movements('a', ledger.ask);
    await movements.more();
    await movements.more();
    assert.equal(movements.complete.value, true);
    const top = 60 + legsMax;
    ledger.newest = top;
    for (let seq = 61; seq <= top; seq++) {
      movements.receive([leg(seq)]);
    }
    assert.deepEqual(seqs(movements), run(top, 61));
    assert.equal(movements.complete.value, false);
    await movements.more();
    await movements.more();
    assert.deepEqual(seqs(movements), run(top, 1));
    assert.equal(movements.complete.value, true);
  });

  test('keep what they have when the bank cannot be asked, and say so', async () => {
    const ledger = new Ledger(120);
    const movements = new Movements('a', ledger.ask);
    await movements.more();
    ledger.fault = new Error('cut');
    await movements.more();
    assert.equal(movements.error.value, ledger.fault);
    assert.equal(movements.loading.value, false);
    assert.deepEqual(seqs(movements), run(120, 71));
    ledger.fault = undefined;
    await movements.more();
    assert.equal(movements.error.value, undefined);
    assert.deepEqual(seqs(movements), run(120, 21));
  });

  test('whose gap could not be read are whole after the next one', async () => {
    const ledger = new Ledger(10);
    const movements = new Movements('a', ledger.ask);
    await movements.more();
    ledger.newest = 20;
    ledger.fault = new Error('cut');
    movements.receive([leg(20)]);
    await settled(movements);
    assert.deepEqual(seqs(movements), run(10, 1));
    ledger.fault = undefined;
    ledger.newest = 21;
    movements.receive([leg(21)]);
    await settled(movements);
    assert.deepEqual(seqs(movements), run(21, 1));
  });

  test('are read anew after a reset, also one in the middle of an answer', async () => {
    const ledger = new Ledger(120);
    const movements = new Movements('a', ledger.ask);
    await movements.more();
    let open = () => {};
    ledger.gate = new Promise((resolve) => {
      open = resolve;
    });
    const older = movements.more();
    movements.reset();
    ledger.newest = 130;
    open();
    await older;
    await settled(movements);
    assert.deepEqual(seqs(movements), run(130, 81));
  });

  test('ignore answers once they are closed', async () => {
    const movements = new Movements('a', new Ledger(10).ask);
    const first = movements.more();
    movements.close();
    await first;
    assert.deepEqual(seqs(movements), []);
  });
});
