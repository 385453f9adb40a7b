import { effect, useComputed, useSignal } from "@preact/signals";
import { memo } from "preact/compat";
import { useEffect, useRef } from "preact/hooks";
import { doubted } from "../../app/claim.ts";
import type { Diagnostic } from "../../app/cell/program.ts";
import { mime } from "../../app/protocol/mime.ts";
import { EditorController } from "../editor/controller.ts";
import { beside, untold } from "../editor/types/notebook-types.ts";
import { OutputController } from "../outputs/controller.ts";
import { failureElement } from "../outputs/error.ts";
import { renderMarkdown } from "../outputs/markdown.ts";
import { LossChart } from "../outputs/progress.ts";
import { Icon } from "../ui/icons.tsx";
import { reportError } from "../ui/toast.tsx";
import { CellHeader } from "./cell-header.tsx";
import { ClaimNotes } from "./claim-notes.tsx";
import { type NotebookContext, useNotebook } from "./context.ts";
import { accessibleName, moodOf, rungOf } from "./describe.ts";
import { findingsIn } from "./findings.ts";
import { hiddenCells, isFolded, sectionLevel } from "./folding.ts";
import { InsertButton } from "./insert.tsx";
import { outputPorts } from "./output-ports.ts";

/** One cell. Reads only its own signals, so that a change of one cell renders one cell. */
export const CellRow = memo(function CellRow({ id }: { readonly id: string }) {
  const { model, commands, find } = useNotebook();
  const cell = model.frame(id).value;
  const runtime = model.runtime(id).value;
  const index = model.indexOf(id);
  const { head } = model.selection.value;
  const selected = head === id || (head !== undefined && model.selected.includes(id));
  const editing = head === id && model.mode.value === "edit";
  const markdown = cell.kind === "markdown";
  // A found place is shown also where the text is not.
  const found = useComputed(() => find.current.value?.cell === id).value;
  const showCode =
    found || (markdown ? editing : editing || cell.flags.pinned || !cell.flags.codeHidden);
  const mood = moodOf(cell, runtime);
  const off = doubted(runtime.claim, model.doubts.value).length > 0;
  return (
    <li
      class="cell"
      id={`cell-${id}`}
      data-cell={id}
      data-kind={cell.kind}
      data-mood={mood}
      data-rung={rungOf(cell, runtime)}
      data-doubted={off ? true : undefined}
      data-selected={selected}
      data-editing={editing}
      tabIndex={head === id ? 0 : -1}
      aria-label={`${accessibleName(cell, runtime, index, model.order.value.length)}${off ? ", rests on an assumption that is switched off" : ""}`}
      aria-current={head === id ? "true" : undefined}
      onFocus={(event) => {
        if (event.target !== event.currentTarget) return;
        if (model.selection.value.head !== id) model.select(id);
        model.mode.value = "command";
      }}
      onMouseDown={(event) => {
        const target = event.target as Element;
        if (event.shiftKey && !target.closest(".code, .outputs")) {
          event.preventDefault();
          model.select(id, true);
          return;
        }
        if (model.selection.value.head !== id) model.select(id);
        if (!target.closest(".code")) model.mode.value = "command";
      }}
      onDblClick={(event) => {
        if (markdown && !(event.target as Element).closest(".code"))
          commands.page.focus(id, "text");
      }}
    >
      <div class="cell-rail" aria-hidden="true" />
      <CellHeader id={id} mood={mood} selected={head === id} showCode={showCode} />
      <div class="cell-body">
        <Code id={id} shown={showCode} />
        {markdown ? <Prose id={id} hidden={editing} /> : <Below id={id} mood={mood} />}
      </div>
      <InsertButton index={index + 1} selected={head === id} />
    </li>
  );
});

/** The island of the cell's text. */
function Code({ id, shown }: { readonly id: string; readonly shown: boolean }) {
  const context = useNotebook();
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => mountEditor(context, id, host.current as HTMLDivElement), [id]);
  return <div class="cell-code" ref={host} hidden={!shown} />;
}

