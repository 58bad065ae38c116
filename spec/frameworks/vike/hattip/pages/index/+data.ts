import type { PageContextServer } from "vike/types";

export function data({ login, counter }: PageContextServer): string {
  const { user = "guest" } = login.data;
  return `Hello, ${user}: visit ${++counter.data.visits}`;
}
