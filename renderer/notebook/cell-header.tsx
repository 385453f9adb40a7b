import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { kinds } from "../../kernels/cells/catalogue.ts";
import { Icon } from "../ui/icons.tsx";
import { openMenu, type MenuItem } from "../ui/menu.tsx";
import { HeaderClaim } from "./claim-notes.tsx";
import { useNotebook } from "./context.ts";
import { duration, kindLabel, type Mood, moodWords, rungOf } from "./describe.ts";

const numerals = ["I", "II", "III"];

interface Props {
  readonly id: string;
  readonly mood: Mood;
  readonly selected: boolean;
  readonly showCode: boolean;
}

/** Kind, name, what goes in and out, state and time; and what can be done to the cell. */
export function CellHeader({ id, mood, selected, showCode }: Props) {
  const { model, commands } = useNotebook();
  const cell = model.frame(id).value;
  const runtime = model.runtime(id).value;
  const renaming = useSignal(false);
  const more = useRef<HTMLButtonElement>(null);
  const rung = rungOf(cell, runtime);
  const runnable = cell.kind !== "markdown";
  const busy = mood === "running" || mood === "queued" || mood === "waiting";
  const tab = selected ? 0 : -1;
  // Plain code says what it is only when asked: most cells are.
  const claims = runtime.claim !== undefined && runtime.claim.status !== "association";
  const quiet = cell.kind === "ts" && cell.name === undefined && moodWords[mood] === "" && !claims;
  const { inputs: needs = [], outputs = [] } = runtime.analysis ?? {};
  // Every cell that draws has it: naming it each time would say nothing.
  const inputs = needs.filter((name) => name !== "notebookSeed");
  return (
    <div
      class="cell-head"
      ref={(node) => {
        node?.addEventListener("dagbok-rename", () => (renaming.value = true));
      }}
    >
      <span class={quiet ? "cell-kind quiet" : "cell-kind"} data-rung={rung}>
        {rung !== undefined && <b class="rung-mark">{numerals[rung - 1]}</b>}
        {kindLabel(cell.kind)}
      </span>
      {renaming.value ? (
        <NameField id={id} done={() => (renaming.value = false)} />
      ) : (
        cell.name !== undefined && (
          <button
            type="button"
            class="cell-name"
            tabIndex={tab}
            title="Rename (F2)"
            onClick={() => (renaming.value = true)}
          >
            {cell.name}
          </button>
        )
      )}
      {moodWords[mood] !== "" && (
        <span class="cell-state" data-mood={mood}>
          {moodWords[mood]}
        </span>
      )}
      <HeaderClaim id={id} />
      {(inputs.length > 0 || outputs.length > 0) && (
        <span class="cell-io">
          {inputs.length > 0 && <span class="io-in">{short(inputs)}</span>}
          <span aria-label="gives"> → </span>
          <span class="io-out">{short(outputs)}</span>
        </span>
      )}
      <span class="cell-space" />
      <span class="cell-flags">
        {cell.flags.lazy && <span title="Runs only on demand">lazy</span>}
        {cell.flags.pinned && <span title="Its code stays visible">pinned</span>}
        {cell.flags.locked && <span title="Cannot be deleted">locked</span>}
      </span>
      {runtime.ms !== undefined && !busy && runnable && (
        <span class="cell-time">{duration(runtime.ms)}</span>
      )}
      <span class="cell-actions">
        {runnable &&
          (busy ? (
            <button
              type="button"
              class="icon-button"
              tabIndex={tab}
              aria-label="Stop the cell"
              title="Stop (I I)"
              onClick={() => model.session.stop([id])}
            >
              <Icon name="square" />
            </button>
          ) : (
            <button
              type="button"
              class="icon-button"
              tabIndex={tab}
              aria-label="Run the cell"
              title="Run (Ctrl+Enter)"
              disabled={cell.flags.disabled}
              onClick={() => commands.run([id])}
            >
              <Icon name="play" />
            </button>
          ))}
        {runnable && (
          <button
            type="button"
            class="icon-button"
            tabIndex={tab}
            aria-label={showCode ? "Hide the code" : "Show the code"}
            aria-pressed={!showCode}
            title={showCode ? "Hide the code (O)" : "Show the code (O)"}
            onClick={() => commands.toggle("codeHidden", [id])}
          >
            <Icon name={showCode ? "eye" : "eyeOff"} />
          </button>
        )}
        <button
          type="button"
          class="icon-button"
          ref={more}
          tabIndex={tab}
          aria-label="More"
          aria-haspopup="menu"
          onClick={() => {
            model.select(id);
            if (more.current) openMenu({ label: "Cell", anchor: more.current, items: items() });
          }}
        >
          <Icon name="ellipsis" />
        </button>
      </span>
    </div>
  );

  function items(): readonly MenuItem[] {
    const { flags } = cell;
    return [
      { label: "Name…", keys: "F2", icon: "type", run: () => (renaming.value = true) },
      {
        label: "Change kind…",
        icon: "split",
        run: () => {
          if (more.current === null) return;
          openMenu({
            label: "Kind of cell",
            anchor: more.current,
            items: kinds.map((info) => ({
              label: info.label,
              checked: info.kind === cell.kind,
              run: () => commands.setKind(info.kind),
            })),
          });
        },
      },
      {
        label: "Move up",
        keys: "Ctrl+Shift+↑",
        icon: "arrowUp",
        run: () => commands.moveCells(-1),
      },
      {
        label: "Move down",
        keys: "Ctrl+Shift+↓",
        icon: "arrowDown",
        run: () => commands.moveCells(1),
      },
      { label: "Duplicate", icon: "copy", run: () => commands.duplicate() },
      { label: "Pin code", checked: flags.pinned, run: () => commands.toggle("pinned") },
      { label: "Run only on demand", checked: flags.lazy, run: () => commands.toggle("lazy") },
      { label: "Disabled", checked: flags.disabled, run: () => commands.toggle("disabled") },
      {
        label: "Delete",
        keys: "D D",
        icon: "trash",
        danger: true,
        disabled: flags.locked,
        run: () => commands.remove(),
      },
    ];
  }
}

function NameField({ id, done }: { readonly id: string; readonly done: () => void }) {
  const { model, commands } = useNotebook();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  const finish = (keep: boolean): void => {
    const value = field.current?.value.trim() ?? "";
    const before = model.cell(id).peek().name;
    if (keep && value !== (before ?? "")) {
      commands.apply([{ kind: "set-name", cell: id, ...(value === "" ? {} : { value }) }]);
    }
    done();
    commands.page.focus(id, "cell");
  };
  return (
    <input
      ref={field}
      class="cell-name-field"
      aria-label="Name of the cell"
      defaultValue={model.cell(id).peek().name ?? ""}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter") finish(true);
        else if (event.key === "Escape") finish(false);
      }}
      onBlur={() => done()}
    />
  );
}

function short(names: readonly string[]): string {
  return names.length <= 4
    ? names.join(", ")
    : `${names.slice(0, 3).join(", ")} +${names.length - 3}`;
}
