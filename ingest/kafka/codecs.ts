/** The codecs of record batches, so that a batch from anyone's producer is read; kafkajs alone brings gzip. */
import { promisify } from "node:util";
import { gzip, unzip } from "node:zlib";
import kafkajs, { type CompressionTypes } from "kafkajs";
import { UNPACKED_LIMIT_BYTES, unpacked } from "./batch-bound.ts";
import { compressLz4, decompressLz4 } from "./codec-lz4.ts";
import { compressSnappy, decompressSnappy } from "./codec-snappy.ts";
import { canWriteZstd, compressZstd, decompressZstd } from "./codec-zstd.ts";

/** What kafkajs asks of a codec. */
export interface KafkaCodec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  /** @throws WatchkeeperError `batch_too_large` (over 256 MiB) or `batch_unreadable`, both poison */
  decompress(bytes: Buffer): Promise<Buffer>;
}

/** A codec for kafkajs out of two functions over bytes. */
function codec(
  name: string,
  compress: (bytes: Buffer) => Promise<Buffer>,
  decompress: (bytes: Buffer) => Promise<Buffer>,
): KafkaCodec {
  return {
    compress: ({ buffer }) => compress(buffer),
    decompress: (bytes) => unpacked(name, () => decompress(bytes)),
  };
}

/** Every codec of Kafka's batches: gzip with a bound on what it unpacks to, snappy, lz4, zstd. */
export function createCodecs(): Record<"gzip" | "snappy" | "lz4" | "zstd", KafkaCodec> {
  const packGzip = promisify<Buffer, Buffer>(gzip);
  const unpackGzip = promisify<Buffer, { maxOutputLength: number }, Buffer>(unzip);
  return {
    gzip: codec("gzip", packGzip, (bytes) => unpackGzip(bytes, { maxOutputLength: UNPACKED_LIMIT_BYTES })),
    snappy: codec("snappy", compressSnappy, decompressSnappy),
    lz4: codec("lz4", compressLz4, decompressLz4),
    zstd: codec("zstd", compressZstd, decompressZstd),
  };
}

/** Puts the codecs into kafkajs's registry, which is one for the process; doing it again changes nothing. */
export function registerCodecs(): void {
  // Node sees only some of this CommonJS package's names; the rest hang on its default export.
  const { CompressionCodecs, CompressionTypes } = kafkajs;
  const codecs = createCodecs();
  CompressionCodecs[CompressionTypes.GZIP] = () => codecs.gzip;
  CompressionCodecs[CompressionTypes.Snappy] = () => codecs.snappy;
  CompressionCodecs[CompressionTypes.LZ4] = () => codecs.lz4;
  CompressionCodecs[CompressionTypes.ZSTD] = () => codecs.zstd;
}

/** What our producers pack with: zstd where Node can write it (22.15 on), else lz4. */
export function bestCompression(): CompressionTypes {
  return canWriteZstd() ? kafkajs.CompressionTypes.ZSTD : kafkajs.CompressionTypes.LZ4;
}
