// Talks to /api/v1, and to nothing else. Addresses are relative to <base>, so a base path needs no code here.

export type Params = Record<string, string | number | boolean | readonly string[] | undefined>;

/** A refusal of the server, or none of its answers. */
export class ApiError extends Error {
  constructor(
    /** HTTP status; 0 where nobody answered. */
    readonly status: number,
    readonly kind: string,
    message: string,
    /** What to do about it, where the server knows. */
    readonly hint?: string,
  ) {
    super(message);
  }
}

/** What happens when an answer says that nobody is signed in. */
let onUnauthorized: () => void = () => {};

export function whenUnauthorized(then: () => void): void {
  onUnauthorized = then;
}

/** `path` (without a leading slash, such as `api/v1/servers`) with its parameters. */
export function address(path: string, params: Params = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
  }
  const text = query.toString();
  return new URL(text ? `${path}?${text}` : path, document.baseURI).href;
}

export async function get<T>(path: string, params?: Params, signal?: AbortSignal): Promise<T> {
  return ask<T>(address(path, params), { signal, headers: host() });
}

/** By which name this page was reached: a server that believes it is asked by its own machine alone wants to know. */
function host(): Record<string, string> {
  return { "X-Projectionist-Host": location.host };
}

/** A change. The header tells our own page from somebody else's form. */
export async function send<T>(method: "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<T> {
  const headers = marked();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return ask<T>(address(path), { method, headers, body: body === undefined ? body : JSON.stringify(body) });
}

function marked(): Record<string, string> {
  return { ...host(), "X-Projectionist": "1" };
}

/** Sends a file. `onSent`: how much of it has left, 0 to 1, which `fetch` does not tell. */
export function upload(path: string, file: Blob, onSent: (ratio: number) => void): Promise<void> {
  const request = new XMLHttpRequest();
  request.open("POST", address(path));
  for (const [name, value] of Object.entries(marked())) request.setRequestHeader(name, value);
  request.upload.onprogress = ({ loaded, total }) => onSent(total > 0 ? loaded / total : 0);
  return new Promise((done, fail) => {
    request.onload = () => {
      const { status, responseText } = request;
      if (status >= 200 && status < 300) return done();
      fail(refused(status, responseText));
    };
    request.onerror = () => fail(unreachable());
    request.send(file);
  });
}

function unreachable(): ApiError {
  return new ApiError(0, "unreachable", "Projectionist does not answer. It may be restarting.");
}

async function ask<T>(url: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...init });
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw unreachable();
  }
  const text = await response.text();
  if (!response.ok) throw refused(response.status, text);
  return (text ? JSON.parse(text) : undefined) as T;
}

function refused(status: number, text: string): ApiError {
  if (status === 401) onUnauthorized();
  return refusalOf(status, text);
}

function refusalOf(status: number, text: string): ApiError {
  try {
    const { error } = JSON.parse(text) as { error: { kind: string; message: string; hint?: string } };
    return new ApiError(status, error.kind, error.message, error.hint);
  } catch {
    // Not ours: a proxy in between.
    return new ApiError(status, "server_error", `the answer was ${status}, without an explanation`);
  }
}
