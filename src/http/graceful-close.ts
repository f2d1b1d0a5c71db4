import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The answers under way on one listener, so that closing it neither cuts them off nor waits for streams that never end. */
export class OpenAnswers {
  readonly #open = new Set<ServerResponse>();
  readonly #streams = new Set<ServerResponse>();
  readonly #silent = new Set<Socket>();
  #server: Server | undefined;
  #closed: Promise<void> | undefined;

  /** Browsers open connections ahead of time. Node counts one as idle only after its first request. */
  connected(socket: Socket): void {
    this.#silent.add(socket);
    socket.once('close', () => this.#silent.delete(socket));
  }

  began(outgoing: ServerResponse): void {
    this.#open.add(outgoing);
    if (outgoing.socket !== null) this.#silent.delete(outgoing.socket);
    outgoing.once('close', () => {
      this.#open.delete(outgoing);
      this.#streams.delete(outgoing);
      // A keep-alive connection becomes idle only after its answer was written.
      setImmediate(() => this.#server?.closeIdleConnections());
    });
    if (this.#server !== undefined) outgoing.setHeader('Connection', 'close');
  }

  /** Remembers event streams (WHATWG HTML §9.2): they end when the listener closes, and clients connect again. */
  answered(outgoing: ServerResponse, response: Response): Response {
    if (!(response.headers.get('content-type') ?? '').startsWith('text/event-stream')) return response;
    this.#streams.add(outgoing);
    if (this.#server !== undefined) setImmediate(() => outgoing.end());
    return response;
  }

  close(server: Server, graceMs: number): Promise<void> {
    this.#closed ??= this.#close(server, graceMs);
    return this.#closed;
  }

  async #close(server: Server, graceMs: number): Promise<void> {
    this.#server = server;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const outgoing of this.#open) if (!outgoing.headersSent) outgoing.setHeader('Connection', 'close');
    for (const stream of this.#streams) stream.end();
    server.closeIdleConnections();
    for (const socket of this.#silent) socket.destroy();
    const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(cutOff);
  }
}
