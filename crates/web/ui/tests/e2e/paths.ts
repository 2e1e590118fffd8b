// One address of every kind of page, those of single things with what the running program has.
import { inject } from "vitest";
import { projectionist } from "./programs";

async function ask<T>(path: string): Promise<T> {
  return (await (await fetch(new URL(path, inject("demo")))).json()) as T;
}

export interface Place {
  /** For files. */
  name: string;
  /** With its leading slash. */
  path: string;
  /** Where it is, if not at the demo. */
  base?: string;
}

/** The first run is shown by a program that has nothing to watch; one serves all tests of a file. */
let unset: Promise<string> | undefined;

async function welcome(): Promise<Place> {
  if (!inject("program")) return { name: "welcome", path: "/welcome" };
  unset ??= projectionist().then((own) => own.url);
  return { name: "welcome", path: "/welcome", base: await unset };
}

export async function everyPath(): Promise<Place[]> {
  const { users } = await ask<{ users: Array<{ id: string }> }>("api/v1/users?limit=1");
  const { collections } = await ask<{ collections: Array<{ server: string; rating_key: number }> }>("api/v1/collections");
  const { entries } = await ask<{ entries: Array<{ server_id: string; rating_key: string }> }>(
    "api/v1/analytics/top?of=titles&limit=1&media=episode",
  );
  const demo: Array<[name: string, path: string]> = [
    ["now", "/"],
    ["history", "/history"],
    ["graphs", "/graphs"],
    ["users", "/users"],
    ["user", `/users/${users[0]?.id}`],
    ["libraries", "/libraries"],
    ["library", "/libraries/house/1"],
    ["titles", "/titles"],
    ["title", `/titles/${entries[0]?.server_id}/${entries[0]?.rating_key}`],
    ["collections", "/collections"],
    ["collection", `/collections/${collections[0]?.server}/${collections[0]?.rating_key}`],
    ["iptv", "/iptv"],
    ["servers", "/servers"],
    ["metrics", "/series"],
    ["settings", "/settings"],
  ];
  return [...demo.map(([name, path]) => ({ name, path })), await welcome()];
}
