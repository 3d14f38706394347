import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Flood, floodMax, floodMs } from '../../src/app/views/movements/flood.ts';

/** A clock that a test moves. */
class Hand {
  now = 0;
  #due: { at: number; f: () => void }[] = [];
  nowMs = (): number => this.now;
  later = (f: () => void, ms: number): (() => void) => {
    const entry = { at: this.now + ms, f };
    this.#due.push(entry);
    return () => {
      this.#due = this.#due.filter((e) => e !== entry);
    };
  };
  move(ms: number): void {
    this.now += ms;
    const due = this.#due.filter((e) => e.at <= this.now);
    this.#due = this.#due.filter((e) => e.at > this.now);
    due.forEach((e) => e.f());
  }
}

function watched(): { clock: Hand; flood: Flood; told: string[] } {
  const clock = new Hand();
  const told: string[] = [];
  const flood = new Flood(clock, { flooded: () => told.push('flood'), calm: () => told.push('calm') });
  return { clock, flood, told };
}

test('movements that a person can follow are no flood', () => {
  const { clock, flood, told } = watched();
  for (let i = 0; i < 100; i++) {
    flood.arrived(1);
    clock.move(floodMs / (floodMax - 2));
  }
  assert.deepEqual(told, []);
});

test('a flood is told once, and its end when it has been calm for long enough', () => {
  const { clock, flood, told } = watched();
  for (let i = 0; i < 300; i++) {
    flood.arrived(16);
    clock.move(16);
  }
  assert.deepEqual(told, ['flood']);
  clock.move(floodMs);
  assert.deepEqual(told, ['flood', 'calm']);
  flood.arrived(1);
  clock.move(10 * floodMs);
  assert.deepEqual(told, ['flood', 'calm']);
});

test('whoever has left is told nothing', () => {
  const { clock, flood, told } = watched();
  flood.arrived(floodMax + 1);
  flood.close();
  clock.move(2 * floodMs);
  assert.deepEqual(told, ['flood']);
});
