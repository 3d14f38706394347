import assert from "node:assert/strict";
import { test } from "node:test";

import { concat, toHex, utf8 } from "../../src/caudal/channel/bytes.ts";
import { enrolmentMessage, resumeMessage } from "../../src/caudal/signing.ts";

const identity = concat(Uint8Array.of(1), new Uint8Array(31));
const channelHash = concat(Uint8Array.of(2), new Uint8Array(31));
const context = { identity, channelHash };
const head = toHex(identity) + toHex(channelHash);

// The same bytes as protocol/protocol_test.go has.
test("what a device signs has the published bytes", () => {
  const enrolment = enrolmentMessage(context, "ana", { algorithm: 1, publicKey: Uint8Array.of(9, 8) });
  const enrolLabel = toHex(utf8("caudal device enrol v1\0"));
  assert.equal(toHex(enrolment), `${enrolLabel}${head}00000003616e610000000101000000020908`);
  const resume = resumeMessage(context, Uint8Array.of(7));
  assert.equal(toHex(resume), `${toHex(utf8("caudal device resume v1\0"))}${head}0000000107`);
});

test("an identity or hash of another length signs nothing", () => {
  const short = new Uint8Array(31);
  assert.throws(() => resumeMessage({ identity: short, channelHash }, Uint8Array.of(7)), RangeError);
  assert.throws(() => resumeMessage({ identity, channelHash: short }, Uint8Array.of(7)), RangeError);
});
