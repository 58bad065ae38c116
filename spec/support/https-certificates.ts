import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "./temporary-folder.js";

const run = promisify(execFile);
const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** A certificate authority, and a certificate that it has signed, in files of a temporary folder. */
export interface HttpsCertificates {
  /** The authority's certificate. A client that trusts it accepts `cert`. */
  readonly authority: string;
  readonly cert: string;
  readonly key: string;
  remove(): void;
}

/**
 * Chromium has no device-bound sessions over a connection whose certificate it does not trust, even
 * if it was told to ignore that. So the certificate is one that it can be made to trust.
 *
 * @param hosts - `*.example.com` covers `www.example.com`, but not `example.com`.
 */
export async function makeHttpsCertificates(hosts: string[]): Promise<HttpsCertificates> {
  const { path, remove } = temporaryFolder("https");
  const file = (name: string) => join(path, name);
  const [authority, authorityKey] = [file("authority.pem"), file("authority.key")];
  const [request, cert, key] = [file("request.pem"), file("cert.pem"), file("key.pem")];
  writeFileSync(
    file("extensions"),
    [
      "basicConstraints = critical, CA:FALSE",
      "extendedKeyUsage = serverAuth",
      `subjectAltName = ${hosts.map((host) => `DNS:${host}`).join(", ")}`,
    ].join("\n"),
  );
  // prettier-ignore
  await openssl(
    "req", "-x509", ...NEW_KEY, "-days", "2", "-subj", "/CN=Authority of the specs",
    "-addext", "keyUsage = critical, keyCertSign", "-keyout", authorityKey, "-out", authority,
  );
  await openssl("req", ...NEW_KEY, "-subj", `/CN=${hosts[0]}`, "-keyout", key, "-out", request);
  // prettier-ignore
  await openssl(
    "x509", "-req", "-in", request, "-CA", authority, "-CAkey", authorityKey, "-set_serial", "1",
    "-days", "2", "-extfile", file("extensions"), "-out", cert,
  );
  return { authority, cert, key, remove };
}

/**
 * Puts the authority into the NSS database in which Chromium looks on Linux.
 *
 * @param home - What `HOME` is for Chromium, so that the user's own database stays as it is.
 */
export async function trustInHome(home: string, authority: string): Promise<void> {
  const folder = join(home, ".pki", "nssdb");
  mkdirSync(folder, { recursive: true });
  const database = ["-d", `sql:${folder}`];
  await runProgram("certutil", [...database, "-N", "--empty-password"], "libnss3-tools");
  const trusted = ["-A", "-n", "authority", "-t", "C,,", "-i", authority];
  await runProgram("certutil", [...database, ...trusted], "libnss3-tools");
}

function openssl(...args: string[]): Promise<void> {
  return runProgram("openssl", args, "openssl");
}

async function runProgram(program: string, args: string[], debianPackage: string): Promise<void> {
  try {
    await run(program, args);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new Error(`Cannot run ${program}: apt-get install ${debianPackage}`, { cause });
  }
}
