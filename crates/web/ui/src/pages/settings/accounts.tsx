// Who can sign in.
import { useState } from "preact/hooks";
import { send } from "../../api/client";
import type { Accounts as AccountList, RoleWord } from "../../api/schema";
import { useGet } from "../../api/useGet";
import { access, PASSWORD_MIN } from "../../app/access";
import { ago, dateTime } from "../../format/times";
import { Avatar, Card, Failed, Segments, Waiting } from "../../ui/parts";
import { Form, SecretField, TextField, TwiceButton } from "./form";
import { passwordFault } from "./rules";

const NAME_MAX = 64;

export function Accounts() {
  const mode = access.value?.mode;
  const { data, error, reload } = useGet<AccountList>(mode === "proxy" ? null : "api/v1/access/accounts");
  const [failed, setFailed] = useState<unknown>();
  const remove = (name: string) =>
    send("DELETE", `api/v1/access/accounts/${encodeURIComponent(name)}`).then(() => {
      setFailed(undefined);
      reload();
    }, setFailed);
  return (
    <Card title="Accounts">
      {mode === "proxy" ? (
        <p class="soft">Your proxy signs people in, so there are no accounts here.</p>
      ) : !data ? (
        error ? (
          <Failed error={error} retry={reload} />
        ) : (
          <Waiting />
        )
      ) : (
        <>
          {data.accounts.length === 0 ? (
            <p class="soft">There is none. The first password that is set is that of admin.</p>
          ) : (
            <ul class="settings-list">
              {data.accounts.map((a) => (
                <li class="row" key={a.name}>
                  <Avatar name={a.name} />
                  <span class="grow clip">
                    <b>{a.name}</b> <span class="tag">{a.role}</span>
                    <span class="soft small settings-below">
                      since {dateTime(a.created_at)},{" "}
                      {a.last_seen_at ? `here ${ago(a.last_seen_at)}` : "never here"}
                    </span>
                  </span>
                  {a.name !== access.value?.name && (
                    <TwiceButton
                      label="Remove"
                      name={a.name}
                      sure="Really remove"
                      act={() => void remove(a.name)}
                    />
                  )}
                </li>
              ))}
            </ul>
          )}
          {failed !== undefined && <Failed error={failed} />}
          <details class="settings-more">
            <summary>Add an account</summary>
            <NewAccount added={reload} />
          </details>
        </>
      )}
    </Card>
  );
}

function NewAccount({ added }: { added: () => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<RoleWord>("viewer");
  const [password, setPassword] = useState("");
  const add = async () => {
    await send("POST", "api/v1/access/accounts", { name: name.trim(), role, password });
    const text = `${name.trim()} can sign in now.`;
    setName("");
    setPassword("");
    added();
    return text;
  };
  return (
    <Form button="Add" check={() => passwordFault(password, password)} submit={add}>
      <TextField label="Name" value={name} onInput={setName} max={NAME_MAX} />
      <div class="field">
        <span>May</span>
        <Segments<RoleWord>
          label="Role"
          value={role}
          options={[
            ["viewer", "See everything"],
            ["admin", "Change everything"],
          ]}
          onChange={setRole}
        />
      </div>
      <SecretField
        label="Password"
        note={`${PASSWORD_MIN} characters or more`}
        value={password}
        onInput={setPassword}
        complete="new-password"
      />
    </Form>
  );
}
