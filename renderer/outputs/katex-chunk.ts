import "katex/dist/katex.min.css";

// A chunk of its own: loaded when the first formula is to be shown.
export { default as katex } from "katex";
