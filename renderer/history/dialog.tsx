import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Notebook } from "../../app/notebook/document.ts";
import { restoreCellEdits, restoreEdits } from "../../app/notebook/restore.ts";
import type { MimeBundle } from "../../app/protocol/mime.ts";
import type { HistoryEntry } from "../../app/protocol/store.ts";
import type { Api } from "../client/api.ts";
import { useNotebook } from "../notebook/context.ts";
import { kindLabel } from "../notebook/describe.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Icon } from "../ui/icons.tsx";
import { announce, reportError, toast } from "../ui/toast.tsx";
import { Comparison, type Side } from "./compare.tsx";
import { dayOf, stepWords, timeOf } from "./words.ts";

const PAGE = 60;

/** Every step of the notebook, versions with names among them; what one changed, and the way back to it. */
export function HistoryDialog({
  api,
  onClose,
}: {
  readonly api: Api;
  readonly onClose: () => void;
}) {
  const { model, commands } = useNotebook();
  const { id } = model.document;
  const entries = useSignal<readonly HistoryEntry[]>([]);
  const complete = useSignal(false);
  const chosen = useSignal<number | undefined>(undefined);
  /** Against the notebook as it is now, or against the step before. */
  const against = useSignal<"now" | "before">("now");
  const sides = useSignal<readonly [Side, Side] | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);
  const onlyNamed = useSignal(false);

  const load = async (fresh: boolean): Promise<void> => {
    try {
      if (fresh) await model.document.flush();
      const before = fresh ? undefined : entries.value.at(-1)?.rev;
      const more = await api.call("history", {
        id,
        limit: PAGE,
        ...(before === undefined ? {} : { before: firstRev(entries.value) }),
      });
      const done = more.length < PAGE;
      const all = [...(fresh ? [] : entries.value), ...more];
      entries.value = all;
      complete.value = done;
      if (chosen.value === undefined) chosen.value = (all[1] ?? all[0])?.rev;
      problem.value = undefined;
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
    }
  };
  useEffect(() => void load(true), []);

  const notebook = model.notebook.value;
  const names = useMemo(() => new Map<string, string>(), []);
  const nameOf = (cell: string): string => {
    const found = notebook.cells.find((each) => each.id === cell);
    if (found !== undefined) return model.nameOf(cell);
    return names.get(cell) ?? "a cell that is gone";
  };

  useEffect(() => {
    const rev = chosen.value;
    if (rev === undefined) return undefined;
    let stopped = false;
    const compare = async (): Promise<void> => {
      const at = entries.value.findIndex((entry) => entry.rev === rev);
      const step = entries.value[at];
      // What the step began on; the beginning began on itself.
      const earlier = step?.kinds.length === 0 ? rev : (step?.from ?? rev) - 1;
      const version = async (which: number, title: string): Promise<Side> => {
        const [then, kept] = await Promise.all([
          api.call("version", { id, rev: which }),
          api.call("versionOutputs", { id, rev: which }),
        ]);
        for (const { id: cell, name, kind } of then.cells) {
          names.set(cell, name ?? `a ${kindLabel(kind)} cell`);
        }
        return { title, notebook: then, outputs: outputsOf(kept) };
      };
      const titled = (entry: HistoryEntry | undefined): string =>
        entry?.name ?? (entry === undefined ? "Before" : `${dayOf(entry.at)} ${timeOf(entry.at)}`);
      const now: Side = {
        title: "Now",
        notebook,
        outputs: new Map(
          notebook.cells.map((cell) => [cell.id, model.session.cell(cell.id).outputs]),
        ),
      };
      const pair: readonly [Side, Side] =
        against.value === "now"
          ? [await version(rev, titled(entries.value[at])), now]
          : [
              await version(earlier, titled(entries.value[at + 1])),
              rev === model.document.rev ? now : await version(rev, titled(entries.value[at])),
            ];
      if (!stopped) sides.value = pair;
    };
    compare().catch((error: unknown) => reportError(error, "Could not compare"));
    return () => {
      stopped = true;
    };
  }, [chosen.value, against.value, notebook]);

  const restore = (edits: ReturnType<typeof restoreEdits>, what: string): void => {
    if (edits.length === 0) return announce("Nothing to restore.");
    if (!commands.apply(edits, "step")) return;
    void load(true);
    toast(what, { action: { label: "Undo", run: () => void commands.undo() } });
  };
  const name = async (rev: number, value: string): Promise<void> => {
    try {
      await model.document.flush();
      await api.call("nameVersion", { id, rev, name: value });
      const old = entries.value.find((entry) => entry.rev === rev)?.name;
      await load(true);
      announce(value === "" ? `The name ${old ?? ""} is taken away.` : `Named ${value}.`);
    } catch (error) {
      reportError(error, "Could not name the version");
    }
  };

  const shown = onlyNamed.value
    ? entries.value.filter((entry) => entry.name !== undefined)
    : entries.value;
  const entry = entries.value.find(({ rev }) => rev === chosen.value);
  const newest = entries.value[0]?.rev ?? 0;
  const then: Notebook | undefined =
    against.value === "now" ? sides.value?.[0].notebook : undefined;
  return (
    <Dialog label="History" onClose={onClose} class="history" title>
      <div class="history-columns">
        <nav class="history-steps" aria-label="Versions">
          <div class="history-tools">
            <label>
              <input
                type="checkbox"
                checked={onlyNamed.value}
                onChange={(event) => (onlyNamed.value = event.currentTarget.checked)}
              />{" "}
              Only versions with names
            </label>
          </div>
          {problem.value !== undefined && (
            <p role="alert" class="history-none">
              {problem.value}
            </p>
          )}
          <Timeline
            entries={shown}
            chosen={chosen.value}
            choose={(rev) => (chosen.value = rev)}
            nameOf={nameOf}
          />
          {!complete.value && entries.value.length > 0 && (
            <button type="button" class="link history-more" onClick={() => void load(false)}>
              Earlier
            </button>
          )}
          {onlyNamed.value && shown.length === 0 && (
            <p class="history-none">No version has a name yet.</p>
          )}
        </nav>
        <section class="history-view" aria-label="What differs" tabIndex={0}>
          {entry !== undefined && (
            <div class="history-bar">
              <NameField
                key={`${entry.rev} ${entry.name ?? ""}`}
                entry={entry}
                save={(value) => void name(entry.rev, value)}
              />
              <span class="segments" role="group" aria-label="Compare with">
                <button
                  type="button"
                  aria-pressed={against.value === "now"}
                  onClick={() => (against.value = "now")}
                >
                  With now
                </button>
                <button
                  type="button"
                  aria-pressed={against.value === "before"}
                  onClick={() => (against.value = "before")}
                >
                  This step
                </button>
              </span>
              <span class="bar-space" />
              <button
                type="button"
                class="button button-primary"
                disabled={then === undefined || entry.rev === newest}
                onClick={() => {
                  if (then === undefined) return;
                  restore(
                    restoreEdits(model.document.notebook, then),
                    "The notebook is as it was.",
                  );
                }}
              >
                <Icon name="undo" />
                <span>Restore all</span>
              </button>
            </div>
          )}
          {sides.value !== undefined && (
            <Comparison
              before={sides.value[0]}
              after={sides.value[1]}
              {...(then === undefined
                ? {}
                : {
                    restore: (cell: string) =>
                      restore(
                        restoreCellEdits(model.document.notebook, then, cell),
                        "The cell is as it was.",
                      ),
                  })}
            />
          )}
        </section>
      </div>
    </Dialog>
  );
}

