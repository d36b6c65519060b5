/** Certificates made on the spot (X.509 version 3, RFC 5280, in DER), so that no key is kept and none runs out. */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

export interface Authority extends Certificate {
  /** A certificate for a server of this name (DNS) or address (IPv4). */
  issue(host: string): Certificate;
}

const SEQUENCE = 0x30;
const ECDSA_WITH_SHA256 = der(SEQUENCE, der(0x06, Buffer.from("2a8648ce3d040302", "hex")));
const COMMON_NAME = der(0x06, Buffer.from("550403", "hex"));
const BASIC_CONSTRAINTS = der(0x06, Buffer.from("551d13", "hex"));
const SUBJECT_ALT_NAME = der(0x06, Buffer.from("551d11", "hex"));
const TRUE = der(0x01, Buffer.from([0xff]));

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const { length } = body;
  const long = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...long]), body]);
}

function nameOf(words: string): Buffer {
  return der(SEQUENCE, der(0x31, der(SEQUENCE, COMMON_NAME, der(0x0c, Buffer.from(words)))));
}

function pem(label: string, bytes: Buffer): string {
  return `-----BEGIN ${label}-----\n${(bytes.toString("base64").match(/.{1,64}/g) ?? []).join("\n")}\n-----END ${label}-----\n`;
}

interface Contents {
  readonly serial: number;
  readonly subject: string;
  readonly issuer: string;
  readonly extension: Buffer;
  readonly publicKey: KeyObject;
  readonly signedWith: KeyObject;
}

function certificateOf({ serial, subject, issuer, extension, publicKey, signedWith }: Contents): string {
  const validity = der(SEQUENCE, der(0x17, Buffer.from("200101000000Z")), der(0x18, Buffer.from("20990101000000Z")));
  const toBeSigned = der(
    SEQUENCE,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([serial])),
    ECDSA_WITH_SHA256,
    nameOf(issuer),
    validity,
    nameOf(subject),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, der(SEQUENCE, extension)),
  );
  const signature = Buffer.concat([Buffer.from([0]), sign("sha256", toBeSigned, signedWith)]);
  return pem("CERTIFICATE", der(SEQUENCE, toBeSigned, ECDSA_WITH_SHA256, der(0x03, signature)));
}

const newKeys = () => generateKeyPairSync("ec", { namedCurve: "P-256" });
const keyText = (key: KeyObject) => key.export({ type: "pkcs8", format: "pem" }).toString();

export function createAuthority(name: string): Authority {
  const root = newKeys();
  let serial = 1;
  const isAuthority = der(SEQUENCE, BASIC_CONSTRAINTS, TRUE, der(0x04, der(SEQUENCE, TRUE)));
  const own = { serial, subject: name, issuer: name, publicKey: root.publicKey, signedWith: root.privateKey };
  return {
    cert: certificateOf({ ...own, extension: isAuthority }),
    key: keyText(root.privateKey),
    issue(host) {
      serial += 1;
      const keys = newKeys();
      const isAddress = /^[\d.]+$/.test(host);
      const alternative = isAddress
        ? der(0x87, Buffer.from(host.split(".").map(Number)))
        : der(0x82, Buffer.from(host));
      const extension = der(SEQUENCE, SUBJECT_ALT_NAME, der(0x04, der(SEQUENCE, alternative)));
      const contents = { serial, subject: host, issuer: name, extension, publicKey: keys.publicKey };
      return { cert: certificateOf({ ...contents, signedWith: root.privateKey }), key: keyText(keys.privateKey) };
    },
  };
}
