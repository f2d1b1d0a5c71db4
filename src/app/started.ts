/** What a start opened. Of the public API, and so without a library's types in it. */
export interface ListenersStarted {
  readonly publicUrl: string;
  /** Where the local listener is; absent where none was opened. */
  readonly localUrl?: string;
  /** True: another gateway on the same store has the port and finishes the sign-ins. */
  readonly sharedWithRunning: boolean;
}
