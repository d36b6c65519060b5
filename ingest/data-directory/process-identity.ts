/** Which process holds something, told so that its death can be seen from outside. */
import { readFile, readlink } from "node:fs/promises";
import { z } from "zod";

/** A pid alone may be given to another process later; together with these it is not. */
export const processIdentity = z.object({
  pid: z.int().positive(),
  /** Clock ticks after boot at which it started (`/proc/PID/stat`, field 22); null where there is no /proc. */
  started: z.string().nullable(),
  /** Boot and pid namespace: only within the same one can its pid be looked up. Null where there is no /proc. */
  place: z.string().nullable(),
});

export type ProcessIdentity = z.infer<typeof processIdentity>;

/** This process. */
export async function identifySelf(): Promise<ProcessIdentity> {
  return { pid: process.pid, started: (await readStat(process.pid))?.started ?? null, place: await readPlace() };
}

/** `unknown`: it lives, or lived, where its pid cannot be looked up from here (another container, another boot). */
export async function lifeOf(holder: ProcessIdentity): Promise<"alive" | "dead" | "unknown"> {
  if (holder.place !== (await readPlace())) return "unknown";
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: it is there, and another user's.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return "dead";
  }
  if (holder.started === null) return "alive";
  const stat = await readStat(holder.pid);
  return stat !== undefined && stat.started === holder.started && !stat.ended ? "alive" : "dead";
}

/** Field 22 (start time) and whether the process is a zombie; the name in field 2 may hold spaces and brackets. */
async function readStat(pid: number): Promise<{ started: string; ended: boolean } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, started] = [fields?.[0], fields?.[19]];
  return state === undefined || started === undefined ? undefined : { started, ended: "ZX".includes(state) };
}

async function readPlace(): Promise<string | null> {
  const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => undefined);
  const namespace = await readlink("/proc/self/ns/pid").catch(() => undefined);
  return boot === undefined ? null : `${boot.trim()} ${namespace ?? ""}`;
}
