import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { addFrom, fetchSet, findSet } from "../../../main/catalogue/add.ts";
import { openCatalogue } from "../../../main/catalogue/catalogue.ts";
import { dataSets } from "../../../main/catalogue/sets.ts";
import { temporaryFolder } from "../storage/support.ts";

const shared = path.resolve(import.meta.dirname, "../../../../shared/data");
const folders: Readonly<Record<string, string>> = {
  "401k": "k401",
  bn: "bn-networks",
  lmb: "lmb-elections",
  realcause: "realcause-lalonde",
};
const folderOf = (name: string): string => path.join(shared, folders[name] ?? name);
const tiny = {
  ...findSet("mlda"),
  name: "tiny",
  files: [
    {
      name: "tiny.csv",
      sha256: "d64e8204e5da362d8e5809e45ee9a60df62fed0609d85815ca6ba36afd87a85b",
      bytes: 8,
      url: "https://example.org/tiny.csv",
    },
  ],
};
const bytes = new TextEncoder().encode("t,y\n1,2\n");
const getting =
  (body: Uint8Array<ArrayBuffer>, status = 200): typeof fetch =>
  async () =>
    new Response(body, { status });

describe("the catalogue", () => {
  it("describes every set fully, each file under one name only", () => {
    const names = dataSets.flatMap(({ files }) => files.map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
    for (const set of dataSets) {
      expect(set.files.length).toBeGreaterThan(0);
      expect(
        [set.title, set.about, set.source, set.licence, set.columns].every(
          (text) => text.length > 5,
        ),
      ).toBe(true);
      expect(set.references.length).toBeGreaterThan(0);
      for (const { sha256, bytes } of set.files) {
        expect(sha256).toMatch(/^[0-9a-f]{64}$/);
        expect(bytes).toBeGreaterThan(0);
      }
    }
  });

  it("says what it knows and expects when a set is unknown", () => {
    expect(() => findSet("nothing")).toThrow(
      expect.objectContaining({ code: "data-unknown", expected: expect.stringContaining("ihdp") }),
    );
  });

  it("keeps a file whose hash is right, whatever it is called", async () => {
    const home = temporaryFolder();
    const catalogue = openCatalogue(home, [tiny]);
    const from = path.join(home, "renamed.txt");
    writeFileSync(from, bytes);
    const { sha256 } = tiny.files[0] as (typeof tiny.files)[0];
    expect(await catalogue.read(sha256)).toBeUndefined();
    expect(catalogue.find("tiny.csv")).toBeUndefined();
    await addFrom(catalogue, tiny, from);
    expect(Buffer.from((await catalogue.read(sha256)) ?? [])).toEqual(Buffer.from(bytes));
    expect(catalogue.find("tiny.csv")?.path).toContain(sha256);
    expect((await catalogue.list())[0]?.available).toBe(true);
    expect(readdirSync(path.join(home, "data"))).toEqual([sha256]);
  });

  it("refuses other bytes and keeps nothing of them", async () => {
    const home = temporaryFolder();
    const catalogue = openCatalogue(home, [tiny]);
    const from = path.join(home, "tiny.csv");
    writeFileSync(from, "t,y\n1,3\n");
    await expect(addFrom(catalogue, tiny, from)).rejects.toMatchObject({ code: "data-hash" });
    expect(existsSync(path.join(home, "data"))).toBe(false);
  });

  it("fetches, checks, and says what to do where it cannot", async () => {
    const catalogue = openCatalogue(temporaryFolder(), [tiny]);
    await expect(fetchSet(catalogue, tiny, getting(bytes, 404))).rejects.toMatchObject({
      code: "data-fetch",
    });
    await expect(fetchSet(catalogue, tiny, getting(new Uint8Array([1])))).rejects.toMatchObject({
      code: "data-hash",
    });
    await expect(
      fetchSet(catalogue, tiny, () => Promise.reject(new TypeError("offline"))),
    ).rejects.toMatchObject({ code: "data-fetch", hint: expect.stringContaining("--from") });
    await expect(fetchSet(catalogue, findSet("nhefs"))).rejects.toMatchObject({
      code: "data-not-published",
    });
    expect(await fetchSet(catalogue, tiny, getting(bytes))).toHaveLength(1);
  });

  it("reads nothing outside its known files", async () => {
    const home = temporaryFolder();
    const catalogue = openCatalogue(home, [tiny]);
    writeFileSync(path.join(home, "secret"), "secret");
    expect(await catalogue.read("../secret")).toBeUndefined();
  });
});

describe.skipIf(!existsSync(shared))("the real files", () => {
  it("are the ones that the catalogue knows", async () => {
    for (const set of dataSets) {
      const catalogue = openCatalogue(temporaryFolder());
      expect(await addFrom(catalogue, set, folderOf(set.name))).toEqual(set.files);
    }
  });

  it("come out of what IHDP's maker publishes", async () => {
    const ihdp = findSet("ihdp");
    const published: typeof fetch = async (url) => {
      const name = path.basename(url as string);
      const text = readFileSync(path.join(shared, "ihdp", name), "utf8");
      return new Response(text.slice(text.indexOf("\n") + 1).replaceAll(",", " "));
    };
    expect(await fetchSet(openCatalogue(temporaryFolder()), ihdp, published)).toEqual(ihdp.files);
  });
});
if (!existsSync(shared))
  console.warn("The catalogue's real files are not here: two tests are skipped.");
