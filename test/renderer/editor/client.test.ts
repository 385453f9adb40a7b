import { afterEach, expect, test, vi } from "vitest";
import type { TypeCell, TypeFinding } from "../../../renderer/editor/types/cells.ts";
import { TypesClient, type TypesPort } from "../../../renderer/editor/types/client.ts";
import { TypesDesk } from "../../../renderer/editor/types/desk.ts";
import type { TypesEvent, TypesRequest } from "../../../renderer/editor/types/messages.ts";
import { cellsOf, ts, typeFiles } from "./fixture.ts";

/** The page's end and the worker's end in one process; messages can be held back, as on a busy machine. */
class Line implements TypesPort {
  readonly sent: TypesRequest[] = [];
  held: TypesEvent[] | undefined;
  readonly #desk: TypesDesk;
  #listener: (event: TypesEvent) => void = () => undefined;

  constructor() {
    this.#desk = new TypesDesk(ts, typeFiles(), [], {
      post: (event) => {
        if (this.held === undefined) queueMicrotask(() => this.#listener(event));
        else this.held.push(event);
      },
      later: (task) => setTimeout(task, 0),
    });
  }
  postMessage(request: TypesRequest): void {
    this.sent.push(request);
    setTimeout(() => this.#desk.handle(request), 0);
  }
  listen(listener: (event: TypesEvent) => void, failed: () => void): void {
    this.#listener = listener;
    this.breakDown = failed;
  }
  breakDown: () => void = () => undefined;
  release(): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const event of held) this.#listener(event);
  }
  terminate(): void {
    this.#listener = () => undefined;
  }
}

let client: TypesClient | undefined;
afterEach(() => client?.dispose());

function open(texts: Readonly<Record<string, string>>) {
  const line = new Line();
  const found = new Map<string, readonly TypeFinding[]>();
  let cells = new Map(cellsOf(texts).map((cell) => [cell.id, cell]));
  const made = new TypesClient(
    () => line,
    () => [...cells.values()],
    (cell, findings) => found.set(cell, findings),
  );
  client = made;
  const set = (id: string, source: string): void => {
    const cell: TypeCell = { id, kind: "ts", source };
    cells = new Map([...cells, [id, cell]]);
    made.changed();
  };
  const messages = (id: string): readonly string[] =>
    (found.get(id) ?? []).map(({ message }) => message);
  return { client: made, line, set, messages, found };
}

const settled = (made: TypesClient): Promise<void> =>
  vi.waitFor(() => expect(made.settled).toBe(true), { timeout: 20_000, interval: 5 });

test("starts when asked to, tells what changed, and shows what is found", async () => {
  const { client: made, line, set, messages } = open({ a: "const n = 1", b: "n.x", c: "1" });
  made.changed();
  expect(line.sent).toEqual([]);
  made.start();
  await settled(made);
  expect(messages("b")).toEqual(["Property 'x' does not exist on type '1'."]);
  set("a", "const n = { x: 1 }");
  await settled(made);
  expect(messages("b")).toEqual([]);
  const last = line.sent.at(-1);
  expect(last?.type === "cells" && last.changed.map(({ id }) => id)).toEqual(["a"]);
});

test("findings of a text that has changed since are not shown", async () => {
  const { client: made, line, set, messages, found } = open({ a: "const n = 1", b: "1" });
  made.start();
  await settled(made);
  line.held = [];
  set("b", "n.x");
  await vi.waitFor(() => expect(line.held?.some(({ type }) => type === "findings")).toBe(true), {
    timeout: 20_000,
  });
  set("b", "    n.toFixed()");
  line.release();
  expect(messages("b")).toEqual([]);
  await settled(made);
  expect(found.get("b")).toEqual([]);
});

test("a question comes after the newest text, whatever is gathered", async () => {
  const { client: made, set } = open({ a: "const row = { mass: 1 }", b: "1" });
  made.start();
  set("b", "row.");
  const list = await made.ask("completions", "b", 4, {});
  expect(list.map(({ label }) => label)).toEqual(["mass"]);
});

test("what is asked of a checker that is gone is refused, not forgotten", async () => {
  const { client: made } = open({ a: "const row = 1" });
  const asked = made.ask("hover", "a", 8, {});
  made.dispose();
  await expect(asked).rejects.toThrow("closed");
});

test("a checker that breaks down refuses what was asked and is followed by a fresh one", async () => {
  const lines: Line[] = [];
  const cells = cellsOf({ a: "const n = 1", b: "n.x" });
  const made = new TypesClient(
    () => lines[lines.push(new Line()) - 1] as Line,
    () => cells,
    () => undefined,
  );
  client = made;
  made.start();
  await settled(made);
  const asked = made.ask("hover", "a", 6, {});
  lines[0]?.breakDown();
  await expect(asked).rejects.toThrow("broke down");
  await vi.waitFor(() => expect(lines.length).toBe(2), { timeout: 5000 });
  expect((await made.ask("hover", "a", 6, {}))?.signature).toBe("const n: 1");
});

test("a cell that is removed takes its findings' cause along", async () => {
  const line = new Line();
  const found = new Map<string, readonly TypeFinding[]>();
  let cells = cellsOf({ a: "const n = 1", b: "n" });
  const made = new TypesClient(
    () => line,
    () => cells,
    (cell, findings) => found.set(cell, findings),
  );
  client = made;
  made.start();
  await settled(made);
  cells = cells.filter(({ id }) => id === "b");
  made.changed();
  await settled(made);
  expect(found.get("b")?.map(({ message }) => message)).toEqual(["No cell defines n."]);
});
