// Further programs a file of tests starts: Projectionist itself with a configuration of its own, and the servers a first
// run meets.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, inject } from "vitest";
import { addressOf } from "./setup";

const running: ChildProcess[] = [];
const folders: string[] = [];

afterAll(async () => {
  for (const one of running) {
    const ended = new Promise((done) => (one.exitCode === null ? one.once("exit", done) : done(undefined)));
    one.kill("SIGTERM");
    await ended;
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A program that says in one line of its output what there is to know. */
function started(program: string, args: string[], env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env: { PATH: process.env.PATH, ...env } });
  running.push(child);
  return child;
}

function lineOf(stream: NodeJS.ReadableStream | null, find: RegExp, what: string): Promise<string> {
  return new Promise((found, failed) => {
    if (!stream) return failed(new Error(`${what} has no output`));
    const seen: string[] = [];
    const lines = createInterface(stream);
    lines.on("line", (line) => {
      seen.push(line);
      const hit = find.exec(line)?.[1];
      if (hit) found(hit);
    });
    lines.on("close", () => failed(new Error(`${what} ended: ${seen.slice(-8).join("\n")}`)));
  });
}

export interface House {
  plex: { url: string; token: string; name: string };
  plex_tv: string;
  tautulli: { url: string; api_key: string; plays: number };
  /** Confirms a sign-in, as a person does at plex.tv. */
  confirm: (code: string) => void;
}

/** The servers of a first run; `cargo xtask test` has built them beside the program. */
export async function house(): Promise<House> {
  const child = started(join(dirname(inject("program")), "examples/first_run"), [], {});
  const told = JSON.parse(await lineOf(child.stdout, /^(\{.*\})$/, "first_run")) as Omit<House, "confirm">;
  return { ...told, confirm: (code) => child.stdin?.write(`confirm ${code}\n`) };
}

/** A demo of its own; returns where it answers, with a final slash. */
export async function demo(args: string[]): Promise<string> {
  const child = started(inject("program"), ["demo", "--listen", "127.0.0.1:0", "--log-level", "warn", ...args], {});
  return `${await addressOf(child)}/`;
}

export interface Program {
  /** Where it answers, with a final slash. */
  url: string;
  folder: string;
  /** What it has written into its log so far. */
  log: string[];
}

/** Projectionist in a folder of its own, without any configuration but `env`. */
export async function projectionist(env: Record<string, string> = {}): Promise<Program> {
  const folder = mkdtempSync(join(tmpdir(), "projectionist-browser-"));
  folders.push(folder);
  const child = started(inject("program"), ["run"], {
    HOME: folder,
    PROJECTIONIST_DATA_DIR: folder,
    PROJECTIONIST_LISTEN: "127.0.0.1:0",
    ...env,
  });
  const log: string[] = [];
  if (child.stderr) createInterface(child.stderr).on("line", (line) => log.push(line));
  const url = await lineOf(child.stderr, /listening on [^ ]+ (http:\/\/[^/ ]+\/)/, "projectionist");
  return { url, folder, log };
}
