// What this browser prefers. Kept in it, since it is about a screen and not about a person.
import { effect, signal } from "@preact/signals";

export interface Prefs {
  theme: "system" | "light" | "dark";
  /** `system` follows the locale. */
  hours: "system" | "12" | "24";
  /** First day of the week, 0 is Sunday; the locale's where nobody has chosen. */
  weekStart?: 0 | 1 | 6;
  /** Cards on the first page. */
  density: "auto" | "rich" | "compact" | "table";
  /** A slim menu with icons alone. */
  slimMenu: boolean;
}

const KEY = "projectionist.prefs";

const usual: Prefs = { theme: "system", hours: "system", density: "auto", slimMenu: false };

/** The day a week begins with. */
export function weekStart(): 0 | 1 | 6 {
  return prefs.value.weekStart ?? (ofLocale ??= firstDay());
}

/** Asked for when it is first needed: the browser reads a large table for it. */
let ofLocale: 0 | 1 | 6 | undefined;

function firstDay(): 0 | 1 | 6 {
  type Week = { weekInfo?: { firstDay: number }; getWeekInfo?: () => { firstDay: number } };
  const locale = new Intl.Locale(navigator.language) as Intl.Locale & Week;
  const first = (locale.getWeekInfo?.() ?? locale.weekInfo)?.firstDay ?? 1;
  return first === 7 ? 0 : first === 6 ? 6 : 1;
}

function load(): Prefs {
  try {
    return { ...usual, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Prefs>) };
  } catch {
    // Storage switched off, or not ours.
    return usual;
  }
}

export const prefs = signal<Prefs>(load());

export function prefer(changes: Partial<Prefs>): void {
  prefs.value = { ...prefs.value, ...changes };
  try {
    localStorage.setItem(KEY, JSON.stringify(prefs.value));
  } catch {
    // It holds until the page is left.
  }
}

/** Whether the dark colours are in force; charts draw anew when it changes. */
export const dark = signal(false);

// Asked for when it is needed: what merely formats a time runs without a screen, too.
const system = () => matchMedia("(prefers-color-scheme: dark)");

function apply(): void {
  const { theme } = prefs.value;
  dark.value = theme === "dark" || (theme === "system" && system().matches);
  document.documentElement.dataset.theme = dark.value ? "dark" : "light";
  document
    .querySelector('meta[name="theme-color"]')
    ?.setAttribute("content", dark.value ? "#161412" : "#f7f5f1");
}

/** Called once, before anything is drawn. */
export function watchTheme(): void {
  effect(apply);
  system().addEventListener("change", apply);
}
