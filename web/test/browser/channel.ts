// The channel in a real browser. The page that loads this bundle as a module, in a secure context, serves /vectors.json
// (cipher/testdata/vectors.json), /vectors-typescript.json and /channel-certificates.json (certs/testdata/) beside it, and
// awaits globalThis.channelResult.

import { type Bytes, equal, u32 } from "../../src/caudal/channel/bytes.ts";
import type { Source } from "../../src/caudal/channel/initiator.ts";
import { generateMLKEM, type MLKEMProvider } from "../../src/caudal/channel/mlkem.ts";
import { generateNobleMLKEM } from "../../src/caudal/channel/mlkem-noble.ts";
import type { Opened } from "../../src/caudal/channel/record.ts";
import { classic, hybrid, type Suite } from "../../src/caudal/channel/suite.ts";
import { generateX25519 } from "../../src/caudal/channel/x25519.ts";
import { answer, connect, makeBank, nowMs } from "../channel/bank.ts";
import { startHandshake } from "../../src/caudal/channel/handshake.ts";
import { meetCertificate } from "../vectors/certificate-check.ts";
import type { CertificateVectors } from "../vectors/certificates.ts";
import type { VectorFile } from "../vectors/format.ts";
import { meetVector } from "../vectors/run.ts";

export interface ChannelResult {
  /** How many vectors, certificates, handshakes and records were checked. */
  readonly checked: number;
  /** One text for each that was wrong. */
  readonly failures: string[];
  /** Who computed ML-KEM-768 for an ordinary handshake here. */
  readonly mlkem: MLKEMProvider | undefined;
  /** Times the keys changed in the crossing: 2 for 70,000 records each way. */
  readonly rekeys: number;
  /** The client's share of a handshake, both messages and the checks, in milliseconds: the median of several. */
  readonly handshakeMs: { readonly webcrypto?: number; readonly noble: number; readonly classic: number };
  /** Microseconds for a record with a body of 200 bytes, many under way. */
  readonly sealUsPerRecord: number;
  readonly openUsPerRecord: number;
}

declare global {
  var channelResult: Promise<ChannelResult> | undefined;
}

/** More than 2^16, so that both directions change their keys. */
const crossingRecords = 70_000;
const batch = 500;

const nobleSource: Source = { x25519: generateX25519, mlkem: async () => generateNobleMLKEM() };

let checked = 0;
const failures: string[] = [];

function check(good: boolean, what: string): void {
  checked++;
  if (!good) failures.push(what);
}

async function load<T>(path: string): Promise<T> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

async function vectors(providers: readonly MLKEMProvider[]): Promise<void> {
  for (const path of ["/vectors.json", "/vectors-typescript.json"]) {
    const file: VectorFile = await load(path);
    for (const vector of file.vectors) {
      for (const provider of vector.client_mlkem768_seed === undefined ? providers.slice(0, 1) : providers) {
        const differences = await meetVector(vector, provider);
        check(differences.length === 0, `${path}, ${provider}: ${differences.join("; ")}`);
      }
    }
  }
}

async function certificates(): Promise<void> {
  const file: CertificateVectors = await load("/channel-certificates.json");
  for (const c of file.certificates) {
    const differences = await meetCertificate(c);
    check(differences.length === 0, differences.join("; "));
  }
}

/** 70,000 records each way over one channel, in batches, through the changes of key. */
async function crossing(): Promise<number> {
  const { client, sealer, opener } = await connect();
  const holds = (opened: Opened, body: Bytes) => opened.type === "data" && equal(opened.body, body);
  for (let start = 0; start < crossingRecords; start += batch) {
    await Promise.all(
      Array.from({ length: batch }, async (_, i) => {
        const body = u32(start + i);
        const [up, down] = [client.seal(body), sealer.seal(body)];
        check(holds(await opener.open(await up), body), `the client's record ${start + i}`);
        check(holds(await client.open(await down), body), `the bank's record ${start + i}`);
      }),
    );
  }
  check(client.sealed === crossingRecords && client.opened === crossingRecords, "the counts");
  return client.rekeys;
}

/** Median of several handshakes, without the bank's share. */
async function handshakeMs(suite: Suite, source?: Source): Promise<number> {
  const times: number[] = [];
  const bank = await makeBank();
  const offer = { offered: [suite.subprotocol], chosen: suite.subprotocol };
  for (let run = 0; run < 21; run++) {
    const begun = performance.now();
    const handshake = await startHandshake(source === undefined ? offer : { ...offer, source });
    const sent = performance.now();
    const { message2, hash } = await answer(bank, handshake.message1, suite);
    const received = performance.now();
    const channel = await handshake.finish(message2, { nowMs, pin: bank.identity.publicKey });
    times.push(performance.now() - received + (sent - begun));
    check(equal(channel.channelHash, hash), "the channel hashes differ");
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

async function recordUs(): Promise<{ seal: number; open: number }> {
  const { client, opener } = await connect();
  const body = new Uint8Array(200).fill(7);
  const rounds = 40;
  let [seal, open] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now();
    const messages = await Promise.all(Array.from({ length: batch }, () => client.seal(body)));
    const sealed = performance.now();
    const opened = await Promise.all(messages.map((message) => opener.open(message)));
    open += performance.now() - sealed;
    seal += sealed - begun;
    check(
      opened.every((record) => record.type === "data" && equal(record.body, body)),
      `round ${round}`,
    );
  }
  return { seal: (1000 * seal) / (rounds * batch), open: (1000 * open) / (rounds * batch) };
}

async function run(): Promise<ChannelResult> {
  const { provider } = await generateMLKEM();
  const providers: readonly MLKEMProvider[] = provider === "webcrypto" ? ["webcrypto", "noble"] : ["noble"];
  await vectors(providers);
  await certificates();
  const rekeys = await crossing();
  const noble = await handshakeMs(hybrid, nobleSource);
  const times = { noble, classic: await handshakeMs(classic) };
  const record = await recordUs();
  return {
    checked,
    failures,
    mlkem: (await connect()).client.mlkem,
    rekeys,
    handshakeMs: provider === "webcrypto" ? { ...times, webcrypto: await handshakeMs(hybrid) } : times,
    sealUsPerRecord: record.seal,
    openUsPerRecord: record.open,
  };
}

globalThis.channelResult = run();
