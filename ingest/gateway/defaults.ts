/** What the gateway uses where nothing else is said. Imports nothing: the recorder reads it too. */

export const DEFAULT_HOST = "127.0.0.1";
export const DEFAULT_PORT = 7077;

/** Unpacked body bytes that all running requests together may hold; above it callers get 429. Never less than one body. */
export const IN_FLIGHT_BYTES = 128 * 1024 ** 2;

/** Longest stretch of parsing before the event loop gets its turn (ms), over all requests together. */
export const SLICE_MS = 5;

/** One whole request may take this long to arrive (ms); its headers a sixth of it. */
export const REQUEST_TIMEOUT_MS = 120_000;

/** All headers of one request together. */
export const HEADER_BYTES = 16 * 1024;

/** How long `stop` waits for running requests before it cuts their connections (ms). */
export const STOP_WITHIN_MS = 5_000;

/** Lines of one post; above it 413. Bounds what refused lines and their letters may take in memory. */
export const MAX_LINES = 500_000;
