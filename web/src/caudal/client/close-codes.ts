/** Close codes that a client acts on (PROTOCOL.md, section 9). */
export const closeCode = {
  bye: 1000,
  draining: 4000,
  overloaded: 4004,
  handshakeTimeout: 4006,
  badRecord: 4007,
  tooLarge: 4008,
  badFrame: 4501,
  version: 4502,
  loggedOut: 4503,
  deviceRevoked: 4504,
  userClosed: 4505,
} as const;

/** Whether the code of a close record means: do not connect again. Of a code that is not known the range says it. */
export function forGood(code: number): boolean {
  return code >= 4500 && code <= 4999;
}