/** The lowest revision that the list reaches down to: its last entry may stand for several. */
function firstRev(entries: readonly HistoryEntry[]): number {
  return entries.at(-1)?.from ?? entries.at(-1)?.rev ?? 0;
}

function outputsOf(
  saved: readonly { readonly cell: string; readonly bundles: readonly MimeBundle[] }[],
): ReadonlyMap<string, readonly MimeBundle[]> {
  return new Map(saved.map(({ cell, bundles }) => [cell, bundles]));
}

function Timeline(props: {
  readonly entries: readonly HistoryEntry[];
  readonly chosen: number | undefined;
  readonly choose: (rev: number) => void;
  readonly nameOf: (cell: string) => string;
}) {
  const list = useRef<HTMLUListElement>(null);
  let day = "";
  const move = (by: number): void => {
    const at = props.entries.findIndex(({ rev }) => rev === props.chosen);
    const next = props.entries[Math.max(0, Math.min(props.entries.length - 1, at + by))];
    if (next === undefined) return;
    props.choose(next.rev);
    list.current?.querySelector<HTMLElement>(`[data-rev="${next.rev}"]`)?.focus();
  };
  return (
    <ul
      ref={list}
      class="timeline"
      onKeyDown={(event) => {
        if (event.key === "ArrowDown") move(1);
        else if (event.key === "ArrowUp") move(-1);
        else return;
        event.preventDefault();
      }}
    >
      {props.entries.map((entry, i) => {
        const its = dayOf(entry.at);
        const heading = its === day ? undefined : (day = its);
        return (
          <li key={entry.rev} data-named={entry.name !== undefined}>
            {heading !== undefined && <span class="timeline-day">{heading}</span>}
            <button
              type="button"
              data-rev={entry.rev}
              aria-current={entry.rev === props.chosen ? "true" : undefined}
              tabIndex={entry.rev === props.chosen ? 0 : -1}
              onClick={() => props.choose(entry.rev)}
            >
              <time>{timeOf(entry.at)}</time>
              <span>
                {entry.name !== undefined && <b>{entry.name}</b>}
                <span class="timeline-deed">
                  {stepWords(entry, props.nameOf)}
                  {i === 0 && " · now"}
                </span>
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function NameField(props: { readonly entry: HistoryEntry; readonly save: (name: string) => void }) {
  const { name = "" } = props.entry;
  const value = useSignal(name);
  const commit = (): void => {
    if (value.value.trim() !== name) props.save(value.value.trim());
  };
  return (
    <form
      class="history-name"
      onSubmit={(event) => {
        event.preventDefault();
        commit();
      }}
    >
      <input
        type="text"
        aria-label="Name of this version"
        placeholder="Name this version"
        maxLength={200}
        value={value.value}
        onInput={(event) => (value.value = event.currentTarget.value)}
      />
      <button type="submit" class="button" disabled={value.value.trim() === name}>
        {value.value.trim() === "" && name !== "" ? "Take the name away" : "Keep the name"}
      </button>
    </form>
  );
}
