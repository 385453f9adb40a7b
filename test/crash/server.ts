// Browser mode as a process of its own that a test can kill; without building the page.
import { serve } from "../../main/serve.ts";

await serve();
