// Pictures of our own, drawn with lines on a field of 24 by 24.
const PATHS = {
  play: "M8 5.5v13l10.5-6.5z",
  pause: "M8.5 5.5v13M15.5 5.5v13",
  history: "M4 12a8 8 0 1 0 2.6-5.9L4 8.5M4 4v4.5h4.5M12 7.5V12l3 2",
  chart: "M4.5 19.5h15M7 16v-5M12 16V6M17 16v-8",
  users: "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM3 19.5c.5-3.5 3-5 6-5s5.5 1.5 6 5M16 5a3.2 3.2 0 0 1 0 6.200M17.5 14.800c2 .6 3.2 2.2 3.5 4.7",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM5 20c.6-4 3.4-6 7-6s6.4 2 7 6",
  library: "M5 4.500v15M9 4.500v15M12.5 5l5.5 14M5 19.500h4M5 4.500h4",
  film: "M4 5.500h16v13H4zM8 5.500v13M16 5.500v13M4 10h4M4 14h4M16 10h4M16 14h4",
  music: "M9 18V6l10-2v12M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0ZM19 16a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0Z",
  tv: "M4 7h16v11H4zM9 21h6M8 3l4 4 4-4",
  collection: "M5 9.500h14v10H5zM7 6.500h10M9 3.500h6",
  antenna: "M12 13v7M8 20h8M12 13a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3ZM8.5 15.500a5 5 0 0 1 0-8M15.5 15.500a5 5 0 0 0 0-8M6 18a9 9 0 0 1 0-13M18 18a9 9 0 0 0 0-13",
  server: "M4 5h16v6H4zM4 13h16v6H4zM7.5 8h.01M7.5 16h.01M11 8h5M11 16h5",
  gauge: "M4 17a8.5 8.5 0 1 1 16 0M12 16l4-5.5",
  cog: "M12 15.200a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.400ZM12 3v2.500M12 18.500V21M3 12h2.500M18.5 12H21M5.6 5.600l1.8 1.800M16.6 16.600l1.8 1.800M5.6 18.400l1.8-1.800M16.6 7.400l1.8-1.8",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  left: "M14.5 6l-6 6 6 6",
  right: "M9.5 6l6 6-6 6",
  down: "M6 9.500l6 6 6-6",
  up: "M6 14.500l6-6 6 6",
  out: "M14 4.500H5v15h9M10 12h10M16.5 8.500L20 12l-3.5 3.5",
  close: "M6 6l12 12M18 6L6 18",
  check: "M5 12.500l4.5 4.500L19 7.5",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.5 15.500L20 20",
  filter: "M4 6h16M7 12h10M10 18h4",
  columns: "M4 5h16v14H4zM9.5 5v14M14.5 5v14",
  download: "M12 4v11M7.5 11l4.5 4.5 4.5-4.500M5 20h14",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9h.01",
  table: "M4 5h16v14H4zM4 10h16M4 14.500h16M10 5v14",
  bookmark: "M7 4h10v16l-5-4-5 4z",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  bolt: "M13 3L5 13.500h6L10.5 21 19 10.500h-6z",
  chip: "M7 7h10v10H7zM10 3.500V7M14 3.500V7M10 17v3.500M14 17v3.500M3.5 10H7M3.5 14H7M17 10h3.500M17 14h3.5",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  warn: "M12 4L3 19.500h18zM12 10v4.500M12 17h.01",
  refresh: "M19 12a7 7 0 1 1-2-4.900M19 4v4h-4",
  plus: "M12 5v14M5 12h14",
  trash: "M5 7h14M9.5 7V4.500h5V7M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
  key: "M8 15.500a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM11.5 12H21M17.5 12v3M20.5 12v2",
  outside: "M13 5h6v6M19 5l-8 8M17 14v5H5V7h5",
} as const;

export type IconName = keyof typeof PATHS;

/** A picture beside words. Alone, its button needs an `aria-label`. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.7"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The sign of an item, for where there is no picture of it. */
export function iconOf({ kind, live }: { kind?: string; live?: unknown }): IconName {
  return live ? "antenna" : kind === "track" ? "music" : kind === "episode" ? "tv" : "film";
}

/** Our sign. Drawn in place: the browser makes a page of its own for each picture file of this kind. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#26221d" />
      <path d="M7 12.5 25 7v18L7 19.5z" fill="#f0a83a" />
      <circle cx="8" cy="16" r="4.5" fill="#fff4de" />
    </svg>
  );
}
