/** Messages between the engine's parent and its child. Secrets travel here, never in arguments or environment. */

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Parent to child, once. */
export interface StartMessage {
  readonly type: "start";
  readonly directory: string;
  readonly database: string;
  /** Zero the first time; afterwards the port of the child before, so that the url stays valid. */
  readonly port: number;
  readonly writer: Credentials;
  readonly reader: Credentials;
  readonly memoryLimitBytes: number;
}

/** Parent to child: finish within this time, then exit. */
interface StopMessage {
  readonly type: "stop";
  readonly withinMs: number;
}

export type ParentMessage = StartMessage | StopMessage;

export type ChildMessage =
  | { readonly type: "ready"; readonly port: number; readonly version: string }
  /** It cannot start; the engine has written more to stderr. */
  | { readonly type: "failed"; readonly message: string };
