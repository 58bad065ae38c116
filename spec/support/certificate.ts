import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "./temporary-folder.js";

const run = promisify(execFile);

/** A self-signed certificate for localhost, in files of a temporary folder. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  remove(): void;
}

export async function makeCertificate(): Promise<Certificate> {
  const { path, remove } = temporaryFolder("tls");
  const [cert, key] = [join(path, "cert.pem"), join(path, "key.pem")];
  // prettier-ignore
  await run("openssl", [
    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert,
  ]);
  return { cert, key, remove };
}
