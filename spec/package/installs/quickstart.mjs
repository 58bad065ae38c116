// What the README's section “Start” tells a reader to install and to write.
import { Document } from "../../docs/document.js";

const readme = new Document("README.md");

/** The names in the install line. */
export const packages = /^npm install (.+)$/m.exec(readme.text)[1].trim().split(/ +/);

export function javascriptApp(port) {
  const { text } = readme.blocks.find(({ fileName }) => fileName === "app.mjs");
  return text.replaceAll("3000", String(port));
}

/** The app with the two changes for TypeScript, and a mistake that the compiler must find. */
export function typescriptApp() {
  const declaration = readme.blocksIn("ts").find(({ text }) => text.includes("SessionData"));
  return `${javascriptApp(3000).replaceAll("process.env.SESSION_KEY", "process.env.SESSION_KEY!")}
${declaration.text}
// @ts-expect-error: A number is not a string. If ctx.session had the type any, this would compile.
app.get("/", (ctx) => text(ctx.session.data.visits));
`;
}
