import type { Echoes } from '../echoes.js';
import type { Params } from '../params.js';
import type { Platform } from '../platform.js';
import type { Fields, Installation } from '../shapes.js';

export interface MethodContext {
  readonly platform: Platform;
  readonly installation: Installation;
  readonly params: Params;
  readonly echoes: Echoes;
}

export interface Method {
  /** Any one of these will do. None: every bot token will. */
  readonly scopes: readonly string[];
  /** False: arguments in a JSON body are not read. */
  readonly json: boolean;
  readonly run: (context: MethodContext) => Fields;
}
