import { causalKeywords } from "./highlight.ts";
import type * as Monaco from "monaco-editor/editor";

/** One grammar for the small causal languages: graph, identify, estimate, counterfactual, data, model. */
export function registerCausalLanguage(monaco: typeof Monaco): void {
  monaco.languages.register({ id: "causal" });
  monaco.languages.setLanguageConfiguration("causal", {
    comments: { lineComment: "#" },
    brackets: [
      ["(", ")"],
      ["[", "]"],
      ["{", "}"],
    ],
    autoClosingPairs: [
      { open: "(", close: ")" },
      { open: "[", close: "]" },
      { open: "{", close: "}" },
      { open: '"', close: '"', notIn: ["string"] },
    ],
  });
  monaco.languages.setMonarchTokensProvider("causal", {
    keywords: causalKeywords.split(" "),
    tokenizer: {
      root: [
        [/#.*$|\/\/.*$/, "comment"],
        [/"(?:[^"\\]|\\.)*"?/, "string"],
        [/<->|->|<-|o->|<-o|o-o|--|[=|:~]/, "operator"],
        [/\d+(?:\.\d+)?(?:e[+-]?\d+)?/, "number"],
        [/[PE](?=[\s({[])/, "type"],
        [/[a-z][\w-]*(?=\()/, { cases: { "@keywords": "keyword", "@default": "function" } }],
        [
          /[\p{L}_][\p{L}\p{N}_.]*/u,
          { cases: { "@keywords": "keyword", "@default": "identifier" } },
        ],
      ],
    },
  });
}
