import { html, type Html } from "./html.js";

/** A form without fields. */
export function button(action: string, label: string, look = ""): Html {
  return html`<form method="post" action="${action}">
    <button class="${look}">${label}</button>
  </form>`;
}
