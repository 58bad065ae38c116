// Serves an example that exports a Hattip handler: npm run example counter
import { createServer } from "@hattip/adapter-node";

const [name = "counter"] = process.argv.slice(2);
const { default: handler } = await import(`./${name}.js`);
if (typeof handler !== "function") {
  throw new TypeError(
    `${name} does not export a handler. The first lines of its file say how to run it.`,
  );
}
const port = Number(process.env["PORT"] ?? 3000);
createServer(handler).listen(port, "localhost", () => console.log(`http://localhost:${port}`));
