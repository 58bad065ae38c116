import { execFile } from "node:child_process";
import { connect } from "node:net";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Returns what `redis-cli` prints for a command. It inspects a server without any client of the
 * specs. Only options of redis-cli (`-c`, `--scan`) need the program itself: the specs send thousands
 * of commands, and a new process for each of them would take minutes.
 */
export async function redisCli(port: number, ...args: string[]): Promise<string> {
  const hasOptions = args.some((arg) => arg.startsWith("-") && !/^-\d+$/.test(arg));
  const reply = hasOptions ? undefined : await replyOf(port, args);
  if (reply !== undefined) return linesOf(reply).join("\n").trim();
  const { stdout } = await run("redis-cli", ["-h", "127.0.0.1", "-p", `${port}`, ...args]);
  return stdout.trim();
}

type Reply = string | Reply[];

/**
 * Sends one command, and closes the connection after its reply. Returns `undefined` if no server
 * listens: redis-cli says it in its own words.
 */
async function replyOf(port: number, args: string[]): Promise<Reply | undefined> {
  const socket = connect(port, "127.0.0.1");
  const parts = args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`);
  socket.write(`*${args.length}\r\n${parts.join("")}`);
  let received = Buffer.alloc(0);
  try {
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk as Buffer]);
      const reply = parsed(received);
      if (reply) return reply.value;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ECONNREFUSED") return undefined;
    throw error;
  } finally {
    socket.destroy();
  }
  throw new Error(`redis-server on port ${port} has closed the connection`);
}

/** The reply that begins at `start`, and where it ends, or `undefined` if it is not complete yet. */
function parsed(bytes: Buffer, start = 0): { value: Reply; end: number } | undefined {
  const lineEnd = bytes.indexOf("\r\n", start);
  if (lineEnd < 0) return undefined;
  const kind = bytes.toString("latin1", start, start + 1);
  const line = bytes.toString("utf8", start + 1, lineEnd);
  let end = lineEnd + 2;
  if (kind !== "$" && kind !== "*") return { value: line, end };
  if (line === "-1") return { value: "", end };
  if (kind === "$") {
    const value = bytes.toString("utf8", end, end + Number(line));
    end += Number(line) + 2;
    return end <= bytes.length ? { value, end } : undefined;
  }
  const value: Reply[] = [];
  for (let i = 0; i < Number(line); i++) {
    const item = parsed(bytes, end);
    if (!item) return undefined;
    value.push(item.value);
    end = item.end;
  }
  return { value, end };
}

/** Nested lists become lines, as redis-cli prints them to a pipe. */
function linesOf(reply: Reply): string[] {
  return typeof reply === "string" ? [reply] : reply.flatMap(linesOf);
}
