// Starts the demo once for all files of tests: the real program on a port of its own.
import { type ChildProcess, spawn } from "node:child_process";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where the demo answers, with a final slash. */
    demo: string;
    /** The program. */
    program: string;
  }
}

/** A slow machine loads the history of five years in a debug build within this. */
const START_MS = 180_000;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const program = process.env.PROJECTIONIST_BIN;
  // The tests can also look at a demo that runs already, while a page is being made.
  const running = process.env.PROJECTIONIST_DEMO;
  if (running) {
    project.provide("demo", running.endsWith("/") ? running : `${running}/`);
    project.provide("program", program ?? "");
    return async () => {};
  }
  if (!program) throw new Error("set PROJECTIONIST_BIN to the built program, or run `cargo xtask test`");
  const demo = spawn(program, ["demo", "--listen", "127.0.0.1:0", "--log-level", "warn"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  project.provide("demo", `${await addressOf(demo)}/`);
  project.provide("program", program);
  return async () => {
    const ended = new Promise((done) => demo.once("exit", done));
    demo.kill("SIGTERM");
    await ended;
  };
}

/** The address the demo prints. */
export function addressOf(demo: ChildProcess): Promise<string> {
  return new Promise((found, failed) => {
    let said = "";
    const late = setTimeout(() => failed(new Error(`the program did not say where it listens: ${said}`)), START_MS);
    demo.once("exit", (code) => failed(new Error(`the program ended with ${code}: ${said}`)));
    demo.stdout?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const address = /(http:\/\/127\.0\.0\.1:\d+)\//.exec(said)?.[1];
      if (!address) return;
      clearTimeout(late);
      found(address);
    });
  });
}
