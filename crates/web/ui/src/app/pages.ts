// Every page: where it is, how it is called, and the file that draws it, loaded when it is first shown.
import type { ComponentType } from "preact";
import type { IconName } from "../ui/icon";
import { match } from "./router";

export interface PageProps {
  /** The parts of the path that its pattern names. */
  params: Record<string, string>;
}

export type PageComponent = ComponentType<PageProps>;

export interface Page {
  pattern: string;
  title: string;
  load: () => Promise<{ default: PageComponent }>;
  /** In the menu, with this picture. */
  icon?: IconName;
  /** Also in the narrow menu of phones. */
  phone?: boolean;
  /** Under which page of the menu it stands. */
  under?: string;
  /** Drawn without the menu. */
  bare?: boolean;
}

export const PAGES: readonly Page[] = [
  { pattern: "/", title: "Now", load: () => import("../pages/now/now"), icon: "play", phone: true },
  { pattern: "/history", title: "History", load: () => import("../pages/history/history"), icon: "history", phone: true },
  { pattern: "/graphs", title: "Graphs", load: () => import("../pages/graphs/graphs"), icon: "chart", phone: true },
  { pattern: "/users", title: "Users", load: () => import("../pages/users/users"), icon: "users" },
  { pattern: "/users/:id", title: "User", load: () => import("../pages/users/user"), under: "/users" },
  { pattern: "/libraries", title: "Libraries", load: () => import("../pages/libraries/libraries"), icon: "library" },
  { pattern: "/libraries/:server/:id", title: "Library", load: () => import("../pages/libraries/library"), under: "/libraries" },
  { pattern: "/titles", title: "Titles", load: () => import("../pages/titles/titles"), icon: "film" },
  { pattern: "/titles/:server/:key", title: "Title", load: () => import("../pages/titles/title"), under: "/titles" },
  { pattern: "/collections", title: "Collections", load: () => import("../pages/collections/collections"), icon: "collection" },
  {
    pattern: "/collections/:server/:key",
    title: "Collection",
    load: () => import("../pages/collections/collection"),
    under: "/collections",
  },
  { pattern: "/iptv", title: "IPTV", load: () => import("../pages/iptv/iptv"), icon: "antenna" },
  { pattern: "/servers", title: "Servers", load: () => import("../pages/servers/servers"), icon: "server", phone: true },
  { pattern: "/series", title: "Metrics", load: () => import("../pages/series/series"), icon: "gauge" },
  { pattern: "/settings", title: "Settings", load: () => import("../pages/settings/settings"), icon: "cog" },
  { pattern: "/welcome", title: "Welcome", load: () => import("../pages/welcome/welcome"), bare: true },
  { pattern: "/sign-in", title: "Sign in", load: () => import("../pages/sign-in/sign-in"), bare: true },
];

export function pageAt(path: string): { page: Page; params: Record<string, string> } | undefined {
  for (const page of PAGES) {
    const params = match(page.pattern, path);
    if (params) return { page, params };
  }
  return undefined;
}
