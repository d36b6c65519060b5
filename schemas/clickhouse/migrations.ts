/** The migrations in order. Append only: a released one is never edited. */
import { store } from "./001-store.ts";
import { watch } from "./002-watch.ts";
import { ledger } from "./003-ledger.ts";
import type { Migration } from "./migration.ts";

export const MIGRATIONS: readonly Migration[] = [store, watch, ledger];
