// What is checked before the server is asked.
import { PASSWORD_MIN } from "../../app/access";

/** What is wrong with a password that was typed twice. */
export function passwordFault(password: string, again: string): string | undefined {
  if ([...password].length < PASSWORD_MIN) return `A password has ${PASSWORD_MIN} characters or more.`;
  return password === again ? undefined : "The two are not the same.";
}

/** The scopes of keys, with what each opens. */
export const SCOPES = [
  ["metrics", "Metrics", "/metrics, for Prometheus"],
  ["read", "Read", "everything a viewer sees"],
  ["tautulli", "Tautulli", "/api/v2, for programs made for Tautulli"],
  ["admin", "Admin", "everything"],
] as const;

export type Scope = (typeof SCOPES)[number][0];
