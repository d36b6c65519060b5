/** The first bytes of a file, as a hash: tells a file from another that took its place or its inode. */
import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";

const FINGERPRINT_BYTES = 1024;

export interface Fingerprint {
  /** How many first bytes the hash is over; 0 matches every file. */
  readonly bytes: number;
  readonly hash: string;
}

export const NO_FINGERPRINT: Fingerprint = { bytes: 0, hash: "" };

/** Does the file still begin as it did? When it does and has grown, the longer fingerprint; else undefined. */
export async function sameBeginning(handle: FileHandle, known: Fingerprint): Promise<Fingerprint | undefined> {
  const buffer = Buffer.alloc(FINGERPRINT_BYTES);
  const { bytesRead } = await handle.read(buffer, 0, FINGERPRINT_BYTES, 0);
  if (bytesRead < known.bytes) return undefined;
  if (known.bytes > 0 && hashOf(buffer.subarray(0, known.bytes)) !== known.hash) return undefined;
  if (bytesRead === known.bytes) return known;
  return { bytes: bytesRead, hash: hashOf(buffer.subarray(0, bytesRead)) };
}

function hashOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 32);
}
