import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { expect, it } from "vitest";
import { projectFolder } from "../../../main/files.ts";
import { temporaryFolder } from "../storage/support.ts";

const require = createRequire(import.meta.url);
const builder = require("app-builder-lib/out/util/config/config.js") as {
  getConfig(folder: string, file: string | null, options: null): Promise<Record<string, unknown>>;
  validateConfiguration(
    config: unknown,
    log: { add(name: string, value: unknown): void; isEnabled: boolean },
  ): Promise<void>;
};
const log = { add: () => undefined, isEnabled: false };
const read = (): Promise<Record<string, unknown>> =>
  builder.getConfig(projectFolder, "electron-builder.yml", null);

it("electron-builder's own schema accepts the configuration, and would refuse a misspelt one", async () => {
  const config = await read();
  await builder.validateConfiguration(config, log);
  await expect(
    builder.validateConfiguration({ ...config, npmRebiuld: false }, log),
  ).rejects.toThrow("npmRebiuld");
});

it("the packages are made as safe as they can be", async () => {
  expect(await read()).toMatchObject({
    npmRebuild: false,
    publish: null,
    toolsets: { appimage: "1.0.3" },
    electronFuses: {
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableCookieEncryption: true,
      onlyLoadAppFromAsar: true,
      grantFileProtocolExtraPrivileges: false,
    },
  });
});

it("its workflow names scripts that are there", () => {
  const text = readFileSync(path.join(projectFolder, ".github/workflows/desktop.yml"), "utf8");
  const scripts = [...text.matchAll(/node (test\/\S+\.ts)/g)].map(([, script = ""]) => script);
  expect(scripts.length).toBeGreaterThan(1);
  for (const script of scripts) expect(existsSync(path.join(projectFolder, script))).toBe(true);
});

it.skipIf(process.platform !== "linux")(
  "packs what it needs and one native binary only",
  async () => {
    const folder = temporaryFolder();
    // Stands in for Electron's own files, so that nothing is fetched.
    const dist = path.join(folder, "electron");
    mkdirSync(path.join(dist, "resources"), { recursive: true });
    writeFileSync(path.join(dist, "electron"), "#!/bin/sh\n");
    chmodSync(path.join(dist, "electron"), 0o755);
    const bin = path.join(projectFolder, "node_modules/electron-builder/cli.js");
    const output = path.join(folder, "out");
    const config = path.join(folder, "config.json");
    const { electronFuses: _electronFuses, ...rest } = await read();
    const directories = { ...(rest["directories"] as object), output };
    writeFileSync(config, JSON.stringify({ ...rest, electronDist: dist, directories }));
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [bin, "--linux", "dir", "--config", config],
      { cwd: projectFolder, encoding: "utf8" },
    );
    expect(status, stdout + stderr).toBe(0);
    const asar = require("@electron/asar") as { listPackage(file: string): string[] };
    const resources = path.join(output, "linux-unpacked", "resources");
    const packed = asar.listPackage(path.join(resources, "app.asar"));
    expect(packed.filter((file) => file.endsWith(".node"))).toEqual([
      `/node_modules/better-sqlite3/prebuilds/linux-${process.arch}.node`,
    ]);
    expect(
      existsSync(
        path.join(
          resources,
          "app.asar.unpacked/node_modules/better-sqlite3/prebuilds",
          `linux-${process.arch}.node`,
        ),
      ),
    ).toBe(true);
    expect(packed).toContain("/notebooks/guide/welcome.dagbok.ts");
    expect(packed).toContain("/package.json");
    expect(
      packed.filter((file) => /^\/(?:app|kernels|main|renderer|test|\.git)(?:\/|$)/.test(file)),
    ).toEqual([]);
    const modules = new Set(
      packed.flatMap((file) => /^\/node_modules\/([^/]+)/.exec(file)?.[1] ?? []),
    );
    expect([...modules]).toEqual(["better-sqlite3"]);
  },
  120_000,
);
