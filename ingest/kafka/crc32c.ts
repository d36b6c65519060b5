/** CRC-32C (Castagnoli, RFC 3720 B.4), which record batches carry: eight bytes a step, by tables ("slicing by 8"). */

/** The polynomial, bits reversed. */
const POLYNOMIAL = 0x82f63b78;

/** Makes the tables; the answer is the unsigned checksum of bytes. */
export function createCrc32c(): (bytes: Uint8Array) => number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables() as Tables;
  return (bytes) => {
    const byte = (at: number): number => bytes[at] as number;
    const whole = bytes.length - (bytes.length % 8);
    let crc = -1;
    let at = 0;
    for (; at < whole; at += 8) {
      const four = crc ^ (byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | (byte(at + 3) << 24));
      crc =
        (t7[four & 255] as number) ^
        (t6[(four >>> 8) & 255] as number) ^
        (t5[(four >>> 16) & 255] as number) ^
        (t4[four >>> 24] as number) ^
        (t3[byte(at + 4)] as number) ^
        (t2[byte(at + 5)] as number) ^
        (t1[byte(at + 6)] as number) ^
        (t0[byte(at + 7)] as number);
    }
    for (; at < bytes.length; at += 1) crc = (crc >>> 8) ^ (t0[(crc ^ byte(at)) & 255] as number);
    return ~crc >>> 0;
  };
}

type Table = Uint32Array;
type Tables = readonly [Table, Table, Table, Table, Table, Table, Table, Table];

/** Table n says what a byte does to the checksum when n more bytes follow. */
function tables(): readonly Table[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    return crc;
  });
  const found = [first];
  for (let at = 1; at < 8; at += 1) {
    const before = found[at - 1] as Table;
    found.push(before.map((crc) => (crc >>> 8) ^ (first[crc & 255] as number)));
  }
  return found;
}
