import type { Session } from "@hattip/session";

declare global {
  namespace Vike {
    interface PageContextServer {
      login: Session<{ user?: string }>;
      counter: Session<{ visits: number }>;
    }
  }
}
