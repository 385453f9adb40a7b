import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Routes } from "../../app/protocol/routes.ts";
import type { NotebookSummary, StoreHealth } from "../../app/protocol/store.ts";
import type { Api } from "../client/api.ts";
import { dataCellText, isDataFile, upload } from "../notebook/attach.ts";
import { createCell } from "../../app/notebook/document.ts";
import { downloadText } from "../notebook/download.ts";
import { kindLabel } from "../notebook/describe.ts";
import { Icon } from "../ui/icons.tsx";
import { openMenu } from "../ui/menu.tsx";
import { ThemeButton } from "../ui/theme-button.tsx";
import { reportError, toast } from "../ui/toast.tsx";
import { groupShipped } from "./shipped.ts";
import { ago } from "./time.ts";

type Shipped = Routes["shipped"]["out"];

export function LibraryPage({ api }: { readonly api: Api }) {
  const search = useSignal("");
  const list = useSignal<readonly NotebookSummary[] | undefined>(undefined);
  const deleted = useSignal<readonly NotebookSummary[]>([]);
  const shipped = useSignal<Shipped>([]);
  const health = useSignal<StoreHealth | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);
  const dropping = useSignal(false);
  const field = useRef<HTMLInputElement>(null);
  const picker = useRef<HTMLInputElement>(null);

  const load = async (): Promise<void> => {
    const query = search.value.trim();
    try {
      const found = await api.call("listNotebooks", query === "" ? {} : { search: query });
      if (query === search.value.trim()) list.value = found;
      problem.value = undefined;
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
    }
  };
  const loadDeleted = async (): Promise<void> => {
    deleted.value = await api.call("listNotebooks", { deleted: true });
  };

  useEffect(() => {
    document.title = "Dagbok";
    void load();
    loadDeleted().catch(() => undefined);
    void api.call("shipped", undefined).then(
      (found) => (shipped.value = found),
      () => undefined,
    );
    void api.call("health", undefined).then(
      ({ store }) => (health.value = store),
      () => undefined,
    );
    const onKeyDown = (event: KeyboardEvent): void => {
      if ((event.target as Element).closest("input, textarea, .menu") !== null) return;
      if (event.key === "/" || (event.key === "f" && (event.ctrlKey || event.metaKey))) {
        event.preventDefault();
        field.current?.focus();
      } else if (event.key === "n" && !event.ctrlKey && !event.metaKey) void create();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, []);

  const open = (id: string): void => {
    location.hash = `#/n/${id}`;
  };
  const act = async (what: string, action: () => Promise<void>): Promise<void> => {
    try {
      await action();
    } catch (error) {
      reportError(error, what);
    }
  };
  const create = (): Promise<void> =>
    act("Could not make a notebook", async () => {
      open((await api.call("createNotebook", {})).notebook.id);
    });
  const importFiles = (files: readonly File[]): Promise<void> =>
    act("Could not import", async () => {
      let last: string | undefined;
      for (const file of files) {
        last =
          isDataFile(file.name) && !/\.json$/i.test(file.name)
            ? await importData(api, file)
            : (await api.call("importNotebook", { fileName: file.name, text: await file.text() }))
                .notebook.id;
      }
      await load();
      if (files.length === 1 && last !== undefined) open(last);
      else toast(`${files.length} notebooks imported.`);
    });
  const remove = (notebook: NotebookSummary): Promise<void> =>
    act("Could not delete", async () => {
      await api.call("deleteNotebook", { id: notebook.id });
      await Promise.all([load(), loadDeleted()]);
      toast(`“${notebook.title}” is deleted.`, {
        action: { label: "Undo", run: () => void restore(notebook) },
      });
    });
  const restore = (notebook: NotebookSummary): Promise<void> =>
    act("Could not restore", async () => {
      await api.call("restoreNotebook", { id: notebook.id });
      await Promise.all([load(), loadDeleted()]);
    });

  return (
    <div
      class="library"
      data-dropping={dropping.value}
      onDragOver={(event) => {
        if (event.dataTransfer?.types.includes("Files") !== true) return;
        event.preventDefault();
        dropping.value = true;
      }}
      onDragLeave={(event) => {
        if (event.relatedTarget === null) dropping.value = false;
      }}
      onDrop={(event) => {
        event.preventDefault();
        dropping.value = false;
        void importFiles([...(event.dataTransfer?.files ?? [])]);
      }}
    >
      <header class="library-head">
        <div class="brand">
          <Mark />
          <h1>Dagbok</h1>
        </div>
        <div class="library-search">
          <Icon name="search" />
          <input
            ref={field}
            type="search"
            placeholder="Search titles and texts"
            aria-label="Search notebooks"
            onInput={(event) => {
              search.value = event.currentTarget.value;
              void load();
            }}
          />
          <kbd aria-hidden="true">/</kbd>
        </div>
        <div class="library-actions">
          <ThemeButton />
          <button type="button" class="button" onClick={() => picker.current?.click()}>
            <Icon name="fileUp" />
            <span>Import</span>
          </button>
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            accept=".ts,.ipynb,.html,.csv,.tsv,.arrow"
            onChange={(event) => {
              const files = [...(event.currentTarget.files ?? [])];
              event.currentTarget.value = "";
              if (files.length > 0) void importFiles(files);
            }}
          />
          <button type="button" class="button button-primary" onClick={() => void create()}>
            <Icon name="plus" />
            <span>New notebook</span>
          </button>
        </div>
      </header>
      <main class="library-main">
        <HealthNote health={health.value} />
        {problem.value !== undefined && (
          <div class="notice" data-tone="error" role="alert">
            <span class="notice-sign">
              <Icon name="circleAlert" />
            </span>
            <div>
              <p class="notice-title">{problem.value}</p>
              <button type="button" class="link" onClick={() => void load()}>
                Try again
              </button>
            </div>
          </div>
        )}
        <section aria-label="Notebooks">
          {list.value === undefined && problem.value === undefined && (
            <p class="side-empty">Opening the library…</p>
          )}
          {list.value?.length === 0 &&
            (search.value.trim() === "" ? (
              <Invitation onNew={() => void create()} onImport={() => picker.current?.click()} />
            ) : (
              <p class="library-none">No notebook contains “{search.value.trim()}”.</p>
            ))}
          {list.value !== undefined && list.value.length > 0 && (
            <>
              <h2 class="section-title">
                {search.value.trim() === "" ? "Notebooks" : `Found in ${list.value.length}`}
              </h2>
              <ul class="notebook-list">
                {list.value.map((notebook) => (
                  <NotebookRow
                    key={notebook.id}
                    notebook={notebook}
                    search={search.value}
                    menu={(anchor) =>
                      openMenu({
                        label: notebook.title,
                        anchor,
                        items: [
                          { label: "Open", icon: "bookOpen", run: () => open(notebook.id) },
                          {
                            label: "Duplicate",
                            icon: "copy",
                            run: () =>
                              void act("Could not duplicate", async () => {
                                await api.call("duplicateNotebook", { id: notebook.id });
                                await load();
                              }),
                          },
                          {
                            label: "Export as .dagbok.ts",
                            icon: "download",
                            run: () =>
                              void act("Could not export", async () => {
                                const file = await api.call("exportNotebook", {
                                  id: notebook.id,
                                  to: "ts",
                                });
                                downloadText(file.fileName, file.mime, file.text);
                              }),
                          },
                          {
                            label: "Delete",
                            icon: "trash",
                            danger: true,
                            run: () => void remove(notebook),
                          },
                        ],
                      })
                    }
                  />
                ))}
              </ul>
            </>
          )}
        </section>
        {search.value.trim() === "" && shipped.value.length > 0 && (
          <section aria-label="Start from">
            <h2 class="section-title">Start from</h2>
            {groupShipped(shipped.value).map((group) => (
              <div class="shipped-group" key={group.title}>
                <h3>{group.title}</h3>
                <ul class="shipped-list">
                  {group.notebooks.map((notebook) => (
                    <li key={notebook.path}>
                      <button
                        type="button"
                        class="shipped-card"
                        onClick={() =>
                          void act("Could not open it", async () => {
                            open(
                              (await api.call("openShipped", { path: notebook.path })).notebook.id,
                            );
                          })
                        }
                      >
                        <span class="shipped-title">{notebook.title}</span>
                        <span class="shipped-about">{notebook.about}</span>
                      </button>
                    </li>
                  ))}
                </ul>
              </div>
            ))}
          </section>
        )}
        {search.value.trim() === "" && deleted.value.length > 0 && (
          <details class="deleted">
            <summary>Recently deleted ({deleted.value.length})</summary>
            <ul class="notebook-list">
              {deleted.value.map((notebook) => (
                <li class="notebook-row" key={notebook.id}>
                  <span class="notebook-open">
                    <span class="notebook-title">{notebook.title}</span>
                    <span class="notebook-meta">
                      deleted {ago(notebook.deletedAt ?? notebook.updatedAt)}
                    </span>
                  </span>
                  <button type="button" class="button" onClick={() => void restore(notebook)}>
                    <Icon name="undo" />
                    <span>Restore</span>
                  </button>
                </li>
              ))}
            </ul>
          </details>
        )}
      </main>
      {dropping.value && (
        <div class="drop-veil" aria-hidden="true">
          Drop .dagbok.ts, .ipynb, .html or .csv
        </div>
      )}
    </div>
  );
}

function NotebookRow(props: {
  readonly notebook: NotebookSummary;
  readonly search: string;
  readonly menu: (anchor: HTMLElement) => void;
}) {
  const { notebook } = props;
  return (
    <li class="notebook-row">
      <a class="notebook-open" href={`#/n/${notebook.id}`}>
        <span class="notebook-title">{notebook.title}</span>
        <span class="notebook-meta">
          {notebook.cells} {notebook.cells === 1 ? "cell" : "cells"} · changed{" "}
          {ago(notebook.updatedAt)}
          {notebook.origin !== "here" && <> · {notebook.origin}</>}
        </span>
      </a>
      <button
        type="button"
        class="icon-button"
        aria-label={`More for ${notebook.title}`}
        aria-haspopup="menu"
        onClick={(event) => props.menu(event.currentTarget)}
      >
        <Icon name="ellipsis" />
      </button>
      {notebook.hits !== undefined && notebook.hits.length > 0 && (
        <ul class="notebook-hits" aria-label={`Found in ${notebook.title}`}>
          {notebook.hits.map((hit) => (
            <li key={hit.cell}>
              <a href={`#/n/${notebook.id}/${hit.cell}/${hit.at}`}>
                <span class="hit-kind">{hit.name ?? kindLabel(hit.kind)}</span>
                <Snippet text={hit.snippet} search={props.search} />
              </a>
            </li>
          ))}
          {(notebook.hitCount ?? 0) > notebook.hits.length && (
            <li class="hit-more">
              … and {(notebook.hitCount ?? 0) - notebook.hits.length} more cells
            </li>
          )}
        </ul>
      )}
    </li>
  );
}

/** A passage with the words that were searched for. */
function Snippet({ text, search }: { readonly text: string; readonly search: string }) {
  const words = search.split(/[^\p{L}\p{N}_$]+/u).filter(Boolean);
  const parts =
    words.length === 0
      ? [text]
      : text.split(
          new RegExp(`(${words.map((word) => word.replaceAll("$", "\\$")).join("|")})`, "giu"),
        );
  return (
    <span class="notebook-snippet">
      {parts.map((part, i) => (i % 2 === 1 ? <mark key={i}>{part}</mark> : part))}
    </span>
  );
}

function Invitation({
  onNew,
  onImport,
}: {
  readonly onNew: () => void;
  readonly onImport: () => void;
}) {
  return (
    <div class="invitation">
      <Mark />
      <h2>A notebook for what causes what</h2>
      <p>
        Draw a graph, ask what an action would bring about, estimate it on data, imagine what would
        have been. Everything stays on this machine.
      </p>
      <div class="invitation-actions">
        <button type="button" class="button button-primary" onClick={onNew}>
          <Icon name="plus" />
          <span>New notebook</span>
        </button>
        <button type="button" class="button" onClick={onImport}>
          <Icon name="fileUp" />
          <span>Import a file</span>
        </button>
      </div>
      <p class="empty-hint">Or drop a .dagbok.ts, .ipynb, .html or .csv anywhere on this page.</p>
    </div>
  );
}

function HealthNote({ health }: { readonly health: StoreHealth | undefined }) {
  if (health === undefined || health.kind === "ok") return null;
  const [title, text] =
    health.kind === "read-only"
      ? ["The library cannot be written to", health.reason]
      : health.kind === "newer"
        ? [
            "The library was made by a newer Dagbok",
            `It has version ${health.version}; this one knows ${health.supported}. It is open for reading only.`,
          ]
        : health.kind === "full"
          ? [
              "The disk is full",
              `${health.reason} Edits are kept and saved as soon as there is room.`,
            ]
          : health.kind === "restored"
            ? [
                "The library was damaged and has been restored",
                `From ${health.from}. The damaged file is kept as ${health.setAside}.`,
              ]
            : ["The library is in use", health.reason];
  return (
    <div class="notice" data-tone="warning" role="alert">
      <span class="notice-sign">
        <Icon name="triangleAlert" />
      </span>
      <div>
        <p class="notice-title">{title}</p>
        <p>{text}</p>
      </div>
    </div>
  );
}

/** Three nodes, two arrows and an open book's spine. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M9 9 L22 9 M9.5 10.5 L15 21.5 M22.5 10.5 L17 21.5" />
      <circle class="mark-see" cx="8" cy="9" r="4.5" />
      <circle class="mark-do" cx="24" cy="9" r="4.5" />
      <circle class="mark-imagine" cx="16" cy="24" r="4.5" />
    </svg>
  );
}

/** A table alone becomes a notebook that reads it. */
async function importData(api: Api, file: File): Promise<string> {
  const attachment = await upload(api, file);
  const made = await api.call("createNotebook", { title: file.name.replace(/\.[^.]*$/, "") });
  await api.call("editNotebook", {
    id: made.notebook.id,
    baseRev: made.rev,
    edits: [
      { kind: "attach", attachment },
      {
        kind: "insert-cell",
        at: 0,
        cell: createCell({ kind: "data", source: dataCellText(file.name) }),
      },
    ],
    group: crypto.randomUUID(),
    batch: crypto.randomUUID(),
  });
  return made.notebook.id;
}
