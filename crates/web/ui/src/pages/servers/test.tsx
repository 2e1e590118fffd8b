// Asks a server, now and in full, whether it can be watched.
import { useState } from "preact/hooks";
import { ApiError, send } from "../../api/client";
import type { Tested } from "../../api/schema";
import { isAdmin } from "../../app/access";
import { Icon } from "../../ui/icon";
import { TestedNotice } from "../../ui/tested";

export function TestButton({ server }: { server: string }) {
  const [busy, setBusy] = useState(false);
  const [came, setCame] = useState<Tested>();
  if (!isAdmin()) return null;
  const test = async () => {
    setBusy(true);
    setCame(undefined);
    try {
      setCame(await send<Tested>("POST", `api/v1/servers/${encodeURIComponent(server)}/test`));
    } catch (error) {
      const hint = error instanceof ApiError ? error.hint : undefined;
      setCame({ ok: false, message: error instanceof Error ? error.message : String(error), hint });
    }
    setBusy(false);
  };
  return (
    <div class="servers-test">
      <button type="button" class="button" disabled={busy} onClick={() => void test()}>
        {busy ? <span class="busy" /> : <Icon name="bolt" />} Test this
      </button>
      <div role="status">{came && <TestedNotice tested={came} />}</div>
    </div>
  );
}
