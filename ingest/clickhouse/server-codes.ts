/**
 * Codes of the server by what they mean for the work that met them (ClickHouse, `src/Common/ErrorCodes.cpp`). Codes
 * that are nowhere here are fatal: nothing unknown is skipped.
 */

/** What passes by itself, and how it is called. */
export const RETRY = new Map([
  [3, "the request was cut short"],
  [23, "the request was cut short"],
  [24, "cannot write to a stream"],
  [40, "checksum of the request"],
  [74, "cannot read from disk"],
  [75, "cannot write to disk"],
  [76, "cannot open a file"],
  [95, "cannot read from a socket"],
  [96, "cannot write to a socket"],
  [159, "timeout"],
  [160, "too slow"],
  [164, "read-only"],
  [173, "cannot allocate memory"],
  [198, "name resolution"],
  [201, "quota"],
  [202, "too many queries"],
  [203, "no free connection"],
  [204, "cannot flush to disk"],
  [209, "socket timeout"],
  [210, "network error"],
  [216, "the same query is running"],
  [225, "no keeper"],
  [236, "aborted"],
  [241, "memory limit"],
  [242, "table is read-only"],
  [243, "disk full"],
  [244, "keeper error"],
  [252, "too many parts"],
  [253, "a dropped replica is not gone yet"],
  [254, "no active replicas"],
  [271, "the request did not unpack"],
  [279, "no connection to another server"],
  [285, "too few live replicas"],
  [286, "unsatisfied quorum"],
  [289, "replica is not in quorum"],
  [319, "unknown status of insert"],
  [341, "unfinished"],
  [354, "the request did not unpack"],
  [364, "too many requests"],
  [373, "session is locked"],
  [384, "part is locked"],
  [394, "query was cancelled"],
  [411, "cannot start a thread"],
  [416, "replica changed its state"],
  [425, "system error"],
  [439, "cannot schedule task"],
  [473, "deadlock avoided"],
  [499, "object storage"],
  [500, "object storage"],
  [517, "a schema change is under way"],
  [529, "not a leader"],
  [561, "the request did not unpack"],
  [571, "database replication"],
  [677, "thread was cancelled"],
  [692, "too many mutations"],
  [700, "too many sessions of this user"],
  [733, "table is being restarted"],
  [734, "cannot write after a cancel"],
  [735, "query was cancelled by its client"],
  [738, "part is locked"],
  [745, "server overloaded"],
  [749, "too many connections"],
  [762, "too many connections"],
  [763, "session refused"],
  [776, "resource limit"],
  [777, "memory reservation"],
  [778, "memory reservation"],
  [999, "keeper exception"],
  [1000, "network library"],
]);

/**
 * The data is at fault: the same rows fail again, other rows do not. Limits of the server are not here, because every
 * row would meet them.
 */
export const POISON = new Set([
  ...[6, 19, 25, 26, 27, 32, 33, 38, 41, 53, 69, 70, 72, 117, 128, 130, 131, 190, 321, 349, 376, 407, 441],
  ...[467, 469, 563, 632, 645, 675, 676, 691, 760],
]);

const COLUMNS_HINT = "The table has other columns than this version knows; run the migrations of the same version.";
const USER_HINT = "Check CLICKHOUSE_USER and CLICKHOUSE_PASSWORD.";
const CLUSTER_HINT =
  "Check clickhouse.cluster and clickhouse.replicated against the server's remote_servers and macros.";

/** What to do about the fatal ones that a person can mend. */
export const FATAL_HINTS = new Map([
  [16, COLUMNS_HINT],
  [47, COLUMNS_HINT],
  [60, "A table is missing; run the migrations, or check CLICKHOUSE_DATABASE."],
  [81, "The database does not exist; create it, or check CLICKHOUSE_DATABASE."],
  [115, "The server does not know a setting that is needed; use a later ClickHouse."],
  [139, CLUSTER_HINT],
  [170, CLUSTER_HINT],
  [192, USER_HINT],
  [193, USER_HINT],
  [194, "Set CLICKHOUSE_PASSWORD."],
  [195, "Allow this address for the user, or connect from another."],
  [218, "A table was dropped; run the migrations."],
  [291, "Grant this user the database."],
  [452, "The user's profile forbids a setting that is needed; relax its constraints."],
  [497, "Grant this user SELECT, INSERT, CREATE and ALTER on the database."],
  [516, USER_HINT],
  [701, CLUSTER_HINT],
  [720, "The user has expired; renew it."],
  [774, "The server keeps the table read-only; start it without that setting."],
]);

/** A table or the database is not there. */
export const MISSING = new Set([60, 81, 218]);