function mountEditor(context: NotebookContext, id: string, host: HTMLElement): () => void {
  const { model, pool, editors, types, find } = context;
  const cell = model.cell(id).peek();
  const controller = new EditorController(pool, cell.kind, cell.source, {
    cell: id,
    label: `Text of ${model.nameOf(id)}`,
    onEdit: (splices) => {
      try {
        model.document.apply(splices);
      } catch (error) {
        reportError(error);
        controller.setSource(model.cell(id).peek().source);
      }
    },
    onFocus: () => {
      types.start();
      if (model.selection.peek().head !== id) model.select(id);
      model.mode.value = "edit";
    },
    onBlur: () => {
      // Somewhere else in the page took the focus: a cell's own focus handler says what comes.
      if (model.selection.peek().head === id && document.hasFocus()) {
        const active = document.activeElement;
        if (active !== document.body && !host.contains(active)) model.mode.value = "command";
      }
    },
  });
  editors.set(id, controller);
  host.append(controller.element);
  const off = effect(() => {
    const { source, kind } = model.cell(id).value;
    controller.setKind(kind);
    controller.setSource(source);
  });
  let drawn: readonly unknown[] = [];
  const offFindings = effect(() => {
    const own = findingsIn(model.runtime(id).value, id);
    const findings = [...own, ...beside(types.findings(id).value, own)];
    // Progress changes the runtime often, and what is underlined seldom.
    if (findings.length === drawn.length && findings.every((one, k) => one === drawn[k])) return;
    drawn = findings;
    controller.setDiagnostics(findings);
  });
  const offMarks = effect(() => {
    const matches = find.byCell.value.get(id);
    if (matches === undefined) return controller.setMarks([]);
    const here = find.current.value;
    controller.setMarks(
      matches.map(({ start, end }) => ({
        start,
        end,
        here: here?.cell === id && here.start === start,
      })),
    );
  });
  return () => {
    off();
    offMarks();
    offFindings();
    editors.delete(id);
    controller.dispose();
  };
}

/** A text cell's reading view: drawn by the page, no kernel needed, unless it shows live values. */
function Prose({ id, hidden }: { readonly id: string; readonly hidden: boolean }) {
  const { model, types } = useNotebook();
  const host = useRef<HTMLDivElement>(null);
  const { source } = model.cell(id).value;
  const { outputs } = model.runtime(id).value;
  const live = /\$\{/.test(source) ? outputs[0]?.[mime.markdown] : undefined;
  const text = typeof live === "string" ? live : source;
  useEffect(() => {
    if (hidden) return;
    host.current?.replaceChildren(renderMarkdown(text));
  }, [text, hidden]);
  return (
    <div class="cell-prose" hidden={hidden}>
      <FoldButton id={id} />
      {text.trim() === "" && <p class="cell-empty">An empty text cell. Enter to write.</p>}
      <div ref={host} class="prose-text" hidden={text.trim() === ""} />
      <ClaimNotes id={id} />
      <Findings id={id} list={untold(types.findings(id).value, []).slice(0, MAX_TYPED)} />
    </div>
  );
}

/** At headings: folds what is under them away. */
function FoldButton({ id }: { readonly id: string }) {
  const { model, commands } = useNotebook();
  const cell = model.cell(id).value;
  if (sectionLevel(cell) === undefined) return null;
  const folded = isFolded(cell);
  const hidden = folded
    ? [...hiddenCells(model.notebook.value.cells).values()].filter((by) => by === id).length
    : 0;
  return (
    <button
      type="button"
      class="fold-button"
      data-folded={folded}
      tabIndex={model.selection.value.head === id ? 0 : -1}
      aria-expanded={!folded}
      aria-label={folded ? `Unfold the section, ${hidden} cells` : "Fold the section"}
      title={folded ? "Unfold (→)" : "Fold (←)"}
      onClick={() => {
        model.select(id);
        commands.fold(!folded);
      }}
    >
      <Icon name={folded ? "chevronRight" : "chevronDown"} />
      {folded && <span>{hidden} hidden</span>}
    </button>
  );
}

/** What is to be mended in a cell's text, each with its line. */
function Findings({ id, list }: { readonly id: string; readonly list: readonly Diagnostic[] }) {
  const { editors } = useNotebook();
  return (
    <>
      {list.map((finding) => (
        <p
          class="finding"
          data-severity={finding.severity}
          key={`${finding.code} ${finding.place?.start ?? 0} ${finding.message}`}
        >
          {finding.place?.line !== undefined && (
            <button
              type="button"
              class="link"
              onClick={() => void editors.get(id)?.focus(finding.place?.start)}
            >
              Line {finding.place.line}
            </button>
          )}
          <span>{finding.message}</span>
          {finding.hint !== undefined && <span class="finding-hint">{finding.hint}</span>}
        </p>
      ))}
    </>
  );
}

/** Findings about types that are listed below a cell; the others are underlined all the same. */
const MAX_TYPED = 4;

/** Everything below the code: progress, outputs, failure, findings, log. */
function Below({ id, mood }: { readonly id: string; readonly mood: string }) {
  const context = useNotebook();
  const { model, types } = context;
  const runtime = model.runtime(id).value;
  const analysed = runtime.analysis?.diagnostics ?? [];
  const editing = model.mode.value === "edit" && model.selection.value.head === id;
  // While a word is being written nothing is said of it below: it is underlined where it stands.
  const typed = editing ? [] : untold(types.findings(id).value, analysed);
  const findings = [...analysed, ...typed.slice(0, MAX_TYPED)];
  const { state } = runtime;
  const failure = state.kind === "failed" ? state.failure : undefined;
  const told = failure?.error.message;
  return (
    <>
      <Progress id={id} />
      <Findings id={id} list={findings.filter(({ message }) => message !== told)} />
      {typed.length > MAX_TYPED && (
        <p class="finding-more">… and {typed.length - MAX_TYPED} more</p>
      )}
      {mood === "stale" && runtime.outputs.length > 0 && (
        <p class="stale-note">
          <span>Stale.</span> {runtime.staleReason ?? "Something it rests on has changed."}
          <button type="button" class="link" onClick={() => context.commands.run([id])}>
            Run
          </button>
        </p>
      )}
      {state.kind === "waiting" && (
        <p class="waiting-note">
          Waiting for {state.on.map((each) => model.nameOf(each)).join(", ")}.
        </p>
      )}
      {state.kind === "done" && state.cut === true && mood === "done" && (
        <p class="stale-note">
          Stopped while it was looking for more to show. What it answered stands.
          <button type="button" class="link" onClick={() => context.commands.run([id])}>
            Run
          </button>
        </p>
      )}
      <ClaimNotes id={id} />
      {runtime.outputs.length > 0 && <Outputs id={id} />}
      {failure !== undefined && <Failure id={id} />}
      <Log id={id} />
    </>
  );
}

function Outputs({ id }: { readonly id: string }) {
  const context = useNotebook();
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const controller = new OutputController(outputPorts(context, id));
    host.current?.append(controller.element);
    const off = effect(() => controller.update(context.model.runtime(id).value.outputs));
    return () => {
      off();
      controller.dispose();
    };
  }, [id]);
  return <div class="cell-outputs" ref={host} />;
}

