// The worker threads of a contract import this file. They have a copy of the environment.
import type { ExternalStoreOptions } from "../../../lib/index.js";
import { FileStore, UnlockedFileStore } from "./file-store.js";

export function create(options: ExternalStoreOptions): FileStore {
  const { FOLDER, UNLOCKED } = process.env;
  return new (UNLOCKED ? UnlockedFileStore : FileStore)(FOLDER!, options);
}
