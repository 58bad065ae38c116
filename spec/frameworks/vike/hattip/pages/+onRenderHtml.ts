import { escapeInject } from "vike/server";
import type { PageContextServer } from "vike/types";

export function onRenderHtml({ data }: PageContextServer<string>) {
  return escapeInject`<!DOCTYPE html><title>Vike</title><p>${data}</p>`;
}
