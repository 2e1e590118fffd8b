import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts", "src/**/*.test.tsx"] } },
      {
        test: {
          name: "browser",
          include: ["tests/e2e/**/*.e2e.ts"],
          globalSetup: ["tests/e2e/setup.ts"],
          // One Chromium on two cores: files one after the other, and time for a slow machine. What has to be quick
          // is measured by the tests themselves.
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "screenshots",
          include: ["tests/shots/**/*.shots.ts"],
          globalSetup: ["tests/e2e/setup.ts"],
          fileParallelism: false,
          testTimeout: 600_000,
        },
      },
    ],
  },
});
