import { effect, signal } from "@preact/signals";
import { doubted } from "../../app/claim.ts";
import { kinds } from "../../kernels/cells/catalogue.ts";
import { useNotebook } from "./context.ts";
import { LedgerPanel } from "./ledger.tsx";

type Tab = "variables" | "ledger" | "help";
const tabs: readonly Tab[] = ["variables", "ledger", "help"];

const PANEL_TAB = "dagbok.panel-tab";

/** Kept over notebooks, and set by who opens the panel for one of them. */
export const panelTab = signal<Tab>(
  tabs.find((tab) => tab === localStorage.getItem(PANEL_TAB)) ?? "variables",
);
effect(() => localStorage.setItem(PANEL_TAB, panelTab.value));

/** The side panel: what there is, and what one can do. */
export function SidePanel() {
  const tab = panelTab;
  const button = (name: Tab, text: string) => (
    <button
      type="button"
      role="tab"
      id={`tab-${name}`}
      aria-selected={tab.value === name}
      aria-controls="side-panel"
      tabIndex={tab.value === name ? 0 : -1}
      onClick={() => (tab.value = name)}
      onKeyDown={(event) => {
        if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
        const step = event.key === "ArrowRight" ? 1 : tabs.length - 1;
        tab.value = tabs[(tabs.indexOf(name) + step) % tabs.length] ?? name;
        document.getElementById(`tab-${tab.value}`)?.focus();
      }}
    >
      {text}
    </button>
  );
  return (
    <aside class="panel" aria-label="Side panel">
      <div class="tabs" role="tablist" aria-label="Panels">
        {button("variables", "Variables")}
        {button("ledger", "Assumptions")}
        {button("help", "Help")}
      </div>
      <div id="side-panel" role="tabpanel" aria-labelledby={`tab-${tab.value}`} tabIndex={0}>
        {tab.value === "variables" && <Variables />}
        {tab.value === "ledger" && <LedgerPanel />}
        {tab.value === "help" && <Help />}
      </div>
    </aside>
  );
}

function Variables() {
  const { model, commands } = useNotebook();
  const variables = [...model.variables.value].sort(
    (a, b) => model.indexOf(a.cell) - model.indexOf(b.cell),
  );
  if (variables.length === 0) {
    return (
      <p class="side-empty">Run a cell: the names it defines are listed here with their values.</p>
    );
  }
  return (
    <ul class="variables">
      {variables.map((variable) => (
        <li
          key={variable.name}
          data-rung={variable.claim?.rung}
          data-doubted={doubted(variable.claim, model.doubts.value).length > 0}
        >
          <button
            type="button"
            onClick={() => {
              model.select(variable.cell);
              commands.page.focus(variable.cell, "cell");
            }}
          >
            <span class="variable-head">
              <code>{variable.name}</code>
              <span class="variable-type">{variable.type}</span>
              {variable.claim !== undefined && (
                <b class="rung-mark" data-rung={variable.claim.rung}>
                  {["I", "II", "III"][variable.claim.rung - 1]}
                </b>
              )}
            </span>
            <span class="variable-preview">{variable.size ?? variable.preview}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Help() {
  const { commands } = useNotebook();
  return (
    <div class="panel-help">
      <h3>The ladder</h3>
      <dl class="ladder">
        <div data-rung="1">
          <dt>
            <b class="rung-mark" data-rung="1">
              I
            </b>{" "}
            see
          </dt>
          <dd>P(y | x): what goes together in the data.</dd>
        </div>
        <div data-rung="2">
          <dt>
            <b class="rung-mark" data-rung="2">
              II
            </b>{" "}
            do
          </dt>
          <dd>P(y | do(x)): what an action would bring about.</dd>
        </div>
        <div data-rung="3">
          <dt>
            <b class="rung-mark" data-rung="3">
              III
            </b>{" "}
            imagine
          </dt>
          <dd>P(y_x | x′, y′): what would have been.</dd>
        </div>
      </dl>
      <h3>Kinds of cell</h3>
      <dl class="kind-list">
        {kinds.map((info) => (
          <div key={info.kind}>
            <dt>{info.label}</dt>
            <dd>
              {info.about}
              {info.template !== "" && <pre>{info.template}</pre>}
            </dd>
          </div>
        ))}
      </dl>
      <button type="button" class="button" onClick={() => commands.page.openHelp()}>
        All keys
      </button>
    </div>
  );
}
