import { addFrom, fetchSet, findSet } from "../catalogue/add.ts";
import { type Catalogue, openCatalogue } from "../catalogue/catalogue.ts";
import { dataHome } from "../home.ts";
import { type Command, parse, UsageError } from "./command.ts";

export const data: Command = {
  help: `dagbok data list [NAME]
dagbok data add NAME [--from FILE|FOLDER]

Public data sets that notebooks can name. \`list\` shows which are here, or all that is known
of one. \`add\` fetches a set from its maker, or takes it from a file or folder of yours; its
hash must be the known one. A notebook's attachment of the same name is then found here.
`,
  async run(args) {
    const { values, positionals } = parse(args, { from: { type: "string" } });
    const [action, name, ...more] = positionals;
    if (more.length > 0) throw new UsageError("One data set at a time.");
    const catalogue = openCatalogue(dataHome());
    if (action === "list")
      await (name === undefined ? listSets(catalogue) : describeSet(catalogue, name));
    else if (action === "add" && name !== undefined) await addSet(catalogue, name, values.from);
    else throw new UsageError("Say list, or add with a name.");
    return 0;
  },
};

async function listSets(catalogue: Catalogue): Promise<void> {
  for (const { name, title, available } of await catalogue.list()) {
    console.log(`${available ? "✓" : " "} ${name.padEnd(10)} ${title}`);
  }
}

async function describeSet(catalogue: Catalogue, name: string): Promise<void> {
  const set = findSet(name);
  console.log(`${set.title}\n${set.about}\n`);
  console.log(`Source:   ${set.source}\nLicence:  ${set.licence}\nColumns:  ${set.columns}\n`);
  console.log("Known results:");
  for (const { what, value } of set.references) console.log(`  ${what}: ${value}`);
  console.log("\nFiles:");
  for (const file of set.files) {
    const here = catalogue.find(file.name) === undefined ? " " : "✓";
    console.log(`${here} ${file.name}  ${file.bytes} bytes  ${file.sha256}`);
  }
}

async function addSet(catalogue: Catalogue, name: string, from: string | undefined): Promise<void> {
  const set = findSet(name);
  const added =
    from === undefined ? await fetchSet(catalogue, set) : await addFrom(catalogue, set, from);
  for (const file of added) console.log(`✓ ${file.name}`);
}
