import { toHex, utf8 } from "../../src/caudal/channel/bytes.ts";
import { classic, hybrid, type Suite } from "../../src/caudal/channel/suite.ts";
import { format, type RecordInputs, type VectorFile, type VectorInputs } from "./format.ts";
import { runVector } from "./run.ts";

/** Where the vectors of this implementation lie, below the repository's root. Go meets them too (cipher/vectors_test.go). */
export const vectorsPath = "cipher/testdata/vectors-typescript.json";

const description = {
  "":
    "Test vectors of the channel, made by the TypeScript client; the fields are described in vectors.json. All bytes in " +
    "hexadecimal. Seeds and private keys are for tests only.",
};

/** The text of the vectors of this implementation, the same each time. */
export async function makeVectors(): Promise<string> {
  const vectors = [];
  for (const { inputs, records } of await vectorInputs()) {
    vectors.push(await runVector(inputs, records, "noble"));
  }
  const file: VectorFile = { format, made_by: "TypeScript", description, vectors };
  return `${JSON.stringify(file, null, 1)}\n`;
}

async function vectorInputs(): Promise<{ inputs: VectorInputs; records: RecordInputs[] }[]> {
  const v1 = hybrid.subprotocol;
  const v1classic = classic.subprotocol;
  const strangers = Array.from({ length: 31 }, (_, i) => "x".repeat(8 * i + 1));
  return [
    { inputs: await fresh("hybrid", hybrid, [v1], "a certificate"), records: edges() },
    { inputs: await fresh("hybrid among 32", hybrid, [...strangers, v1], "ñ".repeat(500)), records: rekeyings() },
    { inputs: await fresh("classic", classic, [v1classic], ""), records: edges() },
    { inputs: await fresh("classic, both", classic, [v1classic, v1], "a certificate"), records: rekeyings() },
  ];
}

async function fresh(name: string, suite: Suite, offered: string[], certificate: string): Promise<VectorInputs> {
  const inputs = {
    name,
    protocol_name: suite.protocolName,
    offered,
    chosen: suite.subprotocol,
    server_static: await seed(`${name} server static`, 32),
    certificate: toHex(utf8(certificate)),
    client_ephemeral: await seed(`${name} client ephemeral`, 32),
  };
  const server_ephemeral = await seed(`${name} server ephemeral`, 32);
  if (!suite.hybrid) return { ...inputs, server_ephemeral };
  return {
    ...inputs,
    client_mlkem768_seed: await seed(`${name} client mlkem768`, 64),
    server_ephemeral,
    server_mlkem768_encapsulation: await seed(`${name} server encapsulation`, 32),
  };
}

/** `size` bytes (at most 64) that a name stands for. */
async function seed(name: string, size: number): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-512", utf8(`caudal typescript test seed: ${name}`));
  return toHex(new Uint8Array(digest).slice(0, size));
}

/** Bodies that fill their buckets to the last byte, and those with one byte more, in turns; then both sides close. */
function edges(): RecordInputs[] {
  const lengths = [0, 1, 61, 62, 125, 126, 253, 254, 509, 510, 1021, 1022, 4093, 4094];
  const records = lengths.map((length, i): RecordInputs => {
    const from = i % 2 === 0 ? "client" : "server";
    return data(from, Math.floor(i / 2), pattern(length, 2 * i + 1));
  });
  const counter = lengths.length / 2;
  return [
    ...records,
    { from: "server", counter, type: "close", code: 4503 },
    { from: "client", counter, type: "close", code: 1000 },
  ];
}

/** The last record under each of three keys and the first under the next, the directions out of step. */
function rekeyings(): RecordInputs[] {
  const records: RecordInputs[] = [];
  for (const key of [1, 2, 3]) {
    const first = key * 2 ** 16;
    records.push(data("client", first - 1, toHex(utf8(`last under key ${key}`))));
    records.push(data("client", first, toHex(utf8(`first under key ${key + 1}`))));
  }
  records.push(data("server", 0, toHex(utf8("the only one under the first key"))));
  records.push(data("server", 65536, toHex(utf8("first under the second key"))));
  records.push({ from: "client", counter: 2 ** 18 - 1, type: "close", code: 65535 });
  records.push({ from: "server", counter: 65537, type: "close", code: 4000 });
  return records;
}

function data(from: RecordInputs["from"], counter: number, body: string): RecordInputs {
  return body === "" ? { from, counter, type: "data" } : { from, counter, type: "data", body };
}

function pattern(length: number, step: number): string {
  return toHex(Uint8Array.from({ length }, (_, i) => (step * i) % 256));
}
