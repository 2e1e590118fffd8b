// What the page remembers in this browser: chosen columns and saved views.
import { signal } from "@preact/signals";

export interface View {
  name: string;
  /** The query it was saved with, without a leading `?`. */
  query: string;
  columns: string[];
}

const COLUMNS_KEY = "projectionist.history.columns";
const VIEWS_KEY = "projectionist.history.views";

/** Saved views; beyond them the oldest one goes. */
const VIEWS_MAX = 50;

const USUAL = ["user", "player", "decision", "started", "duration", "progress"];

const isText = (x: unknown): x is string => typeof x === "string";

function isView(x: unknown): x is View {
  const view = x as Partial<View> | null;
  return isText(view?.name) && isText(view.query) && Array.isArray(view.columns) && view.columns.every(isText);
}

function stored<T>(key: string, is: (x: unknown) => x is T): T[] | undefined {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
    return Array.isArray(list) ? list.filter(is) : undefined;
  } catch {
    // Storage switched off, or not ours.
    return undefined;
  }
}

function store(key: string, list: readonly unknown[]): void {
  try {
    localStorage.setItem(key, JSON.stringify(list));
  } catch {
    // It holds until the page is left.
  }
}

/** Keys of the columns beside the title, in the order of the table. */
export const columns = signal<string[]>(stored(COLUMNS_KEY, isText) ?? USUAL);

export const views = signal<View[]>(stored(VIEWS_KEY, isView) ?? []);

export function chooseColumns(keys: string[]): void {
  columns.value = keys;
  store(COLUMNS_KEY, keys);
}

function setViews(list: View[]): void {
  views.value = list.slice(-VIEWS_MAX);
  store(VIEWS_KEY, views.value);
}

/** A view of the same name is replaced. */
export function saveView(view: View): void {
  setViews([...views.value.filter((v) => v.name !== view.name), view]);
}

export function renameView(from: string, to: string): void {
  const others = views.value.filter((v) => v.name === from || v.name !== to);
  setViews(others.map((v) => (v.name === from ? { ...v, name: to } : v)));
}

export function deleteView(name: string): void {
  setViews(views.value.filter((v) => v.name !== name));
}