function Failure({ id }: { readonly id: string }) {
  const context = useNotebook();
  const host = useRef<HTMLDivElement>(null);
  const { state } = context.model.runtime(id).value;
  useEffect(() => {
    if (state.kind !== "failed") return;
    host.current?.replaceChildren(failureElement(state.failure, outputPorts(context, id)));
  }, [state]);
  return <div ref={host} />;
}

/** A bar and a live chart for work that takes its time. */
function Progress({ id }: { readonly id: string }) {
  const { model } = useNotebook();
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<LossChart | undefined>(undefined);
  const runtime = model.runtime(id).value;
  const { state, series } = runtime;
  const hasSeries = Object.keys(series).length > 0;
  const running = state.kind === "running";
  useEffect(() => {
    if (!running || !hasSeries) {
      chart.current?.dispose();
      chart.current = undefined;
      return;
    }
    chart.current ??= new LossChart();
    if (!chart.current.element.isConnected) host.current?.append(chart.current.element);
    chart.current.update(series);
  }, [running, series]);
  useEffect(() => () => chart.current?.dispose(), []);
  if (!running) return <div ref={host} hidden />;
  const { progress } = state;
  return (
    <div class="progress" ref={host}>
      <div class="progress-line">
        <progress
          max={1}
          {...(progress?.fraction === undefined ? {} : { value: progress.fraction })}
          aria-label={`Progress of ${model.nameOf(id)}`}
        />
        <span class="progress-text">
          {progress?.fraction !== undefined && `${Math.round(progress.fraction * 100)} %`}
          {progress?.message !== undefined && ` ${progress.message}`}
          {progress === undefined && <Elapsed since={state.since} />}
        </span>
        <button type="button" class="link" onClick={() => model.session.stop([id])}>
          Stop
        </button>
      </div>
    </div>
  );
}

function Elapsed({ since }: { readonly since: number }) {
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => (now.value = Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.round((now.value - since) / 1000));
  return <>{seconds < 1 ? "" : `${seconds} s`}</>;
}

function Log({ id }: { readonly id: string }) {
  const { model } = useNotebook();
  const { logs, dropped } = model.runtime(id).value;
  if (logs.length === 0 && dropped === 0) return null;
  return (
    <div class="log" role="log" tabIndex={0} aria-label={`Printed by ${model.nameOf(id)}`}>
      {logs.map((line, i) => (
        <div key={i} data-level={line.level}>
          {line.text}
        </div>
      ))}
      {dropped > 0 && (
        <div class="log-dropped">… {dropped.toLocaleString("en")} more not shown</div>
      )}
    </div>
  );
}
