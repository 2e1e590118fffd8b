import { send } from "../api/client";
import { refreshAccess } from "./access";

export async function signOut(): Promise<void> {
  await send("POST", "api/v1/access/sign-out");
  await refreshAccess();
}
