import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, address, get, type Params } from "./client";
import { UnderWay } from "./under-way";

/** Answers kept for going back to a page at once; they are asked for again all the same. */
const KEPT_MAX = 40;
const kept = new Map<string, unknown>();

const underWay = new UnderWay();

/** Whoever looked is signed out: nobody after them is shown what they saw. */
export function forgetAnswers(): void {
  kept.clear();
}

export interface Got<T> {
  /** The newest answer, also while another is on its way. */
  data: T | undefined;
  error: ApiError | undefined;
  loading: boolean;
  reload: () => void;
}

/**
 * The answer to a question, asked again when `path` or `params` change, and every `everyMs` while the page is seen.
 * `path` null asks nothing.
 */
export function useGet<T>(path: string | null, params?: Params, everyMs?: number): Got<T> {
  const url = path === null ? null : address(path, params);
  const [state, setState] = useState<{ url: string | null; data?: T; error?: ApiError; loading: boolean }>(() => ({
    url,
    data: url === null ? undefined : (kept.get(url) as T | undefined),
    loading: url !== null,
  }));
  const [round, setRound] = useState(0);
  const asked = useRef({ path, params });
  asked.current = { path, params };
  useEffect(() => {
    if (url === null) return;
    let gone = false;
    // What was shown stays until there is something better, so that changing a filter does not blink.
    setState((old) => ({ url, data: (kept.get(url) as T | undefined) ?? old.data, loading: true }));
    const { path, params } = asked.current;
    const { answer, leave } = underWay.join(url, (signal) => get<T>(path ?? "", params, signal));
    answer.then(
      (data) => {
        if (gone) return;
        keep(url, data);
        setState({ url, data, loading: false });
      },
      (error: unknown) => {
        if (gone) return;
        const known = error instanceof ApiError ? error : new ApiError(0, "internal", String(error));
        setState((old) => ({ url, data: old.url === url ? old.data : undefined, error: known, loading: false }));
      },
    );
    return () => {
      gone = true;
      leave();
    };
  }, [url, round]);
  useEffect(() => {
    if (url === null || everyMs === undefined) return;
    // A slow answer is waited for: to ask again would end it.
    const due = () => document.visibilityState === "visible" && !underWay.has(url);
    const timer = setInterval(() => due() && setRound((n) => n + 1), everyMs);
    return () => clearInterval(timer);
  }, [url, everyMs]);
  const reload = useCallback(() => {
    // Something has changed meanwhile, which the answer on its way may not know.
    if (url !== null) underWay.forget(url);
    setRound((n) => n + 1);
  }, [url]);
  return { data: state.data, error: state.error, loading: state.loading, reload };
}

function keep(url: string, data: unknown): void {
  kept.delete(url);
  kept.set(url, data);
  const oldest = kept.keys().next();
  if (kept.size > KEPT_MAX && !oldest.done) kept.delete(oldest.value);
}
