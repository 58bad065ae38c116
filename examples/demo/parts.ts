import { html, type Html } from "./html.js";

/** A labelled part of a cookie or of a record. */
export interface Part {
  readonly name: string;
  readonly value: string;
  /** Whether the value is a text of several lines. */
  readonly isBlock?: boolean;
}

export function partList(parts: readonly Part[]): Html {
  const items = parts.map(
    ({ name, value, isBlock }) =>
      html`<dt>${name}</dt>
        ${isBlock ? html`<dd class="wide">${scrollBox(value, name)}</dd>` : html`<dd>${value}</dd>`}`,
  );
  return html`<dl class="facts">${items}</dl>`;
}

/** Shows a long text in a box that scrolls, also with the keyboard. */
export function scrollBox(content: string | Html, label: string): Html {
  return html`<pre class="box" tabindex="0" role="group" aria-label="${label}">${content}</pre>`;
}

/** Data of a session, one key a line. A forged cookie can hold anything, which is shown as it is. */
export function dataPart(name: string, text: string): Part {
  return { name, value: pretty(text), isBlock: true };
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
