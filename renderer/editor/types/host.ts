import { cellGlobals, unwrapModule } from "./cell-globals.ts";
import type { Compiler, Ts } from "./compiler.ts";

interface Virtual {
  text: string;
  version: number;
  snapshot: Ts.IScriptSnapshot | undefined;
}

/** Files in memory for a language service, and nothing else: no disk, no network. */
export class MemoryHost implements Ts.LanguageServiceHost {
  readonly #ts: Compiler;
  readonly #fixed: Readonly<Record<string, string>>;
  readonly #modules: Readonly<Record<string, string>>;
  readonly #files = new Map<string, Virtual>();
  readonly #roots = new Set<string>();
  #project = 0;

  constructor(ts: Compiler, files: Readonly<Record<string, string>>) {
    this.#ts = ts;
    this.#fixed = {
      ...files,
      "/globals.d.ts": cellGlobals,
      "/unwrap.d.ts": unwrapModule,
    };
    this.#modules = JSON.parse(files["/modules.json"] ?? "{}") as Record<string, string>;
  }

  get modules(): readonly string[] {
    return Object.keys(this.#modules);
  }

  /** True when that changed anything. */
  write(path: string, text: string): boolean {
    const file = this.#files.get(path);
    if (file?.text === text) return false;
    // One count for all: a file that goes and comes again never has a version it had before.
    this.#project++;
    if (file === undefined)
      this.#files.set(path, { text, version: this.#project, snapshot: undefined });
    else {
      file.text = text;
      file.version = this.#project;
      file.snapshot = undefined;
    }
    return true;
  }

  remove(path: string): void {
    if (this.#files.delete(path)) this.#project++;
    this.#roots.delete(path);
  }

  setRoot(path: string): void {
    this.#roots.add(path);
  }

  text(path: string): string | undefined {
    return this.#files.get(path)?.text ?? this.#fixed[path];
  }

  getProjectVersion = (): string => String(this.#project);
  getScriptFileNames = (): string[] => ["/globals.d.ts", ...this.#roots];
  getScriptVersion = (path: string): string => String(this.#files.get(path)?.version ?? 0);
  getCurrentDirectory = (): string => "/";
  getDefaultLibFileName = (): string => "/lib/lib.esnext.d.ts";
  useCaseSensitiveFileNames = (): boolean => true;
  fileExists = (path: string): boolean => this.text(path) !== undefined;
  readFile = (path: string): string | undefined => this.text(path);
  directoryExists = (): boolean => true;
  getDirectories = (): string[] => [];

  getScriptSnapshot = (path: string): Ts.IScriptSnapshot | undefined => {
    const file = this.#files.get(path);
    if (file !== undefined)
      return (file.snapshot ??= this.#ts.ScriptSnapshot.fromString(file.text));
    const text = this.#fixed[path];
    return text === undefined ? undefined : this.#ts.ScriptSnapshot.fromString(text);
  };

  getCompilationSettings = (): Ts.CompilerOptions => ({
    target: this.#ts.ScriptTarget.ESNext,
    module: this.#ts.ModuleKind.ESNext,
    moduleResolution: this.#ts.ModuleResolutionKind.Bundler,
    moduleDetection: this.#ts.ModuleDetectionKind.Force,
    strict: true,
    // Plain JavaScript is welcome in a cell.
    noImplicitAny: false,
    useUnknownInCatchVariables: false,
    allowImportingTsExtensions: true,
    declaration: true,
    emitDeclarationOnly: true,
    skipLibCheck: true,
    skipDefaultLibCheck: true,
    types: [],
  });

  resolveModuleNameLiterals = (
    literals: readonly Ts.StringLiteralLike[],
    containing: string,
  ): readonly Ts.ResolvedModuleWithFailedLookupLocations[] =>
    literals.map(({ text }) => {
      const path = this.#resolve(text, containing);
      return {
        resolvedModule:
          path === undefined
            ? undefined
            : {
                resolvedFileName: path,
                extension: path.endsWith(".d.ts") ? this.#ts.Extension.Dts : this.#ts.Extension.Ts,
                isExternalLibraryImport: false,
              },
      };
    });

  #resolve(name: string, containing: string): string | undefined {
    if (!name.startsWith(".") && !name.startsWith("/")) return this.#modules[name];
    const base = name.startsWith("/") ? name : join(containing, name);
    const stem = base.replace(/(?:\.d)?\.[tj]s$/, "");
    return [`${stem}.d.ts`, `${stem}.ts`].find((path) => this.fileExists(path));
  }
}

function join(containing: string, relative: string): string {
  const parts = containing.split("/").slice(0, -1);
  for (const part of relative.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}
