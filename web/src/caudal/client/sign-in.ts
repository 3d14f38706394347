import type { MessageInitShape } from "@bufbuild/protobuf";

import type { DeviceEnrolmentSchema, SignedIn } from "../gen/caudal/v1/caudal_pb.ts";
import { enrolmentMessage, resumeMessage } from "../signing.ts";
import type { Connection } from "./connection.ts";
import { type DevicePair, generateDeviceKey, signWith } from "./device-key.ts";
import { ProtocolError } from "./errors.ts";
import type { Session } from "./events.ts";
import type { Clock } from "./runtime.ts";
import type { StoredDevice } from "./store.ts";

/** How long the bank may take to hear that somebody signs out: a person does not wait for a dead connection. */
const logOutPatienceMs = 3_000;
/** Length of what the bank calls a device. */
const deviceIdBytes = 16;

/** Who signs in with a password: with `owner`, somebody new. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** The holder's name; only to register. */
  readonly owner?: string | undefined;
}

/** A sign-in that stands, and the device that does it from now on. */
export interface Enrolled {
  readonly session: Session;
  readonly device: StoredDevice;
}

/** Registers or logs in, and makes a new key pair a device of the user's. */
export async function enrol(connection: Connection, who: Credentials, deviceName: string): Promise<Enrolled> {
  const { username, password, owner } = who;
  const { channel } = connection;
  const pair = await generateDeviceKey();
  const device = await enrolment(connection, username, deviceName, pair);
  const signedIn =
    owner === undefined
      ? await connection.call({ case: "login", value: { username, password, device } }, "signedIn")
      : await connection.call({ case: "register", value: { username, owner, password, device } }, "signedIn");
  const session = sessionOf(signedIn);
  const stored = { id: session.device.id, username: session.username, identity: channel.identity };
  return { session, device: { ...stored, privateKey: pair.privateKey } };
}

async function enrolment(
  { channel }: Connection,
  username: string,
  name: string,
  pair: DevicePair,
): Promise<MessageInitShape<typeof DeviceEnrolmentSchema>> {
  const signature = await signWith(pair.privateKey, enrolmentMessage(channel, username, pair));
  return { name, algorithm: pair.algorithm, publicKey: pair.publicKey, signature };
}

/** Signs in with the key of a device that `enrol` made at this very bank. */
export async function resume(connection: Connection, device: StoredDevice): Promise<Session> {
  const signature = await signWith(device.privateKey, resumeMessage(connection.channel, device.id));
  return sessionOf(await connection.call({ case: "resume", value: { deviceId: device.id, signature } }, "signedIn"));
}

/** Tells the bank that nobody is signed in any more; what it answers, and whether, changes nothing. */
export async function logOut(connection: Connection, revokeDevice: boolean, clock: Clock): Promise<void> {
  const answer = connection.call({ case: "logout", value: { revokeDevice } }, "logout").catch(() => undefined);
  let timer: unknown;
  await Promise.race([answer, new Promise<void>((resolve) => (timer = clock.setTimeout(resolve, logOutPatienceMs)))]);
  clock.clearTimeout(timer);
}

function sessionOf({ username, owner, role, device }: SignedIn): Session {
  if (device === undefined || device.id.length !== deviceIdBytes) throw new ProtocolError("a sign-in without a device");
  return { username, owner, role, device };
}
