import { effect, untracked } from "@preact/signals";
import type { OutputPorts } from "../outputs/ports.ts";
import { act } from "./act.ts";
import { difference } from "../editor/controller.ts";
import type { NotebookContext } from "./context.ts";

/** What a cell's outputs may ask of the notebook around them. */
export function outputPorts(context: NotebookContext, id: string): OutputPorts {
  const { model, commands, editors } = context;
  return {
    cell: id,
    setInput: (key, value) => model.session.setInput(id, key, value),
    savedInput: (key) =>
      model.runtime(id).peek().state.kind === "idle"
        ? model.cell(id).peek().inputs[key]
        : undefined,
    tablePage: (offset, count) => {
      const variable = model.session.cell(id).analysis?.outputs[0] ?? model.cell(id).peek().name;
      return variable === undefined
        ? Promise.reject(new Error("The table has no name to ask by."))
        : model.session.tablePage(variable, offset, count);
    },
    goTo(cell, place) {
      if (model.indexOf(cell) < 0) return;
      model.select(cell);
      if (place === undefined) commands.page.focus(cell, "cell");
      else {
        const { source } = model.cell(cell).peek();
        commands.page.focus(cell, "text", place.start ?? lineStart(source, place.line ?? 1));
      }
    },
    nameOf: (cell) => model.nameOf(cell),
    ...(model.cell(id).peek().kind === "graph"
      ? {
          graphSource: {
            read: () => model.cell(id).peek().source,
            write(text: string) {
              const { start, end, text: insert } = difference(model.cell(id).peek().source, text);
              const done = commands.apply([
                { kind: "splice", cell: id, at: start, remove: end - start, insert },
              ]);
              editors.get(id)?.setSource(model.cell(id).peek().source);
              // The picture is the cell's output: it follows at once, and with it all that rests on it.
              if (done) model.session.run([id]);
            },
            watch: (changed: () => void) => {
              let { source } = model.cell(id).peek();
              return effect(() => {
                const now = model.cell(id).value.source;
                if (now === source) return;
                source = now;
                untracked(changed);
              });
            },
          },
        }
      : {}),
    act: (does) => act(context, id, does),
    assumption: (assumption) => !model.doubts.peek().has(assumption),
    setAssumption: (assumption, held) => commands.setAssumption(assumption, held),
  };
}

function lineStart(source: string, line: number): number {
  let at = 0;
  for (let i = 1; i < line; i++) {
    const next = source.indexOf("\n", at);
    if (next < 0) return at;
    at = next + 1;
  }
  return at;
}
