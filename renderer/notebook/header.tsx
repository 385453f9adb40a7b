import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Api } from "../client/api.ts";
import { Icon } from "../ui/icons.tsx";
import { openMenu } from "../ui/menu.tsx";
import { ThemeButton } from "../ui/theme-button.tsx";
import { reportError } from "../ui/toast.tsx";
import { useNotebook } from "./context.ts";
import { downloadText } from "./download.ts";
import { LedgerButton } from "./ledger.tsx";
import { panelTab } from "./panel.tsx";

export function NotebookHeader({
  api,
  outline,
  panel,
}: {
  readonly api: Api;
  readonly outline: boolean;
  readonly panel: boolean;
}) {
  const { model, commands } = useNotebook();
  const more = useRef<HTMLButtonElement>(null);
  const running = model.running.value;
  const stale = model.staleCount.value;
  const mode = model.notebook.value.settings.run;
  const exportAs = async (to: "ts" | "ipynb" | "html" | "kit"): Promise<void> => {
    try {
      await model.document.flush();
      const file = await api.call("exportNotebook", { id: model.document.id, to });
      downloadText(file.fileName, file.mime, file.text);
    } catch (error) {
      reportError(error, "Could not export");
    }
  };
  return (
    <header class="bar">
      <button
        type="button"
        class="icon-button"
        aria-label="Outline"
        aria-pressed={outline}
        title="Outline (Ctrl+B)"
        onClick={() => commands.page.toggleOutline()}
      >
        <Icon name="panelLeft" />
      </button>
      <a class="bar-home" href="#/" title="Library">
        <Icon name="arrowLeft" />
        <span>Library</span>
      </a>
      <Title />
      <SaveNote />
      <span class="bar-space" />
      <div class="bar-group" role="group" aria-label="Run">
        {running > 0 ? (
          <button
            type="button"
            class="button button-stop"
            title="Stop (I I)"
            onClick={() => commands.stop()}
          >
            <Icon name="square" />
            <span>Stop</span>
          </button>
        ) : (
          <button
            type="button"
            class="button"
            title="Run all cells"
            onClick={() => commands.runAll()}
          >
            <Icon name="play" />
            <span>Run all</span>
          </button>
        )}
        <button
          type="button"
          class="button"
          title="Run stale cells"
          disabled={stale === 0}
          onClick={() => commands.runStale()}
        >
          <Icon name="refresh" />
          <span>
            Run stale
            {stale > 0 && <b class="count">{stale}</b>}
          </span>
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label="Restart the kernel"
          title="Restart the kernel (0 0)"
          onClick={() => commands.restart()}
        >
          <Icon name="rotate" />
        </button>
      </div>
      <button
        type="button"
        class="button button-mode"
        role="switch"
        aria-checked={mode === "auto"}
        title={
          mode === "auto"
            ? "What depends on a changed cell runs at once. Press for lazy."
            : "What depends on a changed cell is marked stale. Press for auto."
        }
        onClick={() => model.session.setMode(mode === "auto" ? "lazy" : "auto")}
      >
        <span class="mode-dot" data-mode={mode} />
        {mode === "auto" ? "Auto" : "Lazy"}
      </button>
      <KernelChip />
      <div class="bar-group">
        <LedgerButton open={panel && panelTab.value === "ledger"} />
        <ThemeButton />
        <button
          type="button"
          class="icon-button"
          aria-label="All commands"
          title="All commands (Ctrl+Shift+C)"
          onClick={() => commands.page.openPalette()}
        >
          <Icon name="command" />
        </button>
        <button
          type="button"
          class="icon-button"
          ref={more}
          aria-label="Export and more"
          aria-haspopup="menu"
          onClick={() => {
            if (more.current === null) return;
            openMenu({
              label: "Notebook",
              anchor: more.current,
              items: [
                { label: "Export as .dagbok.ts", icon: "download", run: () => void exportAs("ts") },
                {
                  label: "Export as standalone HTML",
                  icon: "download",
                  run: () => void exportAs("html"),
                },
                {
                  label: "Export as Jupyter notebook",
                  icon: "download",
                  run: () => void exportAs("ipynb"),
                },
                {
                  label: "Export for Observable Notebook Kit",
                  detail: "Source only",
                  icon: "download",
                  run: () => void exportAs("kit"),
                },
                {
                  label: "App view",
                  keys: "W",
                  icon: "eye",
                  run: () => commands.page.present("app"),
                },
                {
                  label: "Slides",
                  detail: "A section at a time, full screen",
                  keys: "Shift+W",
                  icon: "monitor",
                  run: () => commands.page.present("slides"),
                },
                {
                  label: "Dependencies…",
                  detail: "Which cell rests on which",
                  keys: "G",
                  icon: "gitFork",
                  run: () => commands.page.openDependencies(),
                },
                {
                  label: "History…",
                  keys: "Ctrl+Shift+H",
                  icon: "undo",
                  run: () => commands.page.openHistory(),
                },
                { label: "Print…", icon: "fileText", run: () => print() },
                {
                  label: "Draw again from the next seed",
                  detail: `Cells without a seed of their own now draw from ${model.document.notebook.settings.seed}`,
                  run: () =>
                    commands.apply([
                      {
                        kind: "set-setting",
                        name: "seed",
                        value: model.document.notebook.settings.seed + 1,
                      },
                    ]),
                },
                {
                  label: "Keyboard help",
                  keys: "?",
                  icon: "circleHelp",
                  run: () => commands.page.openHelp(),
                },
              ],
            });
          }}
        >
          <Icon name="ellipsis" />
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label="Variables and help"
          aria-pressed={panel && panelTab.value !== "ledger"}
          title="Variables and help (Ctrl+I)"
          onClick={() => {
            if (panel && panelTab.value === "ledger") panelTab.value = "variables";
            else {
              if (!panel && panelTab.value === "ledger") panelTab.value = "variables";
              commands.page.togglePanel();
            }
          }}
        >
          <Icon name="variable" />
        </button>
      </div>
    </header>
  );
}

