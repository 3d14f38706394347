import { fromHex } from "../../src/caudal/channel/bytes.ts";
import { checkCertificate } from "../../src/caudal/channel/certificate-check.ts";
import { ChannelError } from "../../src/caudal/channel/errors.ts";
import { fingerprint, parseFingerprint } from "../../src/caudal/channel/fingerprint.ts";
import { type CertificateVector, codes } from "./certificates.ts";

/** Compares what a published certificate gives with what it should: one text for each difference. */
export async function meetCertificate(c: CertificateVector): Promise<string[]> {
  const expected = { staticKey: fromHex(c.static), nowMs: 1000 * c.now, pin: await parseFingerprint(c.pin) };
  let result = "ok";
  const differences: string[] = [];
  try {
    const bank = await checkCertificate(fromHex(c.certificate), expected);
    const predecessor = bank.predecessor && (await fingerprint(bank.predecessor));
    if (bank.name !== c.display_name) differences.push(`${c.name}: the name is ${bank.name}`);
    if (bank.fingerprint !== c.pin) differences.push(`${c.name}: the identity is ${bank.fingerprint}`);
    if (predecessor !== c.predecessor) differences.push(`${c.name}: the predecessor is ${predecessor}`);
    if (bank.pinMoved) differences.push(`${c.name}: the pin moved`);
  } catch (error) {
    result = error instanceof ChannelError ? error.code : String(error);
  }
  const wanted = c.result === "ok" ? "ok" : codes[c.result];
  if (result !== wanted) differences.push(`${c.name}: ${result}, not ${c.result}`);
  return differences;
}
