import { breathe, type Work } from "../../app/work.ts";

/** Lets messages in about every 30 ms of a long loop, and tells how far it has come. */
export interface Pace {
  /** True when it is time to `await rest(...)`; cheap enough for inner loops. */
  readonly due: () => boolean;
  readonly rest: (fraction?: number, message?: string) => Promise<void>;
}

/** A pace for one run: the clock is read every `every` calls. With a fraction it adds the time left to the message. */
export function paceOf(work: Work, every = 64): Pace {
  const began = performance.now();
  let last = began;
  let calls = 0;
  return {
    due: () => ++calls % every === 0 && performance.now() - last > 30,
    rest: async (fraction, message) => {
      if (fraction !== undefined || message !== undefined) {
        work.progress({
          ...(fraction === undefined ? {} : { fraction }),
          message: [message, timeLeft(began, fraction)]
            .filter((part) => part !== undefined)
            .join(", "),
        });
      }
      await breathe(work);
      last = performance.now();
    },
  };
}

function timeLeft(began: number, fraction: number | undefined): string | undefined {
  const passed = (performance.now() - began) / 1000;
  if (fraction === undefined || fraction < 0.02 || passed < 1) return undefined;
  const left = (passed * (1 - fraction)) / fraction;
  if (left < 1) return undefined;
  return left < 90 ? `about ${Math.ceil(left)} s left` : `about ${Math.ceil(left / 60)} min left`;
}
