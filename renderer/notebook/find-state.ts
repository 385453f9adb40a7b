import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { NotebookModel } from "../state/notebook-model.ts";
import { announce, toast } from "../ui/toast.tsx";
import type { NotebookCommands } from "./commands.ts";
import { findMatches, type FindQuery, type Found, type Match, replaceEdits } from "./find.ts";

export interface FindPorts {
  /** Brings a place into view without taking the focus from the search. */
  show(match: Match): void;
}

const none: readonly Match[] = [];

/** Search over the notebook: what is looked for, what was found and which of it one is at. */
export class FindState {
  readonly open = signal(false);
  readonly replacing = signal(false);
  readonly query = signal<FindQuery>({
    text: "",
    matchCase: false,
    wholeWord: false,
    regexp: false,
  });
  readonly replacement = signal("");
  readonly found: ReadonlySignal<Found>;
  readonly matches: ReadonlySignal<readonly Match[]>;
  readonly current: ReadonlySignal<Match | undefined>;
  /** Matches by cell; a cell whose matches did not change keeps its list. */
  readonly byCell: ReadonlySignal<ReadonlyMap<string, readonly Match[]>>;
  /** Rises when the field is asked for once more. */
  readonly asked = signal(0);
  readonly #model: NotebookModel;
  readonly #commands: NotebookCommands;
  readonly #ports: FindPorts;
  /** Where one is: the match at or after this place is the current one. */
  readonly #place = signal<{ readonly cell: string | undefined; readonly at: number }>({
    cell: undefined,
    at: 0,
  });

  constructor(model: NotebookModel, commands: NotebookCommands, ports: FindPorts) {
    this.#model = model;
    this.#commands = commands;
    this.#ports = ports;
    this.found = computed(() =>
      this.open.value
        ? findMatches(model.notebook.value.cells, this.query.value)
        : { kind: "nothing-asked" },
    );
    this.matches = computed(() =>
      this.found.value.kind === "found" ? this.found.value.matches : none,
    );
    this.current = computed(() => this.#currentOf(this.matches.value));
    let last: ReadonlyMap<string, readonly Match[]> = new Map();
    this.byCell = computed(() => (last = group(this.matches.value, last)));
  }

  /** Opens the panel (or goes back to its field), looking for what is selected in a text, if anything is. */
  start(options: {
    readonly replace: boolean;
    readonly selected: string;
    readonly at?: number;
  }): void {
    const { selected } = options;
    if (selected !== "" && !selected.includes("\n") && !this.query.peek().regexp) {
      this.query.value = { ...this.query.peek(), text: selected };
    }
    if (options.replace) this.replacing.value = true;
    if (!this.open.peek()) {
      this.#place.value = {
        cell: this.#model.selection.peek().head,
        at: Math.max(0, (options.at ?? 0) - selected.length),
      };
    }
    this.open.value = true;
    this.asked.value++;
  }

  close(): void {
    this.open.value = false;
  }

  set(change: Partial<FindQuery>): void {
    this.query.value = { ...this.query.peek(), ...change };
    this.#show();
  }

  /** To the next match or the one before, round the end. */
  step(by: 1 | -1): void {
    const { value: matches } = this.matches;
    const current = this.current.value;
    const at = current === undefined ? -1 : matches.indexOf(current);
    this.#goTo(matches[(at + by + matches.length) % Math.max(1, matches.length)]);
  }

  replaceOne(): void {
    const current = this.current.peek();
    if (current === undefined) return;
    const { cells } = this.#model.document.notebook;
    const edits = replaceEdits(cells, this.query.peek(), this.replacement.peek(), current);
    // Behind what was put in, so that a replacement that matches again is not replaced for ever.
    const grown = edits[0] === undefined ? current.end : edits[0].at + edits[0].insert.length;
    if (!this.#commands.apply(edits, "step")) return;
    this.#place.value = { cell: current.cell, at: grown };
    this.#show();
  }

  /** All at once; taken back at once. */
  replaceAll(): void {
    const { cells } = this.#model.document.notebook;
    const { length } = this.matches.peek();
    const edits = replaceEdits(cells, this.query.peek(), this.replacement.peek());
    if (edits.length === 0) return announce("Nothing to replace.");
    if (!this.#commands.apply(edits, "step")) return;
    const places = length === 1 ? "1 place" : `${length.toLocaleString("en")} places`;
    const where = edits.length === 1 ? "1 cell" : `${edits.length.toLocaleString("en")} cells`;
    toast(`Replaced in ${places} in ${where}.`, {
      action: { label: "Undo", run: () => void this.#commands.undo() },
    });
  }

  /** Does not move the place: a word that is being typed is looked for from where one was. */
  #show(): void {
    const match = this.current.peek();
    if (match !== undefined) this.#ports.show(match);
  }

  #goTo(match: Match | undefined): void {
    if (match === undefined) return;
    this.#place.value = { cell: match.cell, at: match.start };
    this.#ports.show(match);
  }

  #currentOf(matches: readonly Match[]): Match | undefined {
    const { cell, at } = this.#place.value;
    const order = this.#model.order.value;
    const place = cell === undefined ? -1 : order.indexOf(cell);
    const index = new Map(order.map((id, i) => [id, i]));
    return (
      matches.find((match) => {
        const its = index.get(match.cell) ?? -1;
        return its > place || (its === place && match.start >= at);
      }) ?? matches[0]
    );
  }
}

function group(
  matches: readonly Match[],
  before: ReadonlyMap<string, readonly Match[]>,
): ReadonlyMap<string, readonly Match[]> {
  const lists = new Map<string, Match[]>();
  for (const match of matches) {
    const list = lists.get(match.cell);
    if (list === undefined) lists.set(match.cell, [match]);
    else list.push(match);
  }
  return new Map(
    [...lists].map(([cell, list]) => {
      const old = before.get(cell);
      const same =
        old !== undefined &&
        old.length === list.length &&
        list.every(({ start, end }, i) => old[i]?.start === start && old[i]?.end === end);
      return [cell, same ? old : list];
    }),
  );
}