function Title() {
  const { model, commands } = useNotebook();
  const { title } = model.notebook.value;
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (field.current && document.activeElement !== field.current) field.current.value = title;
    document.title = `${title} · Dagbok`;
  }, [title]);
  const commit = (): void => {
    const value = field.current?.value.trim() ?? "";
    if (value === "" || value === title) {
      if (field.current) field.current.value = title;
      return;
    }
    commands.apply([{ kind: "set-title", value }]);
  };
  return (
    <input
      ref={field}
      class="bar-title"
      aria-label="Title of the notebook"
      defaultValue={title}
      onBlur={commit}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter") field.current?.blur();
        if (event.key === "Escape" && field.current) {
          field.current.value = title;
          field.current.blur();
        }
      }}
    />
  );
}

const time = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** Whether what is on screen is in the store: never a guess. */
function SaveNote() {
  const { model } = useNotebook();
  const state = model.save.value;
  switch (state.kind) {
    case "saved":
      return <span class="save-note">Saved {time.format(state.at)}</span>;
    case "saving":
      return <span class="save-note">Saving…</span>;
    case "unsaved":
      return (
        <span class="save-note save-problem" role="alert">
          <Icon name="triangleAlert" />
          Not saved: {state.reason} Your edits are kept.
        </span>
      );
    case "conflict":
      return (
        <span class="save-note save-problem" role="alert">
          <Icon name="triangleAlert" />
          Changed in another window.
          <button type="button" class="link" onClick={() => model.document.resolveConflict("mine")}>
            Keep mine
          </button>
          <button
            type="button"
            class="link"
            onClick={() => model.document.resolveConflict("theirs")}
          >
            Take theirs
          </button>
        </span>
      );
    default:
      return null;
  }
}

function KernelChip() {
  const { model, commands } = useNotebook();
  const status = model.kernel.value;
  const running = model.running.value;
  const backend = useBackend();
  const words = {
    off: "Not started",
    starting: "Starting…",
    ready: running > 0 ? `Running ${running}` : "Ready",
    stopping: "Stopping…",
    lost: "Lost",
  }[status.kind];
  const state = status.kind === "ready" && running > 0 ? "busy" : status.kind;
  if (status.kind === "lost") {
    return (
      <button
        type="button"
        class="kernel-chip"
        data-state="lost"
        title={status.reason}
        onClick={() => commands.restart()}
      >
        <span class="kernel-dot" />
        Kernel lost. Restart
      </button>
    );
  }
  return (
    <span
      class="kernel-chip"
      data-state={state}
      role="status"
      aria-label={`Kernel: ${words}${backend === undefined ? "" : `, ${backend}`}`}
    >
      <span class="kernel-dot" />
      {words}
      {backend !== undefined && <span class="kernel-backend">{backend}</span>}
    </span>
  );
}

/** The device the last result was computed on. */
function useBackend(): string | undefined {
  const { model } = useNotebook();
  const backend = useSignal<string | undefined>(undefined);
  useEffect(
    () =>
      model.session.subscribe((change) => {
        if (change.kind !== "cell") return;
        const { provenance } = model.session.cell(change.cell);
        if (provenance?.backend !== undefined) backend.value = provenance.backend;
      }),
    [model],
  );
  return backend.value;
}
