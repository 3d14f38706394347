import assert from "node:assert/strict";
import { test } from "node:test";

import { checkDigit, clabeProblem, cleanClabe, formatClabe, parseClabe } from "../../src/caudal/clabe.ts";

test("reads a CLABE however its digits are grouped", () => {
  for (const text of [
    "032180000118359719",
    "032 180 00011835971 9",
    " 0321-8000-0118-359719\n",
    "032\u00a0180 000118359719",
  ]) {
    assert.deepEqual(parseClabe(text), {
      digits: "032180000118359719",
      bank: "032",
      branch: "180",
      account: "00011835971",
      check: "9",
    });
  }
  assert.equal(parseClabe("002010077777777771")?.check, "1");
});

test("says what is wrong with the others", () => {
  assert.equal(clabeProblem(""), "too_short");
  assert.equal(clabeProblem("03218000011835971"), "too_short");
  assert.equal(clabeProblem("0321800001183597190"), "too_long");
  assert.equal(clabeProblem("03218000011835971a"), "not_digits");
  assert.equal(clabeProblem("٠٣٢١٨٠٠٠٠١١٨٣٥٩٧١٩"), "not_digits");
  assert.equal(clabeProblem("032180000118359718"), "check_digit");
  assert.equal(clabeProblem("032180000118359719"), undefined);
  assert.equal(parseClabe("032180000118359718"), undefined);
});

test("the check digit finds every single wrong digit", () => {
  const good = "032180000118359719";
  for (let at = 0; at < good.length; at++) {
    for (const digit of "0123456789") {
      const text = good.slice(0, at) + digit + good.slice(at + 1);
      assert.equal(clabeProblem(text) === undefined, text === good, text);
    }
  }
});

test("the check digit misses neighbours swapped that differ by 5, and no others", () => {
  const first16 = "0321800001183597";
  for (const a of "0123456789") {
    for (const b of "0123456789") {
      const [one, swapped] = [first16.slice(0, 15) + a + b, first16.slice(0, 15) + b + a];
      const missed = checkDigit(one) === checkDigit(swapped);
      assert.equal(missed, Math.abs(Number(a) - Number(b)) % 5 === 0, a + b);
    }
  }
  assert.throws(() => checkDigit("123"), RangeError);
});

test("groups the digits for people, and leaves other texts alone", () => {
  assert.equal(formatClabe("032180000118359719"), "032 180 00011835971 9");
  assert.equal(formatClabe("03218"), "03218");
  assert.equal(cleanClabe("032 180-00011835971 9"), "032180000118359719");
});
