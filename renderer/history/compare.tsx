import { useEffect, useMemo, useRef } from "preact/hooks";
import { type CellChange, type Detail, diffNotebooks } from "../../app/notebook/diff.ts";
import type { Cell, Notebook } from "../../app/notebook/document.ts";
import type { MimeBundle } from "../../app/protocol/mime.ts";
import { kindLabel } from "../notebook/describe.ts";
import { OutputController } from "../outputs/controller.ts";
import { renderMarkdown } from "../outputs/markdown.ts";
import type { OutputPorts } from "../outputs/ports.ts";
import { diffGraphs } from "./graph-diff.ts";
import { compareLines } from "./lines.ts";

/** One of the two notebooks that are compared, with what its cells showed where that is known. */
export interface Side {
  readonly title: string;
  readonly notebook: Notebook;
  readonly outputs: ReadonlyMap<string, readonly MimeBundle[]>;
}

/** What differs, cell by cell. `restore` brings one cell back to what it was before. */
export function Comparison(props: {
  readonly before: Side;
  readonly after: Side;
  readonly restore?: (cell: string) => void;
}) {
  const { before, after } = props;
  const found = useMemo(
    () => diffNotebooks(before.notebook, after.notebook),
    [before.notebook, after.notebook],
  );
  if (found.cells.length + found.details.length === 0) {
    return <p class="history-none">Nothing differs between the two.</p>;
  }
  const count = (test: (change: CellChange) => boolean): number => found.cells.filter(test).length;
  const parts = [
    [count(({ kind }) => kind === "added"), "added"],
    [count(({ kind }) => kind === "removed"), "removed"],
    [
      count((change) => change.kind === "changed" && (change.text || change.details.length > 0)),
      "changed",
    ],
    [count((change) => change.kind === "changed" && change.moved), "moved"],
  ] as const;
  return (
    <>
      <p class="history-sum" role="status">
        {parts
          .filter(([n]) => n > 0)
          .map(([n, what]) => `${n} ${n === 1 ? "cell" : "cells"} ${what}`)
          .join(", ") || "No cell differs"}
        {found.details.length > 0 && ", settings differ"}.
      </p>
      <Details list={found.details} />
      <ol class="change-list" role="list" aria-label="Changed cells">
        {found.cells.map((change) => {
          const cell = change.kind === "removed" ? change.before : change.after;
          return (
            <Change
              key={`${change.kind} ${cell.id}`}
              change={change}
              before={before}
              after={after}
              restore={props.restore}
            />
          );
        })}
      </ol>
    </>
  );
}

const restoreWords = {
  added: "Take out",
  removed: "Bring back",
  changed: "Restore this cell",
} as const;

function Change(props: {
  readonly change: CellChange;
  readonly before: Side;
  readonly after: Side;
  readonly restore: ((cell: string) => void) | undefined;
}) {
  const { change, restore } = props;
  const cell = change.kind === "removed" ? change.before : change.after;
  const old = change.kind === "added" ? undefined : change.before;
  const now = change.kind === "removed" ? undefined : change.after;
  const tags =
    change.kind === "changed"
      ? [
          ...(change.text || change.details.length > 0 ? ["changed"] : []),
          ...(change.moved ? [`moved to place ${change.index + 1}`] : []),
        ]
      : [change.kind];
  const name = cell.name ?? `cell ${change.index + 1}`;
  return (
    <li class="change" data-kind={change.kind}>
      <header class="change-head">
        <h3>{name}</h3>
        <span class="change-kind">{kindLabel(cell.kind)}</span>
        {tags.map((tag) => (
          <span class="change-tag" data-tag={tag.split(" ")[0]} key={tag}>
            {tag}
          </span>
        ))}
        <span class="bar-space" />
        {restore !== undefined && (
          <button
            type="button"
            class="button"
            aria-label={`${restoreWords[change.kind]}: ${name}`}
            onClick={() => restore(old?.id ?? cell.id)}
          >
            {restoreWords[change.kind]}
          </button>
        )}
      </header>
      {change.kind === "changed" && <Details list={change.details} />}
      {cell.kind === "graph" && <Arrows before={old} after={now} />}
      {(old?.source ?? "") !== (now?.source ?? "") && (
        <Lines before={old?.source ?? ""} after={now?.source ?? ""} />
      )}
      <Shown before={props.before} after={props.after} old={old} now={now} />
    </li>
  );
}

