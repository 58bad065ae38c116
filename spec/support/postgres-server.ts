import { execFile } from "node:child_process";
import { chownSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "./free-port.js";
import { ServerProcess } from "./server-process.js";
import { temporaryFolder } from "./temporary-folder.js";
import { waitUntil } from "./wait-until.js";

const run = promisify(execFile);

interface PostgresConnection {
  host: string;
  port: number;
  user: string;
  database: string;
}

/** A real PostgreSQL server for one spec, on loopback, in a temporary folder. */
export class PostgresServer {
  /** The argument of `new pg.Client()` and `new pg.Pool()`. There is no password. */
  readonly connection: PostgresConnection;
  readonly #process: ServerProcess;
  readonly #folder: { remove(): void };

  static async start(): Promise<PostgresServer> {
    const programs = programsFolder();
    const user = await unprivilegedUser();
    const folder = temporaryFolder("postgres");
    if (user) chownSync(folder.path, user.uid, user.gid);
    const data = join(folder.path, "data");
    const options = { cwd: folder.path, ...user };
    await run(
      join(programs, "initdb"),
      [
        ...["--pgdata", data, "--username", "postgres", "--auth", "trust"],
        ...["--encoding", "UTF8", "--locale", "C", "--no-sync"],
      ],
      options,
    );
    const port = await freePort();
    const process = await ServerProcess.start(
      join(programs, "postgres"),
      [
        ...["-D", data, "-h", "127.0.0.1", "-p", `${port}`, "-k", folder.path],
        ...["-c", "fsync=off", "-c", "full_page_writes=off"], // the data need not survive a power cut
      ],
      "postgresql",
      options,
    );
    await waitUntil(`PostgreSQL on port ${port}`, async () => {
      if (process.hasExited) throw new Error(`postgres has exited:\n${process.output}`);
      await run(join(programs, "pg_isready"), ["--host", "127.0.0.1", "--port", `${port}`]);
      return true;
    });
    return new PostgresServer(port, process, folder);
  }

  private constructor(port: number, process: ServerProcess, folder: { remove(): void }) {
    this.connection = { host: "127.0.0.1", port, user: "postgres", database: "postgres" };
    this.#process = process;
    this.#folder = folder;
  }

  async stop(): Promise<void> {
    await this.#process.end("SIGINT"); // "fast" shutdown: the server closes open connections
    this.#folder.remove();
  }
}

/**
 * The programs of the newest installed version. Debian keeps the programs of each major version off
 * the PATH.
 */
function programsFolder(): string {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).map(Number).filter(Number.isFinite) : [];
  const newest = Math.max(0, ...versions);
  const folder = join(root, `${newest}`, "bin");
  if (!existsSync(join(folder, "initdb"))) {
    throw new Error(`No PostgreSQL under ${root}: apt-get install postgresql`);
  }
  return folder;
}

/** PostgreSQL refuses to run as root. Debian's package creates the user `postgres`. */
async function unprivilegedUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (flag: string) => Number((await run("id", [flag, "postgres"])).stdout);
  return { uid: await id("-u"), gid: await id("-g") };
}
