/** As much of a request as grammY makes: its own types name those of node-fetch. */
export interface Asked {
  readonly method?: string;
  readonly headers?: object;
  readonly body?: unknown;
  readonly signal?: AbortSignal | null;
}

/** As much of `fetch` as grammY asks for: a POST of JSON whose answer is JSON. */
export interface HttpClient {
  fetch(url: string, asked: Asked): Promise<{ json(): Promise<unknown> }>;
  /** Ends what is under way. */
  close(): Promise<void>;
}

export function methodOf({ method }: Asked): 'GET' | 'POST' {
  return method === 'GET' ? 'GET' : 'POST';
}

/** `connection` is the client's own to say. */
export function plainHeaders({ headers = {} }: Asked): Record<string, string> {
  const all = Object.entries(headers).map(([name, value]) => [name, String(value)] as const);
  return Object.fromEntries(all.filter(([name]) => name.toLowerCase() !== 'connection'));
}
