import { toJson } from "../../app/notebook/json.ts";
import type { BlockAction } from "../../app/protocol/report.ts";
import { difference } from "../editor/controller.ts";
import { reportError, toast } from "../ui/toast.tsx";
import type { NotebookContext } from "./context.ts";

/**
 * Does what a button of a cell's report says: edits that cell, puts one below it, keeps a result with it. Outputs come
 * from a stranger's code as well as from ours, so nothing is taken on trust: what is not as the type says does nothing.
 */
export function act(context: NotebookContext, id: string, does: BlockAction["does"]): void {
  try {
    perform(context, id, does);
  } catch (error) {
    reportError(error);
  }
}

function perform(context: NotebookContext, id: string, does: BlockAction["does"]): void {
  const { model, commands, editors } = context;
  switch (does?.kind) {
    case "insert": {
      if (typeof does.cell !== "string" || typeof does.source !== "string") return;
      const made = commands.insert(does.cell, model.indexOf(id) + 1, does.source);
      if (made !== undefined) commands.page.focus(made, "cell");
      return;
    }
    case "keep": {
      // Numbers are the keys of controls, which nobody moves but the reader.
      if (typeof does.key !== "string" || !/^[a-z]+$/u.test(does.key)) return;
      const value = toJson(does.value);
      const kept = commands.apply([{ kind: "set-input", cell: id, name: does.key, value }]);
      if (kept) model.session.run([id]);
      return;
    }
    case "rewrite": {
      if (typeof does.to !== "string") return;
      const { source } = model.cell(id).peek();
      if (source !== does.from) {
        toast("The text has changed since the cell ran. Run it first.");
        return;
      }
      const { start, end, text } = difference(source, does.to);
      const done = commands.apply([
        { kind: "splice", cell: id, at: start, remove: end - start, insert: text },
      ]);
      editors.get(id)?.setSource(model.cell(id).peek().source);
      if (done) model.session.run([id]);
    }
  }
}
