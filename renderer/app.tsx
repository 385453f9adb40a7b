import { signal, useSignal } from "@preact/signals";
import { render } from "preact";
import { useEffect } from "preact/hooks";
import type { Api } from "./client/api.ts";
import { ApiError } from "./client/api.ts";
import type { KernelConnection } from "./kernel/client.ts";
import { LibraryPage } from "./library/page.tsx";
import { NotebookPage } from "./notebook/page.tsx";
import { DocumentStore } from "./state/document-store.ts";
import { followOtherWindows } from "./state/windows.ts";
import { createJournal } from "./state/journal.ts";
import { NotebookModel } from "./state/notebook-model.ts";
import { NotebookSession } from "./state/session.ts";
import { MenuHost } from "./ui/menu.tsx";
import { ToastHost, toast } from "./ui/toast.tsx";

/** What the page is given: the real back end and kernel frame, or stand-ins behind the same types. */
export interface AppPorts {
  readonly api: Api;
  readonly connect: (notebook: string) => Promise<KernelConnection>;
}

/** Where to open a notebook. */
export interface Place {
  readonly cell: string;
  readonly at: number;
}

type View =
  | { readonly kind: "library" }
  | { readonly kind: "opening" }
  | { readonly kind: "notebook"; readonly model: NotebookModel; readonly start?: Place }
  | {
      readonly kind: "problem";
      readonly title: string;
      readonly text: string;
      readonly hint?: string;
    };

export function startApp(root: HTMLElement, ports: AppPorts): void {
  const view = signal<View>({ kind: "opening" });
  let generation = 0;
  const route = async (): Promise<void> => {
    const mine = ++generation;
    await close(view.value);
    // A notebook, and perhaps a cell in it and a place in the cell's text.
    const [, id, cell, at] =
      /^#\/n\/([a-z0-9]{4,32})(?:\/([a-z0-9]{4,32})(?:\/(\d{1,9}))?)?$/.exec(location.hash) ?? [];
    const start = cell === undefined ? undefined : { cell, at: Number(at ?? 0) };
    if (id === undefined) {
      view.value = { kind: "library" };
      return;
    }
    view.value = { kind: "opening" };
    try {
      const model = await open(id, ports);
      if (mine === generation) {
        view.value = { kind: "notebook", model, ...(start === undefined ? {} : { start }) };
      } else await close({ kind: "notebook", model });
    } catch (error) {
      if (mine === generation) view.value = problemOf(error);
    }
  };
  addEventListener("hashchange", () => void route());
  addEventListener("beforeunload", (event) => {
    const { value } = view;
    if (value.kind === "notebook" && value.model.document.saveState.kind === "unsaved")
      event.preventDefault();
  });
  addEventListener("pagehide", () => {
    if (view.value.kind === "notebook")
      void view.value.model.document.flush().catch(() => undefined);
  });
  render(<App view={view} ports={ports} retry={() => void route()} />, root);
  void route();
}

async function open(id: string, { api, connect }: AppPorts): Promise<NotebookModel> {
  const stored = await api.call("openNotebook", { id });
  const store = new DocumentStore({
    stored,
    api,
    journal: createJournal(id, windowId(), localStorage, navigator.locks),
  });
  const session = new NotebookSession({
    document: store,
    saved: stored.outputs,
    api,
    connect: () => connect(id),
  });
  const model = new NotebookModel(store, session);
  following.set(model, followOtherWindows(store, api));
  void store.recover().then(
    (count) => {
      if (count > 0) toast("Edits that had not been saved before are back.");
    },
    () => undefined,
  );
  return model;
}

/** What ends each open notebook's ear for other windows. */
const following = new WeakMap<NotebookModel, () => void>();

async function close(view: View): Promise<void> {
  if (view.kind !== "notebook") return;
  const { model } = view;
  following.get(model)?.();
  model.dispose();
  await model.session.dispose();
  // What cannot be sent now stays in the journal and is sent when the notebook is opened again.
  await model.document.flush().catch(() => undefined);
  model.document.dispose();
}

function App(props: {
  readonly view: { readonly value: View };
  readonly ports: AppPorts;
  readonly retry: () => void;
}) {
  const view = props.view.value;
  return (
    <>
      {view.kind === "library" && <LibraryPage api={props.ports.api} />}
      {view.kind === "opening" && <Opening />}
      {view.kind === "notebook" && (
        <NotebookPage
          key={view.model.document.id}
          model={view.model}
          api={props.ports.api}
          start={view.start}
        />
      )}
      {view.kind === "problem" && (
        <main class="problem-page">
          <h1>{view.title}</h1>
          <p>{view.text}</p>
          {view.hint !== undefined && <p>{view.hint}</p>}
          <p class="problem-actions">
            <button type="button" class="button button-primary" onClick={props.retry}>
              Try again
            </button>
            <a class="button" href="#/">
              Library
            </a>
          </p>
        </main>
      )}
      <aside aria-label="Menus and messages">
        <MenuHost />
        <ToastHost />
      </aside>
    </>
  );
}

function Opening() {
  const late = useSignal(false);
  useEffect(() => {
    const timer = setTimeout(() => (late.value = true), 400);
    return () => clearTimeout(timer);
  }, []);
  return (
    <main class="opening" aria-busy="true">
      {late.value ? "Opening…" : ""}
    </main>
  );
}

function problemOf(error: unknown): View {
  if (error instanceof ApiError && error.status === 401) {
    return {
      kind: "problem",
      title: "This window has no key",
      text: "Dagbok answers only windows that were opened with the address it prints.",
      hint: error.record.hint ?? "Open the newest address from the terminal.",
    };
  }
  if (error instanceof ApiError && error.status === 404) {
    return {
      kind: "problem",
      title: "There is no such notebook",
      text: "It may have been deleted: the library has a list.",
    };
  }
  return {
    kind: "problem",
    title: "The notebook cannot be opened",
    text: error instanceof Error ? error.message : String(error),
    ...(error instanceof ApiError && error.record.hint !== undefined
      ? { hint: error.record.hint }
      : {}),
  };
}

function windowId(): string {
  const key = "dagbok.window";
  let id = sessionStorage.getItem(key);
  if (id === null) sessionStorage.setItem(key, (id = crypto.randomUUID()));
  return id;
}
