// Declares the module of workerd that examples/durable-object-store.ts imports. A Worker's own project
// has it from `wrangler types`, or from "types": ["@cloudflare/workers-types"]; here, their global
// types would collide with those of Node.
declare module "cloudflare:workers" {
  import type { CloudflareWorkersModule } from "@cloudflare/workers-types";

  export import DurableObject = CloudflareWorkersModule.DurableObject;
}
