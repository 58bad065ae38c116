// Declares the names that code in the documentation uses without a declaration. Only the programs
// of the documents include this file.
import type { RequestContext } from "@hattip/compose";
import type { Router } from "@hattip/router";
import type { RedisSessionStore, SessionData } from "@hattip/session";

declare module "@hattip/session" {
  interface SessionData {
    userId?: string;
    generation?: number;
    credits?: number;
    basket?: string[];
    csrfToken?: string;
    notice?: string;
  }
}

declare global {
  const app: Router;
  const ctx: RequestContext;
  const store: RedisSessionStore;
  const form: FormData;
  const newKey: string;
  const oldKey: string;

  /** A function of the application, as are the next three. */
  function redirect(location: string): Response;
  function findUser(form: FormData): Promise<{ id: string } | null>;
  function generationOf(userId: string): Promise<number>;
  function validate(data: unknown): SessionData;

  const Deno: { serve(handler: (request: Request, info: any) => unknown): void };
}
