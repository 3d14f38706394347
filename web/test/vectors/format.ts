// The form of cipher/testdata/vectors*.json; the `description` in those files names each field. Bytes are hexadecimal.

export const format = "caudal channel vectors v1";

export interface VectorFile {
  readonly format: string;
  readonly made_by: string;
  readonly description: Readonly<Record<string, string>>;
  readonly vectors: readonly Vector[];
}

/** What a vector is made of. */
export interface VectorInputs {
  readonly name: string;
  readonly protocol_name: string;
  readonly offered: readonly string[];
  readonly chosen: string;
  readonly server_static: string;
  readonly certificate: string;
  readonly client_ephemeral: string;
  readonly client_mlkem768_seed?: string;
  readonly server_ephemeral: string;
  readonly server_mlkem768_encapsulation?: string;
}

export interface Vector extends VectorInputs {
  readonly prologue: string;
  readonly message_1: string;
  readonly message_2: string;
  readonly handshake_hash: string;
  readonly records: readonly VectorRecord[];
}

export interface RecordInputs {
  readonly from: "client" | "server";
  readonly counter: number;
  readonly type: "data" | "close";
  readonly body?: string;
  readonly code?: number;
}

export interface VectorRecord extends RecordInputs {
  readonly message: string;
}
