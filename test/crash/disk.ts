/** What the writer did to its files, in order, read from strace's log. */
export type DiskEvent =
  | { readonly kind: "write"; readonly file: string; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: "truncate"; readonly file: string; readonly size: number }
  | { readonly kind: "sync"; readonly file: string }
  | { readonly kind: "unlink"; readonly file: string }
  | { readonly kind: "ack"; readonly seq: number };

/** Lines of `strace -y -xx -s …`: every string is in hexadecimal, every descriptor has its path. */
export function readTrace(log: string): readonly DiskEvent[] {
  const events: DiskEvent[] = [];
  for (const line of log.split("\n")) {
    const call = /^(\w+)\((.*)\)\s+= (-?\d+)/.exec(line);
    if (call === null || Number(call[3]) < 0) continue;
    const event = readCall(call[1] ?? "", call[2] ?? "");
    if (event !== undefined) events.push(event);
  }
  return events;
}

function readCall(name: string, args: string): DiskEvent | undefined {
  const on = /^(\d+)<(.*?)>/.exec(args);
  const file = unhex(on?.[2] ?? "").toString("utf8");
  switch (name) {
    case "pwrite64": {
      const rest = /"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?, \d+, (\d+)$/.exec(args);
      if (rest === null || rest[2] !== undefined)
        throw new Error(`strace cut a write: ${args.slice(0, 80)}`);
      return { kind: "write", file, at: Number(rest[3]), bytes: unhex(rest[1] ?? "") };
    }
    case "ftruncate":
      return { kind: "truncate", file, size: Number(/, (\d+)$/.exec(args)?.[1]) };
    case "fsync":
    case "fdatasync":
      return { kind: "sync", file };
    case "unlink":
      return { kind: "unlink", file: unhex(/"(.*?)"/.exec(args)?.[1] ?? "").toString("utf8") };
    case "write": {
      if (on?.[1] !== "1") return undefined;
      const said = /ack (\d+)\n/.exec(
        unhex(/"((?:\\x[0-9a-f]{2})*)"/.exec(args)?.[1] ?? "").toString("utf8"),
      );
      return said === null ? undefined : { kind: "ack", seq: Number(said[1]) };
    }
    default:
      return undefined;
  }
}

function unhex(text: string): Buffer {
  return Buffer.from(text.replaceAll("\\x", ""), "hex");
}

type Change = Extract<DiskEvent, { kind: "write" | "truncate" }>;

interface FileState {
  synced: Buffer;
  pending: Change[];
}

export interface DiskState {
  readonly files: ReadonlyMap<string, Buffer>;
  /** The last acknowledged edit before the power failed; -1 if there was none. */
  readonly acknowledged: number;
}

export const losses = ["all", "none", "suffix", "half", "torn"] as const;
export type Loss = (typeof losses)[number];

/**
 * The disk after the power failed before event `until`: what was synced is there; of the rest all, nothing, a
 * prefix, a random half of the writes, or writes torn at 512 bytes. Creating and unlinking files is taken to be
 * durable at once.
 */
export function diskAt(
  events: readonly DiskEvent[],
  until: number,
  loss: Loss,
  random: () => number,
): DiskState {
  const files = new Map<string, FileState>();
  let acknowledged = -1;
  for (const event of events.slice(0, until)) {
    if (event.kind === "ack") {
      acknowledged = event.seq;
      continue;
    }
    const state = files.get(event.file) ?? { synced: Buffer.alloc(0), pending: [] };
    files.set(event.file, state);
    if (event.kind === "unlink") files.delete(event.file);
    else if (event.kind === "sync") {
      state.synced = apply(state.synced, state.pending);
      state.pending = [];
    } else state.pending.push(event);
  }
  const found = new Map<string, Buffer>();
  for (const [file, { synced, pending }] of files) {
    found.set(file, apply(synced, survive(pending, loss, random)));
  }
  return { files: found, acknowledged };
}

function survive(pending: readonly Change[], loss: Loss, random: () => number): readonly Change[] {
  switch (loss) {
    case "none":
      return pending;
    case "all":
      return [];
    case "suffix":
      return pending.slice(0, Math.floor(random() * (pending.length + 1)));
    case "half":
      return pending.filter(() => random() < 0.5);
    case "torn":
      return pending.flatMap((change) =>
        change.kind === "write" ? tear(change, random) : [change],
      );
    default:
      throw new Error("There is no such loss.");
  }
}

function tear(change: Extract<Change, { kind: "write" }>, random: () => number): readonly Change[] {
  const sectors: Change[] = [];
  for (let at = 0; at < change.bytes.length; at += 512) {
    if (random() < 0.5) continue;
    sectors.push({ ...change, at: change.at + at, bytes: change.bytes.subarray(at, at + 512) });
  }
  return sectors;
}

function apply(content: Buffer, changes: readonly Change[]): Buffer {
  let size = content.length;
  for (const change of changes) {
    size = Math.max(size, change.kind === "write" ? change.at + change.bytes.length : 0);
  }
  const room = Buffer.alloc(size);
  content.copy(room);
  let length = content.length;
  for (const change of changes) {
    if (change.kind === "write") {
      change.bytes.copy(room, change.at);
      length = Math.max(length, change.at + change.bytes.length);
    } else {
      if (change.size < length) room.fill(0, change.size, length);
      length = change.size;
    }
  }
  return length <= size
    ? room.subarray(0, length)
    : Buffer.concat([room, Buffer.alloc(length - size)]);
}
