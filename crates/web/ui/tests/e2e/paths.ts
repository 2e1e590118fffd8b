// One address of every kind of page, those of single things with what the running program has.
import { inject } from "vitest";

async function ask<T>(path: string): Promise<T> {
  return (await (await fetch(new URL(path, inject("demo")))).json()) as T;
}

/** Names for files, and paths with their leading slash. */
export async function everyPath(): Promise<Array<[name: string, path: string]>> {
  const { users } = await ask<{ users: Array<{ id: string }> }>("api/v1/users?limit=1");
  const { collections } = await ask<{ collections: Array<{ server: string; rating_key: number }> }>("api/v1/collections");
  const { entries } = await ask<{ entries: Array<{ server_id: string; rating_key: string }> }>(
    "api/v1/analytics/top?of=titles&limit=1&media=episode",
  );
  return [
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
    ["welcome", "/welcome"],
  ];
}