function Details({ list }: { readonly list: readonly Detail[] }) {
  if (list.length === 0) return null;
  const shown = (text: string): string =>
    text === "" ? "none" : text.length > 120 ? `${text.slice(0, 119)}…` : text;
  return (
    <dl class="change-details">
      {list.map(({ what, before, after }) => (
        <div key={what}>
          <dt>{what}</dt>
          <dd>
            <del>{shown(before)}</del> → <ins>{shown(after)}</ins>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Arrows({
  before,
  after,
}: {
  readonly before?: Cell | undefined;
  readonly after?: Cell | undefined;
}) {
  if (before === undefined || after === undefined) return null;
  const found = diffGraphs(before.source, after.source);
  if (found === undefined || found.added.length + found.removed.length === 0) return null;
  const say = (part: string): string =>
    part.replace(/->/g, "→").replace(/<-/g, "←").replace("<→", "↔");
  return (
    <ul class="change-arrows" aria-label="Arrows and variables">
      {found.removed.map((part) => (
        <li data-kind="removed" key={`- ${part}`}>
          <span class="visually-hidden">removed: </span>
          {say(part)}
        </li>
      ))}
      {found.added.map((part) => (
        <li data-kind="added" key={`+ ${part}`}>
          <span class="visually-hidden">added: </span>
          {say(part)}
        </li>
      ))}
    </ul>
  );
}

const signs = { same: " ", added: "+", removed: "−" } as const;

function Lines({ before, after }: { readonly before: string; readonly after: string }) {
  const lines = useMemo(() => compareLines(before, after), [before, after]);
  return (
    <div class="diff" role="region" aria-label="Lines that differ" tabIndex={0}>
      {lines.map((line, i) =>
        line.kind === "gap" ? (
          <div class="diff-gap" key={i}>
            {line.count} lines are the same
          </div>
        ) : (
          <div class="diff-line" data-kind={line.kind} key={i}>
            <span class="diff-sign">{signs[line.kind]}</span>
            <code>
              {line.pieces.map((piece, k) =>
                piece.changed ? <b key={k}>{piece.text}</b> : piece.text,
              )}
            </code>
          </div>
        ),
      )}
    </div>
  );
}

/** What the cell showed then and now, side by side. */
function Shown(props: {
  readonly before: Side;
  readonly after: Side;
  readonly old: Cell | undefined;
  readonly now: Cell | undefined;
}) {
  const sides = [
    { side: props.before, cell: props.old },
    { side: props.after, cell: props.now },
  ].flatMap(({ side, cell }) => {
    if (cell === undefined) return [];
    const bundles = side.outputs.get(cell.id) ?? [];
    if (cell.kind === "markdown") return [{ side, cell, bundles: [] as readonly MimeBundle[] }];
    return bundles.length === 0 ? [] : [{ side, cell, bundles }];
  });
  if (sides.length === 0) return null;
  return (
    <div class="change-outputs" data-sides={sides.length}>
      {sides.map(({ side, cell, bundles }) => (
        <figure key={side.title}>
          <figcaption>{side.title}</figcaption>
          {cell.kind === "markdown" ? (
            <Prose source={cell.source} />
          ) : (
            <Output cell={cell.id} bundles={bundles} name={cell.name ?? cell.id} />
          )}
        </figure>
      ))}
    </div>
  );
}

function Prose({ source }: { readonly source: string }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => host.current?.replaceChildren(renderMarkdown(source)), [source]);
  return <div class="prose-text" ref={host} />;
}

/** Drawn to be read: what it says can be unfolded, its controls reach no cell. */
function Output(props: {
  readonly cell: string;
  readonly bundles: readonly MimeBundle[];
  readonly name: string;
}) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const ports: OutputPorts = {
      cell: props.cell,
      setInput: () => undefined,
      savedInput: () => undefined,
      goTo: () => undefined,
      nameOf: () => props.name,
      assumption: () => true,
      setAssumption: () => undefined,
    };
    const controller = new OutputController(ports);
    controller.update(props.bundles);
    host.current?.append(controller.element);
    return () => controller.dispose();
  }, [props.bundles]);
  return <div class="cell-outputs" ref={host} />;
}
