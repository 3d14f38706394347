import type { Device } from "../gen/caudal/v1/caudal_pb.ts";
import { toHex } from "../channel/index.ts";
import { ProtocolError } from "./errors.ts";

/** Bounds what a server can make a client follow. */
const devicesMax = 4096;

/** The user's devices, as the bank last said. */
export class Devices {
  #devices: readonly Device[] = [];

  constructor(private readonly changed: (devices: Device[]) => void) {}

  get list(): readonly Device[] {
    return this.#devices;
  }

  replace(devices: readonly Device[]): void {
    if (devices.length > devicesMax) throw new ProtocolError(`there are ${devices.length} devices`);
    this.#devices = [...devices];
    this.changed([...devices]);
  }

  /** Adds a device, or takes the place of what was known of it. */
  put(device: Device | undefined): void {
    if (device === undefined) throw new ProtocolError("a device is missing");
    const known = this.#devices.findIndex((other) => same(other.id, device.id));
    this.replace(known < 0 ? [...this.#devices, device] : this.#devices.with(known, device));
  }

  rename(id: Uint8Array, name: string): void {
    this.replace(this.#devices.map((device) => (same(device.id, id) ? { ...device, name } : device)));
  }

  remove(id: Uint8Array): void {
    if (this.#devices.some((device) => same(device.id, id))) {
      this.replace(this.#devices.filter((device) => !same(device.id, id)));
    }
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return toHex(a) === toHex(b);
}
