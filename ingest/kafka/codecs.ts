/** The codecs of record batches, so that a batch from anyone's producer is read; kafkajs alone brings gzip. */
import { promisify } from "node:util";
import { gzip, unzip } from "node:zlib";
import kafkajs, { type CompressionTypes } from "kafkajs";
import { BATCH_LIMIT_BYTES, unpacked } from "./batch-bound.ts";
import { compressLz4, decompressLz4 } from "./codec-lz4.ts";
import { compressSnappy, decompressSnappy } from "./codec-snappy.ts";
import { canWriteZstd, compressZstd, decompressZstd } from "./codec-zstd.ts";

/** What kafkajs asks of a codec. */
export interface KafkaCodec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  /** @throws WatchkeeperError `batch_too_large` or `batch_unreadable`, both poison */
  decompress(bytes: Buffer): Promise<Buffer>;
}

/** A codec for kafkajs out of two functions over bytes. */
function codec(
  name: string,
  compress: (bytes: Buffer) => Promise<Buffer>,
  decompress: (bytes: Buffer, limitBytes: number) => Promise<Buffer>,
  limitBytes: number,
): KafkaCodec {
  return {
    compress: ({ buffer }) => compress(buffer),
    decompress: (bytes) => unpacked(name, limitBytes, () => decompress(bytes, limitBytes)),
  };
}

/** Every codec of Kafka's batches, with a bound on what one may unpack to: gzip, snappy, lz4, zstd. */
export function createCodecs(limitBytes = BATCH_LIMIT_BYTES): Record<"gzip" | "snappy" | "lz4" | "zstd", KafkaCodec> {
  const packGzip = promisify<Buffer, Buffer>(gzip);
  const unpackGzip = promisify<Buffer, { maxOutputLength: number }, Buffer>(unzip);
  return {
    gzip: codec("gzip", packGzip, (bytes, most) => unpackGzip(bytes, { maxOutputLength: most }), limitBytes),
    snappy: codec("snappy", compressSnappy, decompressSnappy, limitBytes),
    lz4: codec("lz4", compressLz4, decompressLz4, limitBytes),
    zstd: codec("zstd", compressZstd, decompressZstd, limitBytes),
  };
}

/** Puts the codecs into kafkajs's registry, which is one for the process: the bound of the last call holds for all. */
export function registerCodecs(limitBytes = BATCH_LIMIT_BYTES): void {
  // Node sees only some of this CommonJS package's names; the rest hang on its default export.
  const { CompressionCodecs, CompressionTypes } = kafkajs;
  const codecs = createCodecs(limitBytes);
  CompressionCodecs[CompressionTypes.GZIP] = () => codecs.gzip;
  CompressionCodecs[CompressionTypes.Snappy] = () => codecs.snappy;
  CompressionCodecs[CompressionTypes.LZ4] = () => codecs.lz4;
  CompressionCodecs[CompressionTypes.ZSTD] = () => codecs.zstd;
}

/** What our producers pack with: zstd where Node can write it (22.15 on), else lz4. */
export function bestCompression(): CompressionTypes {
  return canWriteZstd() ? kafkajs.CompressionTypes.ZSTD : kafkajs.CompressionTypes.LZ4;
}
