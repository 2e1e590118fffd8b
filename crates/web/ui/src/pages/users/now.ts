// Who plays right now.
import { computed } from "@preact/signals";
import type { UserEntry } from "../../api/schema";
import { sessions } from "../../live/store";

/** Accounts by id and by name, as text: progress of a session changes nothing in it. */
const text = computed(() =>
  JSON.stringify(sessions.value.flatMap(({ value: { user } }) => (user ? [user.id ?? null, user.name] : []))),
);

const present = computed(() => new Set(JSON.parse(text.value) as Array<string | null>));

export function playsNow(user: UserEntry): boolean {
  const who = user.id ?? user.name;
  return who !== undefined && present.value.has(who);
}
