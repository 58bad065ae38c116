import type { RequestContext } from "@hattip/compose";

declare module "@hattip/compose" {
  interface Locals {
    /** What the visitor has typed. Without a form, it is empty. */
    form: URLSearchParams;
  }
}

/** Reads the form once, so that an error page can offer to send it again. */
export async function readForm({ method, request, locals }: RequestContext): Promise<void> {
  locals.form = new URLSearchParams(method === "POST" ? await request.text() : "");
}

/** The text of a field, without spaces around it. */
export function field({ locals }: RequestContext, name: string): string {
  return locals.form.get(name)?.trim() ?? "";
}
