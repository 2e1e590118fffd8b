// Who looks, and what they may do.
import { signal } from "@preact/signals";
import { get } from "../api/client";
import type { AccessState } from "../api/schema";

/** Shortest password that is taken, in characters, as the server demands it. */
export const PASSWORD_MIN = 8;

export const access = signal<AccessState | undefined>(undefined);

export async function refreshAccess(): Promise<AccessState> {
  const told = await get<AccessState>("api/v1/access");
  // The same again changes nothing that is drawn.
  if (JSON.stringify(told) !== JSON.stringify(access.peek())) access.value = told;
  return told;
}

export function isAdmin(): boolean {
  return access.value?.role === "admin";
}
