// One colour per meaning, wherever it is drawn.

const MEANINGS: Record<string, string> = {
  directplay: "--directplay",
  copy: "--copy",
  transcode: "--transcode",
  unknown: "--unknown",
  movie: "--movie",
  episode: "--episode",
  track: "--track",
  live: "--live",
};

const WHEEL = ["--c1", "--c2", "--c3", "--c4", "--c5", "--c6", "--c7", "--c8"] as const;

/** The name of the colour of a series: its own, that of its meaning, or that of its place. */
export function colorOf(name: string, index: number, own?: string): string {
  return own ?? MEANINGS[name] ?? WHEEL[index % WHEEL.length] ?? "--c1";
}

/** What `--transcode` is in the colours of now. */
export function cssColor(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
