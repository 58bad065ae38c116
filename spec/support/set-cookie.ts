/** A parsed Set-Cookie header. */
export interface ParsedSetCookie {
  name: string;
  value: string;
  /** The attributes under lower-case names, for example `{ path: "/", httponly: true }`. */
  attributes: Record<string, string | true>;
}

/** The Set-Cookie headers of a response, in order. */
export function setCookies(response: Response): ParsedSetCookie[] {
  return response.headers.getSetCookie().map((header) => {
    const [pair = "", ...attributes] = header.split("; ");
    const [name, value] = split(pair);
    return {
      name,
      value: value ?? "",
      attributes: Object.fromEntries(
        attributes.map((attribute) => {
          const [key, text] = split(attribute);
          return [key.toLowerCase(), text ?? true];
        }),
      ),
    };
  });
}

function split(text: string): [string, string | undefined] {
  const at = text.indexOf("=");
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
