import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";

import type { Bytes } from "../../src/caudal/channel/bytes.ts";
import { firstHead } from "../../src/caudal/chain.ts";
import { Opener } from "../../src/caudal/channel/opener.ts";
import { Sealer } from "../../src/caudal/channel/sealer.ts";
import {
  ClientFrameSchema,
  Code,
  type Command,
  DeviceAlgorithm,
  DeviceSchema,
  type EventSchema,
  type ReplySchema,
  Role,
  ServerFrameSchema,
  type ServerMessageSchema,
} from "../../src/caudal/gen/caudal/v1/caudal_pb.ts";
import { enrolmentMessage, resumeMessage } from "../../src/caudal/signing.ts";
import { answer, type CertificateFields, makeBank, type TestBank } from "../channel/bank.ts";
import { FakeLedger, own } from "./fake-ledger.ts";
import { type Peer, until, type Wire, type World } from "./world.ts";

export type Result = NonNullable<MessageInitShape<typeof ReplySchema>["result"]>;
export type EventKind = NonNullable<MessageInitShape<typeof EventSchema>["kind"]>;

/** Answers a command: a result, or nothing at all. */
export type Handler = (command: Command, side: Side) => Result | undefined | Promise<Result | undefined>;

export function refuse(code: Code, rest: { retryable?: boolean; retryAfterMs?: number } = {}): Result {
  return { case: "error", value: { code, message: Code[code] ?? "", retryable: false, retryAfterMs: 0, ...rest } };
}

