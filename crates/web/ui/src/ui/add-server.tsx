import type { Overview } from "../api/schema";
import { useGet } from "../api/useGet";
import { isAdmin } from "../app/access";
import { href } from "../app/router";
import { Icon } from "./icon";

/** Whether who looks may change what is watched, and here; undefined until that is known. */
export function useWritable(): boolean | undefined {
  const { data } = useGet<Overview>(isAdmin() ? "api/v1/setup" : null);
  return data?.writable;
}

/** The way to the page that adds servers, where it can. */
export function AddServer() {
  if (!useWritable()) return null;
  return (
    <a class="button" href={href("/welcome")}>
      <Icon name="plus" /> Add a server
    </a>
  );
}
