import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keptMax, line, path, summary, withSample } from '../../src/app/views/security/round-trips.ts';

test('the series keeps the newest', () => {
  let series: number[] = [];
  for (let i = 0; i < keptMax + 5; i++) {
    series = withSample(series, i);
  }
  assert.equal(series.length, keptMax);
  assert.equal(series[0], 5);
  assert.equal(series.at(-1), keptMax + 4);
});

test('a summary has the last, the median and the worst', () => {
  assert.deepEqual(summary([9.2, 100, 3.4]), { last: 3, median: 9, worst: 100, count: 3 });
  assert.deepEqual(summary([0.2]), { last: 1, median: 1, worst: 1, count: 1 });
  assert.equal(summary([]), undefined);
});

test('the line ends at the right edge and stays in the box', () => {
  const box = { width: 240, height: 40 };
  const points = line([5, 500, 20], box);
  assert.equal(points.at(-1)?.x, 240);
  for (const p of points) {
    assert.ok(p.x >= 0 && p.x <= box.width && p.y >= 0 && p.y <= box.height, JSON.stringify(p));
  }
  const [five, fiveHundred] = points;
  assert.ok(five && fiveHundred && fiveHundred.y < five.y, 'slower is higher');
  const full = line(Array.from({ length: keptMax }, () => 1), box);
  assert.equal(full[0]?.x, 0);
});

test('a quiet network is drawn quiet', () => {
  const [a, b] = line([1, 2], { width: 100, height: 40 });
  assert.ok(a && b && Math.abs(a.y - b.y) < 4);
});

test('a path needs two points', () => {
  assert.equal(path([]), '');
  assert.equal(path([{ x: 1, y: 2 }]), '');
  assert.equal(path([{ x: 1, y: 2 }, { x: 3, y: 4.5 }]), 'M1 2L3 4.5');
});
