// The worker threads of a contract import this file. They have a copy of the environment.
import type { ExternalStoreOptions } from "../../../lib/index.js";
import { FileStore, UnlockedFileStore, UnlockedOwnersFileStore } from "./file-store.js";

const STORES: Record<string, typeof FileStore> = {
  records: UnlockedFileStore,
  owners: UnlockedOwnersFileStore,
};

export function create(options: ExternalStoreOptions): FileStore {
  const { FOLDER, UNLOCKED } = process.env;
  return new (STORES[UNLOCKED ?? ""] ?? FileStore)(FOLDER!, options);
}