/** The bank's side of one connection. */
export class Side implements Peer {
  readonly commands: Command[] = [];
  /** How many commands each frame had. */
  readonly frames: number[] = [];
  closeCode: number | undefined;
  gone = false;
  device: Bytes | undefined;
  subscribed = false;
  #ends: { sealer: Sealer; opener: Opener; hash: Bytes } | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(
    private readonly bank: FakeBank,
    private readonly wire: Wire,
  ) {}

  get hash(): Bytes {
    return this.#ends?.hash ?? new Uint8Array(32);
  }

  /** The handshake is made. */
  get shaken(): boolean {
    return this.#ends !== undefined;
  }

  message(data: Uint8Array<ArrayBuffer>): void {
    this.#work = this.#work.then(() => this.#take(data));
  }

  closed(): void {
    this.gone = true;
  }

  async #take(data: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.bank.deaf) return;
    if (this.#ends === undefined) {
      const agreed = await answer(this.bank.house, data);
      this.#ends = { sealer: new Sealer(agreed.sending), opener: new Opener(agreed.opening), hash: agreed.hash };
      this.wire.send(this.bank.alterMessage2(agreed.message2).slice().buffer);
      return;
    }
    const record = await this.#ends.opener.open(data);
    if (record.type === "close") {
      this.closeCode = record.code;
      return;
    }
    const { commands } = fromBinary(ClientFrameSchema, record.body);
    this.frames.push(commands.length);
    this.commands.push(...commands);
    for (const command of commands) await this.#answer(command);
  }

  async #answer(command: Command): Promise<void> {
    const kind = command.request.case ?? "hello";
    const handler = this.bank.handlers.get(kind);
    const result = await (handler ?? this.bank.standard)(command, this);
    if (result !== undefined) await this.say([{ kind: { case: "reply", value: { id: command.id, result } } }]);
  }

  /** One frame. */
  say(messages: MessageInitShape<typeof ServerMessageSchema>[]): Promise<void> {
    return this.raw(toBinary(ServerFrameSchema, create(ServerFrameSchema, { messages })));
  }

  reply(id: bigint, result: Result): Promise<void> {
    return this.say([{ kind: { case: "reply", value: { id, result } } }]);
  }

  event(kind: EventKind): Promise<void> {
    return this.say([{ kind: { case: "event", value: { kind } } }]);
  }

  async raw(body: Bytes): Promise<void> {
    if (this.#ends === undefined) throw new Error("there is no channel yet");
    this.wire.send((await this.#ends.sealer.seal(body)).buffer);
  }

  /** The close record, and the end of the socket behind it. */
  async close(code: number): Promise<void> {
    if (this.#ends === undefined) throw new Error("there is no channel yet");
    this.wire.send((await this.#ends.sealer.sealClose(code)).buffer);
    this.wire.cut();
  }

  cut(): void {
    this.wire.cut();
  }

  send(data: unknown): void {
    this.wire.send(data);
  }

  /** Waits for the nth command of a kind. */
  async asked(kind: Command["request"]["case"], n = 1): Promise<Command> {
    const those = () => this.commands.filter((command) => command.request.case === kind);
    await until(() => those().length >= n, `${kind} number ${n}`);
    return those()[n - 1] as Command;
  }
}

/** By `DeviceAlgorithm`. */
const schemes: Readonly<Record<number, Scheme>> = {
  [DeviceAlgorithm.ED25519]: { name: "Ed25519" },
  [DeviceAlgorithm.ECDSA_P256]: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
};

interface Scheme {
  readonly name: string;
  readonly namedCurve?: string;
  readonly hash?: string;
}

interface Known {
  readonly scheme: Scheme;
  readonly id: Bytes;
  readonly key: CryptoKey;
  revoked: boolean;
}

/** A bank in memory that speaks the protocol through the real channel. */
export class FakeBank {
  readonly sides: Side[] = [];
  /** In place of the standard answers, by kind of command. */
  readonly handlers = new Map<string, Handler>();
  readonly devices: Known[] = [];
  readonly ledger: FakeLedger;
  username = "ana";
  password = "correct horse battery";
  inFlight = 64;
  heartbeatMs = 3_600_000; // no test waits for one, unless it says so
  idleTimeoutMs = 90_000;
  demo = false;
  /** Answers nothing, as a dead network. */
  deaf = false;
  alterMessage2: (message: Bytes) => Bytes = (message) => message;

  private constructor(
    private readonly world: World,
    public house: TestBank,
    first: Uint8Array,
  ) {
    this.ledger = new FakeLedger(first, () => this.nowUs());
    world.dialled = (wire) => this.accept(wire);
  }

  static async open(world: World, fields: Partial<CertificateFields> = {}): Promise<FakeBank> {
    const house = await makeBank(fields);
    return new FakeBank(world, house, await firstHead(house.identity.publicKey, own, "MXN"));
  }

  nowUs(): bigint {
    return BigInt(this.world.clock.now()) * 1000n;
  }

  accept(wire: Wire): void {
    const side = new Side(this, wire);
    this.sides.push(side);
    wire.accept(side);
  }

  get last(): Side {
    const side = this.sides.at(-1);
    if (side === undefined) throw new Error("nobody has connected");
    return side;
  }

  /** The honest answer. */
  readonly standard: Handler = async (command, side) => {
    const { request } = command;
    switch (request.case) {
      case "hello":
        return {
          case: "hello",
          value: {
            server: "fake",
            version: 1,
            timeUs: this.nowUs(),
            idleTimeoutMs: this.idleTimeoutMs,
            heartbeatMs: this.heartbeatMs,
            commandsInFlightMax: this.inFlight,
            demo: this.demo,
          },
        };
      case "login":
      case "register": {
        const { username, password, device } = request.value;
        if (username !== this.username || password !== this.password || device === undefined) {
          return refuse(Code.BAD_CREDENTIALS);
        }
        const context = { identity: this.house.identity.publicKey, channelHash: side.hash };
        const scheme = schemes[device.algorithm];
        if (scheme === undefined) return refuse(Code.INVALID_ARGUMENT);
        const key = await crypto.subtle.importKey("raw", new Uint8Array(device.publicKey), scheme, true, ["verify"]);
        const message = enrolmentMessage(context, username, device);
        if (!(await crypto.subtle.verify(scheme, key, new Uint8Array(device.signature), message))) {
          return refuse(Code.BAD_SIGNATURE);
        }
        const known = { id: new Uint8Array(16).fill(this.devices.length + 1), scheme, key, revoked: false };
        this.devices.push(known);
        return this.#signedIn(known, side);
      }
      case "resume": {
        const { deviceId, signature } = request.value;
        const known = this.devices.find((device) => device.id.every((byte, i) => byte === deviceId[i]));
        const context = { identity: this.house.identity.publicKey, channelHash: side.hash };
        const message = resumeMessage(context, deviceId);
        const good = known && (await crypto.subtle.verify(known.scheme, known.key, new Uint8Array(signature), message));
        if (known === undefined || !good) return refuse(Code.BAD_SIGNATURE);
        return known.revoked ? refuse(Code.DEVICE_REVOKED) : this.#signedIn(known, side);
      }
      case "logout":
        await side.reply(command.id, { case: "logout", value: {} });
        await side.close(4503);
        return undefined;
      case "ping":
        return { case: "ping", value: { timeUs: this.nowUs() } };
      case "listDevices":
        return { case: "listDevices", value: { devices: [] } };
      case "subscribe":
        side.subscribed = true;
        return { case: "subscribe", value: this.ledger.subscribe(request.value.positions) };
      case "history":
        return { case: "history", value: this.ledger.history(request.value) };
      case "transfer":
        return this.ledger.transfer(command.idempotencyKey, request.value);
    }
    return refuse(Code.UNIMPLEMENTED);
  };

  #signedIn({ id }: Known, side: Side): Result {
    side.device = id;
    const device = create(DeviceSchema, { id, name: "test", current: true });
    return { case: "signedIn", value: { username: this.username, owner: "Ana", role: Role.HOLDER, device } };
  }
}
