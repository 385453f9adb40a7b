import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { formatNotebook } from "../../app/notebook/format.ts";
import { dataHome } from "../../main/home.ts";
import { projectFolder } from "../../main/files.ts";
import { smallNotebook, temporaryFolder } from "./storage/support.ts";

function dagbok(home: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(projectFolder, "main/cli.ts"), ...args],
    {
      cwd: home,
      encoding: "utf8",
      env: { ...process.env, DAGBOK_HOME: path.join(home, "library") },
    },
  );
  return { status, stdout, stderr };
}

describe("dagbok", () => {
  it("imports, lists, searches and exports", () => {
    const home = temporaryFolder();
    const notebook = smallNotebook();
    const text = formatNotebook(notebook);
    writeFileSync(path.join(home, "stones.dagbok.ts"), text);
    expect(dagbok(home, "import", "stones.dagbok.ts")).toMatchObject({
      status: 0,
      stdout: `${notebook.id}  Kidney stones\n`,
    });
    expect(dagbok(home, "list", "adjustment").stdout).toContain(notebook.id);
    expect(dagbok(home, "list", "nothing").stdout).toBe("");
    expect(JSON.parse(dagbok(home, "list", "--json").stdout)).toMatchObject([
      { id: notebook.id, cells: 2 },
    ]);
    expect(dagbok(home, "export", notebook.id, "--to", "ts", "-o", "-").stdout).toBe(text);
    expect(dagbok(home, "export", "stones.dagbok.ts", "--to", "html").stdout).toBe(
      "kidney-stones.html\n",
    );
    expect(readFileSync(path.join(home, "kidney-stones.html"), "utf8")).toContain(
      "<title>Kidney stones</title>",
    );
  });

  it("imports all files or none", () => {
    const home = temporaryFolder();
    writeFileSync(path.join(home, "good.dagbok.ts"), formatNotebook(smallNotebook()));
    writeFileSync(path.join(home, "bad.ipynb"), "{");
    const { status, stderr } = dagbok(home, "import", "good.dagbok.ts", "bad.ipynb");
    expect(status).toBe(1);
    expect(stderr).toContain("no Jupyter notebook");
    expect(dagbok(home, "list").stdout).toBe("");
  });

  it.each([
    [0, ["--help"]],
    [0, ["export", "--help"]],
    [0, ["data", "list"]],
    [2, []],
    [2, ["nothing"]],
    [2, ["export", "x"]],
    [2, ["export", "x", "--to", "pdf"]],
    [2, ["import"]],
    [2, ["list", "--unknown"]],
    [2, ["data"]],
    [2, ["run"]],
    [1, ["export", "abcd", "--to", "ts"]],
    [1, ["import", "missing.dagbok.ts"]],
    [1, ["data", "add", "unknown"]],
  ] as const)("exits with %i for %j", (status, args) => {
    const ended = dagbok(temporaryFolder(), ...args);
    expect(ended.status, ended.stderr).toBe(status);
    if (status !== 0) expect(ended.stderr + ended.stdout).not.toMatch(/\n\s+at /);
  });
});

describe("the data folder", () => {
  it("is where each system keeps the data of programs, unless named", () => {
    expect(dataHome({ DAGBOK_HOME: "/own" }, "linux", "/home/u")).toBe("/own");
    expect(dataHome({}, "linux", "/home/u")).toBe("/home/u/.local/share/dagbok");
    expect(dataHome({ XDG_DATA_HOME: "/data" }, "linux", "/home/u")).toBe("/data/dagbok");
    expect(dataHome({ XDG_DATA_HOME: "relative" }, "linux", "/home/u")).toBe(
      "/home/u/.local/share/dagbok",
    );
    expect(dataHome({}, "darwin", "/Users/u")).toBe("/Users/u/Library/Application Support/Dagbok");
    expect(dataHome({ LOCALAPPDATA: String.raw`C:\L` }, "win32", String.raw`C:\U`)).toBe(
      String.raw`C:\L\Dagbok`,
    );
  });
});
