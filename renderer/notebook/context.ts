import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { EditorPool } from "../editor/pool.ts";
import type { EditorController } from "../editor/controller.ts";
import type { NotebookTypes } from "../editor/types/notebook-types.ts";
import type { NotebookModel } from "../state/notebook-model.ts";
import type { NotebookCommands } from "./commands.ts";
import type { FindState } from "./find-state.ts";

export interface NotebookContext {
  readonly model: NotebookModel;
  readonly commands: NotebookCommands;
  readonly pool: EditorPool;
  /** Editors of the cells in the page, by cell. */
  readonly editors: Map<string, EditorController>;
  /** What the type checker finds. */
  readonly types: NotebookTypes;
  /** Search over the cells. */
  readonly find: FindState;
  /** What was typed for an editor that is on its way; undefined when none is. */
  readonly ahead: { buffer: string | undefined };
}

const Context = createContext<NotebookContext | undefined>(undefined);
export const NotebookProvider = Context.Provider;

export function useNotebook(): NotebookContext {
  const context = useContext(Context);
  if (context === undefined) throw new Error("There is no notebook around this component.");
  return context;
}
