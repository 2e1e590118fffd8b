import { useEffect, useState } from "preact/hooks";
import { ApiError, get } from "../../api/client";
import type { Import, Imports, Overview } from "../../api/schema";
import { go } from "../../app/router";
import { ImportRow } from "../../ui/import-row";

const EVERY_MS = 700;

/** After saving: the program starts anew with what was saved, and imports run. Ends at the first page. */
export function TakingUp({ imports: expected, onFailed }: { imports: number; onFailed: (why: string) => void }) {
  const [ready, setReady] = useState(false);
  const [imports, setImports] = useState<Import[]>([]);
  useEffect(() => {
    const look = async () => {
      await get("ready");
      const { last_error } = await get<Overview>("api/v1/setup");
      if (last_error) return onFailed(last_error);
      setReady(true);
      if (expected > 0) setImports((await get<Imports>("api/v1/imports")).imports);
    };
    // It does not answer while it starts anew.
    const timer = setInterval(() => void look().catch((e: unknown) => e instanceof ApiError || onFailed(String(e))), EVERY_MS);
    return () => clearInterval(timer);
  }, [expected]);
  const over = ready && imports.length >= expected && imports.every((i) => i.state !== "running");
  useEffect(() => {
    if (over && imports.every((i) => i.state === "done")) go("/", true);
  }, [over]);
  return (
    <section class="card stack" aria-live="polite">
      <h2 class="row">
        {!over && <span class="busy" />} {ready ? "Watching" : "Starting to watch …"}
      </h2>
      {imports.length > 0 && (
        <ul class="stack">
          {imports.map((one) => (
            <ImportRow one={one} key={one.id} />
          ))}
        </ul>
      )}
      {ready && (
        <div>
          <button type="button" class="button main" onClick={() => go("/", true)}>
            See what plays
          </button>
          {!over && <p class="soft small">The import goes on meanwhile.</p>}
        </div>
      )}
    </section>
  );
}
