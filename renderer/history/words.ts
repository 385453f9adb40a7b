import type { HistoryEntry } from "../../app/protocol/store.ts";

const deeds: Readonly<Record<string, string>> = {
  "insert-cell": "Added",
  "delete-cell": "Deleted",
  "move-cell": "Moved",
  splice: "Wrote in",
  "set-kind": "Changed the kind of",
  "set-name": "Named",
  "set-flag": "Set",
  "set-meta": "Set",
  "set-input": "Set a control of",
};
const whole: Readonly<Record<string, string>> = {
  "set-title": "Changed the title",
  "set-setting": "Changed a setting",
  "set-notebook-meta": "Changed a key of the notebook",
  "set-doubt": "Switched an assumption",
  attach: "Attached a file",
  detach: "Took a file away",
  "replace-cells": "Replaced all cells",
  undo: "Undid",
  redo: "Did again",
};

/** What a step of the history did, in a line. */
export function stepWords(entry: HistoryEntry, nameOf: (cell: string) => string): string {
  const { kinds, cells } = entry;
  if (kinds.length === 0) return "The beginning";
  const which =
    cells.length === 0
      ? ""
      : cells.length <= 2
        ? cells.map(nameOf).join(" and ")
        : `${cells.length} cells`;
  const said = kinds.flatMap((kind) => whole[kind] ?? []);
  const own = kinds.filter((kind) => deeds[kind] !== undefined);
  const first = own.length > 1 ? "Changed" : deeds[own[0] ?? ""];
  if (first !== undefined) return [`${first} ${which}`, ...said.map(lower)].join(", ");
  const [head = "Changed the notebook", ...rest] = said;
  const what =
    (head === whole["undo"] || head === whole["redo"]) && which !== "" ? `: ${which}` : "";
  return [head + what, ...rest.map(lower)].join(", ");
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
});

export function timeOf(at: number): string {
  return clock.format(at);
}

export function dayOf(at: number, now = Date.now()): string {
  const text = day.format(at);
  return text === day.format(now) ? "Today" : text;
}
