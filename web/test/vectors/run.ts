import { type Bytes, equal, fromHex, toHex } from "../../src/caudal/channel/bytes.ts";
import { Initiator } from "../../src/caudal/channel/initiator.ts";
import type { MLKEMProvider } from "../../src/caudal/channel/mlkem.ts";
import { Opener } from "../../src/caudal/channel/opener.ts";
import { prologue } from "../../src/caudal/channel/prologue.ts";
import { Sealer } from "../../src/caudal/channel/sealer.ts";
import { suiteOf } from "../../src/caudal/channel/suite.ts";
import { encapsulate, fixedSource, fixedX25519 } from "./fixed-keys.ts";
import type { RecordInputs, Vector, VectorInputs, VectorRecord } from "./format.ts";
import { respond } from "./responder.ts";

/**
 * Runs both sides of a vector, and each record from one to the other, and returns the vector with what came out. The
 * client's ML-KEM is the provider's. Throws where the two sides disagree.
 */
export async function runVector(
  inputs: VectorInputs,
  records: readonly RecordInputs[],
  provider: MLKEMProvider,
): Promise<Vector> {
  const suite = suiteOf(inputs.chosen);
  const seed = fromHex(inputs.client_mlkem768_seed ?? "");
  const m = fromHex(inputs.server_mlkem768_encapsulation ?? "");
  const client = await Initiator.start(
    suite,
    inputs.offered,
    fixedSource(fromHex(inputs.client_ephemeral), seed, provider),
  );
  const server = await respond(
    {
      suite,
      offered: inputs.offered,
      staticKey: await fixedX25519(fromHex(inputs.server_static)),
      certificate: fromHex(inputs.certificate),
      ephemeral: await fixedX25519(fromHex(inputs.server_ephemeral)),
      encapsulate: (key) => encapsulate(key, m),
    },
    client.message1,
  );
  const agreed = await client.readMessage2(server.message2);
  must(equal(agreed.hash, server.hash), "the channel hashes differ");
  must(equal(agreed.staticKey, server.staticKey), "another static key arrived");
  must(toHex(agreed.certificate) === inputs.certificate, "another certificate arrived");

  const directions = {
    client: new Direction(new Sealer(agreed.sending), new Opener(server.opening)),
    server: new Direction(new Sealer(server.sending), new Opener(agreed.opening)),
  };
  const sealed: VectorRecord[] = [];
  for (const record of records) {
    sealed.push({ ...record, message: toHex(await directions[record.from].run(record)) });
  }
  return {
    ...inputs,
    protocol_name: suite.protocolName,
    prologue: toHex(prologue(inputs.offered, inputs.chosen)),
    message_1: toHex(client.message1),
    message_2: toHex(server.message2),
    handshake_hash: toHex(agreed.hash),
    records: sealed,
  };
}

/** Compares a published vector with what comes out here: one text for each field that differs. */
export async function meetVector(vector: Vector, provider: MLKEMProvider): Promise<string[]> {
  let got: Vector;
  try {
    got = await runVector(vector, vector.records, provider);
  } catch (error) {
    return [`${vector.name}: ${String(error)}`];
  }
  const differences: string[] = [];
  for (const field of ["protocol_name", "prologue", "message_1", "message_2", "handshake_hash"] as const) {
    if (got[field] !== vector[field]) differences.push(`${vector.name}: ${field} differs`);
  }
  for (const [i, record] of vector.records.entries()) {
    if (got.records[i]?.message !== record.message) {
      differences.push(`${vector.name}: the ${record.from}'s record ${record.counter} differs`);
    }
  }
  return differences;
}

/** One direction of a connection, both its ends. */
class Direction {
  constructor(
    private readonly sealer: Sealer,
    private readonly opener: Opener,
  ) {}

  async run(record: RecordInputs): Promise<Bytes> {
    // The records left out need not be made: their numbers are taken, and the keys change with them.
    for (const state of [this.sealer.state, this.opener.state]) {
      while (state.records < record.counter) state.next();
    }
    must(this.sealer.state.records === record.counter, `counter ${record.counter} is in the past`);
    const body = fromHex(record.body ?? "");
    const message =
      record.type === "data" ? await this.sealer.seal(body) : await this.sealer.sealClose(record.code ?? 0);
    const opened = await this.opener.open(message);
    must(
      opened.type === "data" ? record.type === "data" && equal(opened.body, body) : opened.code === record.code,
      `record ${record.counter} opens as another`,
    );
    return message;
  }
}

function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}
