import { changeGraphText, type GraphChange } from "../../../kernels/graph/index.ts";

/** A change to a drawn graph; each is an edit of the cell's text. */
export type GraphEdit = GraphChange;

/** The text after the change, in the syntax it was written in. Throws `UserError`, e.g. for a cycle. */
export const editGraphText = changeGraphText;
