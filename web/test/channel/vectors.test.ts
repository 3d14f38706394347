import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";

import { format, type VectorFile } from "../vectors/format.ts";
import { makeVectors, vectorsPath } from "../vectors/make.ts";
import { meetVector } from "../vectors/run.ts";
import { readRepositoryFile, repositoryRoot, vectorFiles } from "./files.ts";

// CAUDAL_UPDATE_VECTORS=1 writes the vectors of this implementation anew.
if (process.env["CAUDAL_UPDATE_VECTORS"] === "1") {
  writeFileSync(join(repositoryRoot(), vectorsPath), await makeVectors());
}

suite("meets the published vectors", () => {
  for (const path of vectorFiles()) {
    const file: VectorFile = JSON.parse(readRepositoryFile(path));
    test(`${path} has vectors of both suites`, () => {
      assert.equal(file.format, format);
      assert.equal(new Set(file.vectors.map((vector) => vector.protocol_name)).size, 2);
    });
    for (const vector of file.vectors) {
      test(`${path}: ${vector.name}`, async () => assert.deepEqual(await meetVector(vector, "noble"), []));
    }
  }
});

test("a vector that is wrong in any field is not met", async () => {
  const file: VectorFile = JSON.parse(readRepositoryFile("cipher/testdata/vectors.json"));
  const vector = file.vectors[0];
  assert(vector !== undefined);
  const flip = (text: string) => (text.startsWith("0") ? "1" : "0") + text.slice(1);
  for (const field of ["prologue", "message_1", "message_2", "handshake_hash", "client_ephemeral"] as const) {
    assert.notDeepEqual(await meetVector({ ...vector, [field]: flip(vector[field]) }, "noble"), [], field);
  }
  const records = vector.records.map((record, i) => (i === 7 ? { ...record, message: flip(record.message) } : record));
  assert.equal((await meetVector({ ...vector, records }, "noble")).length, 1);
});

test("the vectors of this implementation come out the same again", async () => {
  assert.equal(await makeVectors(), readRepositoryFile(vectorsPath));
});
