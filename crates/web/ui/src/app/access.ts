// Who looks, and what they may do.
import { signal } from "@preact/signals";
import { get } from "../api/client";

/** `GET /api/v1/access`. */
export interface AccessState {
  mode: "open" | "password" | "proxy";
  signed_in: boolean;
  name?: string;
  role?: "admin" | "viewer";
  password_set: boolean;
  setup_code_needed: boolean;
}

export const access = signal<AccessState | undefined>(undefined);

export async function refreshAccess(): Promise<AccessState> {
  access.value = await get<AccessState>("api/v1/access");
  return access.value;
}

export function isAdmin(): boolean {
  return access.value?.role === "admin";
}
