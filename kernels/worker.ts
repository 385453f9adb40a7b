import { openChannel } from "./channel.ts";
import { createEvaluator } from "./evaluator.ts";
import { Kernel } from "./kernel.ts";

/**
 * Entry of the kernel in a browser Worker, a Node worker thread or a Node child process. The worker's own content
 * security policy (see main/backend) and its lack of a DOM keep a notebook's code from reaching anything.
 */
new Kernel(openChannel(), { evaluate: createEvaluator() });
