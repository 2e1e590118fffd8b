// Where things are in the dashboard.

/** The page of an account, by its id, or by its name where it has none. */
export function userPath(id: string | number): string {
  return `/users/${encodeURIComponent(String(id))}`;
}

/** The page of a title; absent where the title is not known to be in a library. */
export function titlePath(server: string, key: string | number | undefined): string | undefined {
  return key === undefined ? undefined : `/titles/${encodeURIComponent(server)}/${encodeURIComponent(String(key))}`;
}
