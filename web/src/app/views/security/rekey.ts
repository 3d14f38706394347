/** After this many records in a direction its key is replaced (PROTOCOL.md, section 4). */
const recordsPerKey = 65_536;

/** untilRekey returns how many more records of a direction the key in use serves, when so many went through in all. */
export function untilRekey(records: number): number {
  return recordsPerKey - (records % recordsPerKey);
}
