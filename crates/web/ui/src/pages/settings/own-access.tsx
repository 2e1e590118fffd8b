// How one comes in here, and one's own password.
import { useState } from "preact/hooks";
import { send } from "../../api/client";
import { access, PASSWORD_MIN, refreshAccess } from "../../app/access";
import { signOut } from "../../app/session";
import { Icon } from "../../ui/icon";
import { Card } from "../../ui/parts";
import { Form, SecretField } from "./form";
import { passwordFault } from "./rules";

export function OwnAccess() {
  const state = access.value;
  if (!state) return null;
  return (
    <Card title="Access">
      <p class="settings-note">
        {state.mode === "open" ? (
          <>
            Nobody has to sign in: this program listens to its own machine alone, or{" "}
            <span class="mono">[access] mode</span> is off.
          </>
        ) : state.mode === "proxy" ? (
          <>
            The proxy in front of this program says that you are{" "}
            <b>{state.name ?? "somebody without a name"}</b>
            {state.role && `, ${ROLES[state.role]}`}.
          </>
        ) : (
          <>
            You are signed in as <b>{state.name}</b>
            {state.role && `, ${ROLES[state.role]}`}.
          </>
        )}
      </p>
      {state.mode === "password" && (
        <div class="row wrap">
          <button type="button" class="button" onClick={() => void signOut()}>
            <Icon name="out" /> Sign out
          </button>
        </div>
      )}
      {state.mode !== "proxy" && <Password isFirst={!state.password_set} open={state.mode === "open"} />}
    </Card>
  );
}

const ROLES = {
  admin: "who may change everything",
  viewer: "who may see everything and change nothing",
} as const;

function Password({ isFirst, open }: { isFirst: boolean; open: boolean }) {
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  // Where nobody is signed in there is no "own" password but the first.
  if (open && !isFirst) return null;
  const change = async () => {
    await send("POST", "api/v1/access/password", isFirst ? { new: password } : { current, new: password });
    setCurrent("");
    setPassword("");
    setAgain("");
    await refreshAccess();
    return isFirst
      ? "The password of admin is set."
      : "Your password is changed. Other browsers have to sign in again.";
  };
  return (
    <details class="settings-more">
      <summary>{isFirst ? "Set a password for admin" : "Change your password"}</summary>
      <Form
        button={isFirst ? "Set it" : "Change it"}
        check={() => passwordFault(password, again)}
        submit={change}
      >
        {!isFirst && (
          <SecretField
            label="Present password"
            value={current}
            onInput={setCurrent}
            complete="current-password"
          />
        )}
        <SecretField
          label={isFirst ? "Password" : "New password"}
          note={`${PASSWORD_MIN} characters or more`}
          value={password}
          onInput={setPassword}
          complete="new-password"
        />
        <SecretField label="The same again" value={again} onInput={setAgain} complete="new-password" />
      </Form>
    </details>
  );
}
