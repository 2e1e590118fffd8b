// Keys for programs.
import { useState } from "preact/hooks";
import { send } from "../../api/client";
import type { Key, Keys as KeyList, MadeKey } from "../../api/schema";
import { useGet } from "../../api/useGet";
import { ago, dateTime } from "../../format/times";
import { Snippet } from "../../ui/copy";
import { Icon } from "../../ui/icon";
import { Card, Failed, Waiting } from "../../ui/parts";
import { Sheet } from "../../ui/sheet";
import { Form, TextField, TwiceButton } from "./form";
import { SCOPES, type Scope } from "./rules";

const NAME_MAX = 64;

export function Keys() {
  const { data, error, reload } = useGet<KeyList>("api/v1/access/keys");
  const [failed, setFailed] = useState<unknown>();
  const [made, setMade] = useState<{ key: string; name: string }>();
  const revoke = (id: string) =>
    send("DELETE", `api/v1/access/keys/${encodeURIComponent(id)}`).then(() => {
      setFailed(undefined);
      reload();
    }, setFailed);
  return (
    <Card title="API keys">
      {!data ? (
        error ? (
          <Failed error={error} retry={reload} />
        ) : (
          <Waiting />
        )
      ) : (
        <>
          {data.keys.length === 0 ? (
            <p class="soft">
              There is none. A key lets a program in without a password, as far as its scopes go.
            </p>
          ) : (
            <ul class="settings-list">
              {data.keys.map((k) => (
                <Row one={k} revoke={() => void revoke(k.id)} key={k.id} />
              ))}
            </ul>
          )}
          {failed !== undefined && <Failed error={failed} />}
          <details class="settings-more">
            <summary>Make a key</summary>
            <NewKey
              made={(key) => {
                setMade(key);
                reload();
              }}
            />
          </details>
        </>
      )}
      {made && <Shown made={made} close={() => setMade(undefined)} />}
    </Card>
  );
}

function NewKey({ made }: { made: (key: { key: string; name: string }) => void }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<ReadonlySet<Scope>>(new Set(["read"]));
  const turn = (scope: Scope) => {
    const next = new Set(scopes);
    if (!next.delete(scope)) next.add(scope);
    setScopes(next);
  };
  const make = async () => {
    const body = { name: name.trim(), scopes: [...scopes] };
    const { key } = await send<MadeKey>("POST", "api/v1/access/keys", body);
    setName("");
    made({ key, name: body.name });
  };
  return (
    <Form
      button="Make it"
      check={() => (scopes.size === 0 ? "Choose what it opens." : undefined)}
      submit={make}
    >
      <TextField
        label="What it is for"
        placeholder="Prometheus"
        value={name}
        onInput={setName}
        max={NAME_MAX}
      />
      <fieldset class="settings-scopes">
        <legend>It opens</legend>
        {SCOPES.map(([scope, title, note]) => (
          <label key={scope}>
            <input type="checkbox" checked={scopes.has(scope)} onChange={() => turn(scope)} />
            <span>
              {title} <span class="soft small">{note}</span>
            </span>
          </label>
        ))}
      </fieldset>
    </Form>
  );
}

/** The key itself, this once. */
function Shown({ made, close }: { made: { key: string; name: string }; close: () => void }) {
  return (
    <Sheet title={`The key of ${made.name}`} box onClose={close}>
      <div class="stack">
        <p>Copy it now: it is not kept, and never shown again.</p>
        <Snippet text={made.key} label="the key" />
        <p class="soft small">
          A program sends it as <span class="mono">X-Api-Key</span> or{" "}
          <span class="mono">Authorization: Bearer</span>, Prometheus also as the password of basic
          authentication, and a program made for Tautulli as <span class="mono">apikey</span>.
        </p>
        <button type="button" class="button main" onClick={close}>
          I have it
        </button>
      </div>
    </Sheet>
  );
}

function Row({ one: k, revoke }: { one: Key; revoke: () => void }) {
  return (
    <li class="row">
      <Icon name="key" />
      <span class="grow">
        <span class="row wrap">
          <b class="clip">{k.name}</b>
          {k.scopes.map((scope) => (
            <span class="tag" key={scope}>
              {scope}
            </span>
          ))}
        </span>
        <span class="soft small settings-below">
          made {dateTime(k.created_at)},{" "}
          {k.last_used_at ? `used ${ago(k.last_used_at)}` : "never used"}
        </span>
      </span>
      <TwiceButton
        label="Revoke"
        name={k.name}
        sure="Really revoke"
        act={revoke}
      />
    </li>
  );
}
