import { kinds } from "../../kernels/cells/catalogue.ts";
import { Icon } from "../ui/icons.tsx";
import { type MenuItem, openMenu } from "../ui/menu.tsx";
import type { NotebookCommands } from "./commands.ts";
import { useNotebook } from "./context.ts";

/** The quiet plus between cells. */
export function InsertButton({
  index,
  selected,
}: {
  readonly index: number;
  readonly selected: boolean;
}) {
  const { commands } = useNotebook();
  return (
    <div class="insert">
      <button
        type="button"
        class="insert-button"
        tabIndex={selected ? 0 : -1}
        aria-label="Insert a cell here"
        aria-haspopup="menu"
        onClick={(event) => openInsertMenu(commands, event.currentTarget, index)}
      >
        <Icon name="plus" />
      </button>
    </div>
  );
}

export function openInsertMenu(
  commands: NotebookCommands,
  anchor: HTMLElement,
  index: number,
  returnTo: HTMLElement = anchor,
): void {
  openMenu({
    label: "Kind of cell",
    anchor,
    wide: true,
    returnTo,
    items: insertItems(commands, index),
  });
}

function insertItems(commands: NotebookCommands, index: number): readonly MenuItem[] {
  return kinds.map((info): MenuItem => ({
    label: info.label,
    detail: info.about,
    ...(info.rung === undefined
      ? { icon: info.kind === "markdown" ? "type" : info.kind === "graph" ? "gitFork" : "braces" }
      : { rung: info.rung }),
    run: () => commands.insertToWrite(info.kind, index),
  }));
}

/** What an empty notebook shows: every kind, with what it is for. */
export function EmptyNotebook() {
  const { commands } = useNotebook();
  return (
    <section class="empty-notebook" aria-label="Begin">
      <h2>What do you want to begin with?</h2>
      <div class="kind-cards">
        {kinds.map((info) => (
          <button
            type="button"
            class="kind-card"
            key={info.kind}
            data-rung={info.rung}
            onClick={() => commands.insertToWrite(info.kind, 0)}
          >
            <span class="kind-card-title">
              {info.rung !== undefined && (
                <b class="rung-mark" data-rung={info.rung}>
                  {["I", "II", "III"][info.rung - 1]}
                </b>
              )}
              {info.label}
            </span>
            <span class="kind-card-about">{info.about}</span>
          </button>
        ))}
      </div>
      <p class="empty-hint">
        Or drop a CSV file here. <kbd>B</kbd> inserts a cell, <kbd>?</kbd> shows all keys.
      </p>
    </section>
  );
}
