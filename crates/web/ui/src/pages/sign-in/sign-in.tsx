import { useState } from "preact/hooks";
import { ApiError, send } from "../../api/client";
import { access, PASSWORD_MIN, refreshAccess } from "../../app/access";
import { Mark } from "../../ui/icon";
import "./sign-in.css";

/** Signing in; or, before anybody has, choosing the administrator's password. */
export default function SignIn() {
  const state = access.value;
  if (!state) return null;
  return (
    <main class="signin" id="main">
      <Form key={state.password_set ? "sign-in" : "first"} />
    </main>
  );
}

function Form() {
  const state = access.value;
  if (state?.mode === "proxy") {
    return (
      <div class="card">
        <h1>Not let in</h1>
        <p class="soft">
          The proxy in front of Projectionist decides who may look, and it named nobody. Sign in there, then reload.
        </p>
      </div>
    );
  }
  return state?.password_set ? <Known /> : <First codeNeeded={state?.setup_code_needed ?? false} />;
}

/** A form whose button sends `body` to `path`, and what is said when that is refused. */
function useSubmit(path: string) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const submit = async (body: object) => {
    setBusy(true);
    setError(undefined);
    try {
      await send("POST", path, body);
      await refreshAccess();
    } catch (e) {
      setError(e instanceof ApiError ? e.message : String(e));
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, setError, submit };
}

function Brand() {
  return (
    <div class="brand">
      <Mark />
      <span>Projectionist</span>
    </div>
  );
}

function Known() {
  const { busy, error, submit } = useSubmit("api/v1/access/sign-in");
  const [name, setName] = useState("admin");
  const [password, setPassword] = useState("");
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        void submit({ name, password });
      }}
    >
      <Brand />
      <h1 class="unseen">Sign in</h1>
      <label class="field">
        <span>Name</span>
        <input
          class="input"
          autocomplete="username"
          autocapitalize="none"
          value={name}
          onInput={(e) => setName(e.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>Password</span>
        <input
          class="input"
          type="password"
          autocomplete="current-password"
          autofocus
          required
          value={password}
          onInput={(e) => setPassword(e.currentTarget.value)}
        />
      </label>
      {error && (
        <p class="notice bad" role="alert">
          {error}
        </p>
      )}
      <button class="button main" disabled={busy || !password}>
        Sign in
      </button>
      <p class="soft small">
        Forgotten? On the machine it runs on: <code class="mono">projectionist access password</code>
      </p>
    </form>
  );
}

function First({ codeNeeded }: { codeNeeded: boolean }) {
  const { busy, error, setError, submit } = useSubmit("api/v1/access/password");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [code, setCode] = useState("");
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        if (password !== again) setError("The two passwords differ.");
        else void submit({ new: password, ...(codeNeeded ? { setup_code: code.trim() } : {}) });
      }}
    >
      <Brand />
      <h1>Choose a password</h1>
      <p class="soft small">
        Projectionist can be reached from other machines, so it wants to know who may look. The name is{" "}
        <b>admin</b>; further people can be added later.
      </p>
      <input type="text" class="unseen" autocomplete="username" value="admin" readOnly tabIndex={-1} aria-label="Name" />
      {codeNeeded && (
        <label class="field">
          <span>Set-up code</span>
          <input class="input mono" autocomplete="off" required value={code} onInput={(e) => setCode(e.currentTarget.value)} />
          <span class="soft tiny">It stands in the log, where Projectionist says that it listens.</span>
        </label>
      )}
      <label class="field">
        <span>Password, at least {PASSWORD_MIN} characters</span>
        <input
          class="input"
          type="password"
          autocomplete="new-password"
          minLength={PASSWORD_MIN}
          required
          value={password}
          onInput={(e) => setPassword(e.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>The same again</span>
        <input
          class="input"
          type="password"
          autocomplete="new-password"
          required
          value={again}
          onInput={(e) => setAgain(e.currentTarget.value)}
        />
      </label>
      {error && (
        <p class="notice bad" role="alert">
          {error}
        </p>
      )}
      <button class="button main" disabled={busy || password.length < PASSWORD_MIN}>
        Set the password
      </button>
    </form>
  );
}
