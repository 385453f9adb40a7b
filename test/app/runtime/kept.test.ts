/** What a run asked the document for is an input of its own: taking it away (undo) runs the cell again. */
import { expect, it } from "vitest";
import type { CellProgram } from "../../../app/cell/program.ts";
import type { SessionCell } from "../../../app/runtime/events.ts";
import { Session } from "../../../app/runtime/session.ts";

function sessionWith(run: NonNullable<CellProgram["run"]>) {
  let runs = 0;
  const session = new Session({
    compile: () => ({
      inputs: [],
      outputs: ["a"],
      diagnostics: [],
      run: (inputs, context) => {
        runs++;
        return run(inputs, context);
      },
    }),
    library: {},
    emit: () => {},
    now: () => performance.now(),
  });
  const cells = (inputs?: Readonly<Record<string, unknown>>): SessionCell[] => [
    { id: "a", kind: "test", source: "", ...(inputs === undefined ? {} : { inputs }) },
  ];
  const set = async (inputs?: Readonly<Record<string, unknown>>): Promise<unknown> => {
    await session.setCells(cells(inputs));
    await session.settled();
    return session.value("a");
  };
  return { session, set, runs: () => runs };
}

it("a pin put, undone and redone is followed, once each", async () => {
  const { session, set, runs } = sessionWith((_, { saved }) => ({
    values: { a: saved?.("pin") ?? "live" },
  }));
  await set();
  await session.run("all");
  expect(session.value("a")).toBe("live");
  expect(await set({ pin: "old" })).toBe("old");
  expect(await set()).toBe("live");
  expect(await set({ pin: "old" })).toBe("old");
  expect(await set({ pin: "old" })).toBe("old");
  expect(runs()).toBe(4);
  session.dispose();
});

it("in lazy mode the cell is marked instead", async () => {
  const { session, set, runs } = sessionWith((_, { saved }) => ({
    values: { a: saved?.("pin") ?? "live" },
  }));
  await set({ pin: "old" });
  await session.run("all");
  session.setMode("lazy");
  await set();
  expect(runs()).toBe(1);
  expect(session.state("a")?.kind).toBe("stale");
  session.dispose();
});

it("nobody runs again for what it does not ask for, or keeps itself", async () => {
  const { session, set, runs } = sessionWith((_, { saved, keep }) => {
    const before = saved?.("results");
    keep?.("results", 7);
    return { values: { a: before ?? "none" } };
  });
  await set();
  await session.run("all");
  await set({ results: 7, other: 1 });
  await set({ other: 2 });
  expect(runs()).toBe(1);
  session.dispose();
});
