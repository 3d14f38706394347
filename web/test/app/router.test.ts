import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageOf } from '../../src/app/frame/places.ts';
import { parseHash } from '../../src/app/router.ts';

test('a hash is taken apart', () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['', 'accounts', []],
    ['#', 'accounts', []],
    ['#/', 'accounts', []],
    ['#/account/032180000118359719', 'accounts', ['account', '032180000118359719']],
    ['#/movements', 'movements', ['movements']],
    ['#/movements/032180000118359719/7', 'movements', ['movements', '032180000118359719', '7']],
    ['#/send/?to=ana', 'send', ['send']],
    ['#/open', 'open', ['open']],
    ['#/signin', 'signin', ['signin']],
    ['#/register', 'signin', ['register']],
    ['#//send//x', 'send', ['send', 'x']],
    ['#/send/a%20b', 'send', ['send', 'a b']],
  ];
  for (const [hash, view, parts] of cases) {
    const route = parseHash(hash);
    assert.equal(route.view, view, hash);
    assert.deepEqual(route.parts, parts, hash);
  }
  assert.equal(parseHash('#/send?to=ana&amount=5').query.get('to'), 'ana');
});

test('what is no route of ours is the accounts', () => {
  for (const hash of ['#/nope', '#main', '#/__proto__', '#/constructor/x', '#/%E0%A4%A', '#/send/%', `#/send/${'x'.repeat(600)}`, '#javascript:alert(1)']) {
    const route = parseHash(hash);
    assert.equal(route.view, 'accounts', hash);
    assert.deepEqual(route.parts, [], hash);
  }
});

test('an account is a page of its own, a receipt is part of the movements', () => {
  assert.notEqual(pageOf(parseHash('#/')), pageOf(parseHash('#/account/1')));
  assert.equal(pageOf(parseHash('#/movements')), pageOf(parseHash('#/movements/1/2')));
  assert.notEqual(pageOf(parseHash('#/signin')), pageOf(parseHash('#/register')));
});
