/** Kernel to a hand. One batch of a job is under way at a hand at a time. */
export type ToHand =
  | {
      readonly type: "begin";
      readonly job: number;
      readonly task: string;
      readonly shared: unknown;
    }
  | { readonly type: "items"; readonly job: number; readonly items: readonly unknown[] }
  | { readonly type: "end"; readonly job: number }
  | { readonly type: "close" };

/** A hand to the kernel. Why something failed is not told: the kernel does that batch again itself. */
export type FromHand =
  | { readonly type: "results"; readonly job: number; readonly values: readonly unknown[] }
  | { readonly type: "failed"; readonly job: number };

/** One end of the line between a kernel and a hand: a `MessagePort`, with what goes over it. */
export interface Line<Sent, Heard> {
  postMessage(message: Sent): void;
  addEventListener(type: "message", listener: (event: { readonly data: Heard }) => void): void;
  start(): void;
  close(): void;
}

/** The kernel's end. */
export type HandPort = Line<ToHand, FromHand>;
